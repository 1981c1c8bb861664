// Convolutions as matrix products whose rows are windows, read in place: no window is ever copied.
#pragma once

#include "kernels.hpp"
#include "product-inl.hpp"
#include "sparse-inl.hpp"
#include "vec.hpp"

namespace clarinet {
namespace {

// One tile of R rows and V vectors; see tile() in product-inl.hpp.
template <int R, int V, class Last>
void gathered_tile(const GatheredProduct& p, long i, long j, Last last) {
  Vec sum[R][V];
  const float* start = p.start ? p.start + i * p.start_row + j : nullptr;
  const float* a[R];
  CLARINET_UNROLL
  for (int r = 0; r < R; ++r) {
    a[r] = p.a + p.a_row[i + r];
    CLARINET_UNROLL
    for (int v = 0; v < V - 1; ++v) sum[r][v] = start ? load(start + r * p.start_row + v * kLanes) : set1(0.0f);
    sum[r][V - 1] = start ? load(start + r * p.start_row + (V - 1) * kLanes, last) : set1(0.0f);
  }
  for (long k = 0; k < p.depth; ++k) {
    const float* b = p.b + p.b_step[k] + j;
    const long step = p.a_step[k];
    Vec row[V];
    CLARINET_UNROLL
    for (int v = 0; v < V - 1; ++v) row[v] = load(b + v * kLanes);
    row[V - 1] = load(b + (V - 1) * kLanes, last);
    CLARINET_UNROLL
    for (int r = 0; r < R; ++r) {
      Vec x = set1(a[r][step]);
      CLARINET_UNROLL
      for (int v = 0; v < V; ++v) sum[r][v] = fma(x, row[v], sum[r][v]);
    }
  }
  if (p.relu) {
    CLARINET_UNROLL
    for (int r = 0; r < R; ++r) {
      CLARINET_UNROLL
      for (int v = 0; v < V; ++v) sum[r][v] = max(set1(0.0f), sum[r][v]);
    }
  }
  float* c = p.c + i * p.c_row + j;
  CLARINET_UNROLL
  for (int r = 0; r < R; ++r) {
    CLARINET_UNROLL
    for (int v = 0; v < V - 1; ++v) store(c + r * p.c_row + v * kLanes, sum[r][v]);
    store(c + r * p.c_row + (V - 1) * kLanes, sum[r][V - 1], last);
  }
}

template <int V, class Last>
CLARINET_INLINE void gathered_panel(const GatheredProduct& p, long j, Last last) {
  long i = 0;
  for (; i + kTileRows <= p.rows; i += kTileRows) gathered_tile<kTileRows, V>(p, i, j, last);
  if (i + 4 <= p.rows) {
    gathered_tile<4, V>(p, i, j, last);
    i += 4;
  }
  if (i + 2 <= p.rows) {
    gathered_tile<2, V>(p, i, j, last);
    i += 2;
  }
  if (i < p.rows) gathered_tile<1, V>(p, i, j, last);
}

// Deep sums are taken in stretches, so that a panel of B stays in the first-level cache from tile to tile; they rest in C.
void gathered_product(const GatheredProduct& p) {
  constexpr long kDepth = 320;
  const long stretches = (p.depth + kDepth - 1) / kDepth;
  for (long s = 0; s < stretches; ++s) {
    const long k = p.depth * s / stretches;
    GatheredProduct part = p;
    part.depth = p.depth * (s + 1) / stretches - k;
    part.a_step += k;
    part.b_step += k;
    part.relu = p.relu && s + 1 == stretches;
    if (s) part.start = p.c, part.start_row = p.c_row;
    each_pair(p.columns, [&](long j, auto count, auto last) { gathered_panel<count.value>(part, j, last); });
  }
}

// f(j, number of vectors as a constant, Full or Tail of the last) for stretches of at most eight vectors.
template <int most, class F>
CLARINET_INLINE void each_stretch(long columns, F f, long j = 0) {
  for (; j + most * kLanes <= columns; j += most * kLanes) f(j, Count<most>{}, Full{});
  if constexpr (most > 1) {
    if (j + (most - 1) * kLanes < columns) return f(j, Count<most>{}, tail(columns - j - (most - 1) * kLanes));
    each_stretch<most - 1>(columns, f, j);
  } else {
    if (j < columns) f(j, Count<1>{}, tail(columns - j));
  }
}

// C += sum over n terms of value[t] times the vectors at x + at[t].
template <int V, class Last>
CLARINET_INLINE void add_listed(const int32_t* at, const float* value, long n, const float* x, float* c, Last last) {
  Vec sum[V];
  CLARINET_UNROLL
  for (int v = 0; v < V - 1; ++v) sum[v] = load(c + v * kLanes);
  sum[V - 1] = load(c + (V - 1) * kLanes, last);
  for (long t = 0; t < n; ++t) {
    const float* row = x + at[t];
    const Vec factor = set1(value[t]);
    CLARINET_UNROLL
    for (int v = 0; v < V - 1; ++v) sum[v] = fma(factor, load(row + v * kLanes), sum[v]);
    sum[V - 1] = fma(factor, load(row + (V - 1) * kLanes, last), sum[V - 1]);
  }
  CLARINET_UNROLL
  for (int v = 0; v < V - 1; ++v) store(c + v * kLanes, sum[v]);
  store(c + (V - 1) * kLanes, sum[V - 1], last);
}

// The terms of column j of dy that are not zero, in order: where their windows begin, and their values.
struct Listed {
  static constexpr long kMost = 512;
  int32_t at[kMost];
  float value[kMost];
  long n;
};

CLARINET_INLINE void list_terms(const WindowSums& s, long first, long count, long j, const uint64_t (*found)[kLanes],
                                long lane, Listed& listed) {
  listed.n = 0;
  for (long word = 0; word * kWord < count; ++word)
    for (uint64_t bits = found[word][lane]; bits; bits &= bits - 1) {
      const long p = first + word * kWord + lowest_bit(bits);
      listed.at[listed.n] = s.windows[p];
      listed.value[listed.n++] = s.dy[p * s.columns + j];
    }
}

void skip_in_windows(const WindowSums& s) {
  uint64_t found[Listed::kMost / kWord][kLanes];
  Listed listed;
  for (long first = 0; first < s.positions; first += Listed::kMost) {
    const long count = s.positions - first < Listed::kMost ? s.positions - first : Listed::kMost;
    for (long j = 0; j < s.columns; j += kLanes) {
      const long lanes = s.columns - j < kLanes ? s.columns - j : kLanes;
      for (long word = 0; word * kWord < count; ++word) {
        const long n = count - word * kWord < kWord ? count - word * kWord : kWord;
        nonzero_columns(s.dy + (first + word * kWord) * s.columns + j, s.columns, n, lanes, found[word], [](long, Vec) {});
      }
      for (long lane = 0; lane < lanes; ++lane) {
        list_terms(s, first, count, j + lane, found, lane, listed);
        if (!listed.n) continue;
        for (long r = 0; r < s.runs; ++r) {
          float* c = s.c + (j + lane) * s.runs * s.length + r * s.length;
          each_stretch<kWideVectors>(s.length, [&](long at, auto vectors, auto last) {
            add_listed<vectors.value>(listed.at, listed.value, listed.n, s.x + s.run[r] + at, c + at, last);
          });
        }
      }
    }
  }
}

void window_sums(const WindowSums& s) {
  constexpr float kWorthSkipping = 0.5f;
  constexpr long kPositions = 256;  // whose windows stay in the cache from one tile to the next
  const long places = s.positions * s.columns / kLanes;
  if (few_nonzeros(places, kWorthSkipping, [&](long v) { return popcount(bits(nonzero(load(s.dy + v * kLanes)))); }))
    return skip_in_windows(s);
  for (long first = 0; first < s.positions; first += kPositions) {
    GatheredProduct p{};
    p.rows = s.columns, p.columns = s.length;
    p.depth = s.positions - first < kPositions ? s.positions - first : kPositions;
    p.a = s.dy, p.a_row = s.column_steps, p.a_step = s.dy_steps + first;
    p.b_step = s.windows + first;
    p.c_row = p.start_row = s.runs * s.length;
    for (long r = 0; r < s.runs; ++r) {
      p.b = s.x + s.run[r];
      p.start = p.c = s.c + r * s.length;
      gathered_product(p);
    }
  }
}

void add_windows(const float* from, long positions, const int32_t* windows, const int32_t* run, long runs, long length,
                 float* to) {
  for (long p = 0; p < positions; ++p)
    for (long r = 0; r < runs; ++r, from += length) {
      float* place = to + windows[p] + run[r];
      each_vector(length, [&](long i, auto part) { store(place + i, load(place + i, part) + load(from + i, part), part); });
    }
}

}  // namespace
}  // namespace clarinet
