// Counter-based random numbers, the same as clarinet.philox's.
#pragma once

#include <cstdint>

namespace clarinet {

// The order of n rows in an epoch: a stable argsort of one word a row. Works for n below 2^32.
void permutation(uint64_t seed, uint32_t stream, uint32_t epoch, int64_t n, int64_t* order);

}  // namespace clarinet
