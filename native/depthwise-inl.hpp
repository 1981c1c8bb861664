// Depthwise convolution of one sample, channels in vectors.
#pragma once

#include "kernels.hpp"
#include "vec.hpp"

namespace clarinet {
namespace {

constexpr long kTogether = 4;  // windows (or taps) whose sums run side by side, to hide the latency of a multiply-add

template <int n, class Part>
CLARINET_INLINE void depthwise_windows(const DepthwiseWindows& d, const float* x, const float* w, Vec start, long p, long c,
                                       float* y, Part part) {
  Vec sum[n];
  CLARINET_UNROLL
  for (int i = 0; i < n; ++i) sum[i] = start;
  for (long t = 0; t < d.taps; ++t) {
    const Vec weight = load(w + t * d.channels + c, part);
    CLARINET_UNROLL
    for (int i = 0; i < n; ++i) sum[i] = fma(load(x + d.windows[p + i] + d.offsets[t] + c, part), weight, sum[i]);
  }
  CLARINET_UNROLL
  for (int i = 0; i < n; ++i) store(y + (p + i) * d.channels + c, sum[i], part);
}

// y[p, c] = bias[c] + sum over taps t of x[window p, tap t, c] w[t, c]
void depthwise(const DepthwiseWindows& d, const float* x, const float* w, const float* bias, float* y) {
  each_vector(d.channels, [&](long c, auto part) {
    const Vec start = bias ? load(bias + c, part) : set1(0.0f);
    long p = 0;
    for (; p + kTogether <= d.positions; p += kTogether) depthwise_windows<kTogether>(d, x, w, start, p, c, y, part);
    for (; p < d.positions; ++p) depthwise_windows<1>(d, x, w, start, p, c, y, part);
  });
}

// dx[window p, tap t, c] += dy[p, c] w[t, c]
void depthwise_back(const DepthwiseWindows& d, const float* dy, const float* w, float* dx) {
  each_vector(d.channels, [&](long c, auto part) {
    for (long p = 0; p < d.positions; ++p) {
      const Vec given = load(dy + p * d.channels + c, part);
      for (long t = 0; t < d.taps; ++t) {
        float* place = dx + d.windows[p] + d.offsets[t] + c;
        store(place, fma(given, load(w + t * d.channels + c, part), load(place, part)), part);
      }
    }
  });
}

template <int n, class Part>
CLARINET_INLINE void depthwise_taps(const DepthwiseWindows& d, const float* x, const float* dy, long t, long c, float* dw,
                                    Part part) {
  Vec sum[n];
  CLARINET_UNROLL
  for (int i = 0; i < n; ++i) sum[i] = load(dw + (t + i) * d.channels + c, part);
  for (long p = 0; p < d.positions; ++p) {
    const Vec given = load(dy + p * d.channels + c, part);
    CLARINET_UNROLL
    for (int i = 0; i < n; ++i) sum[i] = fma(load(x + d.windows[p] + d.offsets[t + i] + c, part), given, sum[i]);
  }
  CLARINET_UNROLL
  for (int i = 0; i < n; ++i) store(dw + (t + i) * d.channels + c, sum[i], part);
}

// dw[t, c] += sum over p of x[window p, tap t, c] dy[p, c]
void depthwise_gradient(const DepthwiseWindows& d, const float* x, const float* dy, float* dw) {
  each_vector(d.channels, [&](long c, auto part) {
    long t = 0;
    for (; t + kTogether <= d.taps; t += kTogether) depthwise_taps<kTogether>(d, x, dy, t, c, dw, part);
    for (; t < d.taps; ++t) depthwise_taps<1>(d, x, dy, t, c, dw, part);
  });
}

}  // namespace
}  // namespace clarinet
