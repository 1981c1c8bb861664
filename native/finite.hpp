// Finding NaN and infinity, and telling data from other data, in one pass over them.
#pragma once

#include <cstdint>

namespace clarinet {

// Bytes of a block with its own hash, so that the hashes do not depend on the threads.
constexpr int64_t kHashed = 1 << 16;

// The place of the first value among n that is not finite, -1 where all are; on several threads where n is large. Where hashes
// is not null it takes one hash for every kHashed bytes, the last ones included; they mean nothing unless all values are
// finite. Python's checks/finite.py has the same in NumPy.
int64_t find_nonfinite(const float* x, int64_t n, uint64_t* hashes = nullptr);
int64_t find_nonfinite(const double* x, int64_t n, uint64_t* hashes = nullptr);
// The hashes alone.
void hash_blocks(const uint8_t* x, int64_t n, uint64_t* hashes);

}  // namespace clarinet
