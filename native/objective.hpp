// The loss of a batch, its gradient at the predictions, and the running metrics.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "op.hpp"
#include "source.hpp"

namespace clarinet {

// What the loss (total, count), where there are several outputs the loss of each that has one, then each metric have added up.
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

// Of one output.
class Objective {
 public:
  explicit Objective(const OutputSpec&);
  ~Objective();

  void reserve(long samples);
  // Whether there is a loss.
  bool present() const { return present_; }
  bool has_metrics() const { return !metrics_.empty(); }
  bool takes_targets() const { return present_ || has_metrics(); }
  // Whether y may have this many numbers a sample: class ids, or targets of the predictions' shape; or what operations take.
  bool fits(int64_t columns) const {
    const bool known = !fetches_ || columns == (sparse_ ? positions_ : positions_ * columns_);
    return known && (labels_size_ < 0 || columns == labels_size_);
  }

  // Whether there may be so many weights a sample: one, or one for each of as many equal parts of it.
  bool weighs(int64_t columns) const;
  // Before a pass: how many there will be.
  void expect(const Source& weights) { weights_each_ = weights ? static_cast<long>(weights.columns) : 1; }

  // This thread's samples: fetch targets and weights, compute each row's loss and, where `gradient` is not nullptr, the
  // gradient at y of what the loss adds to the batch's. y is what the loss takes, or its values.
  void measure(const Pass&, const Source& targets, const Source& weights, Order, const float* y, const float* mask,
               float* gradient);
  // This thread's samples' part of the metrics; the weights are those of the last measure.
  void judge(const Pass&, const float* predictions, const float* mask, const std::vector<float*>& tensors);
  // All running sums; one thread, after the others' measure and judge. Gives what the loss adds to the batch's.
  double account(const Pass&);

  void reset();
  Running& loss() { return loss_; }
  const Running& loss() const { return loss_; }
  const std::vector<std::unique_ptr<Metric>>& metrics() const { return metrics_; }

 private:
  void fetch(const Pass&, const Source& targets, const Source& weights, Order);
  double weight_sum(const Pass&, const Source& weights, Order) const;
  void share_out(const Pass&, const Source& weights, Order);
  void share_out_counted(const Pass&, const float* mask);
  void take_values(const Pass&, const float* values, float* gradient);
  // The weight of a value of the loss, by its number in the batch.
  float weight_of(long value) const { return weights_[static_cast<size_t>(value / (values_each_ / weights_each_))]; }
  long samples_of(const Pass& pass) const { return whole_ ? 1 : pass.samples; }

  const bool present_, computed_, whole_, sparse_;  // computed: the values are; whole: and they are those of the whole batch
  const bool sums_, by_weight_;  // whether the batch's loss is a sum, or a mean of as many as the weights are
  const double weight_;
  const long positions_, columns_, labels_size_;  // labels: a sample, -1 where no operation takes them
  const long values_each_;                        // of the loss, for a sample
  const long mask_size_;                          // for a sample; 0 where there is no mask
  long weights_each_ = 1;                         // weights a sample
  bool fetches_ = false;                          // whether targets are needed here
  LossFunction loss_function_{};
  std::vector<float> class_weights_;
  bool sees_all_targets_ = false;
  std::vector<std::unique_ptr<Metric>> metrics_;
  std::vector<float> targets_, weights_, ones_, shares_, weighed_, values_;  // weighed: shares times the loss's weight
  std::vector<int32_t> ids_;
  Running loss_;  // without its weight
};

// Of all outputs: the batch's loss is the sum of theirs and of the penalties.
class Objectives {
 public:
  explicit Objectives(const std::vector<OutputSpec>&);

  void reserve(long samples);
  // Before a pass over rows with these weights, one source for each output.
  void expect(const std::vector<Source>& weights);
  Objective& operator[](size_t output) { return each_[output]; }
  const Objective& operator[](size_t output) const { return each_[output]; }
  // Whether there is a loss.
  bool present() const;

  double account(const Pass&, double penalty);  // gives the batch's loss

  void reset();
  Sums running() const;
  void resume(const Sums&);

 private:
  std::deque<Objective> each_;
  Running loss_;
};

}  // namespace clarinet
