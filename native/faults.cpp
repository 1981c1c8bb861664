// The engine when memory or threads run out: every allocation fails once, each in a training of its own, and every thread
// fails to start. What was called says so with an exception, the same call then gives the same bits as if nothing had been.
#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

#include "driver.hpp"

namespace {

// The next allocation (or thread) that fails is this many away; below zero: none.
std::atomic<long> until_no_memory{-1}, until_no_thread{-1};

bool fails(std::atomic<long>& until) {
  return until.load(std::memory_order_relaxed) >= 0 && until.fetch_sub(1, std::memory_order_relaxed) == 0;
}

void* memory(std::size_t size, std::size_t alignment) {
  if (fails(until_no_memory)) throw std::bad_alloc();
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  void* p = alignment > alignof(std::max_align_t) ? std::aligned_alloc(alignment, rounded) : std::malloc(size);
  if (!p) throw std::bad_alloc();
  return p;
}

}  // namespace

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif
void* operator new(std::size_t size) { return memory(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment) { return memory(size, static_cast<std::size_t>(alignment)); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

// Found before the C library's own.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*), void* argument) {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const Create create = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
  return fails(until_no_thread) ? EAGAIN : create(thread, attributes, start, argument);
}

namespace {

using namespace clarinet;
using namespace clarinet::driver;

constexpr unsigned kPatience = 120;  // seconds without an end are a hang
long injected = 0;

// Calls, and calls again if memory ran out; the second time there is enough.
template <class Call>
void insist(Call&& call) {
  try {
    call();
  } catch (const std::bad_alloc&) {
    ++injected;
    until_no_memory = -1;
    call();
  }
}

// Training, evaluation and prediction in which the n-th allocation fails.
Outcome disturbed(const Data& data, const KernelTable& k, int threads, long n) {
  Network network;
  const Spec spec = network.spec(0.5);
  const Rows rows = data.rows();
  const std::vector<double> rates(100, 1e-2);
  Outcome outcome;
  outcome.losses.resize(10);
  outcome.predictions.resize(static_cast<size_t>(kRows * kClasses)), outcome.second.resize(static_cast<size_t>(kRows));
  std::vector<float*> predicted{outcome.predictions.data(), outcome.second.data()};
  until_no_memory = n;
  std::unique_ptr<Engine> engine;
  insist([&] { engine = std::make_unique<Engine>(spec, k, threads); });
  for (int chunk = 0; chunk < 2; ++chunk) {
    TrainSteps t;
    t.order = {data.order.data(), chunk * 5 * kBatch};
    t.rows = std::min(kRows - chunk * 5 * kBatch, 5 * kBatch), t.batch = kBatch;
    t.learning_rates = rates.data(), t.seconds = -1.0, t.stats_every = 2;
    t.steps_before = static_cast<uint64_t>(5 * chunk), t.losses = outcome.losses.data() + 5 * chunk;
    insist([&] { engine->train(rows, t); });
  }
  insist([&] { engine->evaluate(rows, kBatch, {}); });
  insist([&] { engine->predict(rows.x, predicted, kBatch, {}); });
  until_no_memory = -1;
  outcome.params = network.params, outcome.state = network.state;
  return outcome;
}

void check_memory(const Data& data, const KernelTable& k, int threads) {
  const Outcome plain = disturbed(data, k, threads, -1);
  for (long n = 0, before = -1; before != injected; ++n) {
    before = injected;
    alarm(kPatience);
    check(disturbed(data, k, threads, n) == plain, "bits depend on memory that ran out", k.isa, threads);
    if (failures) std::printf("  at allocation %ld\n", n), std::exit(1);
  }
}

void check_starts(const Data& data, const KernelTable& k) {
  const Outcome plain = train(data, k, 8, 100, 0.5, 0);
  for (long n = 0; n < 8; ++n) {
    alarm(kPatience);
    until_no_thread = n;
    check(train(data, k, 8, 100, 0.5, 0) == plain, "bits depend on threads that do not start", k.isa, 8);
    injected += until_no_thread.exchange(-1) < 0;
  }
}

}  // namespace

int main() {
  const Data data;
  const KernelTable& k = named_kernels(available_isas().front());
  for (int threads : {1, 3}) check_memory(data, k, threads);
  check_starts(data, k);
  if (failures) std::printf("%d checks failed\n", failures);
  std::printf("%ld faults injected\n", injected);
  return failures != 0;
}
