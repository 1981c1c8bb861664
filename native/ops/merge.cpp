// Several tensors into one: entry by entry (their sum, product, …) or side by side along an axis.
#include <algorithm>
#include <cstring>

#include "ops.hpp"

namespace clarinet {
namespace {

// y = x[0] . x[1] . ...; at(j) is what input j has for an entry of y, slope(at, n, j) the entry's derivative by that.
struct Add {
  static float join(float a, float b) { return a + b; }
  static float scale(long) { return 1.0f; }
  template <class At>
  static float slope(const At&, long, long) { return 1.0f; }
};

struct Average {
  static float join(float a, float b) { return a + b; }
  static float scale(long n) { return 1.0f / static_cast<float>(n); }
  template <class At>
  static float slope(const At&, long n, long) { return scale(n); }
};

struct Subtract {
  static float join(float a, float b) { return a - b; }
  static float scale(long) { return 1.0f; }
  template <class At>
  static float slope(const At&, long, long j) { return j == 0 ? 1.0f : -1.0f; }
};

struct Multiply {
  static float join(float a, float b) { return a * b; }
  static float scale(long) { return 1.0f; }
  template <class At>
  static float slope(const At& at, long n, long j) {
    float others = 1.0f;
    for (long k = 0; k < n; ++k)
      if (k != j) others *= at(k);
    return others;
  }
};

// Taken two by two; of two equal numbers each gets half of the gradient, as in JAX.
template <class Order>
struct Extreme {
  static float join(float a, float b) { return Order::before(a, b) || b != b ? b : a; }  // a NaN stays one
  static float scale(long) { return 1.0f; }
  template <class At>
  static float slope(const At& at, long n, long j) {
    float most = at(0), slope = 1.0f;
    for (long k = 1; k < n; ++k) {
      const float later = at(k), share = Order::before(most, later) ? 1.0f : Order::before(later, most) ? 0.0f : 0.5f;
      if (k == j) slope = share;
      if (k > j) slope *= 1.0f - share;
      most = join(most, later);
    }
    return slope;
  }
};
struct Rising {
  static bool before(float a, float b) { return a < b; }
};
struct Falling {
  static bool before(float a, float b) { return a > b; }
};
using Maximum = Extreme<Rising>;
using Minimum = Extreme<Falling>;

template <class Rule>
class Combination : public Merge {
 public:
  using Merge::Merge;

  bool in_place() const override { return true; }

  void forward_all(const Pass& pass, const float* const* x, float* y) override {
    const long first = pass.first * out_size(), last = pass.last * out_size(), n = count();
    std::copy(x[0] + first, x[0] + last, y + first);
    for (long j = 1; j < n; ++j)
      for (long i = first; i < last; ++i) y[i] = Rule::join(y[i], x[j][i]);
    if (Rule::scale(n) != 1.0f)
      for (long i = first; i < last; ++i) y[i] *= Rule::scale(n);
  }

  // From the last input to the first, whose gradient may share dy's memory.
  void backward_all(const Pass& pass, const float* const* x, const float*, float* dy, float* const* dx) override {
    const long first = pass.first * out_size(), last = pass.last * out_size(), n = count();
    for (long j = n; j-- > 0;)
      if (dx[j])
        for (long i = first; i < last; ++i) dx[j][i] = dy[i] * Rule::slope([=](long k) { return x[k][i]; }, n, j);
  }
};

// The same where inputs are stretched: some of their numbers stand for several of the output's, which is cut into rows in which
// an input has a number for each entry, or one for all.
template <class Rule>
class Stretched : public Merge {
 public:
  explicit Stretched(const OpSpec& spec) : Merge(spec), row_(static_cast<long>(numbers(spec.settings, "sizes").back())) {
    const auto& sizes = numbers(spec.settings, "sizes");
    for (long j = 0; j < count(); ++j) {
      const auto& has = numbers(spec.settings, std::to_string(j).c_str());
      std::vector<long> starts{0};
      long size = 1;
      for (size_t axis = 0; axis < sizes.size(); ++axis)
        if (has[axis] != 0.0) size *= static_cast<long>(sizes[axis]);
      long step = size;
      for (size_t axis = 0; axis + 1 < sizes.size(); ++axis) {
        const long entries = static_cast<long>(sizes[axis]);
        if (has[axis] != 0.0) step /= entries;
        std::vector<long> finer;
        for (long start : starts)
          for (long i = 0; i < entries; ++i) finer.push_back(has[axis] != 0.0 ? start + i * step : start);
        starts = std::move(finer);
      }
      inputs_.push_back({std::move(starts), size, has.back() != 0.0 ? 1L : 0L});
    }
  }

