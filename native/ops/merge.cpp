// Several tensors into one: elementwise (their sum, product, mean or maximum) or side by side along an axis.
#include <algorithm>
#include <cstring>

#include "ops.hpp"

namespace clarinet {
namespace {

// y = x[0] . x[1] . ...; slope(x, n, j, i) is the derivative of entry i of y by that of x[j].
struct Add {
  static float join(float a, float b) { return a + b; }
  static float scale(long) { return 1.0f; }
  static float slope(const float* const*, long, long, long) { return 1.0f; }
};

struct Average {
  static float join(float a, float b) { return a + b; }
  static float scale(long n) { return 1.0f / static_cast<float>(n); }
  static float slope(const float* const*, long n, long, long) { return scale(n); }
};

struct Multiply {
  static float join(float a, float b) { return a * b; }
  static float scale(long) { return 1.0f; }
  static float slope(const float* const* x, long n, long j, long i) {
    float others = 1.0f;
    for (long k = 0; k < n; ++k)
      if (k != j) others *= x[k][i];
    return others;
  }
};

// Taken two by two; of two equal numbers each gets half of the gradient, as in JAX.
struct Maximum {
  static float join(float a, float b) { return a < b || b != b ? b : a; }  // a NaN stays one
  static float scale(long) { return 1.0f; }
  static float slope(const float* const* x, long n, long j, long i) {
    float most = x[0][i], slope = 1.0f;
    for (long k = 1; k < n; ++k) {
      const float later = x[k][i], share = later > most ? 1.0f : later < most ? 0.0f : 0.5f;
      if (k == j) slope = share;
      if (k > j) slope *= 1.0f - share;
      most = join(most, later);
    }
    return slope;
  }
};

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
        for (long i = first; i < last; ++i) dx[j][i] = dy[i] * Rule::slope(x, n, j, i);
  }
};

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

std::unique_ptr<Op> make_add(const OpSpec& spec) { return std::make_unique<Combination<Add>>(spec); }
std::unique_ptr<Op> make_average(const OpSpec& spec) {
  return std::make_unique<Combination<Average>>(spec);
}
std::unique_ptr<Op> make_multiply(const OpSpec& spec) {
  return std::make_unique<Combination<Multiply>>(spec);
}
std::unique_ptr<Op> make_maximum(const OpSpec& spec) {
  return std::make_unique<Combination<Maximum>>(spec);
}
std::unique_ptr<Op> make_concatenate(const OpSpec& spec) { return std::make_unique<Concatenate>(spec); }

}  // namespace clarinet
