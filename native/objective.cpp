#include "objective.hpp"

#include <algorithm>
#include <stdexcept>

#include "metrics.hpp"

namespace clarinet {

Objective::Objective(const LossSpec& spec, const std::vector<MetricSpec>& metrics, long positions, long columns)
    : present_(!spec.kind.empty()), spec_(spec), positions_(positions), columns_(columns) {
  if (!present_) return;
  loss_function_ = loss_function(spec.kind, spec.settings, columns);
  for (double alpha : numbers(spec.settings, "alpha")) class_weights_.push_back(static_cast<float>(alpha));
  if (static_cast<long>(class_weights_.size()) == columns) loss_function_.by_class = class_weights_.data();
  for (const MetricSpec& metric : metrics) metrics_.push_back(make_metric(metric, positions, columns));
  sees_all_targets_ = takes_signs(loss_function_);
  for (const auto& metric : metrics_) sees_all_targets_ |= metric->sees_all_targets();
}

Objective::~Objective() = default;

void Objective::reserve(long samples) {
  if (!present_) return;
  const size_t rows = static_cast<size_t>(samples * positions_);
  targets_.resize(rows * static_cast<size_t>(columns_));
  for (auto* v : {&shares_, &values_}) v->resize(rows);
  weights_.resize(static_cast<size_t>(samples));
  ones_.assign(static_cast<size_t>(samples), 1.0f);
  ids_.resize(rows);
  for (auto& metric : metrics_) metric->reserve(samples);
}

void Objective::fetch(const Pass& pass, const Source& targets, const Source& weights, Order order) {
  const long first = pass.first * positions_, last = pass.last * positions_;
  if (spec_.sparse) {
    gather_ids(targets, order, pass.first, pass.last, ids_.data());
    std::fill(targets_.begin() + first * columns_, targets_.begin() + last * columns_, 0.0f);
    for (long i = first; i < last; ++i)
      if (ids_[i] >= 0 && ids_[i] < columns_) targets_[i * columns_ + ids_[i]] = 1.0f;
  } else {
    gather(*pass.k, targets, order, pass.first, pass.last, targets_.data());
  }
  if (weights) {
    gather(*pass.k, weights, order, pass.first, pass.last, weights_.data());
  } else {
    std::fill(weights_.begin() + pass.first, weights_.begin() + pass.last, 1.0f);
  }
}

// Of the whole batch, in order: each thread needs it before the others have fetched theirs.
double Objective::weight_sum(const Pass& pass, const Source& weights, Order order) const {
  double sum = 0.0;
  for (long i = 0; i < pass.samples; ++i) {
    float weight = 1.0f;
    if (weights) gather(*pass.k, weights, {order.order, order.first + i}, 0, 1, &weight);
    sum += weight;
  }
  return sum * static_cast<double>(positions_);
}

void Objective::measure(const Pass& pass, const Source& targets, const Source& weights, Order order, const float* y,
                        float* gradient) {
  fetch(pass, targets, weights, order);
  if (sees_all_targets_) pass.sync();
  double divisor = static_cast<double>(pass.samples * positions_);
  if (spec_.reduction == "sum") divisor = 1.0;
  if (spec_.reduction == "mean_with_sample_weight") divisor = weight_sum(pass, weights, order);
  const float share = divisor != 0.0 ? static_cast<float>(1.0 / divisor) : 0.0f;
  for (long i = pass.first; i < pass.last; ++i)
    for (long r = 0; r < positions_; ++r) shares_[i * positions_ + r] = weights_[i] * share;
  const long at = pass.first * positions_;
  const LossRows l{with_signs(loss_function_, targets_.data(), pass.samples * positions_ * columns_),
                   (pass.last - pass.first) * positions_,
                   columns_,
                   y + at * columns_,
                   targets_.data() + at * columns_,
                   shares_.data() + at,
                   values_.data() + at,
                   gradient ? gradient + at * columns_ : nullptr};
  pass.k->losses[l.loss.number].compute(l, pass.scratch);
}

void Objective::judge(const Pass& pass, const float* predictions) {
  const Judged judged{positions_, columns_, predictions, targets_.data(), spec_.sparse ? ids_.data() : nullptr};
  for (auto& metric : metrics_) metric->judge(pass, judged);
}

double Objective::account(const Pass& pass, double penalty) {
  double loss = 0.0;
  for (long i = 0; i < pass.samples * positions_; ++i) loss += static_cast<double>(values_[i]) * shares_[i];
  loss += penalty;
  const double samples = static_cast<double>(pass.samples);
  loss_.add(loss * samples, samples);
  for (auto& metric : metrics_) metric->account(pass.samples, metric->spec.weighted ? weights_.data() : ones_.data());
  return loss;
}

void Objective::reset() {
  loss_ = {};
  for (auto& metric : metrics_) metric->reset();
}

Sums Objective::running() const {
  Sums all{{loss_.total, loss_.count}};
  for (const auto& metric : metrics_) all.push_back(metric->sums());
  return all;
}

void Objective::resume(const Sums& all) {
  if (all.size() != metrics_.size() + 1) throw std::invalid_argument("resume: not one sum for the loss and each metric");
  for (size_t i = 0; i < all.size(); ++i) {
    const size_t size = i == 0 ? 2 : metrics_[i - 1]->sums().size();
    if (all[i].size() != size) throw std::invalid_argument("resume: not as many sums as there were");
  }
  loss_ = {all[0][0], all[0][1]};
  for (size_t i = 0; i < metrics_.size(); ++i) metrics_[i]->resume(all[i + 1]);
}

}  // namespace clarinet
