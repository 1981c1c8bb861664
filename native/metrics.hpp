// Metrics that have a native form: one number a sample, added up in the samples' order.
#pragma once

#include <memory>
#include <vector>

#include "objective.hpp"

namespace clarinet {

// What a batch's predictions are judged by.
struct Judged {
  long rows, columns;        // predictions a sample, numbers each
  const float* predictions;  // of the whole batch
  const float* targets;
  const int32_t* ids;  // where targets are class ids
};

class Metric {
 public:
  explicit Metric(const MetricSpec& spec) : spec(spec) {}
  virtual ~Metric() = default;

  const MetricSpec spec;
  Running running;
  std::vector<double> values;  // of the batch's samples

  // The mean over the sample's predictions, for this thread's samples.
  virtual void judge(const Pass&, const Judged&) = 0;
};

// Throws std::invalid_argument for an unknown kind.
std::unique_ptr<Metric> make_metric(const MetricSpec&);

LossKind loss_kind(const std::string& name);

}  // namespace clarinet
