#include "metrics.hpp"

#include <map>
#include <stdexcept>

namespace clarinet {
namespace {

// f(row of the batch) for each row of this thread; the mean over a sample's rows is its value.
template <class F>
void each_row(const Pass& pass, const Judged& j, std::vector<double>& values, F f) {
  for (long i = pass.first; i < pass.last; ++i) {
    double sum = 0.0;
    for (long r = 0; r < j.rows; ++r) sum += f(i * j.rows + r);
    values[static_cast<size_t>(i)] = sum / static_cast<double>(j.rows);
  }
}

// Shares of right answers, entry by entry: exactly equal, or on the right side of a threshold.
class Entries : public Metric {
 public:
  using Metric::Metric;
  void judge(const Pass& pass, const Judged& j) override {
    const bool exact = spec.kind == "accuracy";
    const float threshold = static_cast<float>(spec.parameter);
    each_row(pass, j, values, [&](long row) {
      long right = 0;
      for (long c = row * j.columns; c < (row + 1) * j.columns; ++c) {
        const float answer = exact ? j.predictions[c] : (j.predictions[c] > threshold ? 1.0f : 0.0f);
        right += j.targets[c] == answer;
      }
      return static_cast<double>(right) / static_cast<double>(j.columns);
    });
  }
};

int32_t true_class(const KernelTable& k, const Judged& j, long row) {
  if (j.ids) return j.ids[row];
  int32_t place = 0;
  k.argmax(j.targets + row * j.columns, 1, j.columns, &place);
  return place;
}

// The largest prediction is that of the right class.
class Top : public Metric {
 public:
  using Metric::Metric;
  void judge(const Pass& pass, const Judged& j) override {
    each_row(pass, j, values, [&](long row) {
      int32_t place = 0;
      pass.k->argmax(j.predictions + row * j.columns, 1, j.columns, &place);
      return place == true_class(*pass.k, j, row) ? 1.0 : 0.0;
    });
  }
};

// Fewer than k classes score higher than the right one; a tie counts as a hit.
class TopK : public Metric {
 public:
  using Metric::Metric;
  void judge(const Pass& pass, const Judged& j) override {
    each_row(pass, j, values, [&](long row) {
      const float* p = j.predictions + row * j.columns;
      const int32_t id = true_class(*pass.k, j, row);
      if (id < 0 || id >= j.columns) return 0.0;
      long higher = 0;
      for (long c = 0; c < j.columns; ++c) higher += p[c] > p[id];
      return static_cast<double>(higher) < spec.parameter ? 1.0 : 0.0;
    });
  }
};

// A loss of probabilities or numbers, as a metric.
class LossMetric : public Metric {
 public:
  explicit LossMetric(const MetricSpec& spec) : Metric(spec), kind_(loss_kind(spec.kind)) {}
  void judge(const Pass& pass, const Judged& j) override {
    each_row(pass, j, values, [&](long row) {
      float value = 0.0f;
      const long at = row * j.columns;
      const LossRows l{kind_, 1, j.columns, spec.smoothing, j.predictions + at, j.targets + at, nullptr, &value, nullptr};
      pass.k->loss(l, pass.scratch);
      return static_cast<double>(value);
    });
  }

 private:
  const LossKind kind_;
};

const std::map<std::string, LossKind> kLosses = {
    {"mean_squared_error", LossKind::squared_error},
    {"mean_absolute_error", LossKind::absolute_error},
    {"binary_crossentropy", LossKind::binary_crossentropy},
    {"binary_crossentropy_logits", LossKind::binary_crossentropy_logits},
    {"categorical_crossentropy", LossKind::categorical_crossentropy},
    {"categorical_crossentropy_logits", LossKind::categorical_crossentropy_logits},
};

}  // namespace

LossKind loss_kind(const std::string& name) {
  const auto found = kLosses.find(name);
  if (found == kLosses.end()) throw std::invalid_argument("no native loss is called " + name);
  return found->second;
}

std::unique_ptr<Metric> make_metric(const MetricSpec& spec) {
  if (spec.kind == "accuracy" || spec.kind == "binary_accuracy") return std::make_unique<Entries>(spec);
  if (spec.kind == "categorical_accuracy") return std::make_unique<Top>(spec);
  if (spec.kind == "top_k_categorical_accuracy") return std::make_unique<TopK>(spec);
  return std::make_unique<LossMetric>(spec);
}

}  // namespace clarinet
