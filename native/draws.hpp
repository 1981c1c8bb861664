// Random numbers of an operation on a pass: words of its key's sequence, as clarinet.philox.Key gives them.
#pragma once

#include <algorithm>
#include <cmath>

#include "op.hpp"
#include "philox.hpp"

namespace clarinet {
namespace {

// Names a sequence of words.
struct DrawKey {
  uint32_t seed[2], step, epoch, stream;
};

inline DrawKey key_of(const Pass& pass, const OpSpec& spec) {
  return {{static_cast<uint32_t>(spec.seed), static_cast<uint32_t>(spec.seed >> 32)},
          static_cast<uint32_t>(pass.step),
          pass.draw,
          pass.stream + 256 * spec.index};
}

// How many places of a pass's numbers, so many a sample, come before those of its first: those of samples that others have.
inline long places_before(const Pass& pass, long size) { return pass.before * size; }

// f(place, its word) for places [from, to), of a sequence that has `before` others.
template <class F>
void each_word(const DrawKey& key, long before, long from, long to, F f) {
  from += before, to += before;
  for (long block = from / 4; block * 4 < to; ++block) {
    uint32_t word[4] = {static_cast<uint32_t>(block), key.step, key.epoch, key.stream};
    philox(key.seed, word);
    for (long place = std::max(from, block * 4); place < std::min(to, block * 4 + 4); ++place) f(place - before, word[place - block * 4]);
  }
}

inline double uniform(uint32_t word) { return (static_cast<double>(word) + 0.5) * 0x1p-32; }

// f(place, normal number) likewise: from pairs of words by Box and Muller's method, in double precision.
template <class F>
void each_normal(const DrawKey& key, long before, long from, long to, F f) {
  from += before, to += before;
  constexpr double kPi = 3.14159265358979323846;
  for (long block = from / 4; block * 4 < to; ++block) {
    uint32_t word[4] = {static_cast<uint32_t>(block), key.step, key.epoch, key.stream};
    philox(key.seed, word);
    for (long pair = 0; pair < 2; ++pair) {
      const double radius = std::sqrt(-2.0 * std::log(uniform(word[2 * pair])));
      const double angle = 2.0 * kPi * uniform(word[2 * pair + 1]);
      const double normal[2] = {radius * std::cos(angle), radius * std::sin(angle)};
      for (long i = 0; i < 2; ++i) {
        const long place = block * 4 + pair * 2 + i;
        if (place >= from && place < to) f(place - before, normal[i]);
      }
    }
  }
}

}  // namespace
}  // namespace clarinet
