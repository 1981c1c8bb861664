// Elementary functions on vectors, correct to about 1e-7. The polynomials are weighted least-squares fits at Chebyshev
// nodes, reweighted until the largest error was smallest; the error named is that of the fit, before rounding.
#pragma once

#include <math.h>

#include "vec.hpp"

namespace clarinet {
namespace {

template <int n>
CLARINET_INLINE Vec horner(Vec x, const float (&c)[n]) {  // c[0] + c[1] x + c[2] x^2 + …
  Vec y = set1(c[n - 1]);
  CLARINET_UNROLL
  for (int i = n - 2; i >= 0; --i) y = fma(y, x, c[i]);
  return y;
}

CLARINET_INLINE Vec power_of_two(Vec n) { return as_vec(shift_left<23>(to_int(n) + set1(int32_t{127}))); }  // |n| < 127

// x = n log 2 + r with |r| <= log(2) / 2; returns n and exp(r) - 1.
struct Reduced {
  Vec n, expm1;
};
CLARINET_INLINE Reduced reduce_near(Vec x) {  // of numbers that are not far out
  Vec n = round(x * 1.44269504f);
  Vec r = fma(n, -0.693145752f, x);  // log 2 in two parts, the first exact in 15 bits
  r = fma(n, -1.42860677e-6f, r);
  constexpr float c[] = {0.49999994f, 0.16666521f, 0.04166839f, 0.00836872f, 0.00138146f};  // 3e-9
  return {n, fma(r * r, horner(r, c), r)};
}
CLARINET_INLINE Reduced reduce(Vec x) {
  return reduce_near(min(set1(89.0f), max(set1(-104.0f), x)));  // the order of arguments lets a NaN through
}

CLARINET_INLINE Vec exp(Vec x) {
  Reduced e = reduce(x);
  Vec half = round(e.n * 0.5f);  // 2^n in two factors, neither of which overflows or underflows by itself
  return (e.expm1 + 1.0f) * power_of_two(half) * power_of_two(e.n - half);
}

// exp(x) - 1 for x <= 0, without cancellation near 0.
CLARINET_INLINE Vec expm1_negative(Vec x) {
  Reduced e = reduce(max(set1(-60.0f), x));
  Vec s = power_of_two(e.n);
  return fma(e.expm1, s, s - 1.0f);
}

CLARINET_INLINE Vec log(Vec x) {  // of positive numbers; 0 gives about -88, which every caller clips before
  Int bits = as_int(x);
  Int shifted = bits - set1(int32_t{0x3f3504f3});  // sqrt(1/2)
  Vec exponent = to_vec(shift_right<23>(shifted));
  Vec m = as_vec((shifted & set1(int32_t{0x007fffff})) + set1(int32_t{0x3f3504f3}));  // in [sqrt(1/2), sqrt(2))
  Vec s = (m - 1.0f) / (m + 1.0f), z = s * s;                                          // log m = 2 artanh(s)
  constexpr float c[] = {0.6666666f, 0.40000337f, 0.28537244f, 0.23583575f};           // 5e-12
  Vec y = fma(s * z, horner(z, c), s + s);
  Vec result = fma(exponent, 0.693145752f, fma(exponent, 1.42860677e-6f, y));
  return select(x == x, result, x);
}

CLARINET_INLINE Vec power(Vec x, float exponent) {
  const bool whole = truncf(exponent) == exponent, even = truncf(exponent * 0.5f) * 2.0f == exponent;
  const Vec size = exp(log(abs(x)) * exponent), zero = set1(0.0f);
  const Vec below = even ? size : whole ? -size : set1(NAN);
  const Vec at_zero = set1(exponent > 0.0f ? 0.0f : exponent < 0.0f ? INFINITY : 1.0f);
  return select(x == zero, at_zero, select(x < 0.0f, below, size));
}

CLARINET_INLINE Vec sign(Vec x) {  // a NaN stays one
  return select(x > 0.0f, set1(1.0f), select(x < 0.0f, set1(-1.0f), x));
}

CLARINET_INLINE Vec log1p(Vec x) {  // for x >= 0
  Vec u = x + 1.0f;
  return log(u) + (x - (u - 1.0f)) / u;  // corrects the rounding of u, to first order
}

CLARINET_INLINE Vec negative_where(Vec sign, Vec x) { return select(sign < 0.0f, -x, x); }

CLARINET_INLINE Vec tanh(Vec x) {
  Vec t = expm1_negative(abs(x) * -2.0f);
  return negative_where(x, -t / (t + 2.0f));
}

CLARINET_INLINE Vec sigmoid(Vec x) {
  Vec small = exp(-abs(x)), whole = 1.0f / (small + 1.0f);
  return select(x >= set1(0.0f), whole, small * whole);
}

CLARINET_INLINE Vec softplus(Vec x) { return max(set1(0.0f), x) + log1p(exp(-abs(x))); }  // log(1 + exp(x))

CLARINET_INLINE Vec erf(Vec x) {
  constexpr float inner[] = {1.12837911f,    -3.76126260e-1f, 1.12835854e-1f, -2.68538166e-2f,
                             5.18833427e-3f, -8.01024726e-4f, 7.85402517e-5f};  // erf(x) / x in x^2 on [0, 1], 1e-9
  constexpr float outer[] = {-3.5370892e-4f, -1.1270400f,     -6.3822562e-1f, -1.0303743e-1f,
                             2.1805352e-2f,  -2.9396156e-3f,  1.8557490e-4f};  // log(1 - erf(x)) in x on [1, 4], 1e-9
  Vec t = min(set1(4.0f), abs(x));
  Vec near = t * horner(t * t, inner), far = 1.0f - exp(horner(t, outer));
  return select(x == x, negative_where(x, select(set1(1.0f) > t, near, far)), x);
}

}  // namespace
}  // namespace clarinet
