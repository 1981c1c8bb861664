#include "scaled_rule.hpp"

#include <algorithm>
#include <cmath>

#include "op.hpp"

namespace clarinet {
namespace {

constexpr long kColumns = 256;  // whose means are taken at a time

Range part_of(long n, const Pass& pass) { return {n * pass.thread / pass.threads, n * (pass.thread + 1) / pass.threads}; }

}  // namespace

ScaledRule::ScaledRule(const OptimizerSpec& spec, const std::vector<float*>& slots) : slots_(slots) {
  const auto value = [&](const char* name) { return setting(spec.settings, name); };
  if (spec.kind == "lamb") kind_ = Kind::lamb;
  if (spec.kind == "adafactor") kind_ = Kind::adafactor;
  beta_1_ = value("beta_1"), beta_2_ = value("beta_2"), epsilon_ = value("epsilon");
  beta_2_decay_ = value("beta_2_decay"), epsilon_1_ = value("epsilon_1"), epsilon_2_ = value("epsilon_2");
  threshold_ = value("clip_threshold");
}

void ScaledRule::begin(double learning_rate, double t) {
  rate_ = kind_ == Kind::adafactor ? std::min(learning_rate, 1.0 / std::sqrt(t)) : learning_rate;
  mean_scale_ = static_cast<float>(1.0 / (1.0 - std::pow(beta_1_, t)));
  spread_scale_ = static_cast<float>(1.0 / (1.0 - std::pow(beta_2_, t)));
  rest_ = static_cast<float>(std::pow(t, beta_2_decay_));
}

// The slots have the shape of the weight, the same number all along a row or a column.
void ScaledRule::sweep(const Pass& pass, const Weight& weight, const float* g) const {
  if (weight.columns == 0) return;
  const long columns = static_cast<long>(weight.columns), rows = static_cast<long>(weight.rows);
  const float least = static_cast<float>(epsilon_1_);
  const Range own = part_of(static_cast<long>(weight.size) / columns, pass);
  for (long row = own.first; row < own.last; ++row) {
    double sum = 0.0;
    for (long i = row * columns; i < (row + 1) * columns; ++i) sum += static_cast<double>(g[i] * g[i] + least);
    float* mean = slot(1, weight, row * columns);
    std::fill_n(mean, columns, (1.0f - rest_) * mean[0] + rest_ * static_cast<float>(sum / static_cast<double>(columns)));
  }
  const Range side = part_of(columns, pass);
  for (long matrix = 0; matrix < static_cast<long>(weight.size); matrix += rows * columns)
    for (long from = side.first; from < side.last; from += kColumns) {
      const long count = std::min(kColumns, side.last - from);
      double sums[kColumns] = {};
      for (long i = 0; i < rows; ++i)
        for (long j = 0; j < count; ++j) {
          const float x = g[matrix + i * columns + from + j];
          sums[j] += static_cast<double>(x * x + least);
        }
      float* first = slot(2, weight, matrix + from);
      for (long j = 0; j < count; ++j)
        first[j] = (1.0f - rest_) * first[j] + rest_ * static_cast<float>(sums[j] / static_cast<double>(rows));
      for (long i = 1; i < rows; ++i) std::copy_n(first, count, first + i * columns);
    }
}

void ScaledRule::spread(const Pass& pass, const Weight& weight, const float* g) const {
  float* v = slot(0, weight);
  if (weight.columns == 0) {
    const Range own = part_of(static_cast<long>(weight.size), pass);
    const float least = static_cast<float>(epsilon_1_);
    for (long i = own.first; i < own.last; ++i) v[i] = (1.0f - rest_) * v[i] + rest_ * (g[i] * g[i] + least);
    return;
  }
  const long columns = static_cast<long>(weight.columns), rows = static_cast<long>(weight.rows);
  const Range own = part_of(static_cast<long>(weight.size) / columns, pass);
  const float *row_means = slot(1, weight), *column_means = slot(2, weight);
  float mean = 0.0f;
  for (long row = own.first; row < own.last; ++row) {
    if (row == own.first || row % rows == 0) {
      double sum = 0.0;
      for (long i = 0; i < rows; ++i) sum += static_cast<double>(row_means[(row / rows * rows + i) * columns]);
      mean = static_cast<float>(sum / static_cast<double>(rows));
    }
    const float scale = row_means[row * columns] / mean;
    for (long i = row * columns; i < (row + 1) * columns; ++i) v[i] = scale * column_means[i];
  }
}

void ScaledRule::direct(const Weight& weight, long from, float* g, long n) const {
  if (kind_ == Kind::adafactor) {
    const float* v = slot(0, weight, from);
    for (long i = 0; i < n; ++i) g[i] = g[i] / std::sqrt(v[i]);
    return;
  }
  float *m = slot(0, weight, from), *v = slot(1, weight, from);
  const float c1 = static_cast<float>(1.0 - beta_1_), c2 = static_cast<float>(1.0 - beta_2_), least = static_cast<float>(epsilon_);
  for (long i = 0; i < n; ++i) {
    m[i] += c1 * (g[i] - m[i]);
    v[i] += c2 * (g[i] * g[i] - v[i]);
    g[i] = m[i] * mean_scale_ / (std::sqrt(v[i] * spread_scale_) + least);
  }
}

double ScaledRule::share(const Weight& weight, double own, double along) const {
  if (kind_ == Kind::lamb) return own > 0.0 && along > 0.0 ? rate_ * std::sqrt(own / along) : rate_;
  const double count = static_cast<double>(weight.size);
  return std::max(std::sqrt(own / count), epsilon_2_) * rate_ / std::max(std::sqrt(along / count) / threshold_, 1.0);
}

}  // namespace clarinet
