// Projections of weights onto what they may be, see clarinet.constraints: numbers that are not negative, or lengths of units
// between two bounds. A unit's numbers are `along` numbers, `inner` apart; it is brought there by one thread, in order.
#pragma once

#include "spec.hpp"

namespace clarinet {

class Constraint {
 public:
  explicit Constraint(const Weight&);

  const Weight& weight() const { return *weight_; }
  // How many units may be brought there each by itself; and units [from, to).
  long units() const;
  void apply(long from, long to) const;

 private:
  void bring(float* w, long count) const;

  const Weight* weight_;
  bool norms_;
  long along_, inner_;
  float low_, high_, rate_;
};

}  // namespace clarinet
