// Threads that run the same function side by side, and the barrier between its phases.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace clarinet {

// A group of threads waits until all have arrived. They spin for a moment, because phases are short, and then sleep.
class Barrier {
 public:
  // Only while no thread waits.
  void reset(int threads, bool spin) { threads_ = threads, spin_ = spin; }
  void wait();

 private:
  alignas(64) std::atomic<int> arrived_{0};
  alignas(64) std::atomic<uint32_t> phase_{0};
  int threads_ = 1;
  bool spin_ = false;
};

class Pool {
 public:
  // With this many threads, including the caller's, or fewer if the system does not start more.
  explicit Pool(int threads);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }
  // work(thread) on `threads` of them, the caller being number 0; returns when all are done. `work` must not throw.
  void run(int threads, const std::function<void(int)>& work);
  // For the running threads.
  Barrier& barrier() { return barrier_; }

 private:
  void serve(int thread);

  Barrier barrier_, done_;
  const std::function<void(int)>* work_ = nullptr;
  std::atomic<uint32_t> job_{0};  // its number above, how many threads take part in the low bits
  const int processors_;
  std::vector<std::thread> workers_;
};

// Denormal numbers count as zero while one of these lives, in its thread; the setting before is restored.
class FlushDenormals {
 public:
  FlushDenormals();
  ~FlushDenormals();

 private:
  uint64_t before_;
};

// Threads that may be used: CLARINET_NUM_THREADS, else as many processors as affinity and control groups allow. Throws
// std::invalid_argument where the variable is not a whole number from 1 to 256.
int allowed_threads();

// Processors that this process may run on.
int processors();

// Grows by one in a child of fork(): earlier threads and locks no longer exist.
uint32_t fork_generation();

}  // namespace clarinet
