// Metrics that keep more than a mean: threads note their samples' predictions and targets, one counts them in order.
#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "metrics.hpp"

namespace clarinet {
namespace {

class EntryMetric : public Metric {
 public:
  EntryMetric(const MetricSpec& spec, long positions, long columns) : Metric(spec), positions_(positions), columns_(columns) {}

  void reserve(long samples) override {
    predictions_.resize(static_cast<size_t>(samples * positions_ * columns_));
    targets_.resize(predictions_.size());
  }
  void judge(const Pass& pass, const Judged& j) override {
    const long from = pass.first * positions_ * columns_, to = pass.last * positions_ * columns_;
    std::copy(j.predictions + from, j.predictions + to, predictions_.begin() + from);
    std::copy(j.targets + from, j.targets + to, targets_.begin() + from);
  }
  void reset() override { std::fill(sums_.begin(), sums_.end(), 0.0); }
  std::vector<double> sums() const override { return sums_; }
  void resume(const std::vector<double>& sums) override { sums_ = sums; }

 protected:
  // count(row's predictions, row's targets, weight) for each row of the batch.
  template <class Count>
  void each_row(long samples, const float* weights, long each, Count count) {
    for (long row = 0; row < samples * positions_; ++row) {
      const size_t at = static_cast<size_t>(row * columns_);
      count(predictions_.data() + at, targets_.data() + at, static_cast<double>(weights[row / (positions_ / each)]));
    }
  }

  const long positions_, columns_;
  std::vector<float> predictions_, targets_;  // of the batch
  std::vector<double> sums_;
};

// True positives, false positives, true negatives, false negatives at each threshold; of one column, of the highest.
class Counts : public EntryMetric {
 public:
  Counts(const MetricSpec& spec, long positions, long columns)
      : EntryMetric(spec, positions, columns),
        top_k_(static_cast<long>(setting(spec.settings, "top_k"))),
        column_(static_cast<long>(setting(spec.settings, "class_id"))) {
    for (double limit : numbers(spec.settings, "thresholds")) limits_.push_back(static_cast<float>(limit));
    sums_.assign(4 * limits_.size(), 0.0);
    if (column_ >= columns)
      throw std::invalid_argument("class_id=" + std::to_string(column_) + ": the predictions have " +
                                  std::to_string(columns) + " columns, numbered from 0");
  }
  void account(long samples, const float* weights, long each) override {
    const size_t n = limits_.size();
    each_row(samples, weights, each, [&](const float* p, const float* t, double weight) {
      for (long c = std::max(0L, column_); c < (column_ < 0 ? columns_ : column_ + 1); ++c) {
        const bool counts = top_k_ == 0 || higher(p, c) < top_k_;
        for (size_t i = 0; i < n; ++i) {
          const bool above = counts && p[c] > limits_[i];
          const size_t kind = t[c] != 0.0f ? (above ? 0 : 3) : (above ? 1 : 2);
          sums_[kind * n + i] += weight;
        }
      }
    });
  }

 private:
  long higher(const float* p, long c) const {  // predictions that come before this one; of equals the first does
    long before = 0;
    for (long i = 0; i < columns_; ++i) before += p[i] > p[c] || (p[i] == p[c] && i < c);
    return before;
  }
  const long top_k_, column_;  // 0 and -1 for all
  std::vector<float> limits_;
};

// Counts of predictions by the number of thresholds below them: of positive targets, then of the others; (thresholds + 1,
// columns).
class Histogram : public EntryMetric {
 public:
  Histogram(const MetricSpec& spec, long positions, long columns)
      : EntryMetric(spec, positions, columns),
        limits_(numbers(spec.settings, "thresholds")),
        label_weights_(numbers(spec.settings, "label_weights")),
        width_(setting(spec.settings, "multi_label") != 0.0 ? columns : 1),
        from_logits_(setting(spec.settings, "from_logits") != 0.0) {
    sums_.assign(2 * (limits_.size() + 1) * static_cast<size_t>(width_), 0.0);
    if (!label_weights_.empty() && static_cast<long>(label_weights_.size()) != columns)
      throw std::invalid_argument("label_weights: expected one for each of " + std::to_string(columns) + " columns");
  }
  void account(long samples, const float* weights, long each) override {
    const size_t half = sums_.size() / 2, width = static_cast<size_t>(width_);
    each_row(samples, weights, each, [&](const float* p, const float* t, double weight) {
      for (long c = 0; c < columns_; ++c) {
        double value = static_cast<double>(p[c]);
        if (from_logits_) value = static_cast<double>(static_cast<float>(1.0 / (1.0 + std::exp(-value))));
        value = std::fmin(1.0, std::fmax(0.0, value));
        const auto above = std::lower_bound(limits_.begin(), limits_.end(), value) - limits_.begin();
        const size_t column = width == 1 ? 0 : static_cast<size_t>(c);
        const double share = label_weights_.empty() ? 1.0 : label_weights_[static_cast<size_t>(c)];
        sums_[(t[c] != 0.0f ? 0 : half) + static_cast<size_t>(above) * width + column] += weight * share;
      }
    });
  }

