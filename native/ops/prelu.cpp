// y = x where x > 0, else alpha x; table 0 says which alpha each entry of a sample takes.
#include <algorithm>
#include <vector>

#include "ops.hpp"

namespace clarinet {
namespace {

class Prelu : public Op {
 public:
  explicit Prelu(const OpSpec& spec)
      : Op(spec), alphas_(static_cast<long>(spec.weights[0].size)), alpha_(spec.weights[0].data) {}

  bool in_place() const override { return false; }
  long scratch(long) const override { return out_size() + alphas_; }

  void forward(const Pass& pass, const float* x, float* y) override {
    const long size = out_size();
    const float* alpha = spread(pass);
    for (long n = pass.first; n < pass.last; ++n) pass.k->prelu(x + n * size, x + n * size, alpha, y + n * size, size);
  }
  void backward(const Pass& pass, const float* x, const float*, float* dy, float* dx) override {
    if (!dx) return;
    const long size = out_size();
    const float* alpha = spread(pass);
    for (long n = pass.first; n < pass.last; ++n) pass.k->prelu(x + n * size, dy + n * size, alpha, dx + n * size, size);
  }

  // If entries share an alpha one thread computes all of them, else each its columns.
  std::vector<GradientPart> parts() const override {
    if (shared()) return {{&spec.weights[0], 1, alphas_, out_size() / alphas_}};
    return {{&spec.weights[0], alphas_, 1, 1}};
  }
  void gradient(const Pass& pass, int, long from, long to, const float* x, const float* dy, const Sink& sink) override {
    const long size = out_size();
    if (shared()) from = 0, to = size;
    pass.k->prelu_sums(dy + from, x + from, pass.samples, size, to - from, pass.scratch);
    if (!shared()) return sink.take(spec.weights[0], from, pass.scratch, to - from);
    float* sums = pass.scratch + size;
    std::fill(sums, sums + alphas_, 0.0f);
    for (long i = 0; i < size; ++i) sums[which(i)] += pass.scratch[i];
    sink.take(spec.weights[0], 0, sums, alphas_);
  }

 private:
  bool shared() const { return alphas_ != out_size(); }
  long which(long i) const { return static_cast<long>(spec.tables[0][static_cast<size_t>(i)]); }
  const float* spread(const Pass& pass) const {
    if (!shared()) return alpha_;
    for (long i = 0; i < out_size(); ++i) pass.scratch[i] = alpha_[which(i)];
    return pass.scratch;
  }

  const long alphas_;
  const float* alpha_;
};

}  // namespace

std::unique_ptr<Op> make_prelu(const OpSpec& spec) { return std::make_unique<Prelu>(spec); }

}  // namespace clarinet
