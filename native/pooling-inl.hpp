// Pooling: windows that each summarise their own channel, channels in vectors. Windows are cut at the sample's edges.
#pragma once

#include "kernels.hpp"
#include "vec.hpp"

namespace clarinet {
namespace {

// A window's part inside the sample.
struct Cut {
  long top, bottom, left, right;

  CLARINET_INLINE long count() const { return (bottom - top) * (right - left); }
};

// f(cut, place of the output) for every window.
template <class F>
CLARINET_INLINE void each_window(const Pooling& p, F f) {
  for (long i = 0; i < p.out_h; ++i) {
    const long y = i * p.stride_h - p.top, bottom = y + p.kernel_h < p.height ? y + p.kernel_h : p.height;
    for (long j = 0; j < p.out_w; ++j) {
      const long x = j * p.stride_w - p.left, right = x + p.kernel_w < p.width ? x + p.kernel_w : p.width;
      f(Cut{y > 0 ? y : 0, bottom, x > 0 ? x : 0, right}, (i * p.out_w + j) * p.channels);
    }
  }
}

// f(offset in the sample) for every entry of channel c in a window, row by row.
template <class F>
CLARINET_INLINE void each_entry(const Pooling& p, const Cut& cut, long c, F f) {
  if (cut.bottom - cut.top == 2 && cut.right - cut.left == 2) {  // the usual one, without loops
    const long at = (cut.top * p.width + cut.left) * p.channels + c, below = at + p.width * p.channels;
    f(at), f(at + p.channels), f(below), f(below + p.channels);
    return;
  }
  for (long y = cut.top; y < cut.bottom; ++y)
    for (long x = cut.left; x < cut.right; ++x) f((y * p.width + x) * p.channels + c);
}

// The larger one, and a NaN where there is one: `max` keeps that of its second argument alone. Of a number and itself nothing
// changes, of a number and a NaN the bits of both make a NaN.
CLARINET_INLINE Vec larger(Vec a, Vec b) { return as_vec(as_int(max(a, b)) | as_int(max(b, a))); }

void max_pool(const Pooling& p, const float* x, float* y) {
  each_window(p, [&](const Cut& cut, long out) {
    each_vector(p.channels, [&](long c, auto part) {
      Vec most = load(x + (cut.top * p.width + cut.left) * p.channels + c, part);
      each_entry(p, cut, c, [&](long at) { most = larger(most, load(x + at, part)); });
      store(y + out + c, most, part);
    });
  });
}

// Whether every entry is in exactly one window.
CLARINET_INLINE bool tiles_exactly(const Pooling& p) {
  return p.stride_h == p.kernel_h && p.stride_w == p.kernel_w && p.out_h * p.stride_h - p.top >= p.height &&
         p.out_w * p.stride_w - p.left >= p.width;
}

CLARINET_INLINE void clear(const Pooling& p, float* dx) {
  each_vector(p.height * p.width * p.channels, [&](long i, auto part) { store(dx + i, set1(0.0f), part); });
}

// dy goes to the first entry that is as large as the window's largest.
template <bool adds>
CLARINET_INLINE void max_pool_back_as(const Pooling& p, const float* x, const float* y, const float* dy, float* dx) {
  each_window(p, [&](const Cut& cut, long out) {
    each_vector(p.channels, [&](long c, auto part) {
      const Vec most = load(y + out + c, part), zero = set1(0.0f);
      Vec left = load(dy + out + c, part);
      if (p.masks) left = select(most > 0.0f, left, zero);
      each_entry(p, cut, c, [&](long at) {
        const Mask chosen = load(x + at, part) == most;
        const Vec given = select(chosen, left, zero);
        left = select(chosen, zero, left);
        store(dx + at, adds ? load(dx + at, part) + given : given, part);
      });
    });
  });
}

// The entries that are as large as the window's largest share dy: for windows that do not overlap. If there is none, because of
// a NaN, every entry gets 0 / 0.
CLARINET_INLINE void max_pool_share_back(const Pooling& p, const float* x, const float* y, const float* dy, float* dx) {
  each_window(p, [&](const Cut& cut, long out) {
    each_vector(p.channels, [&](long c, auto part) {
      const Vec most = load(y + out + c, part), zero = set1(0.0f), one = set1(1.0f);
      Vec count = zero, all = load(dy + out + c, part);
      if (p.masks) all = select(most > 0.0f, all, zero);
      each_entry(p, cut, c, [&](long at) { count = count + select(load(x + at, part) == most, one, zero); });
      const Vec share = all / count;
      each_entry(p, cut, c, [&](long at) { store(dx + at, select(load(x + at, part) == most, one, zero) * share, part); });
    });
  });
}

void max_pool_back(const Pooling& p, const float* x, const float* y, const float* dy, float* dx) {
  if (p.shares) return max_pool_share_back(p, x, y, dy, dx);
  if (!tiles_exactly(p)) clear(p, dx);
  const bool overlaps = p.stride_h < p.kernel_h || p.stride_w < p.kernel_w;
  overlaps ? max_pool_back_as<true>(p, x, y, dy, dx) : max_pool_back_as<false>(p, x, y, dy, dx);
}

void mean_pool(const Pooling& p, const float* x, float* y) {
  each_window(p, [&](const Cut& cut, long out) {
    const Vec count = set1(static_cast<float>(cut.count()));
    each_vector(p.channels, [&](long c, auto part) {
      Vec sum = set1(0.0f);
      each_entry(p, cut, c, [&](long at) { sum = sum + load(x + at, part); });
      store(y + out + c, sum / count, part);
    });
  });
}

void mean_pool_back(const Pooling& p, const float* dy, float* dx) {
  clear(p, dx);
  each_window(p, [&](const Cut& cut, long out) {
    const Vec count = set1(static_cast<float>(cut.count()));
    each_vector(p.channels, [&](long c, auto part) {
      const Vec share = load(dy + out + c, part) / count;
      each_entry(p, cut, c, [&](long at) { store(dx + at, load(dx + at, part) + share, part); });
    });
  });
}

}  // namespace
}  // namespace clarinet
