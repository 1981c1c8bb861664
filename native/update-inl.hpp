// The optimizers' rules, the penalties and the clipping that come before them, and norms.
//
// w: weight, g: its gradient, lr: learning rate (with the corrections for the start at zero where a rule has them)
#pragma once

#include <float.h>
#include <math.h>

#include "kernels.hpp"
#include "math-inl.hpp"

namespace clarinet {
namespace {

// step(i, part, g, w) returns the new w of the numbers from index i of the weight.
template <class Step>
CLARINET_INLINE void update_each(const Update& u, const Tile& t, const float* g, float* w, Step step) {
  Vec lost = set1(u.decay);
  for (long r = 0; r < t.rows; ++r) {
    const long at = r * t.w_row;
    each_vector(t.columns, [&](long j, auto part) {
      Vec old = load(w + at + j, part);
      old = fnma(lost, old, old);
      store(w + at + j, step(at + j, part, load(g + r * t.g_row + j, part), old), part);
    });
  }
}

// m <- mu m - lr g; w <- w + m, or with Nesterov's look ahead w <- w + mu m - lr g
template <bool nesterov>
void update_momentum(const Update& u, const Tile& t, const float* g, float* w, float* m) {
  Vec mu = set1(u.momentum), rate = set1(u.rate);
  update_each(u, t, g, w, [&](long i, auto part, Vec grad, Vec old) {
    Vec move = fnma(rate, grad, mu * load(m + i, part));
    store(m + i, move, part);
    return nesterov ? fnma(rate, grad, fma(mu, move, old)) : old + move;
  });
}

// v <- rho v + (1 - rho) g^2; w <- w - lr g / sqrt(v - mean^2 + eps), the mean of g where centred; beta_1 is rho.
template <bool has_momentum, bool centered>
void update_rmsprop(const Update& u, const Tile& t, const float* g, float* w, float* const slots[kSlots]) {
  float *v = slots[0], *m = slots[1], *mean = slots[2];
  Vec rho = set1(u.beta_1), rest = set1(u.one_less_beta_1), rate = set1(u.rate), mu = set1(u.momentum);
  update_each(u, t, g, w, [&](long i, auto part, Vec grad, Vec old) {
    Vec spread = fma(rho, load(v + i, part), rest * grad * grad);
    store(v + i, spread, part);
    if constexpr (centered) {
      Vec average = fma(rho, load(mean + i, part), rest * grad);
      store(mean + i, average, part);
      spread = spread - average * average;  // rounded both alike, so that a mean that is g leaves nothing, and no less
    }
    Vec move = rate * grad / sqrt(spread + u.epsilon);
    if constexpr (has_momentum) {
      move = fma(mu, load(m + i, part), move);
      store(m + i, move, part);
    }
    return old - move;
  });
}

// m <- m + (1 - beta_1)(g - m), v <- v + (1 - beta_2)(g^2 - v), w <- w - lr m / (sqrt(v) + eps); AMSGrad divides by the
// largest v so far.
template <bool amsgrad>
void update_adam(const Update& u, const Tile& t, const float* g, float* w, float* const slots[kSlots]) {
  float *m = slots[0], *v = slots[1], *v_hat = slots[2];
  Vec c1 = set1(u.one_less_beta_1), c2 = set1(u.one_less_beta_2), rate = set1(u.rate), epsilon = set1(u.epsilon);
  update_each(u, t, g, w, [&](long i, auto part, Vec grad, Vec old) {
    Vec mean = load(m + i, part), spread = load(v + i, part);
    mean = fma(c1, grad - mean, mean);
    spread = fnma(c2, fnma(grad, grad, spread), spread);
    store(m + i, mean, part);
    store(v + i, spread, part);
    if constexpr (amsgrad) {
      spread = max(load(v_hat + i, part), spread);
      store(v_hat + i, spread, part);
    }
    return fnma(rate, ratio(mean, sqrt(spread) + epsilon), old);
  });
}

// m <- m + (1 - beta_1)(g - m), n <- max(beta_2 n, |g|), w <- w - lr m / (n + eps)
void update_adamax(const Update& u, const Tile& t, const float* g, float* w, float* m, float* norm) {
  update_each(u, t, g, w, [&](long i, auto part, Vec grad, Vec old) {
    Vec mean = load(m + i, part);
    mean = fma(set1(u.one_less_beta_1), grad - mean, mean);
    Vec most = max(load(norm + i, part) * u.beta_2, abs(grad));
    store(m + i, mean, part);
    store(norm + i, most, part);
    return old - mean * u.rate / (most + u.epsilon);
  });
}

// m and v as Adam's; w <- w - lr (mean_share m + gradient_share g) / (sqrt(v) + eps)
void update_nadam(const Update& u, const Tile& t, const float* g, float* w, float* m, float* v) {
  update_each(u, t, g, w, [&](long i, auto part, Vec grad, Vec old) {
    Vec mean = load(m + i, part), spread = load(v + i, part);
    mean = fma(set1(u.one_less_beta_1), grad - mean, mean);
    spread = fnma(set1(u.one_less_beta_2), fnma(grad, grad, spread), spread);
    store(m + i, mean, part);
    store(v + i, spread, part);
    Vec ahead = fma(mean, u.mean_share, grad * u.gradient_share);
    return fnma(set1(u.rate), ratio(ahead, sqrt(spread) + u.epsilon), old);
  });
}

// s <- s + g^2, w <- w - lr g / sqrt(s + eps)
void update_adagrad(const Update& u, const Tile& t, const float* g, float* w, float* total) {
  update_each(u, t, g, w, [&](long i, auto part, Vec grad, Vec old) {
    Vec sum = fma(grad, grad, load(total + i, part));
    store(total + i, sum, part);
    return old - grad * u.rate / sqrt(sum + u.epsilon);
  });
}

// v <- rho v + (1 - rho) g^2, d = sqrt(a + eps) / sqrt(v + eps) g, a <- rho a + (1 - rho) d^2, w <- w - lr d; beta_1 is rho.
void update_adadelta(const Update& u, const Tile& t, const float* g, float* w, float* v, float* moves) {
  Vec rho = set1(u.beta_1), rest = set1(u.one_less_beta_1);
  update_each(u, t, g, w, [&](long i, auto part, Vec grad, Vec old) {
    Vec spread = fma(rho, load(v + i, part), rest * grad * grad), before = load(moves + i, part);
    Vec move = sqrt(before + u.epsilon) * grad / sqrt(spread + u.epsilon);
    store(v + i, spread, part);
    store(moves + i, fma(rho, before, rest * move * move), part);
    return fnma(set1(u.rate), move, old);
  });
}

// w <- w - lr sign(beta_1 m + (1 - beta_1) g), m <- beta_2 m + (1 - beta_2) g
void update_lion(const Update& u, const Tile& t, const float* g, float* w, float* m) {
  update_each(u, t, g, w, [&](long i, auto part, Vec grad, Vec old) {
    Vec mean = load(m + i, part);
    store(m + i, fma(mean, u.beta_2, grad * u.one_less_beta_2), part);
    return fnma(set1(u.rate), sign(fma(mean, u.beta_1, grad * u.one_less_beta_1)), old);
  });
}

// n' = n + g^2, z <- z + g + 2 shrinkage w - (n'^p - n^p) / lr w, w <- (clip(z, -l1, l1) - z) / (n'^p / lr + l2), n <- n'.
// A rate of 0, or one too small to divide by, takes no step.
void update_ftrl(const Update& u, const Tile& t, const float* g, float* w, float* total, float* linear) {
  if (fabsf(u.rate) < FLT_MIN) return;
  auto root = [&](Vec n) { return u.exponent == 0.5f ? sqrt(n) : power(n, u.exponent); };
  update_each(u, t, g, w, [&](long i, auto part, Vec grad, Vec old) {
    Vec before = load(total + i, part), sum = fma(grad, grad, before), now = root(sum);
    Vec pull = fma(old, u.shrinkage * 2.0f, grad), z = load(linear + i, part) + pull;
    z = fnma((now - root(before)) / set1(u.rate), old, z);
    store(total + i, sum, part);
    store(linear + i, z, part);
    return (min(set1(u.l1), max(set1(-u.l1), z)) - z) / (now / set1(u.rate) + u.l2);
  });
}

// v as Adam's; z <- z - lr g / (sqrt(v scale) + eps); x, which w and the old z tell, moves by a share towards z;
// w <- (1 - beta_1) z + beta_1 x. A z of infinity is that of a weight that has not been updated yet: w before its decay.
void update_schedule_free(const Update& u, const Tile& t, const float* g, float* w, float* z, float* v) {
  Vec c1 = set1(u.one_less_beta_1), none = set1(FLT_MAX);
  update_each(u, t, g, w, [&](long i, auto part, Vec grad, Vec old) {
    Vec before = load(z + i, part), spread = load(v + i, part);
    before = select(before > none, load(w + i, part), before);
    spread = fnma(set1(u.one_less_beta_2), fnma(grad, grad, spread), spread);
    Vec now = fnma(set1(u.rate), grad / (sqrt(spread * u.spread_scale) + u.epsilon), before);
    Vec x = fnma(c1, before, old) / set1(u.beta_1);
    x = fma(now - x, u.average_share, x);
    store(z + i, now, part);
    store(v + i, spread, part);
    return fma(x, u.beta_1, now * u.one_less_beta_1);
  });
}

// e <- keep e + (1 - keep) w, and perhaps w <- e
void average(const Update& u, const Tile& t, float* w, float* average) {
  for (long r = 0; r < t.rows; ++r) {
    const long at = r * t.w_row;
    each_vector(t.columns, [&](long j, auto part) {
      Vec e = fma(load(average + at + j, part), u.average_keep, load(w + at + j, part) * u.average_rest);
      store(average + at + j, e, part);
      if (u.overwrite) store(w + at + j, e, part);
    });
  }
}

void update(const Update& u, const Tile& t, const float* g, float* w, float* const slots[kSlots]) {
  switch (u.rule) {
    case Rule::sgd:
      return update_each(u, t, g, w, [&](long, auto, Vec grad, Vec old) { return fnma(set1(u.rate), grad, old); });
    case Rule::momentum: return update_momentum<false>(u, t, g, w, slots[0]);
    case Rule::nesterov: return update_momentum<true>(u, t, g, w, slots[0]);
    case Rule::rmsprop:
      if (u.centered) return (u.has_momentum ? update_rmsprop<true, true> : update_rmsprop<false, true>)(u, t, g, w, slots);
      return (u.has_momentum ? update_rmsprop<true, false> : update_rmsprop<false, false>)(u, t, g, w, slots);
    case Rule::adam: return (u.amsgrad ? update_adam<true> : update_adam<false>)(u, t, g, w, slots);
    case Rule::adamax: return update_adamax(u, t, g, w, slots[0], slots[1]);
    case Rule::nadam: return update_nadam(u, t, g, w, slots[0], slots[1]);
    case Rule::adagrad: return update_adagrad(u, t, g, w, slots[0]);
    case Rule::adadelta: return update_adadelta(u, t, g, w, slots[0], slots[1]);
    case Rule::lion: return update_lion(u, t, g, w, slots[0]);
    case Rule::ftrl: return update_ftrl(u, t, g, w, slots[0], slots[1]);
    case Rule::schedule_free: return update_schedule_free(u, t, g, w, slots[0], slots[1]);
  }
}

void add_penalty(float l1, float l2, const float* w, float* g, long n) {
  Vec zero = set1(0.0f), up = set1(l1), down = set1(-l1), twice = set1(2.0f * l2);
  each_vector(n, [&](long i, auto part) {
    Vec x = load(w + i, part);
    Vec sign = select(x > zero, up, select(zero > x, down, x));
    store(g + i, load(g + i, part) + fma(twice, x, sign), part);
  });
}

void clip(float limit, float* g, long n) {
  Vec high = set1(limit), low = set1(-limit);
  each_vector(n, [&](long i, auto part) { store(g + i, min(high, max(low, load(g + i, part))), part); });
}

// Sums of n terms, n being at most a few thousand: lane by lane in float, by 256 terms in double.
template <class Term>
CLARINET_INLINE double long_sum(long n, Term term) {
  double total = 0.0;
  for (long start = 0; start < n; start += 256) {
    Vec block = set1(0.0f);
    each_vector(n - start < 256 ? n - start : 256, [&](long i, auto part) { block = block + term(start + i, part); });
    total += static_cast<double>(sum(block));
  }
  return total;
}

double sum_squares(const float* x, long n) {
  return long_sum(n, [&](long i, auto part) { return load(x + i, part) * load(x + i, part); });
}
double sum_absolute(const float* x, long n) {
  return long_sum(n, [&](long i, auto part) { return abs(load(x + i, part)); });
}
double distance_squared(const float* x, const float* y, long n) {
  return long_sum(n, [&](long i, auto part) {
    Vec d = load(x + i, part) - load(y + i, part);
    return d * d;
  });
}

}  // namespace
}  // namespace clarinet
