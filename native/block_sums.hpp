// Sums over the samples of a batch that are taken in backward, where each sample's numbers are in the cache: one for each
// block of samples, which has one owner; then those are added in order.
#pragma once

#include <algorithm>

#include "memory.hpp"
#include "op.hpp"

namespace clarinet {

class BlockSums {
 public:
  void reserve(long samples, long size) {
    size_ = static_cast<long>(Buffer::rounded(static_cast<size_t>(size)));
    sums_ = Buffer(static_cast<size_t>(std::min(samples, kMostSumBlocks) * size_));
  }

  // Where to add sample n; it is zero for the first of a block.
  float* at(const Pass& pass, long n) {
    const long block = sum_block(pass.samples);
    float* sums = sums_.get() + n / block * size_;
    if (n % block == 0) std::fill(sums, sums + size_, 0.0f);
    return sums;
  }

  // Numbers [from, from + n) of the sum over the batch.
  void total(const Pass& pass, long from, long n, float* out) const {
    const long block = sum_block(pass.samples), blocks = (pass.samples + block - 1) / block;
    pass.k->column_sums(sums_.get() + from, blocks, size_, n, out);
  }

 private:
  Buffer sums_;
  long size_ = 0;
};

}  // namespace clarinet
