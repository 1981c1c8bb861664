// Losses of rows of predictions, each with its gradient. t: target, p: prediction (a probability, a number or a logit).
#pragma once

#include "kernels.hpp"
#include "rows-inl.hpp"

namespace clarinet {
namespace {

constexpr float kEpsilon = 1e-7f;  // probabilities stay within [epsilon, 1 - epsilon]; beyond, the gradient is 0

CLARINET_INLINE Vec clipped(Vec p) { return min(set1(1.0f - kEpsilon), max(set1(kEpsilon), p)); }

// Targets as the loss takes them: smoothed, or mapped to -1 and 1.
struct Targets {
  float keep, add;
  CLARINET_INLINE Vec operator()(Vec t) const { return add == 0.0f ? t : fma(t, keep, set1(add)); }
};

struct Entry {
  Vec value, gradient;
};

// Losses that are means of entries, each with its gradient.

struct SquaredError {
  static CLARINET_INLINE Entry entry(const LossFunction&, Vec t, Vec p) {
    Vec error = p - t;
    return {error * error, error + error};
  }
};

struct AbsoluteError {
  static CLARINET_INLINE Entry entry(const LossFunction&, Vec t, Vec p) {
    Vec error = p - t;
    return {abs(error), sign(error)};
  }
};

struct AbsolutePercentageError {
  static CLARINET_INLINE Entry entry(const LossFunction&, Vec t, Vec p) {
    Vec error = p - t, share = 100.0f / max(set1(kEpsilon), abs(t));
    return {abs(error) * share, sign(error) * share};
  }
};

struct SquaredLogarithmicError {
  static CLARINET_INLINE Entry entry(const LossFunction&, Vec t, Vec p) {
    Vec q = max(set1(kEpsilon), p), u = q + 1.0f, d = log(u) - log(max(set1(kEpsilon), t) + 1.0f);
    return {d * d, select(q == p, (d + d) / u, set1(0.0f))};
  }
};

// a: delta, from which on errors count linearly.
struct Huber {
  static CLARINET_INLINE Entry entry(const LossFunction& f, Vec t, Vec p) {
    Vec error = p - t, size = abs(error), delta = set1(f.a);
    return {select(size > delta, delta * (size - f.a * 0.5f), error * error * 0.5f),
            select(size > delta, sign(error) * delta, error)};
  }
};

struct LogCosh {
  static CLARINET_INLINE Entry entry(const LossFunction&, Vec t, Vec p) {
    constexpr float log_2 = 0.693147181f;
    Vec error = p - t, size = abs(error);
    return {size + log1p(exp(size * -2.0f)) - log_2, tanh(error)};
  }
};

struct Poisson {
  static CLARINET_INLINE Entry entry(const LossFunction&, Vec t, Vec p) {
    Vec q = p + kEpsilon;
    return {p - t * select(q < 0.0f, set1(NAN), log(q)), set1(1.0f) - t / q};
  }
};

struct KLDivergence {
  static CLARINET_INLINE Entry entry(const LossFunction&, Vec t, Vec p) {
    auto within = [&](Vec x) { return min(set1(1.0f), max(set1(kEpsilon), x)); };
    Vec share = within(t), q = within(p);
    return {share * log(share / q), select(q == p, -share / q, set1(0.0f))};
  }
};

struct Hinge {
  static CLARINET_INLINE Entry entry(const LossFunction&, Vec t, Vec p) {
    Vec zero = set1(0.0f), missing = set1(1.0f) - t * p;
    return {max(zero, missing), select(missing > 0.0f, -t, zero)};
  }
};

struct SquaredHinge {
  static CLARINET_INLINE Entry entry(const LossFunction&, Vec t, Vec p) {
    Vec missing = max(set1(0.0f), set1(1.0f) - t * p);
    return {missing * missing, t * missing * -2.0f};
  }
};

struct BinaryCrossentropyLogits {
  static CLARINET_INLINE Entry entry(const LossFunction&, Vec t, Vec p) {
    Vec zero = set1(0.0f), small = exp(-abs(p)), whole = 1.0f / (small + 1.0f);
    Vec s = select(p >= zero, whole, small * whole);
    return {fnma(t, p, max(zero, p)) + log1p(small), s - t};
  }
};

struct BinaryCrossentropy {
  static CLARINET_INLINE Entry entry(const LossFunction&, Vec t, Vec p) {
    Vec one = set1(1.0f), q = clipped(p), u = one - t, r = one - q;
    return {-(t * log(q)) - u * log(r), select(q == p, u / r - t / q, set1(0.0f))};
  }
};

// a: gamma, the exponent of the distance to the right answer; weight of an entry: b t + c.
template <bool from_logits>
struct BinaryFocal {
  static CLARINET_INLINE Entry entry(const LossFunction& f, Vec t, Vec z) {
    Vec one = set1(1.0f), u = one - t, p = from_logits ? sigmoid(z) : z, q = clipped(p), r = one - q;
    Vec entropy = from_logits ? softplus(z) - t * z : -(t * log(q)) - u * log(r);
    Vec missing = one - (t * p + u * (one - p)), inner = from_logits ? p * (one - p) : one;
    Vec factor = power(missing, f.a), weight = fma(t, f.b, set1(f.c));
    Vec slope = factor * (from_logits ? p - t : select(q == p, u / r - t / q, set1(0.0f)));
    if (f.a != 0.0f) slope = slope - inner * entropy * power(missing, f.a - 1.0f) * f.a * (t - u);
    return {weight * factor * entropy, weight * slope};
  }
};

template <typename Loss>
constexpr bool kAddsUp = false;
template <>
constexpr bool kAddsUp<KLDivergence> = true;

// The mean of the row's entries, or their sum.
template <typename Loss>
void entries_loss(const LossRows& l, float*) {
  const Targets target{l.loss.keep, l.loss.add};
  if (l.columns == 1) {  // rows are entries
    each_vector(l.rows, [&](long i, auto part) {
      Entry e = Loss::entry(l.loss, target(load(l.targets + i, part)), load(l.predictions + i, part));
      store(l.values + i, e.value, part);
      if (l.gradient) store(l.gradient + i, e.gradient * load(l.shares + i, part), part);
    });
    return;
  }
  const float mean = kAddsUp<Loss> ? 1.0f : 1.0f / static_cast<float>(l.columns);
  for (long i = 0; i < l.rows; ++i) {
    const float *t = l.targets + i * l.columns, *p = l.predictions + i * l.columns;
    l.values[i] = mean * row_sum(l.columns, [&](long j, auto part) {
      Entry e = Loss::entry(l.loss, target(load(t + j, part)), load(p + j, part));
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
void categorical_hinge(const LossRows& l, float*) {
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
void cosine_similarity(const LossRows& l, float*) {
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

// Every loss: its name, its function, the settings for a, b and c, whether columns are classes, whether targets are signs.
constexpr LossKernel kLosses[] = {
    {"binary_crossentropy", entries_loss<BinaryCrossentropy>, {}, false, false},
    {"binary_crossentropy_logits", entries_loss<BinaryCrossentropyLogits>, {}, false, false},
    {"binary_focal_crossentropy", entries_loss<BinaryFocal<false>>, {"gamma"}, false, false},
    {"binary_focal_crossentropy_logits", entries_loss<BinaryFocal<true>>, {"gamma"}, false, false},
    {"categorical_crossentropy", categorical<false, false>, {}, true, false},
    {"categorical_crossentropy_logits", categorical_logits, {}, true, false},
    {"categorical_focal_crossentropy", categorical<true, false>, {"gamma", "alpha"}, true, false},
    {"categorical_focal_crossentropy_logits", categorical<true, true>, {"gamma", "alpha"}, true, false},
    {"categorical_hinge", categorical_hinge, {}, true, false},
    {"cosine_similarity", cosine_similarity, {}, false, false},
    {"hinge", entries_loss<Hinge>, {}, false, true},
    {"huber", entries_loss<Huber>, {"delta"}, false, false},
    {"kl_divergence", entries_loss<KLDivergence>, {}, false, false},
    {"log_cosh", entries_loss<LogCosh>, {}, false, false},
    {"mean_absolute_error", entries_loss<AbsoluteError>, {}, false, false},
    {"mean_absolute_percentage_error", entries_loss<AbsolutePercentageError>, {}, false, false},
    {"mean_squared_error", entries_loss<SquaredError>, {}, false, false},
    {"mean_squared_logarithmic_error", entries_loss<SquaredLogarithmicError>, {}, false, false},
    {"poisson", entries_loss<Poisson>, {}, false, false},
    {"squared_hinge", entries_loss<SquaredHinge>, {}, false, true},
    {},
};

}  // namespace
}  // namespace clarinet
