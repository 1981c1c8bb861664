// Products of some rows, and factors that many of them take.
#pragma once

#include <algorithm>

#include "../op.hpp"

namespace clarinet {
namespace {

// Rows that a product is of: the first ones, or some of these.
struct Rows {
  long count;
  const int32_t* picked;
  long from = 0;  // the first one
};

inline void product(const Pass& pass, const Rows& rows, long depth, long columns, const float* a, long a_row, const float* b,
                    long b_step, const float* start, long start_row, float* c, long c_row) {
  if (rows.count == 0) return;
  Product p{};
  p.rows = rows.count, p.columns = columns, p.depth = depth;
  p.picked = rows.picked;
  p.a = a, p.a_row = a_row, p.a_step = 1;
  p.b = b, p.b_step = b_step;
  p.c = c, p.c_row = c_row;
  p.start = start, p.start_row = start_row;
  p.width = columns;
  pass.k->product(p);
}

// y = start + the sum of the row's numbers times rows of W.
inline void add_rows(const Pass& pass, const SparseRow& row, const float* w, long w_row, const float* start, long columns,
                     float* y) {
  constexpr long kTerms = 64;
  const float* taken[kTerms];
  float times[kTerms];
  long next = 0;
  do {
    long count = 0;
    if (start) taken[0] = start, times[0] = 1.0f, count = 1;
    for (; next < row.count && count < kTerms; ++next, ++count)
      taken[count] = w + row.columns[next] * w_row, times[count] = row.values[next];
    pass.k->weighted_rows(taken, times, count, 0, columns, y);
    start = y;
  } while (next < row.count);
}

// A copy of B, of `depth` rows, in panels of columns as wide as a product's tile, one behind the other: what is multiplied with
// it a few rows at a time finds each panel side by side in the cache. With one panel it is B as it was.
struct Panels {
  float* data;
  long depth, columns, width;

  static long best(const Pass& pass) { return 2 * pass.k->lanes; }

  // f(first column, columns, where the panel is)
  template <class F>
  void each(F f) const {
    for (long j = 0; j < columns; j += width) f(j, std::min(width, columns - j), data + j * depth);
  }
  void copy(const float* b, long b_step) const {
    each([&](long j, long wide, float* to) {
      for (long k = 0; k < depth; ++k) std::copy_n(b + k * b_step + j, wide, to + k * wide);
    });
  }
  // Of a matrix whose transpose B is, some of whose columns become B's rows from `first` on.
  void turn(const Pass& pass, const float* from, long from_row, long count, long first = 0) const {
    each([&](long j, long wide, float* to) {
      pass.k->transpose(from + j * from_row, from_row, wide, count, to + first * wide, wide);
    });
  }
  // C = start + A B with the rows [first, first + count) of B.
  void multiply(const Pass& pass, const Rows& rows, long first, long count, const float* a, long a_row, const float* start,
                long start_row, float* c, long c_row) const {
    each([&](long j, long wide, const float* b) {
      product(pass, rows, count, wide, a, a_row, b + first * wide, wide, start ? start + j : nullptr, start_row, c + j, c_row);
    });
  }
};

}  // namespace
}  // namespace clarinet