 private:
  const std::vector<double> limits_, label_weights_;
  const long width_;
  const bool from_logits_;
};

// For each column: chosen targets, chosen entries, targets. Chosen are the largest of a row, or those above a threshold.
class Chosen : public EntryMetric {
 public:
  Chosen(const MetricSpec& spec, long positions, long columns)
      : EntryMetric(spec, positions, columns), threshold_(setting(spec.settings, "threshold")) {
    sums_.assign(static_cast<size_t>(3 * columns), 0.0);
  }
  void account(long samples, const float* weights, long each) override {
    const size_t n = static_cast<size_t>(columns_);
    each_row(samples, weights, each, [&](const float* p, const float* t, double weight) {
      const float most = *std::max_element(p, p + columns_);
      for (size_t c = 0; c < n; ++c) {
        const double value = static_cast<double>(p[c]), target = static_cast<double>(t[c]);
        const bool chosen = threshold_ > 0.0 ? value > threshold_ : p[c] >= most && std::fabs(value) > 1e-9;
        sums_[c] += chosen ? weight * target : 0.0;
        sums_[n + c] += chosen ? weight : 0.0;
        sums_[2 * n + c] += weight * target;
      }
    });
  }

 private:
  const double threshold_;  // 0: none
};

// For each column: sums of targets, of their squares, of squared errors, of weights; and the number of values.
class Variance : public EntryMetric {
 public:
  Variance(const MetricSpec& spec, long positions, long columns) : EntryMetric(spec, positions, columns) {
    sums_.assign(static_cast<size_t>(4 * columns + 1), 0.0);
  }
  void account(long samples, const float* weights, long each) override {
    const size_t n = static_cast<size_t>(columns_);
    each_row(samples, weights, each, [&](const float* p, const float* t, double weight) {
      for (size_t c = 0; c < n; ++c) {
        const double target = static_cast<double>(t[c]), error = target - static_cast<double>(p[c]);
        sums_[c] += weight * target;
        sums_[n + c] += weight * target * target;
        sums_[2 * n + c] += weight * error * error;
        sums_[3 * n + c] += weight;
      }
    });
    sums_.back() += static_cast<double>(samples * positions_ * columns_);
  }
};

// Rows: the true class, columns: the predicted one. Behind the matrix, how many had a class beyond it.
class Confusion : public EntryMetric {
 public:
  Confusion(const MetricSpec& spec, long positions, long columns)
      : EntryMetric(spec, positions, columns),
        classes_(std::max(columns == 1 ? 2L : 0L, static_cast<long>(setting(spec.settings, "num_classes")))),
        threshold_(static_cast<float>(setting(spec.settings, "threshold"))),
        ids_(setting(spec.settings, "ids") != 0.0) {
    if (classes_ == 0) classes_ = columns;
    sums_.assign(static_cast<size_t>(classes_ * classes_ + 1), 0.0);
  }
  void judge(const Pass& pass, const Judged& j) override {
    EntryMetric::judge(pass, j);
    if (!ids_) return;
    for (long row = pass.first * positions_; row < pass.last * positions_; ++row)  // the id at the start of the one-hot row
      targets_[static_cast<size_t>(row * columns_)] = static_cast<float>(j.ids[row]);
  }
  void account(long samples, const float* weights, long each) override {
    each_row(samples, weights, each, [&](const float* p, const float* t, double weight) {
      const bool single = columns_ == 1;
      const long predicted = single ? p[0] > threshold_ : std::max_element(p, p + columns_) - p;
      const long actual = single || ids_ ? static_cast<long>(t[0]) : std::max_element(t, t + columns_) - t;
      const bool known = actual >= 0 && actual < classes_ && predicted < classes_;
      sums_[static_cast<size_t>(known ? actual * classes_ + predicted : classes_ * classes_)] += known ? weight : 1.0;
    });
  }

 private:
  long classes_;
  const float threshold_;
  const bool ids_;
};

}  // namespace

std::unique_ptr<Metric> make_entry_metric(const MetricSpec& spec, long positions, long columns) {
  if (spec.kind == "counts") return std::make_unique<Counts>(spec, positions, columns);
  if (spec.kind == "histogram") return std::make_unique<Histogram>(spec, positions, columns);
  if (spec.kind == "chosen") return std::make_unique<Chosen>(spec, positions, columns);
  if (spec.kind == "variance") return std::make_unique<Variance>(spec, positions, columns);
  if (spec.kind == "confusion_matrix") return std::make_unique<Confusion>(spec, positions, columns);
  return nullptr;
}

}  // namespace clarinet
