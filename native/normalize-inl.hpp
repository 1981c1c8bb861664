// Normalisation over the batch, a column at a time, and within a sample; PReLU; dropout's masks.
#pragma once

#include <math.h>

#include "kernels.hpp"
#include "philox.hpp"
#include "product-inl.hpp"

namespace clarinet {
namespace {

// Mean, then the mean square distance from it, over the rows of each column.
void moments(const float* x, long rows, long row, long columns, float* mean, float* variance) {
  float share = 1.0f / static_cast<float>(rows);
  column_sums(x, rows, row, columns, mean);
  each_vector(columns, [&](long j, auto part) { store(mean + j, load(mean + j, part) * share, part); });
  auto term = [&](long i, long j, auto part) {
    Vec d = load(x + i * row + j, part) - load(mean + j, part);
    return d * d;
  };
  sum_rows(rows, columns, term, variance);
  each_vector(columns, [&](long j, auto part) { store(variance + j, load(variance + j, part) * share, part); });
}

// y = (x - mean) scale + shift
void normalize(const float* x, long rows, long columns, const float* mean, const float* scale, const float* shift,
               float* y) {
  for (long i = 0; i < rows; ++i, x += columns, y += columns)
    each_vector(columns, [&](long j, auto part) {
      Vec d = load(x + j, part) - load(mean + j, part);
      store(y + j, fma(d, load(scale + j, part), load(shift + j, part)), part);
    });
}

// Sums over rows of dy, and of dy times the normalised x.
void normalize_sums(const float* dy, const float* x, long rows, long row, long columns, const float* mean,
                    const float* inverse, float* sum_dy, float* sum_dy_xhat) {
  column_sums(dy, rows, row, columns, sum_dy);
  auto term = [&](long i, long j, auto part) {
    Vec xhat = (load(x + i * row + j, part) - load(mean + j, part)) * load(inverse + j, part);
    return load(dy + i * row + j, part) * xhat;
  };
  sum_rows(rows, columns, term, sum_dy_xhat);
}

// dx = a (dy + b + c (x - mean)): of a single row dy and b cancel out exactly
void normalize_back(const float* dy, const float* x, long rows, long columns, const float* mean, const float* a,
                    const float* b, const float* c, float* dx) {
  for (long i = 0; i < rows; ++i, dy += columns, x += columns, dx += columns)
    each_vector(columns, [&](long j, auto part) {
      Vec d = load(x + j, part) - load(mean + j, part);
      Vec rest = load(dy + j, part) + load(b + j, part);
      store(dx + j, load(a + j, part) * fma(load(c + j, part), d, rest), part);
    });
}

// The sum over rows and columns, a row after the other.
template <class F>
CLARINET_INLINE float block_sum(long rows, long columns, F term) {
  Vec total = set1(0.0f);
  for (long i = 0; i < rows; ++i)
    each_vector(columns, [&](long j, auto part) { total = total + keep(term(i, j, part), part, 0.0f); });
  return sum(total);
}

void standardize(const float* x, long rows, long row, long columns, float epsilon, float* u, float* inverse) {
  const float share = 1.0f / static_cast<float>(rows * columns);
  const float mean = share * block_sum(rows, columns, [&](long i, long j, auto part) { return load(x + i * row + j, part); });
  const float variance = share * block_sum(rows, columns, [&](long i, long j, auto part) {
    Vec d = load(x + i * row + j, part) - mean;
    return d * d;
  });
  *inverse = 1.0f / sqrtf(variance + epsilon);
  for (long i = 0; i < rows; ++i)
    each_vector(columns, [&](long j, auto part) {
      store(u + i * row + j, (load(x + i * row + j, part) - mean) * *inverse, part);
    });
}

// dx = inverse (du - mean du - u mean (du u)) with du = gamma dy
void standardize_back(const float* dy, const float* u, const float* gamma, long rows, long row, long columns, float inverse,
                      float* dx) {
  auto du = [&](long i, long j, auto part) { return load(dy + i * row + j, part) * load(gamma + j, part); };
  const float share = 1.0f / static_cast<float>(rows * columns);
  const float mean = share * block_sum(rows, columns, du);
  const float along = share * block_sum(rows, columns, [&](long i, long j, auto part) {
    return du(i, j, part) * load(u + i * row + j, part);
  });
  for (long i = 0; i < rows; ++i)
    each_vector(columns, [&](long j, auto part) {
      Vec rest = fnma(load(u + i * row + j, part), set1(along), du(i, j, part) - mean);
      store(dx + i * row + j, rest * inverse, part);
    });
}

void prelu(const float* x, const float* from, const float* alpha, float* to, long n) {
  each_vector(n, [&](long i, auto part) {
    Vec v = load(from + i, part);
    store(to + i, select(load(x + i, part) > 0.0f, v, v * load(alpha + i, part)), part);
  });
}

// Sums over rows of dy min(x, 0).
void prelu_sums(const float* dy, const float* x, long rows, long row, long columns, float* sums) {
  auto term = [&](long i, long j, auto part) {
    return load(dy + i * row + j, part) * min(set1(0.0f), load(x + i * row + j, part));
  };
  sum_rows(rows, columns, term, sums);
}

// Entries first, first + 1, … of a batch's mask: `scale` where the word of that number is at least the threshold, else 0.
void dropout_mask(const DropoutMask& d, uint64_t first, long n, float* mask) {
  for (uint64_t block = first / 4; block * 4 < first + static_cast<uint64_t>(n); ++block) {
    uint32_t word[4] = {static_cast<uint32_t>(block), d.step, d.epoch, d.stream};
    philox(d.key, word);
    for (int i = 0; i < 4; ++i) {
      uint64_t place = block * 4 + i;
      if (place >= first && place < first + n) mask[place - first] = word[i] >= d.threshold ? d.scale : 0.0f;
    }
  }
}

}  // namespace
}  // namespace clarinet
