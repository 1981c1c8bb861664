// Attention of some queries of one head behind the product with the keys, forward and backward.
#pragma once

#include "kernels.hpp"
#include "rows-inl.hpp"

namespace clarinet {
namespace {

constexpr float kUnseen = -1e30f;  // the score of a key that a query does not see: its share is 0 beside any other

// The scores of a query in the place of its products with the keys.
CLARINET_INLINE void scored(const AttentionRows& r, long i, float* row) {
  const float* mask = r.mask ? r.mask + i * r.mask_row : nullptr;
  if (mask && r.mask_single && mask[0] == 0.0f) {
    each_vector(r.columns, [&](long j, auto part) { store(row + j, set1(kUnseen), part); });
    return;
  }
  if (mask && r.mask_single) mask = nullptr;
  each_vector(r.columns, [&](long j, auto part) {
    const Vec z = load(row + j, part) * r.scale;
    store(row + j, mask ? select(load(mask + j, part) == set1(0.0f), set1(kUnseen), z) : z, part);
  });
  if (r.causal)
    for (long j = r.first + i + 1; j < r.columns; ++j) row[j] = kUnseen;
}

void attention(const AttentionRows& r) {
  for (long i = 0; i < r.rows; ++i) {
    float* row = r.scores + i * r.columns;
    scored(r, i, row);
    const Exponentials e = exponentials(row, row, r.columns);
    r.sums[2 * i] = e.most;
    r.sums[2 * i + 1] = 1.0f / e.sum;
  }
}

// The shares in the place of the products of queries and keys, and in that of the gradients at them the ones at the products.
void attention_back(const AttentionRows& r, const float* inner) {
  for (long i = 0; i < r.rows; ++i) {
    float *row = r.scores + i * r.columns, *d = r.gradients + i * r.columns;
    scored(r, i, row);
    const float most = r.sums[2 * i], share = r.sums[2 * i + 1], mean = inner[i];
    each_vector(r.columns, [&](long j, auto part) {
      const Vec z = load(row + j, part), p = exp(z - most) * share;
      const Vec dz = p * (load(d + j, part) - mean) * r.scale;
      store(row + j, p, part);
      store(d + j, select(z == set1(kUnseen), set1(0.0f), dz), part);
    });
  }
}

}  // namespace
}  // namespace clarinet