  void forward_all(const Pass& pass, const float* const* x, float* y) override {
    const long n = count();
    each_row(pass, [&](long sample, long row, long at) {
      float* to = y + at;
      for (long j = 0; j < n; ++j) {
        const float* from = place(x[j], j, sample, row);
        const long step = inputs_[static_cast<size_t>(j)].step;
        if (j == 0)
          for (long i = 0; i < row_; ++i) to[i] = from[i * step];
        else
          for (long i = 0; i < row_; ++i) to[i] = Rule::join(to[i], from[i * step]);
      }
      if (Rule::scale(n) != 1.0f)
        for (long i = 0; i < row_; ++i) to[i] *= Rule::scale(n);
    });
  }

  void backward_all(const Pass& pass, const float* const* x, const float*, float* dy, float* const* dx) override {
    const long n = count();
    for (long j = 0; j < n; ++j) {
      if (!dx[j]) continue;
      const Input& own = inputs_[static_cast<size_t>(j)];
      std::fill(dx[j] + pass.first * own.size, dx[j] + pass.last * own.size, 0.0f);
      each_row(pass, [&](long sample, long row, long at) {
        float* to = place(dx[j], j, sample, row);
        for (long i = 0; i < row_; ++i) {
          const auto value = [&](long k) { return place(x[k], k, sample, row)[i * inputs_[static_cast<size_t>(k)].step]; };
          to[i * own.step] += dy[at + i] * Rule::slope(value, n, j);
        }
      });
    }
  }

 private:
  struct Input {
    std::vector<long> starts;  // of each of the output's rows, in a sample
    long size, step;           // of a sample; from one entry of a row to the next
  };

  // f(sample, row, where the row begins in the output)
  template <class F>
  void each_row(const Pass& pass, const F& f) const {
    const long rows = out_size() / row_;
    for (long sample = pass.first; sample < pass.last; ++sample)
      for (long row = 0; row < rows; ++row) f(sample, row, sample * out_size() + row * row_);
  }
  template <class T>
  T* place(T* x, long j, long sample, long row) const {
    const Input& own = inputs_[static_cast<size_t>(j)];
    return x + sample * own.size + own.starts[static_cast<size_t>(row)];
  }

  const long row_;
  std::vector<Input> inputs_;
};

template <class Rule>
std::unique_ptr<Op> make(const OpSpec& spec) {
  if (has(spec, "sizes")) return std::make_unique<Stretched<Rule>>(spec);
  return std::make_unique<Combination<Rule>>(spec);
}

// Each input has `outer` runs of its own length a sample; the output has them in turn.
class Concatenate : public Merge {
 public:
  explicit Concatenate(const OpSpec& spec) : Merge(spec), outer_(static_cast<long>(setting(spec, "outer"))) {
    for (long j = 0; j < count(); ++j)
      runs_.push_back(static_cast<long>(setting(spec, std::to_string(j).c_str())));
  }

  void forward_all(const Pass& pass, const float* const* x, float* y) override {
    float* to = y + pass.first * out_size();
    for (long row = pass.first * outer_; row < pass.last * outer_; ++row)
      for (size_t j = 0; j < runs_.size(); to += runs_[j], ++j)
        std::memcpy(to, x[j] + row * runs_[j], static_cast<size_t>(runs_[j]) * sizeof(float));
  }

  void backward_all(const Pass& pass, const float* const*, const float*, float* dy, float* const* dx) override {
    const float* from = dy + pass.first * out_size();
    for (long row = pass.first * outer_; row < pass.last * outer_; ++row)
      for (size_t j = 0; j < runs_.size(); from += runs_[j], ++j)
        if (dx[j]) std::memcpy(dx[j] + row * runs_[j], from, static_cast<size_t>(runs_[j]) * sizeof(float));
  }

 private:
  const long outer_;
  std::vector<long> runs_;
};

}  // namespace

std::unique_ptr<Op> make_add(const OpSpec& spec) { return make<Add>(spec); }
std::unique_ptr<Op> make_average(const OpSpec& spec) { return make<Average>(spec); }
std::unique_ptr<Op> make_maximum(const OpSpec& spec) { return make<Maximum>(spec); }
std::unique_ptr<Op> make_minimum(const OpSpec& spec) { return make<Minimum>(spec); }
std::unique_ptr<Op> make_multiply(const OpSpec& spec) { return make<Multiply>(spec); }
std::unique_ptr<Op> make_subtract(const OpSpec& spec) { return make<Subtract>(spec); }
std::unique_ptr<Op> make_concatenate(const OpSpec& spec) { return std::make_unique<Concatenate>(spec); }

}  // namespace clarinet
