// The functions of map-inl.hpp by name, each with how many numbers it takes, and whether it has a derivative other than 0.
#pragma once

#define CLARINET_MAPS(X) \
  X(negative, 1, 1) X(absolute, 1, 1) X(sign, 1, 0) X(floor, 1, 0) X(ceil, 1, 0) X(trunc, 1, 0) X(round, 1, 0) \
  X(square, 1, 1) X(sqrt, 1, 1) X(rsqrt, 1, 1) X(reciprocal, 1, 1) X(exp2, 1, 1) X(expm1, 1, 1) X(log, 1, 1) \
  X(log2, 1, 1) X(log10, 1, 1) X(log1p, 1, 1) X(erf, 1, 1) X(sin, 1, 1) X(cos, 1, 1) X(tan, 1, 1) X(arcsin, 1, 1) \
  X(arccos, 1, 1) X(arctan, 1, 1) X(sinh, 1, 1) X(cosh, 1, 1) X(whole_power, 1, 1) X(fill, 1, 0) X(truth, 1, 0) \
  X(logical_not, 1, 0) X(isnan, 1, 0) X(isinf, 1, 0) X(isfinite, 1, 0) X(add, 2, 1) X(subtract, 2, 1) X(multiply, 2, 1) \
  X(divide, 2, 1) X(floor_divide, 2, 0) X(mod, 2, 1) X(power, 2, 1) X(maximum, 2, 1) X(minimum, 2, 1) X(hypot, 2, 1) \
  X(logaddexp, 2, 1) X(equal, 2, 0) X(not_equal, 2, 0) X(greater, 2, 0) X(greater_equal, 2, 0) X(logical_and, 2, 0) \
  X(logical_or, 2, 0) X(logical_xor, 2, 0) X(where, 3, 1)

namespace clarinet {

enum class Map : int {
#define CLARINET_NAME(name, arity, sloped) name,
  CLARINET_MAPS(CLARINET_NAME)
#undef CLARINET_NAME
};

constexpr int arity(Map kind) {
  constexpr int of[] = {
#define CLARINET_ARITY(name, arity, sloped) arity,
      CLARINET_MAPS(CLARINET_ARITY)
#undef CLARINET_ARITY
  };
  return of[static_cast<int>(kind)];
}

// Whether a function has a derivative other than 0 by number `which`.
constexpr bool sloped(Map kind, int which) {
  constexpr bool of[] = {
#define CLARINET_SLOPED(name, arity, sloped) sloped != 0,
      CLARINET_MAPS(CLARINET_SLOPED)
#undef CLARINET_SLOPED
  };
  return of[static_cast<int>(kind)] && !(kind == Map::where && which == 0);
}

enum class Reduction : int { sum, max, min };

}  // namespace clarinet
