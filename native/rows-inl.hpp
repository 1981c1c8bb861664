// What looks at whole rows: softmax, losses, the place of the largest entry.
#pragma once

#include <math.h>

#include "kernels.hpp"
#include "math-inl.hpp"

namespace clarinet {
namespace {

// Terms of whole vectors are added lane by lane, then the lanes in halves.
template <class Term>
CLARINET_INLINE float row_sum(long n, Term term) {
  Vec total = set1(0.0f);
  each_vector(n, [&](long j, auto part) { total = total + keep(term(j, part), part, 0.0f); });
  return sum(total);
}

CLARINET_INLINE float row_max(const float* x, long n) {
  Vec most = set1(x[0]);
  each_vector(n, [&](long j, auto part) { most = max(most, keep(load(x + j, part), part, x[0])); });
  return largest(most);
}

// y = exp(x - max x); gives the sum of y, and the largest x.
struct Exponentials {
  float sum, most;
};
CLARINET_INLINE Exponentials exponentials(const float* x, float* y, long n) {
  float most = row_max(x, n);
  float total = row_sum(n, [&](long j, auto part) {
    Vec e = exp(load(x + j, part) - most);
    store(y + j, e, part);
    return e;
  });
  return {total, most};
}

void softmax(const float* z, float* a, long rows, long columns) {
  for (long i = 0; i < rows; ++i, z += columns, a += columns) {
    float total = exponentials(z, a, columns).sum;
    each_vector(columns, [&](long j, auto part) { store(a + j, load(a + j, part) / set1(total), part); });
  }
}

void softmax_back(const float* dy, const float* a, float* dz, long rows, long columns) {
  for (long i = 0; i < rows; ++i, dy += columns, a += columns, dz += columns) {
    float mean = row_sum(columns, [&](long j, auto part) { return load(dy + j, part) * load(a + j, part); });
    each_vector(columns, [&](long j, auto part) {
      store(dz + j, load(a + j, part) * (load(dy + j, part) - mean), part);
    });
  }
}

void argmax(const float* x, long rows, long columns, int32_t* where) {
  for (long i = 0; i < rows; ++i, x += columns) {
    Vec most = set1(row_max(x, columns));
    long found = columns;  // stays so only where there are NaNs
    each_vector(columns, [&](long j, auto part) {
      uint32_t hits = bits(keep(load(x + j, part), part, NAN) == most);
      if (hits && found == columns) found = j + lowest_bit(hits);
    });
    where[i] = static_cast<int32_t>(found < columns ? found : 0);
  }
}

// Losses that are a mean over the row's entries. value(t, p) and gradient(t, p) are of one entry.
struct Entry {
  Vec value, gradient;
};

constexpr float kEpsilon = 1e-7f;  // probabilities stay within [epsilon, 1 - epsilon]; beyond, the gradient is 0

template <LossKind kind>
CLARINET_INLINE Entry entry(Vec t, Vec p) {
  Vec zero = set1(0.0f), one = set1(1.0f);
  if constexpr (kind == LossKind::squared_error) {
    Vec error = p - t;
    return {error * error, error + error};
  }
  if constexpr (kind == LossKind::absolute_error) {
    Vec error = p - t;
    return {abs(error), select(error > zero, one, select(zero > error, set1(-1.0f), error))};
  }
  if constexpr (kind == LossKind::binary_crossentropy_logits) {
    Vec small = exp(-abs(p)), whole = 1.0f / (small + 1.0f);
    Vec s = select(p >= zero, whole, small * whole);
    return {fnma(t, p, max(zero, p)) + log1p(small), s - t};
  }
  if constexpr (kind == LossKind::binary_crossentropy) {
    Vec q = min(set1(1.0f - kEpsilon), max(set1(kEpsilon), p)), u = one - t, r = one - q;
    return {-(t * log(q)) - u * log(r), select(q == p, u / r - t / q, zero)};
  }
}

// Targets pulled towards equal shares: t keep + add.
struct Smoothed {
  float keep, add;
  CLARINET_INLINE Vec operator()(Vec t) const { return add == 0.0f ? t : fma(t, keep, set1(add)); }
};

template <LossKind kind>
void mean_loss(const LossRows& l) {
  Smoothed smooth{1.0f - l.smoothing, 0.5f * l.smoothing};
  if (l.columns == 1) {  // rows are entries
    each_vector(l.rows, [&](long i, auto part) {
      Entry e = entry<kind>(smooth(load(l.targets + i, part)), load(l.predictions + i, part));
      store(l.values + i, e.value, part);
      if (l.gradient) store(l.gradient + i, e.gradient * load(l.shares + i, part), part);
    });
    return;
  }
  float mean = 1.0f / static_cast<float>(l.columns);
  for (long i = 0; i < l.rows; ++i) {
    const float *t = l.targets + i * l.columns, *p = l.predictions + i * l.columns;
    l.values[i] = mean * row_sum(l.columns, [&](long j, auto part) {
      Entry e = entry<kind>(smooth(load(t + j, part)), load(p + j, part));
      if (l.gradient) store(l.gradient + i * l.columns + j, e.gradient * (l.shares[i] * mean), part);
      return e.value;
    });
  }
}

// value = -sum t log softmax(z), gradient = softmax(z) sum(t) - t. The gradient's place holds exp(z - max z) meanwhile.
void categorical_logits(const LossRows& l, float* scratch) {
  Smoothed smooth{1.0f - l.smoothing, l.smoothing / static_cast<float>(l.columns)};
  for (long i = 0; i < l.rows; ++i) {
    const float *t = l.targets + i * l.columns, *z = l.predictions + i * l.columns;
    float* e = l.gradient ? l.gradient + i * l.columns : scratch;
    Exponentials x = exponentials(z, e, l.columns);
    float weight = row_sum(l.columns, [&](long j, auto part) { return smooth(load(t + j, part)); });
    float score = row_sum(l.columns, [&](long j, auto part) {
      return smooth(load(t + j, part)) * (load(z + j, part) - x.most);
    });
    l.values[i] = weight * first(log(set1(x.sum))) - score;
    if (!l.gradient) continue;
    Vec scale = set1(weight / x.sum), share = set1(l.shares[i]);
    each_vector(l.columns, [&](long j, auto part) {
      store(e + j, (load(e + j, part) * scale - smooth(load(t + j, part))) * share, part);
    });
  }
}

// value = -sum t log q with q = clip(p / sum p); gradient = (g - sum g q) / sum p with g = -t / q, 0 where q was clipped.
void categorical(const LossRows& l) {
  Smoothed smooth{1.0f - l.smoothing, l.smoothing / static_cast<float>(l.columns)};
  for (long i = 0; i < l.rows; ++i) {
    const float *t = l.targets + i * l.columns, *p = l.predictions + i * l.columns;
    float total = row_sum(l.columns, [&](long j, auto part) { return load(p + j, part); });
    auto share_of = [&](long j, auto part) { return load(p + j, part) / set1(total); };
    auto clipped = [](Vec q) { return min(set1(1.0f - kEpsilon), max(set1(kEpsilon), q)); };
    l.values[i] = -row_sum(l.columns, [&](long j, auto part) {
      return smooth(load(t + j, part)) * log(clipped(share_of(j, part)));
    });
    if (!l.gradient) continue;
    auto slope = [&](long j, auto part) {
      Vec q = share_of(j, part), c = clipped(q);
      return select(q == c, -smooth(load(t + j, part)) / c, set1(0.0f));
    };
    float mean = row_sum(l.columns, [&](long j, auto part) { return slope(j, part) * share_of(j, part); });
    Vec scale = set1(l.shares[i] / total);
    each_vector(l.columns, [&](long j, auto part) {
      store(l.gradient + i * l.columns + j, (slope(j, part) - mean) * scale, part);
    });
  }
}

void loss(const LossRows& l, float* scratch) {
  switch (l.kind) {
    case LossKind::squared_error: return mean_loss<LossKind::squared_error>(l);
    case LossKind::absolute_error: return mean_loss<LossKind::absolute_error>(l);
    case LossKind::binary_crossentropy: return mean_loss<LossKind::binary_crossentropy>(l);
    case LossKind::binary_crossentropy_logits: return mean_loss<LossKind::binary_crossentropy_logits>(l);
    case LossKind::categorical_crossentropy: return categorical(l);
    case LossKind::categorical_crossentropy_logits: return categorical_logits(l, scratch);
  }
}

}  // namespace
}  // namespace clarinet
