// The windows of a convolution or pooling over a sample (depth, height, width, channels); a sample of fewer axes, such as
// (steps, channels), has a depth and a height of 1.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "op.hpp"

namespace clarinet {

// One axis: `count` windows, the first of them `before` positions before the sample.
struct Axis {
  long size, kernel, stride, dilation, before, after, count;

  long padded() const { return before + size + after; }
};

struct Window {
  // Settings, each with a number for every spatial axis: kernel (0: the whole axis), stride, dilation; padding: 0 valid, 1 same,
  // 2 causal.
  explicit Window(const OpSpec&);
  // Windows over the output, one for each position of the input. Settings: kernel, stride, dilation, and size, before, after: of
  // the output, and around it.
  static Window of_output(const OpSpec&);

  Axis d, h, w;
  long channels;

  bool pads() const { return size() != padded_size(); }
  long positions() const { return d.count * h.count * w.count; }
  long taps() const { return d.kernel * h.kernel * w.kernel; }
  long size() const { return d.size * h.size * w.size * channels; }
  long padded_size() const { return d.padded() * h.padded() * w.padded() * channels; }

  // Offsets in the padded sample: of each window, and of its numbers from there, for the first `group` of the channels.
  std::vector<int32_t> windows() const;
  std::vector<int32_t> offsets(long group) const;

  // The sample with its zeros around it, and back.
  void pad(const float* sample, float* padded) const;
  void unpad(const float* padded, float* sample) const;

 private:
  Window(const OpSpec&, const std::array<Axis, 3>&, long channels);
  // Where row (z, y) of the sample begins in the padded one.
  long row_at(long z, long y) const {
    return (((z + d.before) * h.padded() + y + h.before) * w.padded() + w.before) * channels;
  }
};

}  // namespace clarinet
