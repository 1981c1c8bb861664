// Plain gradient descent after a single sample: W[i, j] -= rate (x[i] y[j]), with no gradient in between.
#pragma once

#include "sparse-inl.hpp"
#include "vec.hpp"

namespace clarinet {
namespace {

// Rows with x[i] = 0 stay. They are found in advance: a branch on each would be mispredicted too often.
template <class F>
CLARINET_INLINE void each_nonzero(const float* x, long rows, F f) {
  for (long k = 0; k < rows; k += kWord)
    for (uint64_t found = nonzero_word(x + k, rows - k < kWord ? rows - k : kWord); found; found &= found - 1)
      f(k + lowest_bit(found));
}

CLARINET_INLINE Vec updated(Vec w, float rate, float x, Vec y) { return fnma(set1(rate), fma(y, x, set1(0.0f)), w); }

// Rows of V vectors, V - 1 of them whole. The last overlaps the one before: the next row would wait for a masked store, as if
// it wrote a whole vector.
template <int V>
void rank1_update_narrow(float rate, const float* x, long rows, const float* y, long columns, float* w) {
  const long end = columns - kLanes;
  Vec across[V];
  CLARINET_UNROLL
  for (int v = 0; v < V - 1; ++v) across[v] = load(y + v * kLanes);
  across[V - 1] = load(y + end);
  each_nonzero(x, rows, [&](long i) {
    float* row = w + i * columns;
    Vec moved[V];
    CLARINET_UNROLL
    for (int v = 0; v < V - 1; ++v) moved[v] = updated(load(row + v * kLanes), rate, x[i], across[v]);
    moved[V - 1] = updated(load(row + end), rate, x[i], across[V - 1]);
    CLARINET_UNROLL
    for (int v = 0; v < V - 1; ++v) store(row + v * kLanes, moved[v]);
    store(row + end, moved[V - 1]);
  });
}

// Rows of less than a vector: several are loaded before the first is stored.
void rank1_update_short(float rate, const float* x, long rows, const float* y, long columns, float* w) {
  constexpr int kMost = 8;
  const auto part = tail(columns);
  const Vec across = load(y, part);
  long nonzero[kMost];
  int count = 0;
  auto together = [&](auto number) {
    constexpr int n = number.value;
    const long* at = nonzero + (count -= n);
    Vec moved[n];
    CLARINET_UNROLL
    for (int r = 0; r < n; ++r) moved[r] = updated(load(w + at[r] * columns, part), rate, x[at[r]], across);
    CLARINET_UNROLL
    for (int r = 0; r < n; ++r) store(w + at[r] * columns, moved[r], part);
  };
  each_nonzero(x, rows, [&](long i) {
    nonzero[count++] = i;
    if (count == kMost) together(Count<kMost>{});
  });
  if (count >= 4) together(Count<4>{});
  while (count > 0) together(Count<1>{});
}

void rank1_update(float rate, const float* x, long rows, const float* y, long columns, float* w) {
  if (columns <= kLanes) return rank1_update_short(rate, x, rows, y, columns, w);
  if (columns <= 2 * kLanes) return rank1_update_narrow<2>(rate, x, rows, y, columns, w);
  if (columns <= 3 * kLanes) return rank1_update_narrow<3>(rate, x, rows, y, columns, w);
  each_nonzero(x, rows, [&](long i) {
    float* row = w + i * columns;
    each_vector(columns, [&](long j, auto part) {
      store(row + j, updated(load(row + j, part), rate, x[i], load(y + j, part)), part);
    });
  });
}

}  // namespace
}  // namespace clarinet
