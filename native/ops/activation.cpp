// Functions of one number, and softmax over rows.
#include <stdexcept>

#include "ops.hpp"

namespace clarinet {
namespace {

// Up to three settings of each function, in the order of Elementwise's a, b, c.
struct Function {
  Activation kind;
  const char* settings[3];
};

const std::map<std::string, Function> kFunctions = {
    {"clipped_relu", {Activation::clipped_relu, {"negative_slope", "threshold", "max_value"}}},
    {"celu", {Activation::celu, {"alpha"}}},
    {"elu", {Activation::elu, {"alpha"}}},
    {"exponential", {Activation::exponential, {}}},
    {"gelu", {Activation::gelu, {}}},
    {"gelu_tanh", {Activation::gelu_tanh, {}}},
    {"hard_sigmoid", {Activation::hard_sigmoid, {}}},
    {"hard_silu", {Activation::hard_silu, {}}},
    {"leaky_relu", {Activation::leaky_relu, {"negative_slope"}}},
    {"mish", {Activation::mish, {}}},
    {"relu", {Activation::relu, {}}},
    {"selu", {Activation::selu, {}}},
    {"sigmoid", {Activation::sigmoid, {}}},
    {"silu", {Activation::silu, {}}},
    {"softplus", {Activation::softplus, {}}},
    {"softsign", {Activation::softsign, {}}},
    {"tanh", {Activation::tanh, {}}},
};

}  // namespace

Elementwise elementwise(const OpSpec& spec) {
  const auto found = kFunctions.find(spec.kind);
  if (found == kFunctions.end()) throw std::invalid_argument("no native operation is called " + spec.kind);
  float values[3] = {};
  for (int i = 0; i < 3; ++i)
    if (const char* name = found->second.settings[i]) values[i] = static_cast<float>(setting(spec, name));
  return {found->second.kind, values[0], values[1], values[2]};
}

namespace {

class ActivationOp : public Op {
 public:
  explicit ActivationOp(const OpSpec& spec) : Op(spec), function_(elementwise(spec)) {}

  bool by_sample() const override { return true; }

  void forward(const Pass& pass, const float* x, float* y) override {
    const long at = pass.first * out_size();
    pass.k->activate(function_, x + at, y + at, (pass.last - pass.first) * out_size());
  }
  void backward(const Pass& pass, const float* x, const float* y, float* dy, float* dx) override {
    const long at = pass.first * out_size();
    if (dx) pass.k->activate_back(function_, dy + at, x + at, y + at, dx + at, (pass.last - pass.first) * out_size());
  }

 private:
  const Elementwise function_;
};

// Softmax along an axis, or its logarithm. Along another than the last, each sample is transposed so that it is the last.
class Softmax : public Op {
 public:
  explicit Softmax(const OpSpec& spec) : Op(spec), log_(spec.kind == "log_softmax") {
    const long axes = static_cast<long>(spec.shape.size());
    const long axis = static_cast<long>(setting(spec, "axis"));  // of the batch, or from the end
    const long place = axis > 0 ? axis - 1 : axes + axis;
    if (place < 0 || place >= axes) throw std::invalid_argument(spec.kind + ": samples have no such axis");
    for (long i = place + 1; i < axes; ++i) after_ *= spec.shape[static_cast<size_t>(i)];
    along_ = spec.shape[static_cast<size_t>(place)];
  }

  double work() const override { return 4.0 * out_size(); }
  long scratch(long) const override { return after_ == 1 ? 0 : 3 * along_ * after_; }

  void forward(const Pass& pass, const float* x, float* y) override {
    const auto function = log_ ? pass.k->log_softmax : pass.k->softmax;
    const long size = along_ * after_;
    if (after_ == 1) {
      const long at = pass.first * out_size();
      return function(x + at, y + at, (pass.last - pass.first) * out_size() / size, along_);
    }
    for (long at = pass.first * out_size(); at < pass.last * out_size(); at += size) {
      float *transposed = pass.scratch, *result = transposed + size;
      pass.k->transpose(x + at, after_, along_, after_, transposed, along_);
      function(transposed, result, after_, along_);
      pass.k->transpose(result, along_, after_, along_, y + at, after_);
    }
  }

  void backward(const Pass& pass, const float*, const float* y, float* dy, float* dx) override {
    if (!dx) return;
    const auto back = log_ ? pass.k->log_softmax_back : pass.k->softmax_back;
    const long size = along_ * after_;
    if (after_ == 1) {
      const long at = pass.first * out_size();
      return back(dy + at, y + at, dx + at, (pass.last - pass.first) * out_size() / size, along_);
    }
    for (long at = pass.first * out_size(); at < pass.last * out_size(); at += size) {
      float *turned_dy = pass.scratch, *turned_y = turned_dy + size, *result = turned_y + size;
      pass.k->transpose(dy + at, after_, along_, after_, turned_dy, along_);
      pass.k->transpose(y + at, after_, along_, after_, turned_y, along_);
      back(turned_dy, turned_y, result, after_, along_);
      pass.k->transpose(result, along_, after_, along_, dx + at, after_);
    }
  }

 private:
  const bool log_;
  long along_, after_ = 1;  // numbers along the axis; the stride between them
};

}  // namespace

std::unique_ptr<Op> make_activation(const OpSpec& spec) { return std::make_unique<ActivationOp>(spec); }
std::unique_ptr<Op> make_softmax(const OpSpec& spec) { return std::make_unique<Softmax>(spec); }

}  // namespace clarinet
