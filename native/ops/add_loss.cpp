// The sum of all entries is part of the batch's loss; nothing takes the output.
#include <algorithm>

#include "ops.hpp"

namespace clarinet {
namespace {

class AddLoss : public Op {
 public:
  using Op::Op;

  bool adds_loss() const override { return true; }
  bool in_place() const override { return false; }
  void reserve(long samples, int) override { of_sample_.resize(static_cast<size_t>(spec.whole ? 1 : samples)); }

  void forward(const Pass& pass, const float* x, float* y) override {
    for (long row = pass.first; row < pass.last; ++row) {
      double sum = 0.0;
      for (long i = row * out_size(); i < (row + 1) * out_size(); ++i) sum += static_cast<double>(y[i] = x[i]);
      of_sample_[static_cast<size_t>(row)] = sum;
    }
  }
  void backward(const Pass& pass, const float*, const float*, float*, float* dx) override {
    if (dx) std::fill(dx + pass.first * out_size(), dx + pass.last * out_size(), 1.0f);
  }

  bool penalizes() const override { return true; }
  double penalty(const Pass& pass) const override {
    double sum = 0.0;
    for (long row = 0; row < (spec.whole ? 1 : pass.samples); ++row) sum += of_sample_[static_cast<size_t>(row)];
    return sum;
  }

 private:
  std::vector<double> of_sample_;
};

}  // namespace

std::unique_ptr<Op> make_add_loss(const OpSpec& spec) { return std::make_unique<AddLoss>(spec); }

}  // namespace clarinet
