// An operation that takes the axes of a sample in another order: its input is turned, and what it gives is turned back.
#include <vector>

#include "ops.hpp"

namespace clarinet {
namespace {

OpSpec turned(OpSpec spec) {
  const std::vector<int64_t> shape = spec.shape;
  for (size_t i = 0; i < shape.size(); ++i) spec.shape[i] = shape[static_cast<size_t>(spec.axes[i])];
  spec.rows = spec.rows * spec.outputs / spec.shape.back();
  spec.inputs = spec.outputs = spec.shape.back();
  spec.axes.clear();
  return spec;
}

// Where each entry of a turned sample is in the sample.
std::vector<int32_t> places_of(const OpSpec& spec) {
  std::vector<int32_t> places{0};
  for (const int64_t axis : spec.axes) {
    int64_t step = 1;
    for (size_t i = static_cast<size_t>(axis) + 1; i < spec.shape.size(); ++i) step *= spec.shape[i];
    std::vector<int32_t> finer;
    for (const int32_t place : places)
      for (int64_t i = 0; i < spec.shape[static_cast<size_t>(axis)]; ++i)
        finer.push_back(place + static_cast<int32_t>(i * step));
    places = std::move(finer);
  }
  return places;
}

class Turned : public Op {
 public:
  Turned(const OpSpec& spec, float* params, float* state)
      : Op(spec), inner_(make_op(turned(spec), params, state)), places_(places_of(spec)) {}

  bool sums_by_block() const override { return inner_->sums_by_block(); }
  double work() const override { return inner_->work() + 4.0 * out_size(); }
  long scratch(long rows) const override { return inner_->scratch(rows); }
  void reserve(long rows, int threads) override {
    inner_->reserve(rows, threads);
    for (std::vector<float>* v : {&x_, &y_, &dy_, &dx_}) v->resize(static_cast<size_t>(rows * out_size()));
  }

  void forward(const Pass& pass, const float* x, float* y) override {
    turn(pass, x, x_.data());
    inner_->forward(pass, x_.data(), y_.data());
    turn_back(pass, y_.data(), y);
  }

  void begin_backward(const Pass& pass) override { inner_->begin_backward(pass); }
  void backward(const Pass& pass, const float*, const float*, float* dy, float* dx) override {
    turn(pass, dy, dy_.data());
    inner_->backward(pass, x_.data(), y_.data(), dy_.data(), dx ? dx_.data() : nullptr);
    if (dx) turn_back(pass, dx_.data(), dx);
  }

  std::vector<GradientPart> parts() const override { return inner_->parts(); }
  void gradient(const Pass& pass, int part, long from, long to, const float*, const float*, const Sink& sink) override {
    inner_->gradient(pass, part, from, to, x_.data(), dy_.data(), sink);
  }

 private:
  void turn(const Pass& pass, const float* from, float* to) const {
    const long size = out_size();
    for (long n = pass.first; n < pass.last; ++n)
      for (long i = 0; i < size; ++i) to[n * size + i] = from[n * size + places_[static_cast<size_t>(i)]];
  }
  void turn_back(const Pass& pass, const float* from, float* to) const {
    const long size = out_size();
    for (long n = pass.first; n < pass.last; ++n)
      for (long i = 0; i < size; ++i) to[n * size + places_[static_cast<size_t>(i)]] = from[n * size + i];
  }

  const std::unique_ptr<Op> inner_;
  const std::vector<int32_t> places_;
  std::vector<float> x_, y_, dy_, dx_;  // of the batch, turned
};

}  // namespace

std::unique_ptr<Op> make_turned(const OpSpec& spec, float* params, float* state) {
  return std::make_unique<Turned>(spec, params, state);
}

}  // namespace clarinet
