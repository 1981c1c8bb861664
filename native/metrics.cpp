#include "metrics.hpp"

#include <stdexcept>

namespace clarinet {
namespace {

// The weighted mean of one number a sample.
class MeanMetric : public Metric {
 public:
  explicit MeanMetric(const MetricSpec& spec) : Metric(spec), masked_(setting(spec.settings, "masked") != 0.0) {}

  void reserve(long samples) override {
    values_.resize(static_cast<size_t>(samples));
    if (masked_ || spec.weighted) counted_.resize(values_.size());
  }
  void account(long samples, const float* weights, long each) override {
    double total = 0.0, count = 0.0;
    for (long i = 0; i < samples && each > 1; ++i)  // the weights are in the values
      total += values_[static_cast<size_t>(i)], count += counted_[static_cast<size_t>(i)];
    for (long i = 0; i < samples && each == 1; ++i) {
      total += values_[static_cast<size_t>(i)] * weights[i];
      count += masked_ ? counted_[static_cast<size_t>(i)] * weights[i] : weights[i];
    }
    running_.add(total, count);
  }
  void reset() override { running_ = {}; }
  std::vector<double> sums() const override { return {running_.total, running_.count}; }
  void resume(const std::vector<double>& sums) override { running_ = {sums[0], sums[1]}; }

 protected:
  // f(row of the batch) for each row of this thread; the mean over a sample's rows is its value.
  template <class F>
  void each_row(const Pass& pass, const Judged& j, F f) {
    for (long i = pass.first; i < pass.last; ++i) {
      if (masked_ || (spec.weighted && j.weights_each > 1)) {
        each_counted(i, j, f);
        continue;
      }
      double sum = 0.0;
      for (long r = 0; r < j.positions; ++r) sum += f(i * j.positions + r);
      values_[static_cast<size_t>(i)] = sum / static_cast<double>(j.positions);
    }
  }

  // The same of the rows of a sample that the mask leaves, each with its weight where a sample has several: their sum, and how
  // many they are, both over all its rows.
  template <class F>
  void each_counted(long i, const Judged& j, const F& f) {
    const long each = masked_ ? j.positions / j.mask_size : 0, parts = spec.weighted ? j.weights_each : 1;
    double sum = 0.0, count = 0.0;
    for (long r = 0; r < j.positions; ++r) {
      if (masked_ && j.mask[i * j.mask_size + r / each] == 0.0f) continue;
      const double weight = parts > 1 ? j.weights[i * parts + r / (j.positions / parts)] : 1.0;
      sum += f(i * j.positions + r) * weight, count += weight;
    }
    values_[static_cast<size_t>(i)] = sum / static_cast<double>(j.positions);
    counted_[static_cast<size_t>(i)] = count / static_cast<double>(j.positions);
  }

  const bool masked_;
  Running running_;
  std::vector<double> values_, counted_;  // of the batch's samples; the share of their rows that counts
};

// Shares of right answers, entry by entry: exactly equal, or on the right side of a threshold.
class Entries : public MeanMetric {
 public:
  using MeanMetric::MeanMetric;
  void judge(const Pass& pass, const Judged& j) override {
    const bool exact = spec.kind == "accuracy";
    const float threshold = static_cast<float>(setting(spec.settings, "threshold"));
    each_row(pass, j, [&](long row) {
      long right = 0;
      for (long c = row * j.columns; c < (row + 1) * j.columns; ++c) {
        const float answer = exact ? j.predictions[c] : (j.predictions[c] > threshold ? 1.0f : 0.0f);
        right += j.targets[c] == answer;
      }
      return static_cast<double>(right) / static_cast<double>(j.columns);
    });
  }
};

// Values that operations have computed: `each` a sample, or as many for the whole batch.
class Values : public MeanMetric {
 public:
  explicit Values(const MetricSpec& spec)
      : MeanMetric(spec),
        tensor_(static_cast<size_t>(setting(spec.settings, "tensor"))),
        each_(static_cast<long>(setting(spec.settings, "each"))),
        whole_(setting(spec.settings, "whole") != 0.0) {}

