// Philox-4x32 with ten rounds (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3, SC 2011).
#pragma once

#include <cstdint>

namespace clarinet {
namespace {

inline void philox(const uint32_t key[2], uint32_t word[4]) {
  uint32_t k0 = key[0], k1 = key[1];
  for (int round = 0; round < 10; ++round) {
    uint64_t p0 = uint64_t{word[0]} * 0xD2511F53u, p1 = uint64_t{word[2]} * 0xCD9E8D57u;
    word[0] = static_cast<uint32_t>(p1 >> 32) ^ word[1] ^ k0;
    word[1] = static_cast<uint32_t>(p1);
    word[2] = static_cast<uint32_t>(p0 >> 32) ^ word[3] ^ k1;
    word[3] = static_cast<uint32_t>(p0);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
}

}  // namespace
}  // namespace clarinet
