#include "objective.hpp"

#include <algorithm>
#include <stdexcept>

#include "metrics.hpp"

namespace clarinet {

Objective::Objective(const OutputSpec& spec)
    : present_(!spec.loss.kind.empty()),
      computed_(spec.values >= 0),
      whole_(setting(spec.loss.settings, "whole") != 0.0),
      sparse_(spec.sparse),
      sums_(spec.loss.reduction == "sum"),
      by_weight_(spec.loss.reduction == "mean_with_sample_weight"),
      weight_(spec.weight),
      positions_(static_cast<long>(spec.positions)),
      columns_(static_cast<long>(spec.columns)),
      labels_size_(spec.labels < 0 ? -1 : static_cast<long>(spec.labels_size)),
      values_each_(computed_ ? static_cast<long>(spec.values_size) : positions_),
      mask_size_(static_cast<long>(spec.mask_size)),
      fetches_(present_ && !computed_) {
  for (const MetricSpec& metric : spec.metrics) metrics_.push_back(make_metric(metric, positions_, columns_));
  for (const auto& metric : metrics_) sees_all_targets_ |= metric->sees_all_targets(), fetches_ |= metric->takes_targets();
  if (!present_ || computed_) return;
  loss_function_ = loss_function(spec.loss.kind, spec.loss.settings, columns_);
  for (double alpha : numbers(spec.loss.settings, "alpha")) class_weights_.push_back(static_cast<float>(alpha));
  if (static_cast<long>(class_weights_.size()) == columns_) loss_function_.by_class = class_weights_.data();
  sees_all_targets_ |= takes_signs(loss_function_);
}

Objective::~Objective() = default;

void Objective::reserve(long samples) {
  if (!takes_targets()) return;
  const size_t rows = static_cast<size_t>(samples * positions_);
  targets_.resize(rows * static_cast<size_t>(columns_));
  const size_t values = static_cast<size_t>(samples * values_each_);
  for (auto* v : {&shares_, &values_}) v->resize(values);
  if (weight_ != 1.0) weighed_.resize(values);
  weights_.resize(static_cast<size_t>(samples * std::max(positions_, values_each_)));
  ones_.assign(static_cast<size_t>(samples), 1.0f);
  ids_.resize(rows);
  for (auto& metric : metrics_) metric->reserve(samples);
}

bool Objective::weighs(int64_t columns) const {
  if (columns == 1) return true;
  const auto parts = [&](long values) { return columns > 0 && columns <= values && values % columns == 0; };
  bool fitting = !whole_ && parts(values_each_) && (!mask_size_ || mask_size_ % columns == 0 || columns % mask_size_ == 0);
  for (const auto& metric : metrics_) fitting &= !metric->spec.weighted || parts(metric->values_each(positions_));
  return fitting;
}

void Objective::fetch(const Pass& pass, const Source& targets, const Source& weights, Order order) {
  const long first = pass.first * positions_, last = pass.last * positions_;
  if (!fetches_) {
  } else if (sparse_) {
    gather_ids(targets, order, pass.first, pass.last, ids_.data());
    std::fill(targets_.begin() + first * columns_, targets_.begin() + last * columns_, 0.0f);
    for (long i = first; i < last; ++i)
      if (ids_[i] >= 0 && ids_[i] < columns_) targets_[i * columns_ + ids_[i]] = 1.0f;
  } else {
    gather(*pass.k, targets, order, pass.first, pass.last, targets_.data());
  }
  if (weights) {  // a sample's side by side
    gather(*pass.k, weights, order, pass.first, pass.last, weights_.data());
  } else {
    std::fill(weights_.begin() + pass.first, weights_.begin() + pass.last, 1.0f);
  }
}

// Of the whole batch, in order: each thread needs it before the others have fetched theirs, unless a sample has several.
double Objective::weight_sum(const Pass& pass, const Source& weights, Order order) const {
  if (whole_ || !weights) return static_cast<double>(samples_of(pass) * values_each_);
  double sum = 0.0;
  for (long i = 0; i < pass.samples && weights_each_ == 1; ++i) {
    float weight = 1.0f;
    gather(*pass.k, weights, {order.order, order.first + i}, 0, 1, &weight);
    sum += weight;
  }
  for (long i = 0; i < pass.samples * weights_each_ && weights_each_ > 1; ++i) sum += weights_[static_cast<size_t>(i)];
  return sum * static_cast<double>(values_each_ / weights_each_);
}

// How much each value counts in the batch's loss.
void Objective::share_out(const Pass& pass, const Source& weights, Order order) {
  double divisor = static_cast<double>(samples_of(pass) * values_each_);
  if (sums_) divisor = 1.0;
  if (by_weight_) divisor = weight_sum(pass, weights, order);
  const float share = divisor != 0.0 ? static_cast<float>(1.0 / divisor) : 0.0f;
  if (whole_) std::fill_n(shares_.begin(), pass.thread == 0 ? values_each_ : 0, share);
  if (whole_) return;
  if (weights_each_ > 1) {
    for (long v = pass.first * values_each_; v < pass.last * values_each_; ++v) shares_[static_cast<size_t>(v)] = weight_of(v) * share;
    return;
  }
  for (long i = pass.first; i < pass.last; ++i)
    for (long r = 0; r < values_each_; ++r) shares_[i * values_each_ + r] = weights_[i] * share;
}

// The same of values of which a mask says which count: a mean is that of those. Where labels are class ids, -1 counts for
// nothing. All samples' masks, weights and ids are there.
void Objective::share_out_counted(const Pass& pass, const float* mask) {
  const long each = values_each_ / mask_size_;  // values to a number of the mask
  const bool ids = sparse_ && !computed_;
  const auto counts = [&](long value) { return mask[value / each] != 0.0f && !(ids && ids_[static_cast<size_t>(value)] < 0); };
  double divisor = 0.0;
  if (sums_) {
    divisor = 1.0;
  } else if (by_weight_) {
    for (long value = 0; value < pass.samples * values_each_; ++value)
      if (counts(value)) divisor += weight_of(value);
  } else {
    for (long i = 0; i < pass.samples * mask_size_; ++i) divisor += mask[i] != 0.0f ? static_cast<double>(each) : 0.0;
  }
  const float share = divisor != 0.0 ? static_cast<float>(1.0 / divisor) : 0.0f;
  for (long value = pass.first * values_each_; value < pass.last * values_each_; ++value)
    shares_[static_cast<size_t>(value)] = counts(value) ? weight_of(value) * share : 0.0f;
}

void Objective::measure(const Pass& pass, const Source& targets, const Source& weights, Order order, const float* y,
                        const float* mask, float* gradient) {
  if (!takes_targets()) return;
  fetch(pass, targets, weights, order);
  if (sees_all_targets_ || mask || weights_each_ > 1) pass.sync();
  if (!present_) return;
  mask ? share_out_counted(pass, mask) : share_out(pass, weights, order);
  if (computed_) return take_values(pass, y, gradient);
  const long at = pass.first * positions_, end = pass.last * positions_;
  const bool weighed = weight_ != 1.0;
  for (long i = at; weighed && i < end; ++i) weighed_[i] = shares_[i] * static_cast<float>(weight_);
  const LossRows l{with_signs(loss_function_, targets_.data(), pass.samples * positions_ * columns_),
                   end - at,
                   columns_,
                   y + at * columns_,
                   targets_.data() + at * columns_,
                   (weighed ? weighed_ : shares_).data() + at,
                   values_.data() + at,
                   gradient ? gradient + at * columns_ : nullptr};
  pass.k->losses[l.loss.number].compute(l, pass.scratch);
}

// The loss where operations have computed its values, whose gradient is their share.
void Objective::take_values(const Pass& pass, const float* y, float* gradient) {
  const long first = whole_ ? 0 : pass.first * values_each_, last = whole_ ? (pass.thread == 0) * values_each_ : pass.last * values_each_;
  std::copy(y + first, y + last, values_.begin() + first);
  for (long i = first; gradient && i < last; ++i) gradient[i] = shares_[i] * static_cast<float>(weight_);
  if (whole_) pass.sync();
}

void Objective::judge(const Pass& pass, const float* predictions, const float* mask, const std::vector<float*>& tensors) {
  const Judged judged{positions_, columns_, predictions, targets_.data(), sparse_ ? ids_.data() : nullptr, tensors.data(),
                      mask, mask_size_, weights_.data(), weights_each_};
  for (auto& metric : metrics_) metric->judge(pass, judged);
}

double Objective::account(const Pass& pass) {
  for (auto& metric : metrics_) {
    const bool weighted = metric->spec.weighted;
    metric->account(pass.samples, weighted ? weights_.data() : ones_.data(), weighted ? weights_each_ : 1);
  }
  if (!present_) return 0.0;
  double loss = 0.0;
  for (long i = 0; i < samples_of(pass) * values_each_; ++i) loss += static_cast<double>(values_[i]) * shares_[i];
  const double samples = static_cast<double>(pass.samples);
  loss_.add(loss * samples, samples);
  return loss * weight_;
}

void Objective::reset() {
  loss_ = {};
  for (auto& metric : metrics_) metric->reset();
}

Objectives::Objectives(const std::vector<OutputSpec>& outputs) {
  for (const OutputSpec& output : outputs) each_.emplace_back(output);
}

void Objectives::reserve(long samples) {
  for (Objective& own : each_) own.reserve(samples);
}

void Objectives::expect(const std::vector<Source>& weights) {
  for (size_t r = 0; r < each_.size(); ++r) each_[r].expect(weights[r]);
}

bool Objectives::present() const {
  return std::any_of(each_.begin(), each_.end(), [](const Objective& own) { return own.present(); });
}

double Objectives::account(const Pass& pass, double penalty) {
  double loss = 0.0;
  for (Objective& own : each_) loss += own.account(pass);
  loss += penalty;
  const double samples = static_cast<double>(pass.samples);
  loss_.add(loss * samples, samples);
  return loss;
}

void Objectives::reset() {
  loss_ = {};
  for (Objective& own : each_) own.reset();
}

Sums Objectives::running() const {
  Sums all{{loss_.total, loss_.count}};
  for (const Objective& own : each_)
    if (own.present() && each_.size() > 1) all.push_back({own.loss().total, own.loss().count});
  for (const Objective& own : each_)
    for (const auto& metric : own.metrics()) all.push_back(metric->sums());
  return all;
}

void Objectives::resume(const Sums& all) {
  const Sums now = running();
  if (all.size() != now.size()) throw std::invalid_argument("resume: not one sum for each loss and metric");
  for (size_t i = 0; i < all.size(); ++i)
    if (all[i].size() != now[i].size()) throw std::invalid_argument("resume: not as many sums as there were");
  auto next = all.begin();
  loss_ = {(*next)[0], (*next)[1]}, ++next;
  for (Objective& own : each_)
    if (own.present() && each_.size() > 1) own.loss() = {(*next)[0], (*next)[1]}, ++next;
  for (Objective& own : each_)
    for (const auto& metric : own.metrics()) metric->resume(*next++);
}

}  // namespace clarinet
