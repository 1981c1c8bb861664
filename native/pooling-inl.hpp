// Pooling: windows that each summarise their own channel, channels in vectors. Windows are cut at the sample's edges.
#pragma once

#include "kernels.hpp"
#include "vec.hpp"

namespace clarinet {
namespace {

// A window's part inside the sample.
struct Cut {
  long front, back, top, bottom, left, right;

  CLARINET_INLINE long count() const { return (back - front) * (bottom - top) * (right - left); }
};

struct Interval {
  long first, last;
};

// What window i of an axis has of it.
CLARINET_INLINE Interval cut(long i, long stride, long before, long kernel, long size) {
  const long first = i * stride - before, last = first + kernel;
  return {first > 0 ? first : 0, last < size ? last : size};
}

// f(cut, place of the output) for every window.
template <class F>
CLARINET_INLINE void each_window(const Pooling& p, F f) {
  long place = 0;
  for (long i = 0; i < p.out_d; ++i) {
    const Interval z = cut(i, p.stride_d, p.front, p.kernel_d, p.depth);
    for (long j = 0; j < p.out_h; ++j) {
      const Interval y = cut(j, p.stride_h, p.top, p.kernel_h, p.height);
      for (long k = 0; k < p.out_w; ++k, place += p.channels) {
        const Interval x = cut(k, p.stride_w, p.left, p.kernel_w, p.width);
        f(Cut{z.first, z.last, y.first, y.last, x.first, x.last}, place);
      }
    }
  }
}

// Where the first entry of a window is, of channel 0.
CLARINET_INLINE long start(const Pooling& p, const Cut& cut) {
  return ((cut.front * p.height + cut.top) * p.width + cut.left) * p.channels;
}

// f(offset in the sample) for every entry of channel c in a window, row by row.
template <class F>
CLARINET_INLINE void each_entry(const Pooling& p, const Cut& cut, long c, F f) {
  const long row = p.width * p.channels, first = start(p, cut) + c;
  if (cut.back - cut.front == 1 && cut.bottom - cut.top == 2 && cut.right - cut.left == 2) {  // the usual one, without loops
    f(first), f(first + p.channels), f(first + row), f(first + row + p.channels);
    return;
  }
  const long width = (cut.right - cut.left) * p.channels;
  for (long z = 0; z < cut.back - cut.front; ++z)
    for (long y = 0; y < cut.bottom - cut.top; ++y) {
      const long at = first + (z * p.height + y) * row;
      for (long x = 0; x < width; x += p.channels) f(at + x);
    }
}

// The larger one, and a NaN where there is one: `max` keeps that of its second argument alone. Of a number and itself nothing
// changes, of a number and a NaN the bits of both make a NaN.
CLARINET_INLINE Vec larger(Vec a, Vec b) { return as_vec(as_int(max(a, b)) | as_int(max(b, a))); }

void max_pool(const Pooling& p, const float* x, float* y) {
  each_window(p, [&](const Cut& cut, long out) {
    each_vector(p.channels, [&](long c, auto part) {
      Vec most = load(x + start(p, cut) + c, part);
      each_entry(p, cut, c, [&](long at) { most = larger(most, load(x + at, part)); });
      store(y + out + c, most, part);
    });
  });
}

// Whether every entry is in exactly one window.
CLARINET_INLINE bool tiles_exactly(const Pooling& p) {
  return p.stride_d == p.kernel_d && p.stride_h == p.kernel_h && p.stride_w == p.kernel_w &&
         p.out_d * p.stride_d - p.front >= p.depth && p.out_h * p.stride_h - p.top >= p.height &&
         p.out_w * p.stride_w - p.left >= p.width;
}

CLARINET_INLINE void clear(const Pooling& p, float* dx) {
  each_vector(p.depth * p.height * p.width * p.channels, [&](long i, auto part) { store(dx + i, set1(0.0f), part); });
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
  const bool overlaps = p.stride_d < p.kernel_d || p.stride_h < p.kernel_h || p.stride_w < p.kernel_w;
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
