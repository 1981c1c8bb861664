// Matrix products that leave out the terms whose A[i, k] is zero, where that pays: four fifths of them where the inputs are
// handwritten digits, about half after a ReLU. What remains is added in the same order with the same operations, and a zero
// term changes no sum, so the result is that of product() to the bit, but for the sign of a zero and for infinities and NaNs in
// B, which zeros of A no longer spread. The terms to leave out are chosen row by row, independent of the threads.
#pragma once

#include "kernels.hpp"
#include "product-inl.hpp"
#include "vec.hpp"

namespace clarinet {
namespace {

constexpr long kWord = 64;          // terms looked at together, a bit for each
constexpr long kRowsAtOnce = 128;   // rows of C that a block of B serves before the next is fetched
constexpr long kWorthCopying = 24;  // rows that make up for copying their factor

constexpr float kMostNonzeros = 0.6f;  // the largest share of nonzeros at which leaving out the others pays

// Whether it may pay at all: several rows of few columns make better tiles.
CLARINET_INLINE bool worth_skipping(const Product& p) { return p.single || p.width >= 4 * kLanes; }

// Adds the terms k whose bit is set to one row of C; A[i, k] is a[k * a_step].
template <int V, class Last>
CLARINET_INLINE void add_terms(uint64_t bits, const float* a, long a_step, const float* b, long b_step,
                               const float* start, float* c, Last last) {
  Vec sum[V];
  CLARINET_UNROLL
  for (int v = 0; v < V - 1; ++v) sum[v] = start ? load(start + v * kLanes) : set1(0.0f);
  sum[V - 1] = start ? load(start + (V - 1) * kLanes, last) : set1(0.0f);
  for (; bits; bits &= bits - 1) {
    const long k = lowest_bit(bits);
    const Vec x = set1(a[k * a_step]);
    const float* row = b + k * b_step;
    CLARINET_UNROLL
    for (int v = 0; v < V - 1; ++v) sum[v] = fma(x, load(row + v * kLanes), sum[v]);
    sum[V - 1] = fma(x, load(row + (V - 1) * kLanes, last), sum[V - 1]);
  }
  CLARINET_UNROLL
  for (int v = 0; v < V - 1; ++v) store(c + v * kLanes, sum[v]);
  store(c + (V - 1) * kLanes, sum[V - 1], last);
}

// The terms k … k + 63 of some rows, whose nonzeros are found: one bit each. number(r) is which row it is, and a(r) where those
// terms of it are. Of a wide B, each block is copied to contiguous rows.
template <class Number, class Row>
CLARINET_INLINE void add_block(const Product& p, long rows, long k, long terms, const uint64_t* found, Number number, Row a,
                               long a_step) {
  alignas(64) float packed[kWord * kWideVectors * kLanes];
  const bool pack = p.b_step > kWideVectors * kLanes && rows >= kWorthCopying;
  each_panel(p.columns, [&](long j, auto count, auto last) {
    const float* b = p.b + k * p.b_step + j;
    long b_step = p.b_step;
    if (pack) {
      copy_block<count.value>(b, b_step, terms, packed, last);
      b = packed, b_step = count.value * kLanes;
    }
    for (long r = 0; r < rows; ++r) {
      prefetch_more(p.prefetch, 1);
      if (!found[r] && k) continue;
      const long i = number(r);
      float* c = p.c + i * p.c_row + j;
      const float* start = k ? c : p.start ? p.start + i * p.start_row + j : nullptr;
      add_terms<count.value>(found[r], a(r), a_step, b, b_step, start, c, last);
    }
  });
}

CLARINET_INLINE Product rows_of(const Product& p, long i, long rows) {
  Product part = p;
  part.rows = rows;
  part.a += i * p.a_row;
  part.c += i * p.c_row;
  if (p.start) part.start += i * p.start_row;
  return part;
}

CLARINET_INLINE uint64_t nonzero_word(const float* a, long n) {
  uint64_t found = 0;
  each_vector(n, [&](long k, auto part) { found |= uint64_t{bits(nonzero(load(a + k, part)))} << k; });
  return found;
}

// Whether few enough are nonzero, by a sample of eight places; count_at(place) is of kLanes numbers.
template <class Count>
CLARINET_INLINE bool few_nonzeros(long places, float most, Count count_at) {
  constexpr long kSample = 8;
  const long sample = places < kSample ? places : kSample;
  long count = 0;
  for (long s = 0; s < sample; ++s) count += count_at(sample > 1 ? (places - 1) * s / (sample - 1) : 0);
  return static_cast<float>(count) <= most * static_cast<float>(sample * kLanes);
}

// Calls sparse(from, to) or dense(from, to) for runs of i = 0, step, … below n by choose(i).
template <class Choose, class Sparse, class Dense>
CLARINET_INLINE void each_run(long n, long step, Choose choose, Sparse sparse, Dense dense) {
  bool now = choose(0);
  for (long i = 0; i < n;) {
    long end = i + step;
    bool next = now;
    while (end < n && (next = choose(end)) == now) end += step;
    if (end > n) end = n;
    now ? sparse(i, end) : dense(i, end);
    i = end;
    now = next;
  }
}

// Rows of A are contiguous. Terms are taken by blocks, so that B's rows stay near from one row of C to the next.
void skip_in_rows(const Product& p) {
  uint64_t found[kRowsAtOnce];
  for (long k = 0; k < p.depth; k += kWord) {
    const long terms = p.depth - k < kWord ? p.depth - k : kWord;
    for (long r = 0; r < p.rows; ++r) found[r] = nonzero_word(p.a + p.picked[r] * p.a_row + k, terms);
    const auto number = [&](long r) { return p.picked[r]; };
    add_block(p, p.rows, k, terms, found, number, [&](long r) { return p.a + p.picked[r] * p.a_row + k; }, 1);
  }
}

void sparse_rows(const Product& p) {
  const long vectors = p.depth / kLanes;
  auto few = [&](const float* a) {
    if (!vectors) return true;
    return few_nonzeros(vectors, kMostNonzeros, [&](long v) { return popcount(bits(nonzero(load(a + v * kLanes)))); });
  };
  for (long i = 0; i < p.rows; i += kRowsAtOnce) {
    Product part = rows_of(p, i, p.rows - i < kRowsAtOnce ? p.rows - i : kRowsAtOnce);
    int32_t picked[2][kRowsAtOnce];
    long count[2] = {0, 0};
    for (long r = 0; r < part.rows; ++r) {
      const bool sparse = few(part.a + r * p.a_row);
      picked[sparse][count[sparse]++] = static_cast<int32_t>(r);
    }
    part.picked = picked[0], part.rows = count[0];
    if (part.rows) product(part);
    part.picked = picked[1], part.rows = count[1];
    if (part.rows) skip_in_rows(part);
  }
}

// Columns of A are contiguous: the bits of kLanes rows of C are found together, for at most 64 terms. seen(m, column) is
// called for each term.
template <class Seen>
CLARINET_INLINE void nonzero_columns(const float* a, long a_step, long terms, long lanes, uint64_t* found, Seen seen) {
  constexpr long kHalf = 32;
  uint32_t words[2][kLanes] = {};
  each_vector(lanes, [&](long, auto part) {
    for (long half = 0; half * kHalf < terms; ++half) {
      Int columns = set1(int32_t{0});
      for (long m = half * kHalf; m < terms && m < (half + 1) * kHalf; ++m) {
        const Vec column = load(a + m * a_step, part);
        seen(m, column);
        columns = columns | where(nonzero(column), set1(static_cast<int32_t>(uint32_t{1} << (m - half * kHalf))));
      }
      store(words[half], columns);
    }
  });
  for (long r = 0; r < lanes; ++r) found[r] = words[0][r] | uint64_t{words[1][r]} << kHalf;
}

void skip_in_columns(const Product& p) {
  constexpr long kCrowded = 256;  // columns of A that are a multiple of this many floats apart evict each other from the cache
  const bool copies = p.a_step % kCrowded == 0;
  uint64_t found[kLanes];
  alignas(64) float copy[kWord * kLanes];
  for (long i = 0; i < p.rows; i += kLanes) {
    const long lanes = p.rows - i < kLanes ? p.rows - i : kLanes;
    for (long k = 0; k < p.depth; k += kWord) {
      const long terms = p.depth - k < kWord ? p.depth - k : kWord;
      const float* block = p.a + i + k * p.a_step;
      nonzero_columns(block, p.a_step, terms, lanes, found, [&](long m, Vec column) {
        if (copies) store(copy + m * kLanes, column);
      });
      const float* a = copies ? copy : block;
      const auto number = [&](long r) { return i + r; };
      add_block(p, lanes, k, terms, found, number, [&](long r) { return a + r; }, copies ? kLanes : p.a_step);
    }
  }
}

void sparse_columns(const Product& p) {
  auto choose = [&](long i) {
    if (i + kLanes > p.rows) return true;
    return few_nonzeros(p.depth, kMostNonzeros,
                        [&](long k) { return popcount(bits(nonzero(load(p.a + i * p.a_row + k * p.a_step)))); });
  };
  each_run(
      p.rows, kLanes, choose, [&](long from, long to) { skip_in_columns(rows_of(p, from, to - from)); },
      [&](long from, long to) { product(rows_of(p, from, to - from)); });
}

void sparse_product(const Product& p) {
  if (!worth_skipping(p)) return product(p);
  p.a_step == 1 ? sparse_rows(p) : sparse_columns(p);
}

}  // namespace
}  // namespace clarinet
