// The specification of an engine: the plan in plain numbers. Names are those of the tables in engines/lowering.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace clarinet {

// A configuration by name: each setting is a number, or several.
using Settings = std::map<std::string, std::vector<double>>;

// What is missing is 0, or empty.
double setting(const Settings&, const char* name);
const std::vector<double>& numbers(const Settings&, const char* name);

// One of a layer's weights: its offset in buffers laid out as the parameters (gradients, the optimizer's slots), and the place
// of its numbers: from `start` on in one of the engine's buffers, at `data`. Settings of its constraint: none where it has none.
// Its last two axes, 0 where it has fewer.
struct Weight {
  int64_t offset = 0, size = 0;
  bool trainable = true;
  float l1 = 0.0f, l2 = 0.0f;
  int64_t buffer = 0, start = 0;
  Settings constraint{};
  int64_t rows = 0, columns = 0;
  float* data = nullptr;
};

// The place of a layer's untrained state.
struct State {
  int64_t size = 0, buffer = 0, start = 0;
  float* data = nullptr;
};

// One elementary operation. A sample of its input has `inputs` numbers at each of its `positions`, its output `outputs`.
struct OpSpec {
  std::string kind;
  int64_t positions = 1, inputs = 0, outputs = 0;
  std::vector<Weight> weights;              // in the layer's order
  std::vector<State> state;
  Settings settings;                        // the layer's configuration
  uint32_t index = 0;                       // its number in the plan, which random numbers are keyed by
  uint64_t seed = 0;                        // of its random numbers
  std::vector<int64_t> shape{};             // of a sample of its input
  std::vector<int64_t> sources{};           // tensors it takes, see Spec
  std::vector<std::vector<float>> tables{};  // constants of the layer
  std::vector<int64_t> axes{};              // the order of a sample's axes for it; empty: unchanged
  std::optional<bool> training{};           // whether it behaves as in training or as in use; empty: as the network does
  std::optional<bool> when{};               // whether it is run in training alone or in use alone; empty: always
  bool whole = false;                       // its output is one for the whole batch, without an axis for samples
  bool judges = false;                      // it is part of a loss or a metric, and run only where there are labels
};

struct LossSpec {
  std::string kind;       // empty: there is no loss; "values": operations compute its values
  std::string reduction;  // sum_over_batch_size, sum, mean_with_sample_weight
  Settings settings;
};

struct MetricSpec {
  std::string kind;
  bool weighted = false;
  Settings settings;
};

struct OptimizerSpec {
  std::string kind;  // empty: none
  Settings settings;
};

// One of the network's results: a tensor that counts as `rows` rows of `columns` numbers a sample, and how it is judged.
struct OutputSpec {
  int64_t tensor = 0, positions = 1, columns = 0;
  std::vector<OpSpec> activation{};  // the one that the loss absorbed: none or one
  LossSpec loss{};
  double weight = 1.0;  // how much the loss counts
  bool sparse = false;  // targets are class ids
  std::vector<MetricSpec> metrics{};
  int64_t values = -1, values_size = 0;  // the tensor with the loss's values, and how many a sample; -1: none
  int64_t labels = -1, labels_size = 0;  // the operation that stands for the labels, and their numbers a sample; -1: none
  int64_t mask = -1, mask_size = 0;      // the tensor that says which of its rows count, and its numbers a sample; -1: all
};

// A user's layer for statistics: the tensor it gives (the outputs' predictions come after the last), the limits of its
// activation (low >= high: none), and its operations' weights.
struct StatsSpec {
  int64_t tensor = 0;
  float low = 0.0f, high = 0.0f;
  std::vector<int64_t> ops;
};

// What a weight may be, as operations without rows: the first holds the weight, and what the tensor of this number is (that of
// the operation that gives it) becomes the weight.
struct ProjectionSpec {
  std::vector<OpSpec> ops;
  int64_t tensor = 0;
};

// Tensors have numbers: first come the inputs, then what each operation gives.
struct Spec {
  std::vector<OpSpec> ops;
  std::vector<OutputSpec> outputs;
  OptimizerSpec optimizer;
  std::vector<StatsSpec> layers;
  std::vector<int64_t> inputs;  // numbers in a sample of each
  int64_t params_size = 0;      // numbers in a gradient
  std::vector<ProjectionSpec> projections{};  // of weights whose constraint says that it is operations

  std::vector<float*> slots{};  // of the optimizer, laid out as the parameters

  size_t given_by(size_t op) const { return inputs.size() + op; }
  size_t tensors() const { return inputs.size() + ops.size(); }
};

}  // namespace clarinet
