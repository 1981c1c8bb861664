// Matrix products: register tiles of C, each element accumulated by itself over k.
#pragma once

#include "kernels.hpp"
#include "vec.hpp"

namespace clarinet {
namespace {

// One tile of R rows and V vectors, the last of them perhaps ragged.
template <int R, int V, class Last>
void tile(const Product& p, long i, long j, Last last) {
  Vec sum[R][V];
  const float* start = p.start ? p.start + i * p.start_row + j : nullptr;
  CLARINET_UNROLL
  for (int r = 0; r < R; ++r) {
    CLARINET_UNROLL
    for (int v = 0; v < V - 1; ++v) sum[r][v] = start ? load(start + r * p.start_row + v * kLanes) : set1(0.0f);
    sum[r][V - 1] = start ? load(start + r * p.start_row + (V - 1) * kLanes, last) : set1(0.0f);
  }
  // Rows are reached by threes from one pointer, so that the addresses of a tall tile fit in the registers.
  constexpr int kGroups = (R + 2) / 3;
  const float* a[kGroups];
  CLARINET_UNROLL
  for (int g = 0; g < kGroups; ++g) a[g] = p.a + (i + 3 * g) * p.a_row;
  const float* b = p.b + j;
  for (long k = 0; k < p.depth; ++k) {
    Vec row[V];
    CLARINET_UNROLL
    for (int v = 0; v < V - 1; ++v) row[v] = load(b + v * kLanes);
    row[V - 1] = load(b + (V - 1) * kLanes, last);
    CLARINET_UNROLL
    for (int r = 0; r < R; ++r) {
      Vec x = set1(a[r / 3][(r % 3) * p.a_row]);
      CLARINET_UNROLL
      for (int v = 0; v < V; ++v) sum[r][v] = fma(x, row[v], sum[r][v]);
    }
    CLARINET_UNROLL
    for (int g = 0; g < kGroups; ++g) a[g] += p.a_step;
    b += p.b_step;
  }
  float* c = p.c + i * p.c_row + j;
  CLARINET_UNROLL
  for (int r = 0; r < R; ++r) {
    CLARINET_UNROLL
    for (int v = 0; v < V - 1; ++v) store(c + r * p.c_row + v * kLanes, sum[r][v]);
    store(c + r * p.c_row + (V - 1) * kLanes, sum[r][V - 1], last);
  }
}

// All rows of one panel of V vectors of columns.
template <int V, class Last>
void panel(const Product& p, long j, Last last) {
  long i = 0;
  for (; i + kTileRows <= p.rows; i += kTileRows) tile<kTileRows, V>(p, i, j, last);
  if (i + 4 <= p.rows) {
    tile<4, V>(p, i, j, last);
    i += 4;
  }
  if (i + 2 <= p.rows) {
    tile<2, V>(p, i, j, last);
    i += 2;
  }
  if (i < p.rows) tile<1, V>(p, i, j, last);
}

// A single row: as many vectors as hide the latency of a multiply-add.
void row_product(const Product& p) {
  constexpr int kWide = 8;
  long j = 0;
  for (; j + kWide * kLanes <= p.columns; j += kWide * kLanes) tile<1, kWide>(p, 0, j, Full{});
  for (; j + kLanes <= p.columns; j += kLanes) tile<1, 1>(p, 0, j, Full{});
  if (j < p.columns) tile<1, 1>(p, 0, j, tail(p.columns - j));
}

void product(const Product& p) {
  static_assert(kTileVectors == 2 && (kTileRows - 1) / 4 <= 1, "panel() takes the remaining rows by 4, 2 and 1");
  if (p.rows == 1) return row_product(p);
  long j = 0;
  for (; j + 2 * kLanes <= p.columns; j += 2 * kLanes) panel<2>(p, j, Full{});
  long left = p.columns - j;
  if (left > kLanes) {
    panel<2>(p, j, tail(left - kLanes));
  } else if (left == kLanes) {
    panel<1>(p, j, Full{});
  } else if (left > 0) {
    panel<1>(p, j, tail(left));
  }
}

// to[j, i] = from[i, j]
void transpose(const float* from, long from_row, long rows, long columns, float* to, long to_row) {
  for (long i = 0; i < rows; ++i)
    for (long j = 0; j < columns; ++j) to[j * to_row + i] = from[i * from_row + j];
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
