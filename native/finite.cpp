#include "finite.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>
#include <thread>
#include <type_traits>
#include <vector>

#include "pool.hpp"

namespace clarinet {
namespace {

constexpr int64_t kBlock = 1 << 16;         // numbers looked at before asking whether others have found one
constexpr int64_t kWorthAThread = 1 << 20;  // numbers that make up for starting a thread

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

template <class T>
int64_t find(const T* x, int64_t n) {
  std::atomic<int64_t> first{n};
  auto search = [&](int64_t from, int64_t to) {
    for (int64_t start = from; start < to && start < first.load(std::memory_order_relaxed); start += kBlock) {
      const int64_t end = std::min(start + kBlock, to);
      if (!any_nonfinite(x + start, end - start)) continue;
      int64_t place = start;
      while (place < end && !any_nonfinite(x + place, 1)) ++place;
      int64_t known = first.load();
      while (place < known && !first.compare_exchange_weak(known, place)) {
      }
      return;
    }
  };
  const int64_t threads = std::clamp<int64_t>(n / kWorthAThread, 1, n < 2 * kWorthAThread ? 1 : allowed_threads());
  std::vector<std::thread> others;
  for (int64_t t = 1; t < threads; ++t) others.emplace_back(search, n * t / threads, n * (t + 1) / threads);
  search(0, n / threads);
  for (std::thread& other : others) other.join();
  return first.load() == n ? -1 : first.load();
}

}  // namespace

int64_t find_nonfinite(const float* x, int64_t n) { return find(x, n); }
int64_t find_nonfinite(const double* x, int64_t n) { return find(x, n); }

}  // namespace clarinet
