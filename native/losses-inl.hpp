// Losses of rows of predictions, each with its gradient. t: target, p: prediction (a probability, a number or a logit).
#pragma once

#include "kernels.hpp"
#include "rows-inl.hpp"

namespace clarinet {
namespace {

constexpr float kEpsilon = 1e-7f;  // probabilities stay within [epsilon, 1 - epsilon]; beyond, the gradient is 0

CLARINET_INLINE Vec clipped(Vec p) { return min(set1(1.0f - kEpsilon), max(set1(kEpsilon), p)); }

// Targets as the loss takes them: smoothed, or brought to -1 and 1.
struct Targets {
  float keep, add;
  CLARINET_INLINE Vec operator()(Vec t) const { return add == 0.0f ? t : fma(t, keep, set1(add)); }
};

struct Entry {
  Vec value, gradient;
};

// Errors of a number; a is delta of Huber's loss.
template <LossKind kind>
CLARINET_INLINE Entry error_entry(const LossFunction& f, Vec t, Vec p) {
  Vec error = p - t;
  if constexpr (kind == LossKind::squared_error) return {error * error, error + error};
  if constexpr (kind == LossKind::absolute_error) return {abs(error), sign(error)};
  if constexpr (kind == LossKind::absolute_percentage_error) {
    Vec share = 100.0f / max(set1(kEpsilon), abs(t));
    return {abs(error) * share, sign(error) * share};
  }
  if constexpr (kind == LossKind::squared_logarithmic_error) {
    Vec q = max(set1(kEpsilon), p), u = q + 1.0f, d = log(u) - log(max(set1(kEpsilon), t) + 1.0f);
    return {d * d, select(q == p, (d + d) / u, set1(0.0f))};
  }
  if constexpr (kind == LossKind::huber) {
    Vec size = abs(error), delta = set1(f.a);
    return {select(size > delta, delta * (size - f.a * 0.5f), error * error * 0.5f),
            select(size > delta, sign(error) * delta, error)};
  }
  if constexpr (kind == LossKind::log_cosh) {
    constexpr float log_2 = 0.693147181f;
    Vec size = abs(error);
    return {size + log1p(exp(size * -2.0f)) - log_2, tanh(error)};
  }
}

// a: gamma, the exponent of what is missing to the right answer; weight of an entry: b t + c.
template <bool from_logits>
CLARINET_INLINE Entry focal_entry(const LossFunction& f, Vec t, Vec z) {
  Vec one = set1(1.0f), u = one - t, p = from_logits ? sigmoid(z) : z, q = clipped(p), r = one - q;
  Vec entropy = from_logits ? softplus(z) - t * z : -(t * log(q)) - u * log(r);
  Vec missing = one - (t * p + u * (one - p)), inner = from_logits ? p * (one - p) : one;
  Vec factor = power(missing, f.a), weight = fma(t, f.b, set1(f.c));
  Vec slope = factor * (from_logits ? p - t : select(q == p, u / r - t / q, set1(0.0f)));
  if (f.a != 0.0f) slope = slope - inner * entropy * power(missing, f.a - 1.0f) * f.a * (t - u);
  return {weight * factor * entropy, weight * slope};
}

template <LossKind kind>
CLARINET_INLINE Entry entry(const LossFunction& f, Vec t, Vec p) {
  Vec zero = set1(0.0f), one = set1(1.0f);
  if constexpr (kind == LossKind::poisson) {
    Vec q = p + kEpsilon;
    return {p - t * select(q < 0.0f, set1(NAN), log(q)), one - t / q};
  }
  if constexpr (kind == LossKind::kl_divergence) {
    auto within = [&](Vec x) { return min(one, max(set1(kEpsilon), x)); };
    Vec share = within(t), q = within(p);
    return {share * log(share / q), select(q == p, -share / q, zero)};
  }
  if constexpr (kind == LossKind::hinge) {
    Vec missing = one - t * p;
    return {max(zero, missing), select(missing > 0.0f, -t, zero)};
  }
  if constexpr (kind == LossKind::squared_hinge) {
    Vec missing = max(zero, one - t * p);
    return {missing * missing, t * missing * -2.0f};
  }
  if constexpr (kind == LossKind::binary_crossentropy_logits) {
    Vec small = exp(-abs(p)), whole = 1.0f / (small + 1.0f);
    Vec s = select(p >= zero, whole, small * whole);
    return {fnma(t, p, max(zero, p)) + log1p(small), s - t};
  }
  if constexpr (kind == LossKind::binary_crossentropy) {
    Vec q = clipped(p), u = one - t, r = one - q;
    return {-(t * log(q)) - u * log(r), select(q == p, u / r - t / q, zero)};
  }
  if constexpr (kind == LossKind::binary_focal) return focal_entry<false>(f, t, p);
  if constexpr (kind == LossKind::binary_focal_logits) return focal_entry<true>(f, t, p);
  if constexpr (kind < LossKind::poisson) return error_entry<kind>(f, t, p);
}

// The mean of the row's entries; their sum for the Kullback-Leibler divergence.
template <LossKind kind>
void entries_loss(const LossRows& l) {
  const Targets target{l.loss.keep, l.loss.add};
  if (l.columns == 1) {  // rows are entries
    each_vector(l.rows, [&](long i, auto part) {
      Entry e = entry<kind>(l.loss, target(load(l.targets + i, part)), load(l.predictions + i, part));
      store(l.values + i, e.value, part);
      if (l.gradient) store(l.gradient + i, e.gradient * load(l.shares + i, part), part);
    });
    return;
  }
  float mean = kind == LossKind::kl_divergence ? 1.0f : 1.0f / static_cast<float>(l.columns);
  for (long i = 0; i < l.rows; ++i) {
    const float *t = l.targets + i * l.columns, *p = l.predictions + i * l.columns;
    l.values[i] = mean * row_sum(l.columns, [&](long j, auto part) {
      Entry e = entry<kind>(l.loss, target(load(t + j, part)), load(p + j, part));
      if (l.gradient) store(l.gradient + i * l.columns + j, e.gradient * (l.shares[i] * mean), part);
      return e.value;
    });
  }
}

// value = -sum t log softmax(z), gradient = softmax(z) sum(t) - t. The gradient's place holds exp(z - max z) meanwhile.
void categorical_logits(const LossRows& l, float* scratch) {
  const Targets target{l.loss.keep, l.loss.add};
  for (long i = 0; i < l.rows; ++i) {
    const float *t = l.targets + i * l.columns, *z = l.predictions + i * l.columns;
    float* e = l.gradient ? l.gradient + i * l.columns : scratch;
    Exponentials x = exponentials(z, e, l.columns);
    float weight = row_sum(l.columns, [&](long j, auto part) { return target(load(t + j, part)); });
    float score = row_sum(l.columns, [&](long j, auto part) {
      return target(load(t + j, part)) * (load(z + j, part) - x.most);
    });
    l.values[i] = weight * first(log(set1(x.sum))) - score;
    if (!l.gradient) continue;
    Vec scale = set1(weight / x.sum), share = set1(l.shares[i]);
    each_vector(l.columns, [&](long j, auto part) {
      store(e + j, (load(e + j, part) * scale - target(load(t + j, part))) * share, part);
    });
  }
}

// One class's term, and q times its derivative at the share q; focal: weight (1 - q)^a times that of the cross-entropy.
template <bool focal>
CLARINET_INLINE Entry class_entry(const LossFunction& f, Vec weight, Vec t, Vec q, Vec log_q) {
  if constexpr (!focal) return {-(t * log_q), -t};
  Vec missing = max(set1(kEpsilon), 1.0f - q), factor = power(missing, f.a);
  Vec fading = power(missing, f.a - 1.0f) * q * log_q * f.a;
  return {-(weight * t * factor * log_q), weight * t * (fading - factor)};
}

// value = sum of the classes' terms at clip(q), q = p / sum p; gradient = (g - sum g q) / sum p with g their derivatives, 0
// where q was clipped. From logits q = softmax(z), which `scratch` holds without its divisor, nothing is clipped, and the
// gradient at z is h - q sum h with h = g q.
template <bool focal, bool from_logits>
void categorical(const LossRows& l, float* scratch) {
  const Targets target{l.loss.keep, l.loss.add};
  for (long i = 0; i < l.rows; ++i) {
    const float *t = l.targets + i * l.columns, *z = l.predictions + i * l.columns, *p = z;
    Exponentials x{0.0f, 0.0f};
    if constexpr (from_logits) x = exponentials(z, scratch, l.columns), p = scratch;
    const float total = from_logits ? x.sum : row_sum(l.columns, [&](long j, auto part) { return load(p + j, part); });
    const Vec log_total = log(set1(total));
    auto share_of = [&](long j, auto part) { return load(p + j, part) / set1(total); };
    auto term = [&](long j, auto part) {
      Vec weight = l.loss.by_class ? load(l.loss.by_class + j, part) : set1(l.loss.b);
      Vec q = from_logits ? share_of(j, part) : clipped(share_of(j, part));
      Vec log_q = from_logits ? (load(z + j, part) - x.most) - log_total : log(q);
      return class_entry<focal>(l.loss, weight, target(load(t + j, part)), q, log_q);
    };
    l.values[i] = row_sum(l.columns, [&](long j, auto part) { return term(j, part).value; });
    if (!l.gradient) continue;
    auto slope = [&](long j, auto part) {
      Vec q = share_of(j, part), h = term(j, part).gradient;
      return from_logits ? h : select(q == clipped(q), h / clipped(q), set1(0.0f));
    };
    const float sum = row_sum(l.columns, [&](long j, auto part) {
      return from_logits ? slope(j, part) : slope(j, part) * share_of(j, part);
    });
    const Vec scale = set1(from_logits ? l.shares[i] : l.shares[i] / total);
    each_vector(l.columns, [&](long j, auto part) {
      Vec g = from_logits ? fnma(share_of(j, part), set1(sum), slope(j, part)) : slope(j, part) - sum;
      store(l.gradient + i * l.columns + j, g * scale, part);
    });
  }
}

// value = max(0, 1 + max (1 - t) p - sum t p); the gradient of a maximum is shared out among those that attain it.
void categorical_hinge(const LossRows& l) {
  for (long i = 0; i < l.rows; ++i) {
    const float *t = l.targets + i * l.columns, *p = l.predictions + i * l.columns;
    float right = row_sum(l.columns, [&](long j, auto part) { return load(t + j, part) * load(p + j, part); });
    auto wrong = [&](long j, auto part) { return (1.0f - load(t + j, part)) * load(p + j, part); };
    Vec most = set1(-INFINITY);
    each_vector(l.columns, [&](long j, auto part) { most = max(most, keep(wrong(j, part), part, -INFINITY)); });
    float worst = largest(most), value = 1.0f + worst - right;
    l.values[i] = value <= 0.0f ? 0.0f : value;  // NaN stays
    if (!l.gradient) continue;
    auto hit = [&](long j, auto part) { return select(wrong(j, part) == set1(worst), set1(1.0f), set1(0.0f)); };
    float hits = row_sum(l.columns, hit), share = value > 0.0f ? l.shares[i] : 0.0f;
    each_vector(l.columns, [&](long j, auto part) {
      Vec target = load(t + j, part);
      store(l.gradient + i * l.columns + j, ((1.0f - target) * hit(j, part) / set1(hits) - target) * share, part);
    });
  }
}

// value = -sum u v with u = t / |t|, v = p / |p|; gradient = (v sum u v - u) / |p|, where a norm is at least epsilon.
void cosine_similarity(const LossRows& l) {
  auto norm = [&](const float* x) {
    float squares = row_sum(l.columns, [&](long j, auto part) { return load(x + j, part) * load(x + j, part); });
    return sqrtf(squares < kEpsilon * kEpsilon ? kEpsilon * kEpsilon : squares);
  };
  for (long i = 0; i < l.rows; ++i) {
    const float *t = l.targets + i * l.columns, *p = l.predictions + i * l.columns;
    float size = norm(p);
    Vec long_t = set1(norm(t)), long_p = set1(size);  // divided by: a single column gives 1 or -1, not nearly so
    float cosine = row_sum(l.columns, [&](long j, auto part) {
      return (load(t + j, part) / long_t) * (load(p + j, part) / long_p);
    });
    l.values[i] = -cosine;
    if (!l.gradient) continue;
    Vec scale = set1(l.shares[i] / size), turned = set1(size > kEpsilon ? cosine : 0.0f);
    each_vector(l.columns, [&](long j, auto part) {
      Vec away = load(p + j, part) / long_p * turned - load(t + j, part) / long_t;
      store(l.gradient + i * l.columns + j, away * scale, part);
    });
  }
}

void loss(const LossRows& l, float* scratch) {
  switch (l.loss.kind) {
    case LossKind::squared_error: return entries_loss<LossKind::squared_error>(l);
    case LossKind::absolute_error: return entries_loss<LossKind::absolute_error>(l);
    case LossKind::absolute_percentage_error: return entries_loss<LossKind::absolute_percentage_error>(l);
    case LossKind::squared_logarithmic_error: return entries_loss<LossKind::squared_logarithmic_error>(l);
    case LossKind::huber: return entries_loss<LossKind::huber>(l);
    case LossKind::log_cosh: return entries_loss<LossKind::log_cosh>(l);
    case LossKind::poisson: return entries_loss<LossKind::poisson>(l);
    case LossKind::kl_divergence: return entries_loss<LossKind::kl_divergence>(l);
    case LossKind::hinge: return entries_loss<LossKind::hinge>(l);
    case LossKind::squared_hinge: return entries_loss<LossKind::squared_hinge>(l);
    case LossKind::binary_crossentropy: return entries_loss<LossKind::binary_crossentropy>(l);
    case LossKind::binary_crossentropy_logits: return entries_loss<LossKind::binary_crossentropy_logits>(l);
    case LossKind::binary_focal: return entries_loss<LossKind::binary_focal>(l);
    case LossKind::binary_focal_logits: return entries_loss<LossKind::binary_focal_logits>(l);
    case LossKind::categorical_crossentropy: return categorical<false, false>(l, scratch);
    case LossKind::categorical_crossentropy_logits: return categorical_logits(l, scratch);
    case LossKind::categorical_focal: return categorical<true, false>(l, scratch);
    case LossKind::categorical_focal_logits: return categorical<true, true>(l, scratch);
    case LossKind::categorical_hinge: return categorical_hinge(l);
    case LossKind::cosine_similarity: return cosine_similarity(l);
  }
}

}  // namespace
}  // namespace clarinet
