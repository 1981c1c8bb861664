// Normalisation within a sample: u = (x - mean) / sqrt(variance + epsilon) over each block of `positions` rows and `width`
// columns, y = gamma u + beta with one gamma and beta a column. Layers are one block of one row; groups share the columns.
#include <algorithm>
#include <vector>

#include "ops.hpp"

namespace clarinet {
namespace {

constexpr long kAtOnce = 1024;  // columns of a piece of the gradients

class GroupNormalization : public Op {
 public:
  explicit GroupNormalization(const OpSpec& spec)
      : Op(spec),
        columns_(columns_of(spec)),
        positions_(has(spec, "groups") ? out_size() / columns_ : 1),
        width_(!has(spec, "groups") ? columns_ : std::max(1L, columns_ / static_cast<long>(setting(spec, "groups")))),
        epsilon_(static_cast<float>(setting(spec, "epsilon"))),
        has_gamma_(setting(spec, "scale") != 0.0),
        zeros_(static_cast<size_t>(columns_), 0.0f),
        ones_(static_cast<size_t>(columns_), 1.0f) {
    const bool has_beta = setting(spec, "center") != 0.0;
    gamma_ = has_gamma_ ? spec.weights[0].data : ones_.data();
    beta_ = has_beta ? spec.weights[has_gamma_ ? 1 : 0].data : zeros_.data();
  }

  bool in_place() const override { return false; }
  double work() const override { return 4.0 * out_size(); }
  long scratch(long) const override { return 2 * kAtOnce; }
  void reserve(long samples, int) override {
    u_.resize(static_cast<size_t>(samples * out_size()));
    inverse_.resize(static_cast<size_t>(samples * out_size() / (positions_ * width_)));
  }

  void forward(const Pass& pass, const float* x, float* y) override {
    const long size = out_size();
    for (long n = pass.first; n < pass.last; ++n) {
      float* u = u_.data() + n * size;
      each_block(n, [&](long at, float& inverse) {
        pass.k->standardize(x + n * size + at, positions_, columns_, width_, epsilon_, u + at, &inverse);
      });
      pass.k->normalize(u, size / columns_, columns_, zeros_.data(), gamma_, beta_, y + n * size);
    }
  }

  void backward(const Pass& pass, const float*, const float*, float* dy, float* dx) override {
    if (!dx) return;
    for (long n = pass.first; n < pass.last; ++n) {
      const long from = n * out_size();
      each_block(n, [&](long at, const float& inverse) {
        const float *gamma = gamma_ + at % columns_, *u = u_.data() + from + at;
        pass.k->standardize_back(dy + from + at, u, gamma, positions_, columns_, width_, inverse, dx + from + at);
      });
    }
  }

  std::vector<GradientPart> parts() const override {
    std::vector<GradientPart> all;
    for (const Weight& weight : spec.weights) all.push_back({&weight, columns_, 1, out_size() / columns_});
    return all;
  }

  void gradient(const Pass& pass, int part, long from, long to, const float*, const float* dy, const Sink& sink) override {
    const float* delta = dy + from;
    const long rows = pass.samples * out_size() / columns_, n = to - from;
    for (long j = 0; j < n; j += kAtOnce) {
      const long count = n - j < kAtOnce ? n - j : kAtOnce;
      float *sums = pass.scratch, *products = sums + kAtOnce;
      if (has_gamma_ && part == 0) {
        pass.k->normalize_sums(delta + j, u_.data() + from + j, rows, columns_, count, zeros_.data(), ones_.data(), sums,
                               products);
        sink.take(spec.weights[part], from + j, products, count);
      } else {
        pass.k->column_sums(delta + j, rows, columns_, count, sums);
        sink.take(spec.weights[part], from + j, sums, count);
      }
    }
  }

 private:
  // The channels, or all positions along the axes to normalise over, which are the last ones.
  static long columns_of(const OpSpec& spec) {
    size_t axes = has(spec, "groups") ? 1 : static_cast<size_t>(setting(spec, "axes"));
    long columns = 1;
    while (axes > 0) columns *= static_cast<long>(spec.shape[spec.shape.size() - axes--]);
    return columns;
  }

  // f(where a block begins in the sample, its place for 1 / sqrt(variance + epsilon))
  template <class F>
  void each_block(long sample, F f) {
    const long size = out_size(), area = positions_ * columns_;
    float* inverse = inverse_.data() + sample * (size / (positions_ * width_));
    for (long at = 0; at < size; at += area)
      for (long column = 0; column < columns_; column += width_) f(at + column, *inverse++);
  }

  const long columns_, positions_, width_;
  const float epsilon_;
  const bool has_gamma_;
  const std::vector<float> zeros_, ones_;
  const float *gamma_, *beta_;
  std::vector<float> u_, inverse_;  // of the batch
};

}  // namespace

std::unique_ptr<Op> make_group_normalization(const OpSpec& spec) {
  return std::make_unique<GroupNormalization>(spec);
}

}  // namespace clarinet
