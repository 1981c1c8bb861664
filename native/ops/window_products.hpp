// Windows of samples times a kernel W (*window, channels, filters), and back: what a convolution and its transpose are made of.
//
// Windows are never copied: products read them from the sample through tables of offsets. With groups, filters see the channels
// of their group only: as many products side by side.
#pragma once

#include <algorithm>
#include <cstring>

#include "../block_sums.hpp"
#include "../window.hpp"
#include "ops.hpp"

namespace clarinet {

class WindowProducts : public Op {
 public:
  WindowProducts(const OpSpec& spec, const Window& window, long filters, long groups)
      : Op(spec),
        window_(window),
        filters_(filters),
        groups_(groups),
        depth_(window_.taps() * (window_.channels / groups_)),
        positions_(window_.positions()),
        kernel_(spec.weights[0].data),
        windows_(window_.windows()),
        offsets_(window_.offsets(window_.channels / groups_)) {
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

  void reserve(long samples, int) override {
    if (trains_) sums_.reserve(samples, depth_ * filters_ + spec.outputs);
  }
  long scratch(long) const override {
    return std::max({window_.padded_size() + kBackBand * depth_, window_.padded_size() + static_cast<long>(spec.outputs),
                     2 * kPiece + 2 * filters_});
  }

  std::vector<GradientPart> parts() const override {
    std::vector<GradientPart> all{{&spec.weights[0], depth_, filters_, 0}};
    if (bias_) all.push_back({&spec.weights[1], spec.outputs, 1, 0});
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

 protected:
  static constexpr long kBand = 128;     // windows of a sample that gather() takes at a time
  static constexpr long kBackBand = 32;  // and spread()
  static constexpr long kPiece = 4096;   // floats of a piece of dW
  static constexpr long kLongRun = 16;   // numbers of a window side by side that are worth vectors of their own in dW

  // The sample with zeros around it, at the beginning of scratch if it needs any.
  const float* padded(const Pass& pass, const float* sample) const {
    if (!window_.pads()) return sample;
    window_.pad(sample, pass.scratch);
    return pass.scratch;
  }

  // y[p] = x[window p] W + bias, x padded.
  void gather(const Pass& pass, const float* x, const float* bias, bool relu, float* y) const {
    GatheredProduct p{};
    p.a_step = offsets_.data();
    p.columns = filters_ / groups_, p.depth = depth_;
    p.b_step = rows_.data();
    p.c_row = filters_;
    p.relu = relu;
    for (long first = 0; first < positions_; first += kBand) {
      p.rows = std::min(kBand, positions_ - first);
      p.a_row = windows_.data() + first;
      for (long g = 0; g < groups_; ++g) {
        p.a = x + g * group_channels();
        p.b = kernel_ + g * p.columns;
        p.c = y + first * filters_ + g * p.columns;
        p.start = bias ? bias + g * p.columns : nullptr;
        pass.k->gathered_product(p);
      }
    }
  }

  // W transposed, for spread(): each thread makes its own copy, without a barrier.
  void reserve_transposed(int threads) {
    if (threads <= turned_threads_) return;
    transposed_ = Buffer(static_cast<size_t>(threads * depth_ * filters_));
    turned_threads_ = threads;
  }
  void transpose(const Pass& pass) const {
    pass.k->transpose(kernel_, filters_, depth_, filters_, transposed(pass), depth_);
  }

  // x[window p] += y[p] W^T, x padded. The rows y may be mostly zero, as behind a pooling layer, and are looked through for zeros.
  void spread(const Pass& pass, const float* y, float* x) const {
    float* piece = pass.scratch + window_.padded_size();
    Product p{};
    p.columns = p.width = p.b_step = p.c_row = depth_, p.depth = filters_ / groups_;
    p.a_row = filters_, p.a_step = 1;
    p.c = piece;
    for (long first = 0; first < positions_; first += kBackBand) {
      p.rows = std::min(kBackBand, positions_ - first);
      for (long g = 0; g < groups_; ++g) {
        p.a = y + first * filters_ + g * p.depth;
        p.b = transposed(pass) + g * p.depth * depth_;
        pass.k->sparse_product(p);
        pass.k->add_windows(piece, p.rows, windows_.data() + first, runs_.data(), static_cast<long>(runs_.size()), length_,
                            x + g * group_channels());
      }
    }
  }

  // dW += sum over p of x[window p]^T y[p] for sample n, x padded; and the bias's gradient, the sum of the rows of the output's.
  void add_gradients(const Pass& pass, long n, const float* x, const float* y, const float* dy) {
    float* sums = sums_.at(pass, n);
    turns() ? add_along_windows(pass, x, y, sums) : add_along_filters(pass, x, y, sums);
    float *bias = sums + depth_ * filters_, *sample = pass.scratch + window_.padded_size();
    pass.k->column_sums(dy, spec.positions, spec.outputs, spec.outputs, sample);
    for (long j = 0; j < spec.outputs; ++j) bias[j] += sample[j];
  }

  const Window window_;
  const long filters_, groups_, depth_, positions_;  // depth: numbers that a filter sees at once
  const float *kernel_, *bias_;
  bool trains_ = false;

 private:
  long group_channels() const { return window_.channels / groups_; }
  float* transposed(const Pass& pass) const { return transposed_.get() + pass.thread * depth_ * filters_; }
  // Whether dW is summed as (filters, depth), in vectors along the windows, rather than in vectors along the filters.
  bool turns() const { return groups_ == 1 && length_ >= kLongRun; }

  void add_along_windows(const Pass& pass, const float* x, const float* y, float* sums) const {
    WindowSums s{};
    s.positions = positions_, s.columns = filters_, s.runs = static_cast<long>(runs_.size()), s.length = length_;
    s.x = x, s.dy = y;
    s.windows = windows_.data(), s.run = runs_.data();
    s.dy_steps = rows_.data(), s.column_steps = columns_.data();
    s.c = sums;
    pass.k->window_sums(s);
  }

  void add_along_filters(const Pass& pass, const float* x, const float* y, float* sums) const {
    GatheredProduct p{};
    p.rows = depth_, p.columns = filters_ / groups_, p.depth = positions_;
    p.a_row = offsets_.data(), p.a_step = windows_.data();
    p.b_step = rows_.data();
    p.c_row = p.start_row = filters_;
    for (long g = 0; g < groups_; ++g) {
      p.a = x + g * group_channels();
      p.b = y + g * p.columns;
      p.start = p.c = sums + g * p.columns;
      pass.k->gathered_product(p);
    }
  }

  // Rows of dW, into scratch.
  void kernel_sums(const Pass& pass, long first, long rows) const {
    if (!turns()) return sums_.total(pass, first * filters_, rows * filters_, pass.scratch);
    float* transposed = pass.scratch + std::max(kPiece, filters_);
    for (long j = 0; j < filters_; ++j) sums_.total(pass, j * depth_ + first, rows, transposed + j * rows);
    pass.k->transpose(transposed, rows, filters_, rows, pass.scratch, filters_);
  }

  const std::vector<int32_t> windows_, offsets_;  // see Window
  long length_ = 0;                               // of a window's contiguous runs of numbers
  std::vector<int32_t> runs_, columns_, rows_;    // where runs begin; j; i * filters
  BlockSums sums_;
  Buffer transposed_;
  int turned_threads_ = 0;
};

}  // namespace clarinet
