// The engine without Python: `make sanitize` runs this under ThreadSanitizer. It trains small networks on synthetic data
// and checks that the bits do not depend on threads, chunks or company, and that steps allocate nothing.
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <thread>
#include <vector>

#include "dispatch.hpp"
#include "engine.hpp"
#include "finite.hpp"
#include "random.hpp"

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

constexpr int64_t kRows = 301, kInputs = 257, kSecond = 40, kClasses = 10, kBatch = 32;

int failures = 0;

void check(bool ok, const char* what, const char* isa, int threads) {
  if (ok) return;
  ++failures;
  std::printf("FAILED: %s (%s, %d threads)\n", what, isa, threads);
}

struct Data {
  std::vector<float> x;
  std::vector<int64_t> y, order;
  Data() : x(kRows * kInputs), y(kRows), order(kRows) {
    for (size_t i = 0; i < x.size(); ++i) x[i] = i % 3 ? std::sin(0.37f * static_cast<float>(i)) : 0.0f;
    for (int64_t i = 0; i < kRows; ++i) y[static_cast<size_t>(i)] = i * 7 % kClasses;
    permutation(5, 1, 0, kRows, order.data());
  }
  // Of the second input, and as the second output's targets, the first columns.
  Rows rows() const {
    Rows r;
    const auto first = [this](int64_t columns) { return Source{x.data(), Dtype::f32, kRows, columns, kInputs * 4}; };
    r.x = {first(kInputs), first(kSecond)};
    r.y = {{y.data(), Dtype::i64, kRows, 1, 8}, first(1)};
    r.weight.resize(2);
    return r;
  }
};

// A network with every kind of barrier: a first layer large enough for threads to take its columns home, batch
// normalisation, dropout, a skip connection, penalties; clipped or not. A second input goes to a single unit, whose result is
// the second output and joins the first one's branch.
struct Network {
  std::vector<float> params, state, momentum, velocity;

