// Four floats in the compiler's types: SSE2 and NEON through GCC's and Clang's vector types, else plain arrays.
#pragma once

#include <math.h>
#include <string.h>

#if defined(__ARM_NEON)
#include <arm_neon.h>
#endif

namespace clarinet {
namespace {

constexpr long kLanes = 4;
#if defined(__ARM_NEON)
constexpr int kTileRows = 8, kTileVectors = 2;
#else
constexpr int kTileRows = 4, kTileVectors = 2;
#endif

struct Tail {
  long n;
};
CLARINET_INLINE Tail tail(long n) { return {n}; }

#if defined(__GNUC__)

typedef float FloatLanes __attribute__((vector_size(16)));
typedef int32_t IntLanes __attribute__((vector_size(16)));

#else

template <class T>
struct Lanes {
  T x[4];
  T& operator[](int i) { return x[i]; }
  const T& operator[](int i) const { return x[i]; }
};
using FloatLanes = Lanes<float>;
using IntLanes = Lanes<int32_t>;
#define CLARINET_ELEMENTWISE(op)                                              \
  template <class T>                                                          \
  CLARINET_INLINE Lanes<T> operator op(const Lanes<T>& a, const Lanes<T>& b) { \
    Lanes<T> r;                                                               \
    for (int i = 0; i < 4; ++i) r[i] = static_cast<T>(a[i] op b[i]);          \
    return r;                                                                 \
  }
#define CLARINET_COMPARISON(op)                                                            \
  CLARINET_INLINE IntLanes operator op(const FloatLanes& a, const FloatLanes& b) {         \
    IntLanes r;                                                                            \
    for (int i = 0; i < 4; ++i) r[i] = a[i] op b[i] ? -1 : 0;                              \
    return r;                                                                              \
  }
CLARINET_ELEMENTWISE(+) CLARINET_ELEMENTWISE(-) CLARINET_ELEMENTWISE(*) CLARINET_ELEMENTWISE(/)
CLARINET_ELEMENTWISE(&) CLARINET_ELEMENTWISE(|)
CLARINET_COMPARISON(>) CLARINET_COMPARISON(>=) CLARINET_COMPARISON(==)

#endif

struct Vec {
  FloatLanes v;
};
struct Int {
  IntLanes v;
};
struct Mask {
  IntLanes v;
};

CLARINET_INLINE Vec set1(float x) { return {FloatLanes{x, x, x, x}}; }
CLARINET_INLINE Int set1(int32_t x) { return {IntLanes{x, x, x, x}}; }
CLARINET_INLINE Vec load(const float* p) {
  Vec r;
  memcpy(&r.v, p, sizeof r.v);
  return r;
}
CLARINET_INLINE Vec load(const float* p, Tail t) {
  Vec r = set1(0.0f);
  for (int i = 0; i < t.n; ++i) r.v[i] = p[i];
  return r;
}
CLARINET_INLINE void store(float* p, Vec a) { memcpy(p, &a.v, sizeof a.v); }
CLARINET_INLINE void store(float* p, Vec a, Tail t) {
  for (int i = 0; i < t.n; ++i) p[i] = a.v[i];
}

CLARINET_INLINE Vec operator+(Vec a, Vec b) { return {a.v + b.v}; }
CLARINET_INLINE Vec operator-(Vec a, Vec b) { return {a.v - b.v}; }
CLARINET_INLINE Vec operator*(Vec a, Vec b) { return {a.v * b.v}; }
CLARINET_INLINE Vec operator/(Vec a, Vec b) { return {a.v / b.v}; }
#if defined(__ARM_NEON)
CLARINET_INLINE Vec fma(Vec a, Vec b, Vec c) { return {vfmaq_f32(c.v, a.v, b.v)}; }
CLARINET_INLINE Vec fnma(Vec a, Vec b, Vec c) { return {vfmsq_f32(c.v, a.v, b.v)}; }
#else  // without the instruction a true fused multiply-add would be a slow call: two roundings are this set's arithmetic
CLARINET_INLINE Vec fma(Vec a, Vec b, Vec c) { return {a.v * b.v + c.v}; }
CLARINET_INLINE Vec fnma(Vec a, Vec b, Vec c) { return {c.v - a.v * b.v}; }
#endif
CLARINET_INLINE Vec ratio(Vec a, Vec b) { return a / b; }

CLARINET_INLINE Mask operator>(Vec a, Vec b) { return {a.v > b.v}; }
CLARINET_INLINE Mask operator>=(Vec a, Vec b) { return {a.v >= b.v}; }
CLARINET_INLINE Mask operator==(Vec a, Vec b) { return {a.v == b.v}; }
CLARINET_INLINE Mask operator&(Mask a, Mask b) { return {a.v & b.v}; }
CLARINET_INLINE uint32_t bits(Mask m) {
  uint32_t r = 0;
  for (int i = 0; i < 4; ++i) r |= (m.v[i] ? 1u : 0u) << i;
  return r;
}

CLARINET_INLINE Vec keep(Vec a, Tail t, float beyond) {
  for (long i = t.n; i < kLanes; ++i) a.v[i] = beyond;
  return a;
}
CLARINET_INLINE float sum(Vec a) { return (a.v[0] + a.v[2]) + (a.v[1] + a.v[3]); }
CLARINET_INLINE float largest(Vec a) {
  float x = a.v[0] > a.v[2] ? a.v[0] : a.v[2], y = a.v[1] > a.v[3] ? a.v[1] : a.v[3];
  return x > y ? x : y;
}
CLARINET_INLINE float first(Vec a) { return a.v[0]; }

CLARINET_INLINE Int operator+(Int a, Int b) { return {a.v + b.v}; }
CLARINET_INLINE Int operator-(Int a, Int b) { return {a.v - b.v}; }
CLARINET_INLINE Int operator&(Int a, Int b) { return {a.v & b.v}; }
CLARINET_INLINE Int operator|(Int a, Int b) { return {a.v | b.v}; }
template <int n>
CLARINET_INLINE Int shift_left(Int a) {
  for (int i = 0; i < 4; ++i) a.v[i] = static_cast<int32_t>(static_cast<uint32_t>(a.v[i]) << n);
  return a;
}
template <int n>
CLARINET_INLINE Int shift_right(Int a) {
  for (int i = 0; i < 4; ++i) a.v[i] = a.v[i] >> n;
  return a;
}
CLARINET_INLINE Int where(Mask m, Int a) { return {m.v & a.v}; }  // 0 elsewhere
CLARINET_INLINE void store(uint32_t* p, Int a) { memcpy(p, &a.v, sizeof a.v); }
CLARINET_INLINE Int as_int(Vec a) {
  Int r;
  memcpy(&r.v, &a.v, sizeof r.v);
  return r;
}
CLARINET_INLINE Vec as_vec(Int a) {
  Vec r;
  memcpy(&r.v, &a.v, sizeof r.v);
  return r;
}
CLARINET_INLINE Int to_int(Vec a) {  // of whole numbers within range
  Int r;
  for (int i = 0; i < 4; ++i) r.v[i] = static_cast<int32_t>(a.v[i]);
  return r;
}
CLARINET_INLINE Vec to_vec(Int a) {
  Vec r;
  for (int i = 0; i < 4; ++i) r.v[i] = static_cast<float>(a.v[i]);
  return r;
}

CLARINET_INLINE Mask nonzero(Vec a) {
  Mask equal = a == set1(0.0f);
  return {(set1(-1) - Int{equal.v}).v};
}
CLARINET_INLINE Vec select(Mask m, Vec yes, Vec no) {
  Int y = as_int(yes), n = as_int(no), all = set1(-1), mask = {m.v};
  return as_vec((y & mask) | (n & (all - mask)));  // -1 - mask is its complement
}
CLARINET_INLINE Vec max(Vec a, Vec b) { return select(a > b, a, b); }
CLARINET_INLINE Vec min(Vec a, Vec b) { return select(b > a, a, b); }
CLARINET_INLINE Vec abs(Vec a) { return as_vec(as_int(a) & set1(int32_t{0x7fffffff})); }
CLARINET_INLINE Vec round(Vec a) {  // adding 1.5 * 2^23 leaves no bits for a fraction; from 2^22 on there is no fraction
  Vec big = set1(12582912.0f);
  return select(set1(4194304.0f) > abs(a), (a + big) - big, a);
}
CLARINET_INLINE Vec sqrt(Vec a) {
  for (int i = 0; i < 4; ++i) a.v[i] = sqrtf(a.v[i]);
  return a;
}

}  // namespace
}  // namespace clarinet
