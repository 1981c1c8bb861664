#include "finite.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <exception>
#include <thread>
#include <type_traits>
#include <vector>

#include "pool.hpp"

namespace clarinet {
namespace {

constexpr int64_t kWorthAThread = 1 << 22;  // bytes that make up for starting a thread

// Not finite: all bits of the exponent are ones. Whole numbers are compared, so the compiler can use vectors.
template <class T>
bool any_nonfinite(const T* x, int64_t n) {
  using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  constexpr Bits kExponent = sizeof(T) == 4 ? Bits{0x7f800000u} : static_cast<Bits>(0x7ff0000000000000u);
  Bits found = 0;
  for (int64_t i = 0; i < n; ++i) {
    Bits bits;
    std::memcpy(&bits, x + i, sizeof bits);
    found |= static_cast<Bits>((bits & kExponent) == kExponent);
  }
  return found != 0;
}

constexpr uint64_t kFactor = 0x9e3779b97f4a7c15u;  // odd, and 2^64 divided by the golden ratio

// A word goes in by exclusive or; the product carries its bits up, the rotation brings them down again.
uint64_t mixed(uint64_t hash, uint64_t word) { return std::rotl((hash ^ word) * kFactor, 31); }

constexpr int64_t kLanes = 8, kStripe = kLanes * sizeof(uint64_t);

// Eight independent lanes, so that it runs at the speed of the memory.
void take_in(uint64_t* kept, const char* x, int64_t stripes) {
  uint64_t lanes[kLanes];  // of its own, so that they stay in registers
  std::copy(kept, kept + kLanes, lanes);
  for (int64_t i = 0; i < stripes; ++i, x += kStripe) {
    uint64_t words[kLanes];
    std::memcpy(words, x, kStripe);
    for (int64_t j = 0; j < kLanes; ++j) lanes[j] = mixed(lanes[j], words[j]);
  }
  std::copy(lanes, lanes + kLanes, kept);
}

uint64_t hash_of(const void* block, int64_t bytes) {
  uint64_t lanes[kLanes];
  for (int64_t j = 0; j < kLanes; ++j) lanes[j] = static_cast<uint64_t>(j + 1) * kFactor;
  const char* x = static_cast<const char*>(block);
  take_in(lanes, x, bytes / kStripe);
  if (const int64_t rest = bytes % kStripe; rest != 0) {  // filled up with zeros
    char last[kStripe] = {};
    std::memcpy(last, x + bytes - rest, static_cast<size_t>(rest));
    take_in(lanes, last, 1);
  }
  uint64_t hash = static_cast<uint64_t>(bytes);
  for (uint64_t lane : lanes) hash = mixed(hash, lane);
  return (hash ^ (hash >> 32)) * kFactor;
}

template <class T>
int64_t find(const T* x, int64_t n, uint64_t* hashes) {
  constexpr int64_t kBlock = kHashed / sizeof(T);
  std::atomic<int64_t> first{n};
  auto search = [&](int64_t from, int64_t to) {
    for (int64_t block = from; block < to && block * kBlock < first.load(std::memory_order_relaxed); ++block) {
      const int64_t start = block * kBlock, end = std::min(start + kBlock, n);
      if (hashes) hashes[block] = hash_of(x + start, (end - start) * static_cast<int64_t>(sizeof(T)));
      if constexpr (std::is_floating_point_v<T>) {
        if (!any_nonfinite(x + start, end - start)) continue;
        int64_t place = start;
        while (place < end && !any_nonfinite(x + place, 1)) ++place;
        int64_t known = first.load();
        while (place < known && !first.compare_exchange_weak(known, place)) {
        }
        return;
      }
    }
  };
  const int64_t blocks = (n + kBlock - 1) / kBlock, worth = n * static_cast<int64_t>(sizeof(T)) / kWorthAThread;
  const int64_t threads = worth < 2 ? 1 : std::min<int64_t>(worth, allowed_threads());
  std::vector<std::thread> others;
  others.reserve(static_cast<size_t>(threads));
  int64_t started = 1;
  try {
    for (; started < threads; ++started)
      others.emplace_back(search, blocks * started / threads, blocks * (started + 1) / threads);
  } catch (const std::exception&) {  // no thread, or no memory for one: the caller looks at the rest
  }
  search(0, blocks / threads);
  search(blocks * started / threads, blocks);
  for (std::thread& other : others) other.join();
  return first.load() == n ? -1 : first.load();
}

}  // namespace

int64_t find_nonfinite(const float* x, int64_t n, uint64_t* hashes) { return find(x, n, hashes); }
int64_t find_nonfinite(const double* x, int64_t n, uint64_t* hashes) { return find(x, n, hashes); }
void hash_blocks(const uint8_t* x, int64_t n, uint64_t* hashes) { find(x, n, hashes); }

}  // namespace clarinet
