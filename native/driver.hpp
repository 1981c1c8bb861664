// What the programs without Python have in common: synthetic data, a small network with every kind of barrier, its training.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include "dispatch.hpp"
#include "engine.hpp"
#include "random.hpp"

namespace clarinet::driver {

constexpr int64_t kRows = 301, kInputs = 257, kSecond = 40, kClasses = 10, kBatch = 32;

inline int failures = 0;

inline void check(bool ok, const char* what, const char* isa, int threads) {
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
inline Outcome train(const Data& data, const KernelTable& k, int threads, int64_t chunk, double clip, uint64_t stats_every) {
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

}  // namespace clarinet::driver
