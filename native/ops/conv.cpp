// Convolution: y[p] = x[window p] W + b, a window being its kernel_h * kernel_w * channels numbers in a row; W (kernel_h,
// kernel_w, channels, filters). dW = sum over p of x[window p]^T dy[p]; dx is the sum of the rows of dy W^T over the windows.
//
// With groups, filters see the channels of their group only: as many products side by side.
//
// Windows are never copied: products read them from the sample through tables of offsets. dy is mostly zero after a pooling
// layer, so dx and dW look for zeros in it.
#include <algorithm>
#include <cstring>

#include "../block_sums.hpp"
#include "../window.hpp"
#include "ops.hpp"

namespace clarinet {
namespace {

constexpr long kBand = 128;     // windows of a sample that forward takes at a time
constexpr long kBackBand = 32;  // and the gradient at its input
constexpr long kPiece = 4096;   // floats of a piece of dW
constexpr long kLongRun = 16;   // numbers of a window side by side that are worth vectors of their own in dW

class Conv : public Op {
 public:
  explicit Conv(const OpSpec& spec)
      : Op(spec),
        window_(spec),
        filters_(spec.outputs),
        groups_(static_cast<long>(setting(spec, "groups"))),
        depth_(window_.taps() * (window_.channels / groups_)),
        positions_(window_.positions()),
        kernel_(spec.weights[0].data),
        windows_(window_.windows()),
        offsets_(window_.offsets(window_.channels / groups_)),
        relu_(has(spec, "relu")),
        masks_(relu_ && !has(spec, "masked")) {
    bias_ = spec.weights.size() > 1 ? spec.weights[1].data : nullptr;
    for (const Weight& weight : spec.weights) trains_ = trains_ || weight.trainable;
    length_ = window_.channels / groups_ * (groups_ == 1 && window_.w.dilation == 1 ? window_.w.kernel : 1);
    for (long k = 0; k < depth_; k += length_) runs_.push_back(offsets_[static_cast<size_t>(k)]);
    for (long j = 0; j < filters_; ++j) columns_.push_back(static_cast<int32_t>(j));
    for (long i = 0; i < std::max(depth_, positions_); ++i) rows_.push_back(static_cast<int32_t>(i * filters_));
  }

  bool in_place() const override { return false; }
  bool by_sample() const override { return true; }
  bool sums_by_block() const override { return trains_; }
  double work() const override { return static_cast<double>(positions_) * depth_ * filters_; }

  void reserve(long samples, int threads) override {
    if (trains_) sums_.reserve(samples, (depth_ + 1) * filters_);
    if (!first_trained) reserve_input_gradient(threads);
  }
  void reserve_input_gradient(int threads) override {
    if (threads <= turned_threads_) return;
    transposed_ = Buffer(static_cast<size_t>(threads * depth_ * filters_));
    turned_threads_ = threads;
  }
  long scratch(long) const override {
    return std::max({window_.padded_size() + kBackBand * depth_, window_.padded_size() + filters_, 2 * kPiece + 2 * filters_});
  }

  void forward(const Pass& pass, const float* x, float* y) override {
    GatheredProduct p{};
    p.a_step = offsets_.data();
    p.columns = filters_ / groups_, p.depth = depth_;
    p.b_step = rows_.data();
    p.c_row = filters_;
    p.relu = relu_;
    for (long n = pass.first; n < pass.last; ++n) {
      const float* sample = padded(pass, x + n * window_.size());
      for (long first = 0; first < positions_; first += kBand) {
        p.rows = std::min(kBand, positions_ - first);
        p.a_row = windows_.data() + first;
        for (long g = 0; g < groups_; ++g) {
          p.a = sample + g * group_channels();
          p.b = kernel_ + g * p.columns;
          p.c = y + n * out_size() + first * filters_ + g * p.columns;
          p.start = bias_ ? bias_ + g * p.columns : nullptr;
          pass.k->gathered_product(p);
        }
      }
    }
  }

  // W transposed, for dx: each thread makes its own copy, without a barrier.
  void begin_backward(const Pass& pass) override {
    if (!first_trained) pass.k->transpose(kernel_, filters_, depth_, filters_, transposed(pass), depth_);
  }

  void backward(const Pass& pass, const float* x, const float* y, float* dy, float* dx) override {
    for (long n = pass.first; n < pass.last; ++n) {
      float* sample_dy = dy + n * out_size();
      if (masks_) {
        const float* sample = y + n * out_size();
        pass.k->activate_back({Activation::relu, 0.0f, 0.0f, 0.0f}, sample_dy, sample, sample, sample_dy, out_size());
      }
      if (trains_) add_gradients(pass, n, x + n * window_.size(), sample_dy);
      if (dx) input_gradient(pass, sample_dy, dx + n * window_.size());
    }
  }

  std::vector<GradientPart> parts() const override {
    std::vector<GradientPart> all{{&spec.weights[0], depth_, filters_, 0}};
    if (bias_) all.push_back({&spec.weights[1], filters_, 1, 0});
    return all;
  }

