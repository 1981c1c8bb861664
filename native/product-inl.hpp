// Matrix products: register tiles of C, each element accumulated separately over k.
#pragma once

#include "kernels.hpp"
#include "vec.hpp"

namespace clarinet {
namespace {

// Prefetches some more rows of the plan. Only a few at a time: the memory takes a limited number of requests.
CLARINET_INLINE void prefetch_more(PrefetchPlan* plan, long rows) {
  if (!plan) return;
  constexpr long kLine = 16;  // floats in a line of the cache
  const long most = plan->count * plan->rows;
  for (; rows > 0 && plan->asked < most; --rows, ++plan->asked) {
    const float* row = plan->tables[plan->asked / plan->rows] + plan->asked % plan->rows * plan->apart;
    for (long j = 0; j < plan->columns; j += kLine) prefetch(row + j);
  }
}

// One tile of R rows and V vectors, the last of them perhaps ragged in B or in C.
template <int R, int V, class LastB, class Last>
void tile(const Product& p, long i, long j, LastB last_b, Last last) {
  long row[R];
  CLARINET_UNROLL
  for (int r = 0; r < R; ++r) row[r] = p.picked ? p.picked[i + r] : i + r;
  Vec sum[R][V];
  CLARINET_UNROLL
  for (int r = 0; r < R; ++r) {
    const float* start = p.start ? p.start + row[r] * p.start_row + j : nullptr;
    CLARINET_UNROLL
    for (int v = 0; v < V - 1; ++v) sum[r][v] = start ? load(start + v * kLanes) : set1(0.0f);
    sum[r][V - 1] = start ? load(start + (V - 1) * kLanes, last) : set1(0.0f);
  }
  const float* a[R];
  CLARINET_UNROLL
  for (int r = 0; r < R; ++r) a[r] = p.a + row[r] * p.a_row;
  const float* b = p.b + j;
  const long end = p.depth * p.a_step;
  for (long at = 0; at != end; at += p.a_step) {
    Vec line[V];
    CLARINET_UNROLL
    for (int v = 0; v < V - 1; ++v) line[v] = load(b + v * kLanes);
    line[V - 1] = load(b + (V - 1) * kLanes, last_b);
    CLARINET_UNROLL
    for (int r = 0; r < R; ++r) {
      Vec x = set1(a[r][at]);
      CLARINET_UNROLL
      for (int v = 0; v < V; ++v) sum[r][v] = fma(x, line[v], sum[r][v]);
    }
    b += p.b_step;
  }
  CLARINET_UNROLL
  for (int r = 0; r < R; ++r) {
    float* c = p.c + row[r] * p.c_row + j;
    CLARINET_UNROLL
    for (int v = 0; v < V - 1; ++v) store(c + v * kLanes, sum[r][v]);
    store(c + (V - 1) * kLanes, sum[r][V - 1], last);
  }
}

// All rows of one panel of V vectors of columns; before_tile(i) is called before each tile.
template <int R, int V, class LastB, class Last, class Before>
CLARINET_INLINE void panel(const Product& p, long j, LastB last_b, Last last, Before before_tile) {
  long i = 0;
  for (; i + R <= p.rows; i += R) {
    before_tile(i);
    tile<R, V>(p, i, j, last_b, last);
  }
  if (i + 4 <= p.rows) {
    tile<4, V>(p, i, j, last_b, last);
    i += 4;
  }
  if (i + 2 <= p.rows) {
    tile<2, V>(p, i, j, last_b, last);
    i += 2;
  }
  if (i < p.rows) tile<1, V>(p, i, j, last_b, last);
}

// f(j, number of vectors as a constant, Full or Tail of the last) for panels of at most two vectors of columns.
template <class F>
CLARINET_INLINE void each_pair(long columns, F f, long j = 0) {
  static_assert(kTileVectors == 2 && (kTileRows - 1) / 4 <= 1, "panel() takes the remaining rows by 4, 2 and 1");
  for (; j + 2 * kLanes <= columns; j += 2 * kLanes) f(j, Count<2>{}, Full{});
  const long left = columns - j;
  if (left > kLanes) {
    f(j, Count<2>{}, tail(left - kLanes));
  } else if (left == kLanes) {
    f(j, Count<1>{}, Full{});
  } else if (left > 0) {
    f(j, Count<1>{}, tail(left));
  }
}

constexpr int kWideVectors = 8;  // accumulators of one row: enough to hide the latency of a multiply-add

// The same for panels as wide as can be: of one row.
template <class F>
CLARINET_INLINE void each_panel(long columns, F f) {
  long j = 0;
  for (; j + kWideVectors * kLanes <= columns; j += kWideVectors * kLanes) f(j, Count<kWideVectors>{}, Full{});
  for (; j + 4 * kLanes <= columns; j += 4 * kLanes) f(j, Count<4>{}, Full{});
  each_pair(columns, f, j);
}

void row_product(const Product& p) {
  each_panel(p.columns, [&](long j, auto count, auto last) { tile<1, count.value>(p, 0, j, last, last); });
}

// Copies rows of V vectors, the last perhaps ragged, to contiguous memory.
template <int V, class Last>
CLARINET_INLINE void copy_block(const float* from, long from_row, long rows, float* to, Last last) {
  for (long r = 0; r < rows; ++r, from += from_row, to += V * kLanes) {
    CLARINET_UNROLL
    for (int v = 0; v < V - 1; ++v) store(to + v * kLanes, load(from + v * kLanes));
    store(to + (V - 1) * kLanes, load(from + (V - 1) * kLanes, last));
  }
}

// Each block of a panel of B is copied to contiguous memory: rows of B that are far apart evict each other from the first-level
// cache, and are on a page each. The sums rest in C from block to block, which takes nothing off them.
void packed_product(const Product& p) {
  constexpr long kDepth = 4096 / kLanes;
  constexpr int kRows = kTileRows < 6 ? kTileRows : 6;  // rows of A 4096 bytes apart still fit in an 8-way cache
  alignas(64) float packed[kDepth * 2 * kLanes];
  each_pair(p.columns, [&](long j, auto count, auto last) {
    for (long k = 0; k < p.depth; k += kDepth) {
      Product part = p;
      part.depth = p.depth - k < kDepth ? p.depth - k : kDepth;
      part.a = p.a + k * p.a_step;
      part.b = packed;
      part.b_step = count.value * kLanes;
      part.c = p.c + j;
      part.start = k ? part.c : p.start ? p.start + j : nullptr;
      part.start_row = k ? p.c_row : p.start_row;
      const float* b = p.b + k * p.b_step + j;
      copy_block<count.value>(b, p.b_step, part.depth, packed, last);
      b += part.depth * p.b_step;
      const bool more = k + kDepth < p.depth;  // the block to come, in this panel or the next, is fetched meanwhile
      const float* next = more ? b : p.b + j + 2 * kLanes;
      const long ahead = more ? p.depth - k - kDepth : j + 4 * kLanes <= p.columns ? p.depth : 0;
      const long share = (ahead < kDepth ? ahead : kDepth) * kRows / p.rows + 1;
      panel<kRows, count.value>(part, 0, Full{}, last, [&](long i) {
        const float* line = next + i / kRows * share * p.b_step;
        for (long r = i / kRows * share; r < (i / kRows + 1) * share && r < ahead; ++r, line += p.b_step) {
          prefetch(line);
          prefetch(line + 2 * kLanes - 1);
        }
      });
    }
  });
}

void shallow_product(const Product& p) {
  constexpr long kRows = 16, kApart = 256;  // rows of C and floats from one row of B to the next that make up for copying
  if (p.rows >= kRows && p.b_step > kApart) return packed_product(p);
  each_pair(p.columns, [&](long j, auto count, auto last) {
    panel<kTileRows, count.value>(p, j, last, last, [&](long) { prefetch_more(p.prefetch, 3); });  // a tile takes a while
  });
}

// Where A's columns are contiguous, as for the gradient of a kernel, deep sums are taken in stretches: all of C, then the next, so
// that A and B come once from where they are, and then from the second-level cache. The sums rest in C from stretch to stretch.
void product(const Product& p) {
  constexpr long kDeep = 256, kStretch = 128;
  if (p.rows == 1) return row_product(p);
  if (p.a_step == 1 || p.depth <= kDeep) return shallow_product(p);
  for (long k = 0; k < p.depth; k += kStretch) {
    Product part = p;
    part.depth = p.depth - k < kStretch ? p.depth - k : kStretch;
    part.a += k * p.a_step, part.b += k * p.b_step;
    if (k) part.start = p.c, part.start_row = p.c_row;
    shallow_product(part);
  }
}

// y[i] = start + sum over k of A[i, k] b[k]: lanes of k separately, then joined, so not bit for bit the result of product().
void dot(const float* a, long rows, long depth, const float* b, float start, float* y) {
  constexpr long kSums = 4;
  for (long i = 0; i < rows; ++i, a += depth) {
    Vec sums[kSums] = {set1(0.0f), set1(0.0f), set1(0.0f), set1(0.0f)};
    long k = 0;
    for (; k + kSums * kLanes <= depth; k += kSums * kLanes) {
      CLARINET_UNROLL
      for (long s = 0; s < kSums; ++s) sums[s] = fma(load(a + k + s * kLanes), load(b + k + s * kLanes), sums[s]);
    }
    each_vector(depth - k, [&](long j, auto part) { sums[0] = fma(load(a + k + j, part), load(b + k + j, part), sums[0]); });
    y[i] = start + sum((sums[0] + sums[1]) + (sums[2] + sums[3]));
  }
}

void weighted_rows(const float* const* rows, const float* weights, long count, long from, long columns, float* y) {
  each_panel(columns, [&](long j, auto vectors, auto last) {
    constexpr int V = vectors.value;
    Vec sum[V];
    CLARINET_UNROLL
    for (int v = 0; v < V; ++v) sum[v] = set1(0.0f);
    for (long k = 0; k < count; ++k) {
      const float* row = rows[k] + from + j;
      const Vec x = set1(weights[k]);
      CLARINET_UNROLL
      for (int v = 0; v < V - 1; ++v) sum[v] = fma(x, load(row + v * kLanes), sum[v]);
      sum[V - 1] = fma(x, load(row + (V - 1) * kLanes, last), sum[V - 1]);
    }
    CLARINET_UNROLL
    for (int v = 0; v < V - 1; ++v) store(y + j + v * kLanes, sum[v]);
    store(y + j + (V - 1) * kLanes, sum[V - 1], last);
  });
}

// to[j, i] = from[i, j]
void transpose(const float* from, long from_row, long rows, long columns, float* to, long to_row) {
  const long whole = columns / 4 * 4;
  long i = 0;
  for (; i + 4 <= rows; i += 4)
    for (long j = 0; j < whole; j += 4) turn_four(from + i * from_row + j, from_row, to + j * to_row + i, to_row);
  for (long r = 0; r < rows; ++r)
    for (long j = r < i ? whole : 0; j < columns; ++j) to[j * to_row + r] = from[r * from_row + j];
}

// Sums over rows, in blocks of 64 whose sums are then added in order.
template <class F>
CLARINET_INLINE void sum_rows(long rows, long columns, F term, float* sums) {
  each_vector(columns, [&](long j, auto part) {
    Vec total = set1(0.0f);
    for (long i = 0; i < rows;) {
      Vec block = set1(0.0f);
      for (long end = i + 64 < rows ? i + 64 : rows; i < end; ++i) block = block + term(i, j, part);
      total = total + block;
    }
    store(sums + j, total, part);
  });
}

void column_sums(const float* x, long rows, long row, long columns, float* sums) {
  sum_rows(rows, columns, [&](long i, long j, auto part) { return load(x + i * row + j, part); }, sums);
}

}  // namespace
}  // namespace clarinet
