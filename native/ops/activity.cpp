// y = x, and a penalty on x in the loss: (l1 sum |x| + l2 sum x^2) / rows of the batch.
#include <algorithm>

#include "ops.hpp"

namespace clarinet {
namespace {

class ActivityRegularization : public Op {
 public:
  explicit ActivityRegularization(const OpSpec& spec)
      : Op(spec), l1_(static_cast<float>(setting(spec, "l1"))), l2_(static_cast<float>(setting(spec, "l2"))) {}

  void reserve(long samples, int) override { of_sample_.resize(static_cast<size_t>(samples)); }

  void forward(const Pass& pass, const float* x, float* y) override {
    for (long row = pass.first; row < pass.last; ++row) {
      const float* own = x + row * out_size();
      std::copy(own, own + out_size(), y + row * out_size());
      of_sample_[static_cast<size_t>(row)] =
          l1_ * pass.k->sum_absolute(own, out_size()) + l2_ * pass.k->sum_squares(own, out_size());
    }
  }

  void backward(const Pass& pass, const float* x, const float*, float* dy, float* dx) override {
    if (!dx) return;
    const float share = 1.0f / static_cast<float>(pass.samples), a = l1_ * share, b = 2.0f * l2_ * share;
    for (long i = pass.first * out_size(), last = pass.last * out_size(); i < last; ++i)
      dx[i] = dy[i] + (x[i] > 0.0f ? a : x[i] < 0.0f ? -a : 0.0f) + b * x[i];
  }

  bool penalizes() const override { return true; }
  double penalty(const Pass& pass) const override {
    double sum = 0.0;
    for (long row = 0; row < pass.samples; ++row) sum += of_sample_[static_cast<size_t>(row)];
    return sum / static_cast<double>(pass.samples);
  }

 private:
  const float l1_, l2_;
  std::vector<double> of_sample_;
};

}  // namespace

std::unique_ptr<Op> make_activity_regularization(const OpSpec& spec) {
  return std::make_unique<ActivityRegularization>(spec);
}

}  // namespace clarinet