  int64_t place(std::vector<float>& buffer, int64_t size, float value, bool random) {
    const int64_t offset = static_cast<int64_t>(buffer.size());
    for (int64_t i = 0; i < (size + 15) / 16 * 16; ++i)
      buffer.push_back(random ? 0.2f * std::sin(1.7f * static_cast<float>(offset + i)) : value);
    return offset;
  }
  OpSpec op(const char* kind, int64_t inputs, int64_t outputs, Settings settings = {}) {
    return {kind, 1, inputs, outputs, {}, {}, std::move(settings), 0, 3};
  }
  OpSpec dense(int64_t inputs, int64_t units, float l2 = 0.0f) {
    OpSpec spec = op("dense", inputs, units);
    spec.weights.push_back({place(params, inputs * units, 0, true), inputs * units, true, 0.0f, l2});
    spec.weights.push_back({place(params, units, 0, false), units, true, 0.0f, 0.0f});
    return spec;
  }
  OpSpec normalization(int64_t n) {
    OpSpec spec = op("batch_normalization", n, n,
                     {{"momentum", {0.9}}, {"epsilon", {1e-3}}, {"center", {1}}, {"scale", {1}}, {"trainable", {1}}});
    spec.weights.push_back({place(params, n, 1, false), n, true, 0.0f, 0.0f});
    spec.weights.push_back({place(params, n, 0, false), n, true, 0.0f, 0.0f});
    for (const float value : {0.0f, 1.0f}) spec.state.push_back({n, 0, place(state, n, value, false)});
    return spec;
  }
  // The same along the first of two axes.
  OpSpec permuted(int64_t n, int64_t size) {
    OpSpec spec = normalization(n);
    spec.positions = n, spec.inputs = spec.outputs = size;
    spec.shape = {n, size}, spec.axes = {1, 0};
    return spec;
  }
  Spec spec(double global_clipnorm) {
    Spec s;
    s.inputs = {kInputs, kSecond};
    s.ops.push_back(dense(kInputs, 67));
    s.ops.push_back(normalization(67));
    s.ops.push_back(op("relu", 67, 67));
    s.ops.push_back(op("dropout", 67, 67,
                       {{"scale", {1 / 0.75}}, {"dropped", {0}}, {"shift", {0}}, {"threshold", {1073741824.0}}}));
    s.ops.push_back(op("add", 67, 67));
    s.ops.push_back(op("activity_regularization", 67, 67, {{"l1", {1e-3}}, {"l2", {1e-3}}}));
    s.ops.push_back(dense(67, 33, 1e-4f));
    s.ops.push_back(op("tanh", 33, 33));
    s.ops.push_back(permuted(3, 11));
    s.ops.push_back(dense(kSecond, 1));
    s.ops.push_back(op("concatenate", 1, 34, {{"outer", {1}}, {"0", {33}}, {"1", {1}}}));
    s.ops.push_back(dense(34, kClasses));
    for (size_t i = 0; i < s.ops.size(); ++i) {
      s.ops[i].index = static_cast<uint32_t>(i);
      s.ops[i].sources = {i == 0 ? 0 : static_cast<int64_t>(i) + 1};
      if (s.ops[i].kind == "add") s.ops[i].sources.push_back(3);  // over activation and dropout
    }
    s.ops[9].sources = {1};
    s.ops[10].sources = {10, 11};
    s.outputs.resize(2);
    s.outputs[0] = {13, 1, kClasses};
    s.outputs[0].activation.push_back(op("softmax", kClasses, kClasses, {{"axis", {-1}}}));
    s.outputs[0].activation[0].shape = {kClasses};
    s.outputs[0].loss = {"categorical_crossentropy_logits", "sum_over_batch_size", {}};
    s.outputs[0].sparse = true;
    s.outputs[0].metrics.push_back({"categorical_accuracy", false, {}});
    s.outputs[1] = {11, 1, 1};
    s.outputs[1].loss = {"mean_squared_error", "sum_over_batch_size", {}};
    s.outputs[1].weight = 0.25;
    s.outputs[1].metrics.push_back({"mean_absolute_error", false, {}});
    s.optimizer = {"adam",
                   {{"beta_1", {0.9}}, {"beta_2", {0.999}}, {"epsilon", {1e-7}}, {"global_clipnorm", {global_clipnorm}}}};
    s.layers.push_back({2, 0.0f, 0.0f, {0}});
    s.layers.push_back({14, 0.0f, 1.0f, {11}});
    momentum.assign(params.size(), 0.0f);
    velocity.assign(params.size(), 0.0f);
    s.params_size = static_cast<int64_t>(params.size());
    for (OpSpec& op : s.ops) {
      for (Weight& weight : op.weights) weight.data = params.data() + weight.offset;
      for (State& kept : op.state) kept.data = state.data() + kept.start;
    }
    s.slots = {momentum.data(), velocity.data(), nullptr};
    return s;
  }
};

struct Outcome {
  std::vector<float> params, state, losses, predictions, second;
  bool operator==(const Outcome& o) const {
    auto same = [](const std::vector<float>& a, const std::vector<float>& b) {
      return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
    };
    return same(params, o.params) && same(state, o.state) && same(losses, o.losses) && same(predictions, o.predictions) &&
           same(second, o.second);
  }
};

// Two epochs in chunks of `chunk` steps.
Outcome train(const Data& data, const KernelTable& k, int threads, int64_t chunk, double clip, uint64_t stats_every) {
  Network network;
  Engine engine(network.spec(clip), k, threads);
  const int64_t steps = (kRows + kBatch - 1) / kBatch;
  const std::vector<double> rates(static_cast<size_t>(steps), 1e-2);
  Outcome outcome;
  outcome.losses.resize(static_cast<size_t>(2 * steps));
  outcome.predictions.resize(static_cast<size_t>(kRows * kClasses));
  outcome.second.resize(static_cast<size_t>(kRows));
  int64_t done = 0;
  for (int epoch = 0; epoch < 2; ++epoch) {
    for (int64_t step = 0; step < steps; step += chunk) {
      TrainSteps t;
      t.order = {data.order.data(), step * kBatch};
      t.rows = std::min(kRows - step * kBatch, chunk * kBatch), t.batch = kBatch;
      t.learning_rates = rates.data();
      t.seconds = -1.0;
      t.steps_before = static_cast<uint64_t>(done), t.stats_every = stats_every;
      t.losses = outcome.losses.data() + done;
      done += engine.train(data.rows(), t).steps;
    }
  }
  engine.evaluate(data.rows(), kBatch, {});
  engine.predict(data.rows().x, {outcome.predictions.data(), outcome.second.data()}, kBatch, {});
  outcome.params = network.params, outcome.state = network.state;
  return outcome;
}

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
