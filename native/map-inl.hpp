// Functions of one, two or three numbers (a, b, d), entry by entry, with the gradient at each of them. y: the function's value,
// dy: the gradient there; c: a constant of the function.
#pragma once

#include "kernels.hpp"
#include "math-inl.hpp"

namespace clarinet {
namespace {

constexpr float kLog2 = 0.693147181f, kLog10 = 2.30258509f, kTwoOverSqrtPi = 1.12837917f;

template <class F>
CLARINET_INLINE Vec each_lane(Vec a, Vec b, F f) {
  float x[kLanes], y[kLanes];
  store(x, a), store(y, b);
  for (long i = 0; i < kLanes; ++i) x[i] = f(x[i], y[i]);
  return load(x);
}

CLARINET_INLINE Vec truth(Mask m) { return select(m, set1(1.0f), set1(0.0f)); }
CLARINET_INLINE Vec chosen(Mask m, Vec x) { return select(m, x, set1(0.0f)); }
CLARINET_INLINE Mask is_infinite(Vec x) { return abs(x) == set1(INFINITY); }
CLARINET_INLINE Vec floor(Vec x) {
  Vec r = round(x);
  return select(r > x, r - 1.0f, r);
}
CLARINET_INLINE Vec ceil(Vec x) {
  Vec r = round(x);
  return select(x > r, r + 1.0f, r);
}
CLARINET_INLINE Vec trunc(Vec x) { return select(x < 0.0f, ceil(x), floor(x)); }

CLARINET_INLINE Vec any_log(Vec x) {  // of any number
  const Vec zero = set1(0.0f);
  Vec y = select(x == zero, set1(-INFINITY), select(zero > x, set1(NAN), log(x)));
  return select(x == set1(INFINITY), x, y);
}
CLARINET_INLINE Vec any_log1p(Vec x) {
  Vec u = x + 1.0f, y = any_log(u) + (x - (u - 1.0f)) / u;
  return select(is_infinite(u), u, select(set1(-1.0f) >= x, any_log(u), y));
}
CLARINET_INLINE Vec any_expm1(Vec x) { return select(x > 1.0f, exp(x) - 1.0f, expm1_negative(min(set1(1.0f), x))); }
CLARINET_INLINE Vec bell(Vec x) { return exp(-(x * x)) * kTwoOverSqrtPi; }
CLARINET_INLINE Vec whole_power(Vec x, float exponent) {  // of a whole exponent from 0 on
  Vec y = set1(1.0f);
  for (int n = static_cast<int>(exponent); n > 0; n >>= 1, x = x * x)
    if (n & 1) y = y * x;
  return y;
}
CLARINET_INLINE Vec powers(Vec a, Vec b) {
  return each_lane(a, b, [](float x, float y) { return powf(x, y); });
}
CLARINET_INLINE Vec remainder(Vec a, Vec b) {  // of the sign of b
  return each_lane(a, b, [](float x, float y) {
    const float r = fmodf(x, y);
    return r != 0.0f && (r < 0.0f) != (y < 0.0f) ? r + y : r;
  });
}
CLARINET_INLINE Vec hypot(Vec a, Vec b) {
  Vec most = max(abs(a), abs(b)), least = min(abs(a), abs(b)), share = least / most;
  return select(most == set1(0.0f), most, most * sqrt(share * share + 1.0f));
}
CLARINET_INLINE Vec logaddexp(Vec a, Vec b) {
  Vec apart = select(a == b, set1(0.0f), abs(a - b));
  return max(a, b) + log1p(exp(-apart));
}

#define CLARINET_LANES(f) each_lane(a, a, [](float x, float) { return f(x); })

template <Map kind>
CLARINET_INLINE Vec mapped(float c, Vec a, Vec b, Vec d) {
  const Vec zero = set1(0.0f);
  if constexpr (kind == Map::negative) return -a;
  if constexpr (kind == Map::absolute) return abs(a);
  if constexpr (kind == Map::sign) return sign(a);
  if constexpr (kind == Map::floor) return floor(a);
  if constexpr (kind == Map::ceil) return ceil(a);
  if constexpr (kind == Map::trunc) return trunc(a);
  if constexpr (kind == Map::round) return round(a);
  if constexpr (kind == Map::square) return a * a;
  if constexpr (kind == Map::sqrt) return sqrt(a);
  if constexpr (kind == Map::rsqrt) return 1.0f / sqrt(a);
  if constexpr (kind == Map::reciprocal) return 1.0f / a;
  if constexpr (kind == Map::exp2) return CLARINET_LANES(exp2f);
  if constexpr (kind == Map::expm1) return any_expm1(a);
  if constexpr (kind == Map::log) return any_log(a);
  if constexpr (kind == Map::log2) return CLARINET_LANES(log2f);
  if constexpr (kind == Map::log10) return CLARINET_LANES(log10f);
  if constexpr (kind == Map::log1p) return any_log1p(a);
  if constexpr (kind == Map::erf) return erf(a);
  if constexpr (kind == Map::sin) return CLARINET_LANES(sinf);
  if constexpr (kind == Map::cos) return CLARINET_LANES(cosf);
  if constexpr (kind == Map::tan) return CLARINET_LANES(tanf);
  if constexpr (kind == Map::arcsin) return CLARINET_LANES(asinf);
  if constexpr (kind == Map::arccos) return CLARINET_LANES(acosf);
  if constexpr (kind == Map::arctan) return CLARINET_LANES(atanf);
  if constexpr (kind == Map::sinh) return CLARINET_LANES(sinhf);
  if constexpr (kind == Map::cosh) return CLARINET_LANES(coshf);
  if constexpr (kind == Map::whole_power) return whole_power(a, c);
  if constexpr (kind == Map::fill) return set1(c);
  if constexpr (kind == Map::truth) return select(a == zero, zero, set1(1.0f));
  if constexpr (kind == Map::logical_not) return 1.0f - a;
  if constexpr (kind == Map::isnan) return 1.0f - truth(a == a);
  if constexpr (kind == Map::isinf) return truth(is_infinite(a));
  if constexpr (kind == Map::isfinite) return truth(set1(INFINITY) > abs(a));
  if constexpr (kind == Map::add) return a + b;
  if constexpr (kind == Map::subtract) return a - b;
  if constexpr (kind == Map::multiply || kind == Map::logical_and) return a * b;
  if constexpr (kind == Map::divide) return a / b;
  if constexpr (kind == Map::floor_divide) return round((a - remainder(a, b)) / b);
  if constexpr (kind == Map::mod) return remainder(a, b);
  if constexpr (kind == Map::power) return powers(a, b);
  if constexpr (kind == Map::maximum) return select(a == a, max(a, b), a);
  if constexpr (kind == Map::minimum) return select(a == a, min(a, b), a);
  if constexpr (kind == Map::hypot) return hypot(a, b);
  if constexpr (kind == Map::logaddexp) return logaddexp(a, b);
  if constexpr (kind == Map::equal) return truth(a == b);
  if constexpr (kind == Map::not_equal || kind == Map::logical_xor) return 1.0f - truth(a == b);
  if constexpr (kind == Map::greater) return truth(a > b);
  if constexpr (kind == Map::greater_equal) return truth(a >= b);
  if constexpr (kind == Map::logical_or) return max(a, b);
  if constexpr (kind == Map::where) return select(a == zero, d, b);
}

#undef CLARINET_LANES

// dy times the derivative by the only number.
template <Map kind>
CLARINET_INLINE Vec mapped_back(float c, Vec dy, Vec a, Vec y) {
  const Vec zero = set1(0.0f);
  if constexpr (kind == Map::negative) return -dy;
  if constexpr (kind == Map::absolute) return select(a >= zero, dy, -dy);
  if constexpr (kind == Map::square) return dy * (a + a);
  if constexpr (kind == Map::sqrt) return dy * 0.5f / y;
  if constexpr (kind == Map::rsqrt) return dy * (y * -0.5f / a);
  if constexpr (kind == Map::reciprocal) return -dy * y * y;
  if constexpr (kind == Map::exp2) return dy * y * kLog2;
  if constexpr (kind == Map::expm1) return dy * (y + 1.0f);
  if constexpr (kind == Map::log) return dy / a;
  if constexpr (kind == Map::log2) return dy / a * (1.0f / kLog2);
  if constexpr (kind == Map::log10) return dy / a * (1.0f / kLog10);
  if constexpr (kind == Map::log1p) return dy / (a + 1.0f);
  if constexpr (kind == Map::erf) return dy * bell(a);
  if constexpr (kind == Map::sin) return dy * mapped<Map::cos>(0.0f, a, a, a);
  if constexpr (kind == Map::cos) return -(dy * mapped<Map::sin>(0.0f, a, a, a));
  if constexpr (kind == Map::tan) return dy * (y * y + 1.0f);
  if constexpr (kind == Map::arcsin) return dy / sqrt((1.0f - a) * (a + 1.0f));
  if constexpr (kind == Map::arccos) return -dy / sqrt((1.0f - a) * (a + 1.0f));
  if constexpr (kind == Map::arctan) return dy / (a * a + 1.0f);
  if constexpr (kind == Map::sinh) return dy * mapped<Map::cosh>(0.0f, a, a, a);
  if constexpr (kind == Map::cosh) return dy * mapped<Map::sinh>(0.0f, a, a, a);
  if constexpr (kind == Map::whole_power) return c == 0.0f ? zero : dy * (whole_power(a, c - 1.0f) * c);
  return zero;
}

// dy times the derivative by number `which`.
template <Map kind, int which>
CLARINET_INLINE Vec mapped_back(Vec dy, Vec a, Vec b, Vec y) {
  const Vec zero = set1(0.0f), one = set1(1.0f);
  const Vec own = which == 0 ? a : b, other = which == 0 ? b : a;
  if constexpr (kind == Map::add) return dy;
  if constexpr (kind == Map::subtract) return which == 0 ? dy : -dy;
  if constexpr (kind == Map::multiply) return dy * other;
  if constexpr (kind == Map::divide) return which == 0 ? dy / b : -dy * y / b;
  if constexpr (kind == Map::mod) return which == 0 ? dy : -dy * floor(a / b);
  if constexpr (kind == Map::power && which == 0)
    return dy * select(b == zero, zero, b * powers(a, select(b == zero, one, b - one)));
  if constexpr (kind == Map::power && which == 1) return dy * y * any_log(select(a == zero, one, a));
  if constexpr (kind == Map::maximum) return select(own > other, dy, chosen(own == other, dy * 0.5f));
  if constexpr (kind == Map::minimum) return select(other > own, dy, chosen(own == other, dy * 0.5f));
  if constexpr (kind == Map::hypot) return select(y == zero, zero, dy * own / select(y == zero, one, y));
  if constexpr (kind == Map::logaddexp) return dy * exp(select(own == y, zero, own - y));
  if constexpr (kind == Map::where) return which == 1 ? select(a == zero, zero, dy) : select(a == zero, dy, zero);
  return zero;
}

template <Map kind>
void map_as(float c, const float* const x[3], float* y, long n) {
  each_vector(n, [&](long i, auto part) {
    Vec a = load(x[0] + i, part), b = a, d = a;
    if constexpr (arity(kind) > 1) b = load(x[1] + i, part);
    if constexpr (arity(kind) > 2) d = load(x[2] + i, part);
    store(y + i, mapped<kind>(c, a, b, d), part);
  });
}

template <Map kind, int which>
void map_back_as(float c, const float* dy, const float* const x[3], const float* y, float* dx, long n) {
  each_vector(n, [&](long i, auto part) {
    Vec d = load(dy + i, part), a = load(x[0] + i, part), value = load(y + i, part);
    if constexpr (arity(kind) == 1) store(dx + i, mapped_back<kind>(c, d, a, value), part);
    if constexpr (arity(kind) > 1) store(dx + i, mapped_back<kind, which>(d, a, load(x[1] + i, part), value), part);
  });
}

void map(Map kind, float c, const float* const x[3], float* y, long n) {
  switch (kind) {
#define CLARINET_CASE(name, arity, slopes) \
  case Map::name: return map_as<Map::name>(c, x, y, n);
    CLARINET_MAPS(CLARINET_CASE)
#undef CLARINET_CASE
  }
}

void map_back(Map kind, int which, float c, const float* dy, const float* const x[3], const float* y, float* dx, long n) {
  switch (kind) {
#define CLARINET_CASE(name, arity, slopes)                                                      \
  case Map::name:                                                                               \
    if (which == 0) return map_back_as<Map::name, 0>(c, dy, x, y, dx, n);                       \
    return which == 1 ? map_back_as<Map::name, 1>(c, dy, x, y, dx, n) : map_back_as<Map::name, 2>(c, dy, x, y, dx, n);
    CLARINET_MAPS(CLARINET_CASE)
#undef CLARINET_CASE
  }
}

// y[r, i] = over a of x[r, a, i], which `rows` times `along` times `inner` numbers are; a NaN stays one.
template <Reduction kind>
CLARINET_INLINE Vec joined(Vec sum, Vec x) {
  if constexpr (kind == Reduction::sum) return sum + x;
  if constexpr (kind == Reduction::max) return select(sum == sum, max(sum, x), sum);
  if constexpr (kind == Reduction::min) return select(sum == sum, min(sum, x), sum);
}

template <Reduction kind>
CLARINET_INLINE float of_row(const float* x, long n) {
  const float start = kind == Reduction::sum ? 0.0f : x[0];
  Vec all = set1(start);
  each_vector(n, [&](long i, auto part) { all = joined<kind>(all, keep(load(x + i, part), part, start)); });
  if constexpr (kind == Reduction::sum) return sum(all);
  float lanes[kLanes];
  store(lanes, all);
  Vec found = set1(lanes[0]);
  for (long i = 1; i < kLanes; ++i) found = joined<kind>(found, set1(lanes[i]));
  return first(found);
}

template <Reduction kind>
void reduce_as(const float* x, long rows, long along, long inner, float* y) {
  for (long r = 0; r < rows; ++r, x += along * inner, y += inner) {
    if (inner == 1) {
      *y = of_row<kind>(x, along);
      continue;
    }
    each_vector(inner, [&](long i, auto part) {
      Vec all = load(x + i, part);
      for (long a = 1; a < along; ++a) all = joined<kind>(all, load(x + a * inner + i, part));
      store(y + i, all, part);
    });
  }
}

void reduce(Reduction kind, const float* x, long rows, long along, long inner, float* y) {
  switch (kind) {
    case Reduction::sum: return reduce_as<Reduction::sum>(x, rows, along, inner, y);
    case Reduction::max: return reduce_as<Reduction::max>(x, rows, along, inner, y);
    case Reduction::min: return reduce_as<Reduction::min>(x, rows, along, inner, y);
  }
}

// dx[r, a, i] = dy[r, i] scale
void spread(const float* dy, float scale, long rows, long along, long inner, float* dx) {
  for (long r = 0; r < rows; ++r, dy += inner) {
    for (long a = 0; a < along; ++a, dx += inner)
      if (inner > 1) each_vector(inner, [&](long i, auto part) { store(dx + i, load(dy + i, part) * scale, part); });
    if (inner > 1) continue;
    dx -= along;
    each_vector(along, [&](long i, auto part) { store(dx + i, set1(*dy * scale), part); });
    dx += along;
  }
}

}  // namespace
}  // namespace clarinet
