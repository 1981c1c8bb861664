// What looks at whole rows: softmax, the place of the largest entry; rows of a table, and their gradient.
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

// y = exp(x - max x); returns the sum of y, and the largest x.
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

// a = z - log sum exp z; dz = dy - exp(a) sum dy
void log_softmax(const float* z, float* a, long rows, long columns) {
  for (long i = 0; i < rows; ++i, z += columns, a += columns) {
    Exponentials e = exponentials(z, a, columns);
    Vec log_sum = log(set1(e.sum));
    each_vector(columns, [&](long j, auto part) { store(a + j, (load(z + j, part) - e.most) - log_sum, part); });
  }
}

void log_softmax_back(const float* dy, const float* a, float* dz, long rows, long columns) {
  for (long i = 0; i < rows; ++i, dy += columns, a += columns, dz += columns) {
    Vec total = set1(row_sum(columns, [&](long j, auto part) { return load(dy + j, part); }));
    each_vector(columns, [&](long j, auto part) {
      store(dz + j, fnma(exp(load(a + j, part)), total, load(dy + j, part)), part);
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

// An id that the table lacks is refused before training; seen here, it must not go unnoticed.
void take_rows(const float* table, const int32_t* numbers, long count, long columns, float* y) {
  for (long i = 0; i < count; ++i, y += columns) {
    const float* row = numbers[i] < 0 ? nullptr : table + numbers[i] * columns;
    each_vector(columns, [&](long j, auto part) { store(y + j, row ? load(row + j, part) : set1(NAN), part); });
  }
}

void add_rows(const float* rows, const int32_t* p, long count, const int32_t* numbers, int32_t first, long columns, float* to) {
  for (long i = 0; i < count; ++i) {
    const float* row = rows + p[i] * columns;
    float* sum = to + static_cast<long>(numbers[p[i]] - first) * columns;
    each_vector(columns, [&](long j, auto part) { store(sum + j, load(sum + j, part) + load(row + j, part), part); });
  }
}

}  // namespace
}  // namespace clarinet
