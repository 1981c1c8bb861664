// From gradients to new weights.
#pragma once

#include <vector>

#include "kernels.hpp"
#include "spec.hpp"

namespace clarinet {

class Optimizer {
 public:
  Optimizer(const OptimizerSpec&, float* params, const std::vector<float*>& slots);

  bool active() const { return active_; }
  // Whether a gradient has to be complete before any of it can be used.
  bool needs_norm() const { return clip_norm_ > 0.0 || global_clip_norm_ > 0.0; }

  // Constants of update number `step`, from 1.
  void begin(double learning_rate, uint64_t step);

  // On elements [from, from + n) of a weight, g being their gradient, which is changed:
  void add_penalty(const KernelTable&, const Weight&, long from, float* g, long n) const;
  void clip(const KernelTable&, float scale, float* g, long n) const;  // times `scale`, then by value
  void apply(const KernelTable&, const Weight&, long from, const float* g, long n) const;

  // What gradients are multiplied by, from the sums of squares of each weight's.
  void clip_scales(const std::vector<double>& squares, std::vector<float>& scales) const;

 private:
  bool active_;
  Update update_{};
  double beta_1_ = 0.0, beta_2_ = 0.0, weight_decay_ = 0.0;
  double clip_norm_ = 0.0, global_clip_norm_ = 0.0, clip_value_ = 0.0;
  float* params_;
  std::vector<float*> slots_;
};

// Where a piece of a gradient goes: to the weights at once, or into a buffer laid out as the parameters. Both ways end in
// the same kernels on each element, so they give the same bits.
struct Sink {
  const KernelTable& k;
  const Optimizer& optimizer;
  float* gradients;  // nullptr: update at once

  // Elements [from, from + n) of the weight's gradient, without its penalty's; g is used up.
  void take(const Weight&, long from, float* g, long n) const;
};

}  // namespace clarinet
