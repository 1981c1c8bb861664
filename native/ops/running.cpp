// Along one axis of a sample: running sums, running products, and the places of the numbers in their order.
#include <algorithm>

#include "ops.hpp"

namespace clarinet {
namespace {

// Goes through the lines of samples: `along` numbers each, `inner` apart.
class Lines : public Op {
 public:
  explicit Lines(const OpSpec& spec)
      : Op(spec),
        outer_(static_cast<long>(setting(spec, "outer"))),
        along_(static_cast<long>(setting(spec, "along"))),
        inner_(static_cast<long>(setting(spec, "inner"))) {}

  bool by_sample() const override { return true; }

 protected:
  long size() const { return outer_ * along_ * inner_; }

  // f(start of the line in x) for each line of this thread's samples.
  template <class F>
  void each_line(const Pass& pass, F f) const {
    for (long n = pass.first; n < pass.last; ++n)
      for (long o = 0; o < outer_; ++o)
        for (long i = 0; i < inner_; ++i) f(n * size() + o * along_ * inner_ + i);
  }

  const long outer_, along_, inner_;
};

// y_i = x_0 + … + x_i; dx_i = dy_i + dy_(i+1) + …
class RunningSum : public Lines {
 public:
  using Lines::Lines;

  void forward(const Pass& pass, const float* x, float* y) override {
    each_line(pass, [&](long at) {
      float sum = x[at];
      y[at] = sum;
      for (long k = 1; k < along_; ++k) y[at + k * inner_] = sum += x[at + k * inner_];
    });
  }
  void backward(const Pass& pass, const float*, const float*, float* dy, float* dx) override {
    if (!dx) return;
    each_line(pass, [&](long at) {
      float sum = dy[at + (along_ - 1) * inner_];
      dx[at + (along_ - 1) * inner_] = sum;
      for (long k = along_ - 2; k >= 0; --k) dx[at + k * inner_] = sum += dy[at + k * inner_];
    });
  }
};

// y_i = x_0 … x_i. Only the first 0 of a line, and what stands before it, can change anything: beyond, all products stay 0.
class RunningProduct : public Lines {
 public:
  using Lines::Lines;

  bool in_place() const override { return false; }
  void forward(const Pass& pass, const float* x, float* y) override {
    each_line(pass, [&](long at) {
      float product = x[at];
      y[at] = product;
      for (long k = 1; k < along_; ++k) y[at + k * inner_] = product *= x[at + k * inner_];
    });
  }
  void backward(const Pass& pass, const float* x, const float* y, float* dy, float* dx) override {
    if (!dx) return;
    each_line(pass, [&](long at) {
      long zero = 0;
      while (zero < along_ && x[at + zero * inner_] != 0.0f) ++zero;
      float sum = 0.0f;
      for (long k = along_ - 1; k >= 0; --k) {
        const long i = at + k * inner_;
        sum += dy[i] * y[i];
        dx[i] = k < zero ? sum / x[i] : 0.0f;
      }
      if (zero < along_) dx[at + zero * inner_] = at_zero(x, dy, at, zero);
    });
  }

 private:
  // dy_z p_z + dy_(z+1) p_(z+1) + …, where p leaves the 0 at z out.
  float at_zero(const float* x, const float* dy, long at, long zero) const {
    float product = 1.0f, sum = 0.0f;
    for (long k = 0; k < along_; ++k) {
      if (k != zero) product *= x[at + k * inner_];
      if (k >= zero) sum += dy[at + k * inner_] * product;
    }
    return sum;
  }
};

// The places of the numbers in their order, or of the first `count`; equals keep theirs, NaN is above all numbers.
class Argsort : public Lines {
 public:
  explicit Argsort(const OpSpec& spec)
      : Lines(spec),
        count_(static_cast<long>(setting(spec, "count"))),
        descending_(setting(spec, "descending") != 0.0) {}

  bool in_place() const override { return false; }
  void reserve(long, int threads) override { places_.resize(static_cast<size_t>(threads * along_)); }
  void forward(const Pass& pass, const float* x, float* y) override {
    int32_t* places = places_.data() + pass.thread * along_;
    each_line(pass, [&](long at) {
      const auto value = [&](int32_t place) { return x[at + place * inner_]; };
      for (long k = 0; k < along_; ++k) places[k] = static_cast<int32_t>(k);
      std::partial_sort(places, places + count_, places + along_, [&](int32_t a, int32_t b) {
        const bool ab = below(value(a), value(b)), ba = below(value(b), value(a));
        return ab == ba ? a < b : (descending_ ? ba : ab);
      });
      const long line = at / (along_ * inner_) * count_ * inner_ + at % inner_;
      for (long k = 0; k < count_; ++k) y[line + k * inner_] = static_cast<float>(places[k]);
    });
  }
  void backward(const Pass& pass, const float*, const float*, float*, float* dx) override {
    if (dx) std::fill(dx + pass.first * size(), dx + pass.last * size(), 0.0f);
  }

 private:
  static bool below(float a, float b) { return a < b || (b != b && a == a); }

  const long count_;
  const bool descending_;
  std::vector<int32_t> places_;  // of each thread
};

}  // namespace

std::unique_ptr<Op> make_argsort(const OpSpec& spec) { return std::make_unique<Argsort>(spec); }
std::unique_ptr<Op> make_cumprod(const OpSpec& spec) { return std::make_unique<RunningProduct>(spec); }
std::unique_ptr<Op> make_cumsum(const OpSpec& spec) { return std::make_unique<RunningSum>(spec); }

}  // namespace clarinet
