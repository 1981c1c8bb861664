// Projections of weights onto what they may be, after the optimizer's update.
#include "constraint.hpp"

#include <algorithm>
#include <cmath>

namespace clarinet {
namespace {

constexpr float kEpsilon = 1e-7f;
constexpr long kColumns = 256;  // whose lengths are taken at a time

}  // namespace

Constraint::Constraint(const Weight& weight)
    : weight_(&weight),
      norms_(!weight.constraint.contains("non_neg")),
      along_(norms_ ? static_cast<long>(setting(weight.constraint, "along")) : 1),
      inner_(norms_ ? static_cast<long>(setting(weight.constraint, "inner")) : 1),
      low_(static_cast<float>(setting(weight.constraint, "low"))),
      high_(static_cast<float>(setting(weight.constraint, "high"))),
      rate_(static_cast<float>(setting(weight.constraint, "rate"))) {}

long Constraint::units() const { return static_cast<long>(weight_->size) / along_; }

void Constraint::apply(long from, long to) const {
  float* w = weight_->data;
  if (!norms_) {
    for (long i = from; i < to; ++i) w[i] = w[i] > 0.0f ? w[i] : w[i] == w[i] ? 0.0f : w[i];
    return;
  }
  while (from < to) {
    const long first = from % inner_, count = std::min({to - from, inner_ - first, kColumns});
    bring(w + from / inner_ * along_ * inner_ + first, count);
    from += count;
  }
}

// The lengths of `count` units side by side, whose numbers are `inner_` apart.
void Constraint::bring(float* w, long count) const {
  float factors[kColumns] = {};
  for (long a = 0; a < along_; ++a)
    for (long j = 0; j < count; ++j) factors[j] += w[a * inner_ + j] * w[a * inner_ + j];
  for (long j = 0; j < count; ++j) {
    const float norm = std::sqrt(factors[j]), inside = std::min(std::max(norm, low_), high_);
    factors[j] = (rate_ * inside + (1.0f - rate_) * norm) / (kEpsilon + norm);
  }
  for (long a = 0; a < along_; ++a)
    for (long j = 0; j < count; ++j) w[a * inner_ + j] *= factors[j];
}

}  // namespace clarinet
