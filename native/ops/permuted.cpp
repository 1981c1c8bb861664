// The axes of a sample in another order: an operation that does only that, and one that needs samples in this order: its input
// is permuted, and its output is permuted back.
#include <vector>

#include "ops.hpp"

namespace clarinet {
namespace {

class Permutation {
 public:
  template <class Axes>
  Permutation(const std::vector<int64_t>& shape, const Axes& axes) : sources_{0} {
    std::vector<int64_t> strides(shape.size(), 1);
    for (size_t i = strides.size(); --i > 0;) strides[i - 1] = strides[i] * shape[i];
    for (const auto axis : axes) {
      const size_t old = static_cast<size_t>(axis);
      std::vector<int64_t> longer;
      for (const int64_t index : sources_)
        for (int64_t i = 0; i < shape[old]; ++i) longer.push_back(index + i * strides[old]);
      sources_ = std::move(longer);
    }
  }

  // This thread's samples.
  void apply(const Pass& pass, const float* from, float* to) const {
    const long size = static_cast<long>(sources_.size());
    for (long n = pass.first * size; n < pass.last * size; n += size)
      for (size_t i = 0; i < sources_.size(); ++i) to[n + static_cast<long>(i)] = from[n + sources_[i]];
  }
  void invert(const Pass& pass, const float* from, float* to) const {
    const long size = static_cast<long>(sources_.size());
    for (long n = pass.first * size; n < pass.last * size; n += size)
      for (size_t i = 0; i < sources_.size(); ++i) to[n + sources_[i]] = from[n + static_cast<long>(i)];
  }

 private:
  std::vector<int64_t> sources_;  // the index of each entry of a permuted sample in the sample
};

class Permute : public Op {
 public:
  explicit Permute(const OpSpec& spec) : Op(spec), permutation_(spec.shape, spec.tables[0]) {}

  bool in_place() const override { return false; }
  bool by_sample() const override { return true; }

  void forward(const Pass& pass, const float* x, float* y) override { permutation_.apply(pass, x, y); }
  void backward(const Pass& pass, const float*, const float*, float* dy, float* dx) override {
    if (dx) permutation_.invert(pass, dy, dx);
  }

 private:
  const Permutation permutation_;
};

OpSpec permuted(OpSpec spec) {
  const std::vector<int64_t> shape = spec.shape;
  for (size_t i = 0; i < shape.size(); ++i) spec.shape[i] = shape[static_cast<size_t>(spec.axes[i])];
  spec.positions = spec.positions * spec.outputs / spec.shape.back();
  spec.inputs = spec.outputs = spec.shape.back();
  spec.axes.clear();
  return spec;
}

class Permuted : public Op {
 public:
  explicit Permuted(const OpSpec& spec)
      : Op(spec), inner_(make_op(permuted(spec))), permutation_(spec.shape, spec.axes) {}

  bool sums_by_block() const override { return inner_->sums_by_block(); }
  bool meets(const Pass& pass) const override { return inner_->meets(pass); }
  double work() const override { return inner_->work() + 4.0 * out_size(); }
  long scratch(long samples) const override { return inner_->scratch(samples); }
  void reserve(long samples, int threads) override {
    inner_->reserve(samples, threads);
    for (std::vector<float>* v : {&x_, &y_, &dy_, &dx_}) v->resize(static_cast<size_t>(samples * out_size()));
  }

  void forward(const Pass& pass, const float* x, float* y) override {
    permutation_.apply(pass, x, x_.data());
    inner_->forward(pass, x_.data(), y_.data());
    permutation_.invert(pass, y_.data(), y);
  }

  void begin_backward(const Pass& pass) override { inner_->begin_backward(pass); }
  void backward(const Pass& pass, const float*, const float*, float* dy, float* dx) override {
    permutation_.apply(pass, dy, dy_.data());
    inner_->backward(pass, x_.data(), y_.data(), dy_.data(), dx ? dx_.data() : nullptr);
    if (dx) permutation_.invert(pass, dx_.data(), dx);
  }

  bool keeps() const override { return inner_->keeps(); }
  void keep(const Pass& pass) override { inner_->keep(pass); }

  std::vector<GradientPart> parts() const override { return inner_->parts(); }
  void gradient(const Pass& pass, int part, long from, long to, const float*, const float*, const Sink& sink) override {
    inner_->gradient(pass, part, from, to, x_.data(), dy_.data(), sink);
  }

 private:
  const std::unique_ptr<Op> inner_;
  const Permutation permutation_;
  std::vector<float> x_, y_, dy_, dx_;  // of the batch, permuted
};

}  // namespace

std::unique_ptr<Op> make_permute(const OpSpec& spec) { return std::make_unique<Permute>(spec); }
std::unique_ptr<Op> make_permuted(const OpSpec& spec) {
  return std::make_unique<Permuted>(spec);
}

}  // namespace clarinet
