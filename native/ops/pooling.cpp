// Pooling: the largest or the mean entry of each window, by channel. Padding is no part of any window.
#include "../window.hpp"
#include "ops.hpp"

namespace clarinet {
namespace {

class PoolingOp : public Op {
 public:
  explicit PoolingOp(const OpSpec& spec) : Op(spec), window_(spec) {
    const Axis &d = window_.d, &h = window_.h, &w = window_.w;
    pooling_ = {d.size,   h.size,   w.size,   window_.channels, d.count,  h.count,  w.count,  d.kernel,           h.kernel,
                w.kernel, d.stride, h.stride, w.stride,         d.before, h.before, w.before, has(spec, "masks"), has(spec, "shares")};
  }

  bool in_place() const override { return false; }
  bool by_sample() const override { return true; }
  double work() const override { return static_cast<double>(out_size()) * window_.taps(); }

 protected:
  const Window window_;
  Pooling pooling_;
};

class MaxPooling : public PoolingOp {
 public:
  using PoolingOp::PoolingOp;

  void forward(const Pass& pass, const float* x, float* y) override {
    for (long n = pass.first; n < pass.last; ++n) pass.k->max_pool(pooling_, x + n * window_.size(), y + n * out_size());
  }
  void backward(const Pass& pass, const float* x, const float* y, float* dy, float* dx) override {
    if (!dx) return;
    for (long n = pass.first; n < pass.last; ++n) {
      const long in = n * window_.size(), out = n * out_size();
      pass.k->max_pool_back(pooling_, x + in, y + out, dy + out, dx + in);
    }
  }
};

class AveragePooling : public PoolingOp {
 public:
  using PoolingOp::PoolingOp;

  void forward(const Pass& pass, const float* x, float* y) override {
    for (long n = pass.first; n < pass.last; ++n) pass.k->mean_pool(pooling_, x + n * window_.size(), y + n * out_size());
  }
  void backward(const Pass& pass, const float*, const float*, float* dy, float* dx) override {
    if (!dx) return;
    for (long n = pass.first; n < pass.last; ++n)
      pass.k->mean_pool_back(pooling_, dy + n * out_size(), dx + n * window_.size());
  }
};

}  // namespace

std::unique_ptr<Op> make_average_pooling(const OpSpec& spec) { return std::make_unique<AveragePooling>(spec); }
std::unique_ptr<Op> make_max_pooling(const OpSpec& spec) { return std::make_unique<MaxPooling>(spec); }

}  // namespace clarinet
