// Sums, means and extremes along an axis of a sample, or along it and the batch; the place of the largest entry.
#include <algorithm>

#include "ops.hpp"

namespace clarinet {
namespace {

Reduction reduction_of(const std::string& kind) {
  return kind == "reduce_max" ? Reduction::max : kind == "reduce_min" ? Reduction::min : Reduction::sum;
}

// A sample of the input has `outer` times `along` times `inner` numbers. Over the batch each of some blocks of samples, fixed by
// the batch, is reduced by one thread, and then the blocks' results in order.
class Reduce : public Op {
 public:
  explicit Reduce(const OpSpec& spec)
      : Op(spec),
        kind_(reduction_of(spec.kind)),
        mean_(spec.kind == "reduce_mean"),
        over_batch_(setting(spec, "batch") != 0.0),
        outer_(static_cast<long>(setting(spec, "outer"))),
        along_(static_cast<long>(setting(spec, "along"))),
        inner_(static_cast<long>(setting(spec, "inner"))) {}

  bool in_place() const override { return false; }
  bool by_sample() const override { return !over_batch_ && !extreme(); }
  bool meets(const Pass&) const override { return over_batch_; }
  bool mixes() const override { return over_batch_; }
  double work() const override { return static_cast<double>(outer_ * along_ * inner_); }
  long scratch(long) const override { return out() + along_; }

  void reserve(long, int) override {
    if (over_batch_) blocks_.resize(static_cast<size_t>(kMostSumBlocks * out()));
    if (extreme()) equals_.resize(static_cast<size_t>(out()));
  }

  void forward(const Pass& pass, const float* x, float* y) override {
    if (over_batch_) return forward_of_batch(pass, x, y);
    pass.k->reduce(kind_, x + pass.first * in(), (pass.last - pass.first) * outer_, along_, inner_, y + pass.first * out());
    if (mean_) divide(y + pass.first * out(), (pass.last - pass.first) * out(), along_);
  }

  void backward(const Pass& pass, const float* x, const float* y, float* dy, float* dx) override {
    if (over_batch_ && extreme()) count_equals(pass, x, y);
    if (!dx) return;
    for (long n = pass.first; n < pass.last; ++n) {
      const long at = over_batch_ ? 0 : n * out();
      const float* own = x + n * in();
      if (!extreme()) {
        pass.k->spread(dy + at, mean_ ? 1.0f / static_cast<float>(entries(pass)) : 1.0f, outer_, along_, inner_, dx + n * in());
        continue;
      }
      float* equals = over_batch_ ? equals_.data() : pass.scratch;
      if (!over_batch_) std::fill(equals, equals + out(), 0.0f), count(own, y + at, equals);
      each([&](long i, long o) { dx[n * in() + i] = own[i] == y[at + o] ? dy[at + o] / equals[o] : 0.0f; });
    }
  }

 private:
  bool extreme() const { return kind_ != Reduction::sum; }
  long in() const { return outer_ * along_ * inner_; }
  long out() const { return outer_ * inner_; }
  long entries(const Pass& pass) const { return over_batch_ ? along_ * pass.samples : along_; }

  // f(entry of a sample, entry of what it becomes)
  template <class F>
  void each(const F& f) const {
    for (long o = 0, i = 0; o < outer_; ++o)
      for (long a = 0; a < along_; ++a)
        for (long k = 0; k < inner_; ++k, ++i) f(i, o * inner_ + k);
  }
  void count(const float* x, const float* y, float* equals) const {
    each([&](long i, long o) { equals[o] += x[i] == y[o] ? 1.0f : 0.0f; });
  }
  static void divide(float* y, long n, long by) {
    for (long i = 0; i < n; ++i) y[i] /= static_cast<float>(by);
  }

  // All of x is there when the first barrier is passed, and all of y behind the last.
  void forward_of_batch(const Pass& pass, const float* x, float* y) {
    const long block = sum_block(pass.samples), blocks = (pass.samples + block - 1) / block;
    pass.sync();
    for (long b = pass.thread; b < blocks; b += pass.threads) {
      float* to = blocks_.data() + b * out();
      for (long n = b * block, end = std::min(pass.samples, (b + 1) * block); n < end; ++n) {
        pass.k->reduce(kind_, x + n * in(), outer_, along_, inner_, pass.scratch);
        for (long i = 0; i < out(); ++i) to[i] = n == b * block ? pass.scratch[i] : join(to[i], pass.scratch[i]);
      }
    }
    pass.sync();
    if (pass.thread == 0) {
      std::copy_n(blocks_.data(), out(), y);
      for (long b = 1; b < blocks; ++b)
        for (long i = 0; i < out(); ++i) y[i] = join(y[i], blocks_[static_cast<size_t>(b * out() + i)]);
      if (mean_) divide(y, out(), entries(pass));
    }
    pass.sync();
  }
  float join(float a, float b) const {
    if (kind_ == Reduction::sum) return a + b;
    return a != a || (kind_ == Reduction::max ? a > b : a < b) ? a : b;
  }

  // How many entries of the batch are as large as the extreme.
  void count_equals(const Pass& pass, const float* x, const float* y) {
    pass.sync();
    if (pass.thread == 0) {
      std::fill(equals_.begin(), equals_.end(), 0.0f);
      for (long n = 0; n < pass.samples; ++n) count(x + n * in(), y, equals_.data());
    }
    pass.sync();
  }

  const Reduction kind_;
  const bool mean_, over_batch_;
  const long outer_, along_, inner_;
  std::vector<float> blocks_, equals_;
};

// Along the last axis; no gradient.
class Argmax : public Op {
 public:
  explicit Argmax(const OpSpec& spec) : Op(spec), along_(static_cast<long>(setting(spec, "along"))) {}

  void forward(const Pass& pass, const float* x, float* y) override {
    for (long i = pass.first * out_size(); i < pass.last * out_size(); ++i) {
      int32_t place = 0;
      pass.k->argmax(x + i * along_, 1, along_, &place);
      y[i] = static_cast<float>(place);
    }
  }
  bool in_place() const override { return false; }
  void backward(const Pass& pass, const float*, const float*, float*, float* dx) override {
    if (dx) std::fill(dx + pass.first * out_size() * along_, dx + pass.last * out_size() * along_, 0.0f);
  }

 private:
  const long along_;
};

}  // namespace

std::unique_ptr<Op> make_reduce(const OpSpec& spec) { return std::make_unique<Reduce>(spec); }
std::unique_ptr<Op> make_argmax(const OpSpec& spec) { return std::make_unique<Argmax>(spec); }

}  // namespace clarinet