  bool takes_targets() const override { return false; }
  long values_each(long) const override { return whole_ ? 0 : each_; }
  // Values of the whole batch count as what they are, not once for every sample.
  void account(long samples, const float* weights, long each) override {
    if (!whole_ || spec.weighted) return MeanMetric::account(samples, weights, each);
    const double count = static_cast<double>(each_);
    running_.add(values_[0] * count, count);
  }
  void judge(const Pass& pass, const Judged& j) override {
    const float* values = j.tensors[tensor_];
    each_row(pass, {each_, 1, nullptr, nullptr, nullptr, nullptr, j.mask, j.mask_size, j.weights, j.weights_each}, [&](long i) { return values[whole_ ? i % each_ : i]; });
  }

 private:
  const size_t tensor_;
  const long each_;
  const bool whole_;
};

int32_t true_class(const KernelTable& k, const Judged& j, long row) {
  if (j.ids) return j.ids[row];
  int32_t place = 0;
  k.argmax(j.targets + row * j.columns, 1, j.columns, &place);
  return place;
}

// The largest prediction is that of the right class.
class Top : public MeanMetric {
 public:
  using MeanMetric::MeanMetric;
  void judge(const Pass& pass, const Judged& j) override {
    each_row(pass, j, [&](long row) {
      int32_t place = 0;
      pass.k->argmax(j.predictions + row * j.columns, 1, j.columns, &place);
      return place == true_class(*pass.k, j, row) ? 1.0 : 0.0;
    });
  }
};

// Fewer than k classes score higher than the right one; a tie counts as a hit.
class TopK : public MeanMetric {
 public:
  using MeanMetric::MeanMetric;
  void judge(const Pass& pass, const Judged& j) override {
    const double k = setting(spec.settings, "k");
    each_row(pass, j, [&](long row) {
      const float* p = j.predictions + row * j.columns;
      const int32_t id = true_class(*pass.k, j, row);
      if (id < 0 || id >= j.columns) return 0.0;
      long higher = 0;
      for (long c = 0; c < j.columns; ++c) higher += p[c] > p[id];
      return static_cast<double>(higher) < k ? 1.0 : 0.0;
    });
  }
};

// A loss of probabilities or numbers; or its negative, where higher is better.
class LossMetric : public MeanMetric {
 public:
  LossMetric(const MetricSpec& spec, long columns)
      : MeanMetric(spec),
        loss_(loss_function(spec.kind, spec.settings, columns)),
        factor_(setting(spec.settings, "negated") != 0.0 ? -1.0 : 1.0) {}

  bool sees_all_targets() const override { return takes_signs(loss_); }
  void judge(const Pass& pass, const Judged& j) override {
    const LossFunction loss = with_signs(loss_, j.targets, pass.samples * j.positions * j.columns);
    each_row(pass, j, [&](long row) {
      float value = 0.0f;
      const long at = row * j.columns;
      pass.k->losses[loss.number].compute(
          {loss, 1, j.columns, j.predictions + at, j.targets + at, nullptr, &value, nullptr}, pass.scratch);
      return factor_ * static_cast<double>(value);
    });
  }

 private:
  const LossFunction loss_;
  const double factor_;
};

}  // namespace

std::unique_ptr<Metric> make_metric(const MetricSpec& spec, long positions, long columns) {
  if (auto metric = make_entry_metric(spec, positions, columns)) return metric;
  if (spec.kind == "values") return std::make_unique<Values>(spec);
  if (spec.kind == "accuracy" || spec.kind == "binary_accuracy") return std::make_unique<Entries>(spec);
  if (spec.kind == "categorical_accuracy") return std::make_unique<Top>(spec);
  if (spec.kind == "top_k_categorical_accuracy") return std::make_unique<TopK>(spec);
  return std::make_unique<LossMetric>(spec, columns);
}

}  // namespace clarinet
