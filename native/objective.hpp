// The loss of a batch, its gradient at the predictions, and the running metrics.
#pragma once

#include <memory>
#include <vector>

#include "op.hpp"
#include "source.hpp"

namespace clarinet {

// The sums of the loss (total, count), then of each metric.
using Sums = std::vector<std::vector<double>>;

// A running mean over batches.
struct Running {
  double total = 0.0, count = 0.0;
  void add(double t, double n) { total += t, count += n; }
};

// The loss of this name, on rows of `columns` numbers; throws std::invalid_argument for an unknown one.
LossFunction loss_function(const std::string& name, const Settings&, long columns);
// Whether a loss takes targets of -1 and 1, and 0 and 1 for them where a batch has no others.
bool takes_signs(const LossFunction&);
// The loss on a batch with these targets.
LossFunction with_signs(LossFunction, const float* targets, long n);

class Metric;

class Objective {
 public:
  // `positions` predictions of `columns` numbers a sample.
  Objective(const LossSpec&, const std::vector<MetricSpec>&, long positions, long columns);
  ~Objective();

  void reserve(long samples);
  bool present() const { return present_; }
  bool has_metrics() const { return !metrics_.empty(); }
  // Whether y may have this many numbers a sample: class ids, or targets of the predictions' shape.
  bool fits(int64_t columns) const { return columns == (spec_.sparse ? positions_ : positions_ * columns_); }

  // This thread's samples: fetch targets and weights, compute each row's loss and, where `gradient` is not nullptr, the
  // gradient of the batch's loss at y.
  void measure(const Pass&, const Source& targets, const Source& weights, Order, const float* y, float* gradient);
  // This thread's samples' part of the metrics.
  void judge(const Pass&, const float* predictions);
  // The batch's loss, and all running sums; one thread, after the others' measure and judge.
  double account(const Pass&, double penalty);  // returns the loss

  void reset();
  Sums running() const;
  void resume(const Sums&);

 private:
  void fetch(const Pass&, const Source& targets, const Source& weights, Order);
  double weight_sum(const Pass&, const Source& weights, Order) const;

  const bool present_;
  const LossSpec spec_;
  const long positions_, columns_;
  LossFunction loss_function_{};
  std::vector<float> class_weights_;
  bool sees_all_targets_ = false;
  std::vector<std::unique_ptr<Metric>> metrics_;
  std::vector<float> targets_, weights_, ones_, shares_, values_;
  std::vector<int32_t> ids_;
  Running loss_;
};

}  // namespace clarinet
