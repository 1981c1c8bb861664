#include "pool.hpp"

#include <chrono>
#include <exception>

#if defined(__SSE2__) || defined(_M_X64)
#include <immintrin.h>
#define CLARINET_PAUSE() _mm_pause()
#elif defined(__aarch64__) && defined(__GNUC__)
#define CLARINET_PAUSE() __asm__ __volatile__("yield")
#else
#define CLARINET_PAUSE() std::this_thread::yield()
#endif

#if !defined(_WIN32)
#include <pthread.h>
#endif

namespace clarinet {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kSpin = std::chrono::microseconds(50);
constexpr uint32_t kCountMask = 0x3ff;

// Waits until `value` is not `old` any more.
void await_change(const std::atomic<uint32_t>& value, uint32_t old, bool spin) {
  if (spin) {
    const auto until = Clock::now() + kSpin;
    do {
      for (int i = 0; i < 64; ++i) {
        if (value.load(std::memory_order_acquire) != old) return;
        CLARINET_PAUSE();
      }
    } while (Clock::now() < until);
  }
  while (value.load(std::memory_order_acquire) == old) value.wait(old, std::memory_order_acquire);
}

// Changes a value that others wait for. The standard library wakes them only if it sees a waiter, so the new value has to be
// visible before it looks: a store that is merely released may still be on its way, and a thread that falls asleep just then on
// the old value would never be woken.
void publish(std::atomic<uint32_t>& value, uint32_t now) {
  value.store(now, std::memory_order_seq_cst);
  value.notify_all();
}

}  // namespace

void Barrier::wait() {
  const int threads = threads_;  // before arriving: the last one may go on to reset it
  const bool spin = spin_;
  const uint32_t phase = phase_.load(std::memory_order_acquire);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads) {
    arrived_.store(0, std::memory_order_relaxed);
    publish(phase_, phase + 1);
    return;
  }
  await_change(phase_, phase, spin);
}

Pool::Pool(int threads) : processors_(processors()) {
  workers_.reserve(static_cast<size_t>(threads - 1));
  try {
    for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { serve(i); });
  } catch (const std::exception&) {  // no thread, or no memory for one: those that are there do the work
  }
}

Pool::~Pool() {
  work_ = nullptr;
  publish(job_, (job_.load() & ~kCountMask) + kCountMask + 1 + kCountMask);
  for (std::thread& worker : workers_) worker.join();
}

void Pool::run(int threads, const std::function<void(int)>& work) {
  const bool spin = threads <= processors_;  // else it would keep the others from running
  barrier_.reset(threads, spin);
  done_.reset(threads, spin);
  work_ = &work;
  publish(job_, (job_.load() & ~kCountMask) + kCountMask + 1 + static_cast<uint32_t>(threads));
  {
    const FlushDenormals flush;
    work(0);
  }
  done_.wait();
}

void Pool::serve(int thread) {
  const FlushDenormals flush;
  for (uint32_t seen = 0;;) {
    await_change(job_, seen, false);
    seen = job_.load(std::memory_order_acquire);
    if (static_cast<uint32_t>(thread) >= (seen & kCountMask)) continue;  // not for this one
    if (!work_) return;
    (*work_)(thread);
    done_.wait();
  }
}

#if defined(__SSE2__) || defined(_M_X64)
FlushDenormals::FlushDenormals() : before_(_mm_getcsr()) { _mm_setcsr(static_cast<unsigned>(before_) | 0x8040); }
FlushDenormals::~FlushDenormals() { _mm_setcsr(static_cast<unsigned>(before_)); }
#elif defined(__aarch64__) && defined(__GNUC__)
FlushDenormals::FlushDenormals() {
  __asm__ __volatile__("mrs %0, fpcr" : "=r"(before_));
  __asm__ __volatile__("msr fpcr, %0" : : "r"(before_ | (uint64_t{1} << 24)));
}
FlushDenormals::~FlushDenormals() { __asm__ __volatile__("msr fpcr, %0" : : "r"(before_)); }
#else
FlushDenormals::FlushDenormals() : before_(0) {}
FlushDenormals::~FlushDenormals() {}
#endif

uint32_t fork_generation() {
  static std::atomic<uint32_t> generation{0};
#if !defined(_WIN32)
  static const int registered = pthread_atfork(nullptr, nullptr, [] { generation.fetch_add(1); });
  (void)registered;
#endif
  return generation.load();
}

}  // namespace clarinet
