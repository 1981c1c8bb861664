// A vector of floats as wide as the instruction set has it. Kernels are written once in these terms; this file and the
// three that it chooses from are all that knows an instruction set or a compiler.
//
// Vec kLanes floats Mask one truth value a lane Int kLanes 32-bit integers Tail the first few lanes: load(p, t) is 0 beyond
// them and touches no memory there, keep(v, t, x) is x; Full is all of them
//
// Everything is in an anonymous namespace: each object has its own copy, so the linker never mixes instruction sets.
#pragma once

#include <cstdint>

#if defined(__GNUC__)
#define CLARINET_INLINE inline __attribute__((always_inline))
#define CLARINET_UNROLL _Pragma("GCC unroll 32")
#else
#define CLARINET_INLINE inline
#define CLARINET_UNROLL
#endif
#if defined(_MSC_VER)
#include <intrin.h>
#endif

#if defined(__AVX512F__)
#include "vec_avx512.hpp"
#elif defined(__AVX2__)
#include "vec_avx2.hpp"
#else
#include "vec_generic.hpp"
#endif

namespace clarinet {
namespace {

struct Full {};

CLARINET_INLINE Vec load(const float* p, Full) { return load(p); }
CLARINET_INLINE void store(float* p, Vec v, Full) { store(p, v); }
CLARINET_INLINE Vec keep(Vec v, Full, float) { return v; }

CLARINET_INLINE Vec operator-(Vec a) { return set1(0.0f) - a; }
CLARINET_INLINE Vec operator+(Vec a, float b) { return a + set1(b); }
CLARINET_INLINE Vec operator-(Vec a, float b) { return a - set1(b); }
CLARINET_INLINE Vec operator-(float a, Vec b) { return set1(a) - b; }
CLARINET_INLINE Vec operator*(Vec a, float b) { return a * set1(b); }
CLARINET_INLINE Vec operator/(float a, Vec b) { return set1(a) / b; }
CLARINET_INLINE Vec fma(Vec a, Vec b, float c) { return fma(a, b, set1(c)); }
CLARINET_INLINE Vec fma(Vec a, float b, Vec c) { return fma(a, set1(b), c); }
CLARINET_INLINE Mask operator>(Vec a, float b) { return a > set1(b); }
CLARINET_INLINE Mask operator<(Vec a, float b) { return set1(b) > a; }

CLARINET_INLINE void prefetch(const float* p) {  // into the second-level cache
#if defined(__GNUC__)
  __builtin_prefetch(p, 0, 2);
#else
  (void)p;
#endif
}

// to[j, i] = from[i, j] of four by four
CLARINET_INLINE void turn_four(const float* from, long from_row, float* to, long to_row) {
#if defined(__GNUC__) && !defined(__clang__)
  typedef float Four __attribute__((vector_size(16), aligned(4), may_alias));
  typedef int32_t Places __attribute__((vector_size(16)));
  const auto row = [&](long i) { return *reinterpret_cast<const Four*>(from + i * from_row); };
  const Four a = row(0), b = row(1), c = row(2), d = row(3);
  const Places low{0, 4, 1, 5}, high{2, 6, 3, 7}, begin{0, 1, 4, 5}, end{2, 3, 6, 7};
  const Four ab = __builtin_shuffle(a, b, low), cd = __builtin_shuffle(c, d, low);
  const Four ab_high = __builtin_shuffle(a, b, high), cd_high = __builtin_shuffle(c, d, high);
  const auto put = [&](long j, Four x) { *reinterpret_cast<Four*>(to + j * to_row) = x; };
  put(0, __builtin_shuffle(ab, cd, begin)), put(1, __builtin_shuffle(ab, cd, end));
  put(2, __builtin_shuffle(ab_high, cd_high, begin)), put(3, __builtin_shuffle(ab_high, cd_high, end));
#else
  for (long i = 0; i < 4; ++i)
    for (long j = 0; j < 4; ++j) to[j * to_row + i] = from[i * from_row + j];
#endif
}

CLARINET_INLINE long lowest_bit(uint64_t x) {  // of x != 0
#if defined(_MSC_VER)
  unsigned long place;
  _BitScanForward64(&place, x);
  return static_cast<long>(place);
#else
  return __builtin_ctzll(x);
#endif
}

CLARINET_INLINE long popcount(uint32_t x) {
#if defined(_MSC_VER)
  return static_cast<long>(__popcnt(x));
#else
  return __builtin_popcount(x);
#endif
}

template <int n>
struct Count {  // a number that is known when compiling
  static constexpr int value = n;
};

// f(i, part) for i = 0, kLanes, 2 kLanes, …: `part` is Full, and at the ragged end a Tail.
template <class F>
CLARINET_INLINE void each_vector(long n, F f) {
  long i = 0;
  for (; i + kLanes <= n; i += kLanes) f(i, Full{});
  if (i < n) f(i, tail(n - i));
}

}  // namespace
}  // namespace clarinet
