// Metrics that have a native form. Threads judge their own samples; then one adds up the results, in the samples' order.
#pragma once

#include <memory>
#include <vector>

#include "objective.hpp"

namespace clarinet {

// The inputs of a batch's metrics.
struct Judged {
  long positions, columns;   // predictions a sample, numbers each
  const float* predictions;  // of the whole batch
  const float* targets;
  const int32_t* ids;  // where targets are class ids
  const float* const* tensors;  // of the engine
  const float* mask;  // which predictions count, `mask_size` numbers a sample; nullptr: all
  long mask_size;
  const float* weights;  // of the batch, `weights_each` a sample
  long weights_each;
};

class Metric {
 public:
  explicit Metric(const MetricSpec& spec) : spec(spec) {}
  virtual ~Metric() = default;

  const MetricSpec spec;

  virtual void reserve(long samples) = 0;
  virtual void judge(const Pass&, const Judged&) = 0;
  // `each` weights a sample; all 1, and one a sample, where the metric takes none.
  virtual void account(long samples, const float* weights, long each) = 0;
  virtual void reset() = 0;
  virtual std::vector<double> sums() const = 0;
  virtual void resume(const std::vector<double>& sums) = 0;
  // Whether to judge one sample takes the targets of all.
  virtual bool sees_all_targets() const { return false; }
  virtual bool takes_targets() const { return true; }
  // Values that weights may be given to, for each sample of so many predictions; 0: those of a sample belong together.
  virtual long values_each(long positions) const { return positions; }
};

// Of `positions` predictions of `columns` numbers a sample; throws std::invalid_argument for an unknown kind.
std::unique_ptr<Metric> make_metric(const MetricSpec&, long positions, long columns);

// One that keeps more than a mean, or nullptr.
std::unique_ptr<Metric> make_entry_metric(const MetricSpec&, long positions, long columns);

}  // namespace clarinet
