// The axes of a sample in another order: an operation that does only that, and one that takes samples so, whose input is
// turned and what it gives is turned back.
#include <vector>

#include "ops.hpp"

namespace clarinet {
namespace {

class Turn {
 public:
  template <class Axes>
  Turn(const std::vector<int64_t>& shape, const Axes& axes) : places_{0} {
    std::vector<int64_t> strides(shape.size(), 1);
    for (size_t i = strides.size(); --i > 0;) strides[i - 1] = strides[i] * shape[i];
    for (const auto axis : axes) {
      const size_t old = static_cast<size_t>(axis);
      std::vector<int64_t> longer;
      for (const int64_t place : places_)
        for (int64_t i = 0; i < shape[old]; ++i) longer.push_back(place + i * strides[old]);
      places_ = std::move(longer);
    }
  }

  // This thread's samples.
  void there(const Pass& pass, const float* from, float* to) const {
    const long size = static_cast<long>(places_.size());
    for (long n = pass.first * size; n < pass.last * size; n += size)
      for (size_t i = 0; i < places_.size(); ++i) to[n + static_cast<long>(i)] = from[n + places_[i]];
  }
  void back(const Pass& pass, const float* from, float* to) const {
    const long size = static_cast<long>(places_.size());
    for (long n = pass.first * size; n < pass.last * size; n += size)
      for (size_t i = 0; i < places_.size(); ++i) to[n + places_[i]] = from[n + static_cast<long>(i)];
  }

 private:
  std::vector<int64_t> places_;  // where each entry of a turned sample is in the sample
};

class Permute : public Op {
 public:
  explicit Permute(const OpSpec& spec) : Op(spec), turn_(spec.shape, spec.tables[0]) {}

  bool in_place() const override { return false; }
  bool by_sample() const override { return true; }

  void forward(const Pass& pass, const float* x, float* y) override { turn_.there(pass, x, y); }
  void backward(const Pass& pass, const float*, const float*, float* dy, float* dx) override {
    if (dx) turn_.back(pass, dy, dx);
  }

 private:
  const Turn turn_;
};

OpSpec turned(OpSpec spec) {
  const std::vector<int64_t> shape = spec.shape;
  for (size_t i = 0; i < shape.size(); ++i) spec.shape[i] = shape[static_cast<size_t>(spec.axes[i])];
  spec.rows = spec.rows * spec.outputs / spec.shape.back();
  spec.inputs = spec.outputs = spec.shape.back();
  spec.axes.clear();
  return spec;
}

class Turned : public Op {
 public:
  explicit Turned(const OpSpec& spec)
      : Op(spec), inner_(make_op(turned(spec))), turn_(spec.shape, spec.axes) {}

  bool sums_by_block() const override { return inner_->sums_by_block(); }
  bool meets(const Pass& pass) const override { return inner_->meets(pass); }
  double work() const override { return inner_->work() + 4.0 * out_size(); }
  long scratch(long rows) const override { return inner_->scratch(rows); }
  void reserve(long rows, int threads) override {
    inner_->reserve(rows, threads);
    for (std::vector<float>* v : {&x_, &y_, &dy_, &dx_}) v->resize(static_cast<size_t>(rows * out_size()));
  }

  void forward(const Pass& pass, const float* x, float* y) override {
    turn_.there(pass, x, x_.data());
    inner_->forward(pass, x_.data(), y_.data());
    turn_.back(pass, y_.data(), y);
  }

  void begin_backward(const Pass& pass) override { inner_->begin_backward(pass); }
  void backward(const Pass& pass, const float*, const float*, float* dy, float* dx) override {
    turn_.there(pass, dy, dy_.data());
    inner_->backward(pass, x_.data(), y_.data(), dy_.data(), dx ? dx_.data() : nullptr);
    if (dx) turn_.back(pass, dx_.data(), dx);
  }

  bool keeps() const override { return inner_->keeps(); }
  void keep(const Pass& pass) override { inner_->keep(pass); }

  std::vector<GradientPart> parts() const override { return inner_->parts(); }
  void gradient(const Pass& pass, int part, long from, long to, const float*, const float*, const Sink& sink) override {
    inner_->gradient(pass, part, from, to, x_.data(), dy_.data(), sink);
  }

 private:
  const std::unique_ptr<Op> inner_;
  const Turn turn_;
  std::vector<float> x_, y_, dy_, dx_;  // of the batch, turned
};

}  // namespace

std::unique_ptr<Op> make_permute(const OpSpec& spec) { return std::make_unique<Permute>(spec); }
std::unique_ptr<Op> make_turned(const OpSpec& spec) {
  return std::make_unique<Turned>(spec);
}

}  // namespace clarinet
