// The engine without Python: `make sanitize` runs this under ThreadSanitizer. It trains small networks on synthetic data
// and checks that the bits do not depend on threads, chunks or company, and that steps allocate nothing.
#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>
#include <vector>

#include "driver.hpp"
#include "finite.hpp"

namespace {

std::atomic<long> allocations{0};

}  // namespace

#if defined(__GNUC__)  // which sees only one of the two inlined
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif
void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace {

using namespace clarinet;
using namespace clarinet::driver;

void check_threads(const Data& data, const KernelTable& k) {
  const Outcome plain = train(data, k, 1, 100, 0.0, 0), clipped = train(data, k, 1, 100, 0.5, 0);
  check(!(plain == clipped), "clipping changes something", k.isa, 1);
  check(plain.losses.back() < plain.losses.front(), "the loss falls", k.isa, 1);
  for (int threads : {1, 2, 3, 8}) {
    check(train(data, k, threads, 100, 0.0, 0) == plain, "bits depend on threads", k.isa, threads);
    check(train(data, k, threads, 2, 0.0, 0) == plain, "bits depend on chunks", k.isa, threads);
    check(train(data, k, threads, 100, 0.0, 3) == plain, "bits depend on statistics", k.isa, threads);
    check(train(data, k, threads, 100, 0.5, 0) == clipped, "bits depend on threads when clipping", k.isa, threads);
  }
}

// Some steps in halves, with the gradient of squared errors; backward to the input in every other one.
Outcome in_halves(const Data& data, const KernelTable& k, int threads, double clip) {
  Network network;
  Engine engine(network.spec(clip), k, threads);
  Outcome outcome;
  outcome.predictions.resize(static_cast<size_t>(kBatch * kClasses));
  outcome.second.resize(static_cast<size_t>(kBatch));
  outcome.losses.resize(static_cast<size_t>(kBatch * (kInputs + kSecond)));
  std::vector<float> gradient(network.params.size()), d_outputs(outcome.predictions.size());
  for (uint64_t step = 1; step <= 6; ++step) {
    std::vector<Source> x = data.rows().x;
    x[0].rows = x[1].rows = step == 3 ? kBatch / 2 : kBatch;
    engine.forward(x, {true, step, 0}, step, {outcome.predictions.data(), outcome.second.data()});
    for (size_t i = 0; i < d_outputs.size(); ++i) d_outputs[i] = outcome.predictions[i] / 64.0f;
    std::vector<float*> d_inputs;
    if (step % 2) d_inputs = {outcome.losses.data(), outcome.losses.data() + kBatch * kInputs};
    const std::vector<const float*> dys{d_outputs.data(), outcome.second.data()};
    check(engine.backward({step, x[0].rows}, dys, gradient.data(), d_inputs), "a pass is there", k.isa, threads);
    check(!engine.backward({step, x[0].rows}, dys, gradient.data(), {}), "a pass is used once", k.isa, threads);
    engine.apply(gradient.data(), 1e-2, step);
  }
  outcome.params = network.params, outcome.state = network.state;
  return outcome;
}

void check_halves(const Data& data, const KernelTable& k) {
  for (double clip : {0.0, 0.5}) {
    const Outcome alone = in_halves(data, k, 1, clip);
    for (int threads : {2, 3, 8})
      check(in_halves(data, k, threads, clip) == alone, "bits of halves depend on threads", k.isa, threads);
  }
}

void check_company(const Data& data, const KernelTable& k) {
  const Outcome alone = train(data, k, 2, 100, 0.0, 0);
  Outcome one, other;
  std::thread second([&] { other = train(data, k, 2, 100, 0.0, 0); });
  one = train(data, k, 2, 100, 0.0, 0);
  second.join();
  check(one == alone && other == alone, "two engines at once disturb each other", k.isa, 2);

  Network network;
  Engine shared(network.spec(0.0), k, 2);
  std::vector<float> a(static_cast<size_t>(kRows * (kClasses + 1))), b(a.size());
  const auto predict = [&](std::vector<float>& to) {
    shared.predict(data.rows().x, {to.data(), to.data() + kRows * kClasses}, kBatch, {});
  };
  std::thread caller([&] { predict(a); });
  predict(b);
  caller.join();
  check(a == b, "two callers of one engine disturb each other", k.isa, 2);
}

void check_allocations(const Data& data, const KernelTable& k) {
  Network network;
  Engine engine(network.spec(0.0), k, 2);
  const std::vector<double> rates(100, 1e-3);
  std::vector<float> losses(100);
  TrainSteps t;
  t.rows = kRows, t.batch = kBatch, t.learning_rates = rates.data(), t.seconds = -1.0, t.losses = losses.data();
  auto count = [&](int64_t rows) {
    t.rows = rows;
    const long before = allocations.load();
    engine.train(data.rows(), t);
    return allocations.load() - before;
  };
  count(kRows);
  check(count(8 * kBatch) == count(9 * kBatch), "steps allocate", k.isa, 2);
}

void check_finite() {
  std::vector<float> x(5000000, 1.0f);
  check(find_nonfinite(x.data(), 5000000) == -1, "finite numbers are found wanting", "", 2);
  x[4000001] = INFINITY;
  x[4999999] = NAN;
  check(find_nonfinite(x.data(), 5000000) == 4000001, "the first infinity is missed", "", 2);
}

}  // namespace

int main() {
  const Data data;
  for (const std::string& isa : available_isas()) {
    const KernelTable& k = named_kernels(isa);
    check_threads(data, k);
    check_halves(data, k);
    check_company(data, k);
    check_allocations(data, k);
    std::printf("%s: done\n", k.isa);
  }
  check_finite();
  std::printf(failures ? "%d checks failed\n" : "all checks passed\n", failures);
  return failures != 0;
}
