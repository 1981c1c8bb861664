// One step of recurrent layers behind the products: gates and states, forward and backward. `z` is a row for each sample.
#pragma once

#include "elementwise-inl.hpp"

namespace clarinet {
namespace {

template <int k = 0>
Vec value_of(const Elementwise& e, Vec z) {
  if (e.kind == static_cast<Activation>(k)) return value<static_cast<Activation>(k)>(e, z);
  if constexpr (k + 1 < kActivations) return value_of<k + 1>(e, z);
  return z;
}

// f'(z) of a function whose value a says it.
template <int k = 0>
Vec slope_at(const Elementwise& e, Vec a) {
  if (e.kind == static_cast<Activation>(k)) return slope<static_cast<Activation>(k)>(e, a, a);
  if constexpr (k + 1 < kActivations) return slope_at<k + 1>(e, a);
  return a;
}

// The two functions of nearly all steps, which take as long as the products: to some units of the last place, with fewer
// operations than tanh() and sigmoid(), which takes care of what is smaller than 1e-19 too.
CLARINET_INLINE Vec quick_sigmoid(Vec x) {
  const Reduced e = reduce_near(min(set1(45.0f), max(set1(-45.0f), -x)));
  return ratio(set1(1.0f), fma(e.expm1 + 1.0f, power_of_two(e.n), 1.0f));
}
CLARINET_INLINE Vec quick_tanh(Vec x) {
  const Reduced e = reduce_near(max(set1(-30.0f), abs(x) * -2.0f));
  const Vec s = power_of_two(e.n), t = fma(e.expm1, s, s - 1.0f);
  return negative_where(x, ratio(-t, t + 2.0f));
}

// The functions of a step: nearly always these two.
struct UsualFunctions {
  explicit UsualFunctions(const RecurrentStep&) {}
  CLARINET_INLINE Vec state(Vec z) const { return quick_tanh(z); }
  CLARINET_INLINE Vec gate(Vec z) const { return quick_sigmoid(z); }
  CLARINET_INLINE Vec state_slope(Vec a) const { return fnma(a, a, set1(1.0f)); }
  CLARINET_INLINE Vec gate_slope(Vec a) const { return a * (1.0f - a); }
};
struct AnyFunctions {
  explicit AnyFunctions(const RecurrentStep& s) : step(s) {}
  Vec state(Vec z) const { return value_of(step.activation, z); }
  Vec gate(Vec z) const { return value_of(step.gate, z); }
  Vec state_slope(Vec a) const { return slope_at(step.activation, a); }
  Vec gate_slope(Vec a) const { return slope_at(step.gate, a); }
  const RecurrentStep& step;
};

CLARINET_INLINE bool takes_part(const RecurrentStep& s, long n) { return !s.counts || s.counts[n * s.counts_row] != 0.0f; }

// f(functions, row, first unit, part) for all samples that take part, and all units.
template <class F>
CLARINET_INLINE void each_state(const RecurrentStep& s, F f) {
  const bool usual = s.activation.kind == Activation::tanh && s.gate.kind == Activation::sigmoid;
  const UsualFunctions two(s);
  const AnyFunctions any(s);
  for (long n = 0; n < s.rows; ++n) {
    if (!takes_part(s, n)) continue;
    if (usual) {
      each_vector(s.units, [&](long j, auto part) { f(two, n, j, part); });
    } else {
      each_vector(s.units, [&](long j, auto part) { f(any, n, j, part); });
    }
  }
}

template <class Part>
CLARINET_INLINE void put_state(const RecurrentStep& s, long n, long j, Vec h, Part part) {
  CLARINET_UNROLL
  for (int k = 0; k < 2; ++k)
    if (s.to[k]) store(s.to[k] + n * s.to_row[k] + j, h, part);
}

// The gradient at the state behind the step, with what comes from the output there.
template <class Part>
CLARINET_INLINE Vec state_gradient(const RecurrentStep& s, long n, long j, Part part) {
  const Vec dh = load(s.dh + n * s.units + j, part);
  return s.dy ? dh + load(s.dy + n * s.dy_row + j, part) : dh;
}

// Of the samples that take no part: states stay as they are, and so do the gradients at them.
void keep_states(const RecurrentStep& s) {
  for (long n = 0; s.counts && n < s.rows; ++n) {
    if (takes_part(s, n)) continue;
    each_vector(s.units, [&](long j, auto part) {
      put_state(s, n, j, load(s.h + n * s.h_row + j, part), part);
      if (s.next_c) store(s.next_c + n * s.next_c_row + j, load(s.c + n * s.c_row + j, part), part);
    });
  }
}

void keep_gradients(const RecurrentStep& s, int parts) {
  for (long n = 0; s.counts && n < s.rows; ++n) {
    if (takes_part(s, n)) continue;
    each_vector(s.units, [&](long j, auto part) { store(s.dh + n * s.units + j, state_gradient(s, n, j, part), part); });
    each_vector(parts * s.units, [&](long j, auto part) { store(s.z + n * s.z_row + j, set1(0.0f), part); });
  }
}

// z: h' W + x U + b becomes h'.
void simple_step(const RecurrentStep& s) {
  keep_states(s);
  each_state(s, [&](const auto& f, long n, long j, auto part) {
    float* z = s.z + n * s.z_row + j;
    const Vec h = f.state(load(z, part));
    store(z, h, part);
    put_state(s, n, j, h, part);
  });
}

void simple_step_back(const RecurrentStep& s) {
  keep_gradients(s, 1);
  each_state(s, [&](const auto& f, long n, long j, auto part) {
    float* z = s.z + n * s.z_row + j;
    store(z, state_gradient(s, n, j, part) * f.state_slope(load(z, part)), part);
    store(s.dh + n * s.units + j, set1(0.0f), part);
  });
}

// z: i, f, g, o side by side. c' = s(f) c + s(i) a(g), h' = s(o) a(c').
void lstm_step(const RecurrentStep& s) {
  keep_states(s);
  each_state(s, [&](const auto& f, long n, long j, auto part) {
    float* z = s.z + n * s.z_row + j;
    const Vec input = f.gate(load(z, part)), forget = f.gate(load(z + s.units, part));
    const Vec fresh = f.state(load(z + 2 * s.units, part)), output = f.gate(load(z + 3 * s.units, part));
    const Vec c = fma(input, fresh, forget * load(s.c + n * s.c_row + j, part)), a = f.state(c);
    store(z, input, part), store(z + s.units, forget, part);
    store(z + 2 * s.units, fresh, part), store(z + 3 * s.units, output, part);
    store(s.next_c + n * s.next_c_row + j, c, part);
    store(s.squashed + n * s.squashed_row + j, a, part);
    put_state(s, n, j, output * a, part);
  });
}

void lstm_step_back(const RecurrentStep& s) {
  keep_gradients(s, 4);
  each_state(s, [&](const auto& f, long n, long j, auto part) {
    float *z = s.z + n * s.z_row + j, *dc = s.dc + n * s.units + j;
    const Vec input = load(z, part), forget = load(z + s.units, part);
    const Vec fresh = load(z + 2 * s.units, part), output = load(z + 3 * s.units, part);
    const Vec a = load(s.squashed + n * s.squashed_row + j, part), dh = state_gradient(s, n, j, part);
    const Vec d = fma(dh * output, f.state_slope(a), load(dc, part));
    store(z, d * fresh * f.gate_slope(input), part);
    store(z + s.units, d * load(s.c + n * s.c_row + j, part) * f.gate_slope(forget), part);
    store(z + 2 * s.units, d * input * f.state_slope(fresh), part);
    store(z + 3 * s.units, dh * a * f.gate_slope(output), part);
    store(dc, d * forget, part);
    store(s.dh + n * s.units + j, set1(0.0f), part);
  });
}

// z: g of the inputs, z, r, and what h gives to g. g' = a(g + s(r) q), h' = s(z) h + (1 - s(z)) g'.
void gru_step(const RecurrentStep& s) {
  keep_states(s);
  each_state(s, [&](const auto& f, long n, long j, auto part) {
    float* z = s.z + n * s.z_row + j;
    const Vec update = f.gate(load(z + s.units, part)), reset = f.gate(load(z + 2 * s.units, part));
    const Vec fresh = f.state(fma(reset, load(z + 3 * s.units, part), load(z, part)));
    store(z, fresh, part), store(z + s.units, update, part), store(z + 2 * s.units, reset, part);
    put_state(s, n, j, fma(update, load(s.h + n * s.h_row + j, part), (1.0f - update) * fresh), part);
  });
}

void gru_step_back(const RecurrentStep& s) {
  keep_gradients(s, 4);
  each_state(s, [&](const auto& f, long n, long j, auto part) {
    float* z = s.z + n * s.z_row + j;
    const Vec fresh = load(z, part), update = load(z + s.units, part);
    const Vec reset = load(z + 2 * s.units, part), inner = load(z + 3 * s.units, part);
    const Vec dh = state_gradient(s, n, j, part), before = load(s.h + n * s.h_row + j, part);
    const Vec d = dh * (1.0f - update) * f.state_slope(fresh);
    store(z, d, part);
    store(z + s.units, dh * (before - fresh) * f.gate_slope(update), part);
    store(z + 2 * s.units, d * inner * f.gate_slope(reset), part);
    store(z + 3 * s.units, d * reset, part);
    store(s.dh + n * s.units + j, dh * update, part);
  });
}

// A GRU that resets before the product. z: g of the inputs, z, r, and what r leaves of h, which the product takes: its result
// is added to g in between.
void gru_reset(const RecurrentStep& s) {
  each_state(s, [&](const auto& f, long n, long j, auto part) {
    float* z = s.z + n * s.z_row + j;
    const Vec update = f.gate(load(z + s.units, part)), reset = f.gate(load(z + 2 * s.units, part));
    store(z + s.units, update, part), store(z + 2 * s.units, reset, part);
    store(z + 3 * s.units, reset * load(s.hidden + n * s.hidden_row + j, part), part);
  });
}

void gru_mix(const RecurrentStep& s) {
  keep_states(s);
  each_state(s, [&](const auto& f, long n, long j, auto part) {
    float* z = s.z + n * s.z_row + j;
    const Vec fresh = f.state(load(z, part)), update = load(z + s.units, part);
    store(z, fresh, part);
    put_state(s, n, j, fma(update, load(s.h + n * s.h_row + j, part), (1.0f - update) * fresh), part);
  });
}

void gru_mix_back(const RecurrentStep& s) {
  keep_gradients(s, 4);
  each_state(s, [&](const auto& f, long n, long j, auto part) {
    float* z = s.z + n * s.z_row + j;
    const Vec fresh = load(z, part), update = load(z + s.units, part);
    const Vec dh = state_gradient(s, n, j, part), before = load(s.h + n * s.h_row + j, part);
    store(z, dh * (1.0f - update) * f.state_slope(fresh), part);
    store(z + s.units, dh * (before - fresh) * f.gate_slope(update), part);
    store(s.dh + n * s.units + j, dh * update, part);
  });
}

void gru_reset_back(const RecurrentStep& s) {
  each_state(s, [&](const auto& f, long n, long j, auto part) {
    float *reset_at = s.z + n * s.z_row + 2 * s.units + j, *dh = s.dh + n * s.units + j;
    const Vec reset = load(reset_at, part), d = load(s.dlooked + n * s.units + j, part);
    store(reset_at, d * load(s.hidden + n * s.hidden_row + j, part) * f.gate_slope(reset), part);
    const Vec own = s.kept ? d * reset * load(s.kept + n * s.kept_row + j, part) : d * reset;
    store(dh, load(dh, part) + own, part);
  });
}

}  // namespace
}  // namespace clarinet
