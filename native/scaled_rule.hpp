// Rules whose steps are scaled by norms of whole weights, Lamb and Adafactor: first which way a weight goes, then how far.
#pragma once

#include <vector>

#include "spec.hpp"

namespace clarinet {

struct Pass;

class ScaledRule {
 public:
  ScaledRule(const OptimizerSpec&, const std::vector<float*>& slots);

  bool there() const { return kind_ != Kind::none; }
  // Whether sweep() has something to do: means of squares along the last two axes of a weight.
  bool sweeps() const { return kind_ == Kind::adafactor; }
  void begin(double learning_rate, double t);

  // This thread's part of a weight, g being its whole gradient: the means; then, after a barrier, the squares they stand for.
  void sweep(const Pass&, const Weight&, const float* g) const;
  void spread(const Pass&, const Weight&, const float* g) const;
  // g becomes what elements [from, from + n) of a weight go along.
  void direct(const Weight&, long from, float* g, long n) const;
  // How far, from sums of squares of the decayed weight and of what it goes along.
  double share(const Weight&, double own, double along) const;

 private:
  enum class Kind { none, lamb, adafactor };

  float* slot(size_t number, const Weight& weight, long from = 0) const { return slots_[number] + weight.offset + from; }

  Kind kind_ = Kind::none;
  double beta_1_ = 0.0, beta_2_ = 0.0, epsilon_ = 0.0;                             // Lamb
  double beta_2_decay_ = 0.0, epsilon_1_ = 0.0, epsilon_2_ = 0.0, threshold_ = 1.0;  // Adafactor
  double rate_ = 0.0;
  float mean_scale_ = 1.0f, spread_scale_ = 1.0f, rest_ = 0.0f;
  std::vector<float*> slots_;
};

}  // namespace clarinet
