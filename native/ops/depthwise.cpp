// Depthwise convolution: every channel with `multiplier` kernels of its own, W (kernel_h, kernel_w, channels, multiplier).
// Channels are repeated first, so that all that remains is one kernel for each: vectors run along the channels.
#include <algorithm>
#include <cstring>

#include "../block_sums.hpp"
#include "../window.hpp"
#include "ops.hpp"

namespace clarinet {
namespace {

// The specification of the same convolution with every channel repeated as often as it has kernels.
OpSpec repeated(OpSpec spec) {
  spec.shape.back() = spec.outputs;
  return spec;
}

class Depthwise : public Op {
 public:
  explicit Depthwise(const OpSpec& spec)
      : Op(spec),
        window_(repeated(spec)),
        channels_(spec.inputs),
        multiplier_(spec.outputs / spec.inputs),
        kernel_(spec.weights[0].data),
        windows_(window_.windows()),
        taps_(window_.offsets(1)) {
    bias_ = spec.weights.size() > 1 ? spec.weights[1].data : nullptr;
    for (const Weight& weight : spec.weights) trains_ = trains_ || weight.trainable;
  }

  bool in_place() const override { return false; }
  bool by_sample() const override { return true; }
  bool sums_by_block() const override { return trains_; }
  double work() const override { return static_cast<double>(out_size()) * window_.taps(); }
  void reserve(long samples, int) override {
    if (trains_) sums_.reserve(samples, (window_.taps() + 1) * spec.outputs);
  }
  long scratch(long) const override {
    return std::max(2 * window_.padded_size(), window_.taps() * static_cast<long>(spec.outputs)) + spec.outputs;
  }

  void forward(const Pass& pass, const float* x, float* y) override {
    for (long n = pass.first; n < pass.last; ++n) {
      const float* sample = spread(pass, x + n * in_samples());
      pass.k->depthwise(geometry(), sample, kernel_, bias_, y + n * out_size());
    }
  }

  void backward(const Pass& pass, const float* x, const float*, float* dy, float* dx) override {
    for (long n = pass.first; n < pass.last; ++n) {
      const float* sample_dy = dy + n * out_size();
      if (trains_) add_gradients(pass, n, x + n * in_samples(), sample_dy);
      if (dx) input_gradient(pass, sample_dy, dx + n * in_samples());
    }
  }

  std::vector<GradientPart> parts() const override {
    std::vector<GradientPart> all{{&spec.weights[0], window_.taps(), spec.outputs, 0}};
    if (bias_) all.push_back({&spec.weights[1], spec.outputs, 1, 0});
    return all;
  }

  void gradient(const Pass& pass, int part, long from, long to, const float*, const float*, const Sink& sink) override {
    const long row = part == 0 ? spec.outputs : 1, before = part == 0 ? 0 : window_.taps() * spec.outputs;
    sums_.total(pass, before + from * row, (to - from) * row, pass.scratch);
    sink.take(spec.weights[part], from * row, pass.scratch, (to - from) * row);
  }

 private:
  DepthwiseWindows geometry() const {
    return {window_.positions(), window_.taps(), static_cast<long>(spec.outputs), windows_.data(), taps_.data()};
  }
  long in_samples() const { return window_.h.size * window_.w.size * channels_; }

  // The sample with channels repeated and zeros around it.
  const float* spread(const Pass& pass, const float* sample) const {
    if (multiplier_ > 1) {
      float* wide = pass.scratch + (window_.pads() ? window_.padded_size() : 0);
      for (long i = 0; i < in_samples(); ++i) std::fill_n(wide + i * multiplier_, multiplier_, sample[i]);
      sample = wide;
    }
    if (!window_.pads()) return sample;
    window_.pad(sample, pass.scratch);
    return pass.scratch;
  }

  void add_gradients(const Pass& pass, long n, const float* x, const float* dy) {
    float *sums = sums_.at(pass, n), *bias = sums + window_.taps() * spec.outputs;
    pass.k->depthwise_gradient(geometry(), spread(pass, x), dy, sums);
    float* sample = pass.scratch;
    pass.k->column_sums(dy, window_.positions(), spec.outputs, spec.outputs, sample);
    for (long j = 0; j < spec.outputs; ++j) bias[j] += sample[j];
  }

  void input_gradient(const Pass& pass, const float* dy, float* dx) const {
    const bool copies = window_.pads() || multiplier_ > 1;
    float *whole = copies ? pass.scratch : dx, *wide = pass.scratch + window_.padded_size();
    std::fill_n(whole, window_.padded_size(), 0.0f);
    pass.k->depthwise_back(geometry(), dy, kernel_, whole);
    if (!copies) return;
    if (multiplier_ == 1) return window_.unpad(whole, dx);
    window_.unpad(whole, wide);
    for (long i = 0; i < in_samples(); ++i) {
      dx[i] = 0.0f;
      for (long m = 0; m < multiplier_; ++m) dx[i] += wide[i * multiplier_ + m];
    }
  }

  const Window window_;  // over the repeated channels
  const long channels_, multiplier_;
  const float *kernel_, *bias_;
  const std::vector<int32_t> windows_, taps_;
  bool trains_ = false;
  BlockSums sums_;
};

}  // namespace

std::unique_ptr<Op> make_depthwise(const OpSpec& spec) {
  return std::make_unique<Depthwise>(spec);
}

}  // namespace clarinet