  // The blocks' sums, added in order.
  void gradient(const Pass& pass, int part, long from, long to, const float*, const float*, const Sink& sink) override {
    if (part == 1) {
      sums_.total(pass, depth_ * filters_ + from, to - from, pass.scratch);
      return sink.take(spec.weights[1], from, pass.scratch, to - from);
    }
    const long height = std::max(1L, kPiece / filters_);
    for (long i = from; i < to; i += height) {
      const long rows = std::min(height, to - i);
      kernel_sums(pass, i, rows);
      sink.take(spec.weights[0], i * filters_, pass.scratch, rows * filters_);
    }
  }

 private:
  long group_channels() const { return window_.channels / groups_; }
  float* transposed(const Pass& pass) const { return transposed_.get() + pass.thread * depth_ * filters_; }
  // Whether dW is summed as (filters, depth), in vectors along the windows, rather than in vectors along the filters.
  bool turns() const { return groups_ == 1 && length_ >= kLongRun; }

  const float* padded(const Pass& pass, const float* sample) const {
    if (!window_.pads()) return sample;
    window_.pad(sample, pass.scratch);
    return pass.scratch;
  }

  void add_gradients(const Pass& pass, long n, const float* x, const float* dy) {
    float* sums = sums_.at(pass, n);
    x = padded(pass, x);
    turns() ? add_along_windows(pass, x, dy, sums) : add_along_filters(pass, x, dy, sums);
    float *bias = sums + depth_ * filters_, *sample = pass.scratch + window_.padded_size();
    pass.k->column_sums(dy, positions_, filters_, filters_, sample);
    for (long j = 0; j < filters_; ++j) bias[j] += sample[j];
  }

  void add_along_windows(const Pass& pass, const float* x, const float* dy, float* sums) const {
    WindowSums s{};
    s.positions = positions_, s.columns = filters_, s.runs = static_cast<long>(runs_.size()), s.length = length_;
    s.x = x, s.dy = dy;
    s.windows = windows_.data(), s.run = runs_.data();
    s.dy_steps = rows_.data(), s.column_steps = columns_.data();
    s.c = sums;
    pass.k->window_sums(s);
  }

  void add_along_filters(const Pass& pass, const float* x, const float* dy, float* sums) const {
    GatheredProduct p{};
    p.rows = depth_, p.columns = filters_ / groups_, p.depth = positions_;
    p.a_row = offsets_.data(), p.a_step = windows_.data();
    p.b_step = rows_.data();
    p.c_row = p.start_row = filters_;
    for (long g = 0; g < groups_; ++g) {
      p.a = x + g * group_channels();
      p.b = dy + g * p.columns;
      p.start = p.c = sums + g * p.columns;
      pass.k->gathered_product(p);
    }
  }

  void input_gradient(const Pass& pass, const float* dy, float* dx) const {
    float* whole = window_.pads() ? pass.scratch : dx;
    float* piece = pass.scratch + window_.padded_size();
    std::memset(whole, 0, static_cast<size_t>(window_.padded_size()) * sizeof(float));
    Product p{};
    p.columns = p.width = p.b_step = p.c_row = depth_, p.depth = filters_ / groups_;
    p.a_row = filters_, p.a_step = 1;
    p.c = piece;
    for (long first = 0; first < positions_; first += kBackBand) {
      p.rows = std::min(kBackBand, positions_ - first);
      for (long g = 0; g < groups_; ++g) {
        p.a = dy + first * filters_ + g * p.depth;
        p.b = transposed(pass) + g * p.depth * depth_;
        pass.k->sparse_product(p);
        pass.k->add_windows(piece, p.rows, windows_.data() + first, runs_.data(), static_cast<long>(runs_.size()), length_,
                            whole + g * group_channels());
      }
    }
    if (window_.pads()) window_.unpad(whole, dx);
  }

  // Rows of dW, into scratch.
  void kernel_sums(const Pass& pass, long first, long rows) const {
    if (!turns()) return sums_.total(pass, first * filters_, rows * filters_, pass.scratch);
    float* transposed = pass.scratch + std::max(kPiece, filters_);
    for (long j = 0; j < filters_; ++j) sums_.total(pass, j * depth_ + first, rows, transposed + j * rows);
    pass.k->transpose(transposed, rows, filters_, rows, pass.scratch, filters_);
  }

  const Window window_;
  const long filters_, groups_, depth_, positions_;  // depth: numbers that a filter sees at once
  const float *kernel_, *bias_;
  const std::vector<int32_t> windows_, offsets_;  // see Window
  const bool relu_, masks_;                      // whether y went through ReLU, and dy has to go back through it
  bool trains_ = false;
  long length_ = 0;                              // of a window's contiguous runs of numbers
  std::vector<int32_t> runs_, columns_, rows_;   // where runs begin; j; i * filters
  BlockSums sums_;
  Buffer transposed_;
  int turned_threads_ = 0;
};

}  // namespace

std::unique_ptr<Op> make_conv(const OpSpec& spec) { return std::make_unique<Conv>(spec); }

}  // namespace clarinet
