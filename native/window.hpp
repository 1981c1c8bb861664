// The windows of a convolution or pooling over a sample (height, width, channels); a sample of two axes (steps, channels) has
// height 1.
#pragma once

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
  // Settings: kernel_h, kernel_w (0: the whole axis), stride_h, stride_w, dilation_h, dilation_w; padding: 0 valid, 1 same, 2 causal.
  explicit Window(const OpSpec&);

  Axis h, w;
  long channels;

  bool pads() const { return h.before + h.after + w.before + w.after > 0; }
  long positions() const { return h.count * w.count; }
  long taps() const { return h.kernel * w.kernel; }
  long size() const { return h.size * w.size * channels; }
  long padded_size() const { return h.padded() * w.padded() * channels; }

  // Offsets in the padded sample: of each window, and of its numbers from there, for the first `group` of the channels.
  std::vector<int32_t> windows() const;
  std::vector<int32_t> offsets(long group) const;

  // The sample with its zeros around it, and back.
  void pad(const float* sample, float* padded) const;
  void unpad(const float* padded, float* sample) const;
};

}  // namespace clarinet
