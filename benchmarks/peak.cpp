// The most multiply-adds that this machine does: independent ones on registers, no memory. Prints GFLOP/s for each number
// of threads given. Compiled on the machine itself, for its widest vectors.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#if defined(__AVX512F__)
constexpr int kBytes = 64;
#elif defined(__AVX__)
constexpr int kBytes = 32;
#else
constexpr int kBytes = 16;
#endif

typedef float Vec __attribute__((vector_size(kBytes)));
constexpr int kSums = 12, kLanes = kBytes / 4;  // more sums than a multiply-add's latency times the units
constexpr long kTimes = 500'000;  // short, so that some round has the processors to itself

static float work() {
  Vec sums[kSums], x = Vec{} + 1.0f, y = Vec{} + 1e-9f;
  for (Vec& sum : sums) sum = x;
  for (long i = 0; i < kTimes; ++i) {
#pragma GCC unroll 12
    for (int s = 0; s < kSums; ++s) sums[s] = sums[s] * x + y;
    __asm__ volatile("" : "+v"(x));  // else the compiler could work it out beforehand
  }
  float total = 0.0f;
  for (const Vec& sum : sums) total += sum[0];
  return total;
}

int main(int count, char** counts) {
  for (int i = 1; i < count; ++i) {
    const int threads = std::atoi(counts[i]);
    double best = 0.0;
    for (int round = 0; round < 200; ++round) {
      std::vector<std::thread> team;
      const auto start = std::chrono::steady_clock::now();
      for (int t = 0; t < threads; ++t) team.emplace_back([] { volatile float kept = work(); (void)kept; });
      for (std::thread& thread : team) thread.join();
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      best = std::max(best, 2.0 * kLanes * kSums * kTimes * threads / seconds);
    }
    std::printf("%.1f\n", best / 1e9);
  }
}
