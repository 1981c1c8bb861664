// From gradients to new weights.
#pragma once

#include <vector>

#include "kernels.hpp"
#include "scaled_rule.hpp"
#include "spec.hpp"

namespace clarinet {

// Part of a weight, and the same part of each of the optimizer's slots.
struct WeightView {
  float* w = nullptr;
  float* slots[kSlots] = {};
};

class Optimizer {
 public:
  Optimizer(const OptimizerSpec&, const std::vector<float*>& slots);

  bool active() const { return active_; }
  // Whether a gradient has to be complete before any of it can be used.
  bool needs_whole() const { return needs_norm() || accumulates() || scaled_.there(); }
  bool needs_norm() const { return clip_norm_ > 0.0 || global_clip_norm_ > 0.0; }
  // Whether gradients of several steps are added up before an update, and whether this step is the last of them.
  bool accumulates() const { return accumulated_ != nullptr; }
  bool updates() const { return updates_; }
  // The rule, where norms of whole weights scale its steps.
  const ScaledRule& scaled() const { return scaled_; }
  double decay() const { return update_.decay; }
  // w <- w - decay w - share along
  void go_along(const KernelTable& k, const WeightView& view, const Tile& tile, float share, const float* along) const {
    Update update = update_;
    update.rate = share;
    k.update(update, tile, along, view.w, view.slots);
    average(k, view, tile);
  }

  // Whether an update is w -= rate g and nothing else.
  bool plain() const {
    const bool averaged = slots_[kSlots - 1] != nullptr;
    return update_.rule == Rule::sgd && update_.decay == 0.0f && clip_value_ == 0.0 && !needs_whole() && !averaged;
  }
  float rate() const { return update_.rate; }

  // Constants of step number `step`, from 1.
  void begin(double learning_rate, uint64_t step);

  // On elements [from, from + n) of a weight, g being their gradient, which is changed:
  void add_penalty(const KernelTable&, const Weight&, long from, float* g, long n) const;
  void accumulate(const KernelTable&, const Weight&, long from, float* g, long n) const;  // g becomes the mean so far
  void clip(const KernelTable&, float scale, float* g, long n) const;  // times `scale`, then by value
  void apply(const KernelTable& k, const WeightView& view, const Tile& tile, const float* g) const {
    k.update(update_, tile, g, view.w, view.slots);
    average(k, view, tile);
  }
  void average(const KernelTable& k, const WeightView& view, const Tile& tile) const {
    if (view.slots[kSlots - 1]) k.average(update_, tile, view.w, view.slots[kSlots - 1]);
  }

  // The view that starts at element `from` of a weight.
  WeightView view(const Weight&, long from) const;

  // Factors of the gradients, from the sums of squares of each weight's.
  void clip_scales(const std::vector<double>& squares, std::vector<float>& scales) const;

 private:
  bool active_;
  ScaledRule scaled_;
  Update update_{};
  void correct_start(double learning_rate, double t);  // for slots that start at zero

  double beta_1_ = 0.0, beta_2_ = 0.0, epsilon_ = 0.0, weight_decay_ = 0.0;
  double l2_ = 0.0, beta_ = 0.0;  // ftrl
  double warmup_steps_ = 0.0;     // schedule_free
  double average_keep_ = 0.0;
  uint64_t overwrite_every_ = 0;  // updates; 0: never
  uint64_t accumulation_steps_ = 1;
  float* accumulated_ = nullptr;
  bool updates_ = true;
  double clip_norm_ = 0.0, global_clip_norm_ = 0.0, clip_value_ = 0.0;
  std::vector<float*> slots_;
};

// Where a piece of a gradient goes: to the weights at once, with their penalties', or as it is into a buffer laid out as the
// parameters. Both ways end in the same kernels on each element, so they give the same bits.
struct Sink {
  const KernelTable& k;
  const Optimizer& optimizer;
  float* gradients;  // nullptr: update at once
  bool adds;         // to what is in the buffer: another operation's share

  // Whether the weight is updated at once, by w -= rate g and nothing else.
  bool plain(const Weight& weight) const {
    return !gradients && optimizer.plain() && weight.l1 == 0.0f && weight.l2 == 0.0f;
  }
  // A piece of the weight's gradient that starts at element `from`, without its penalty's; g is used up.
  void take(const Weight&, long from, const Tile&, float* g) const;
  void take(const Weight& weight, long from, float* g, long n) const { take(weight, from, {1, n, n, n}, g); }
  // The same for a weight without penalties in other memory, `view_row` from one row to the next.
  void take(const Weight&, long from, const Tile&, float* g, const WeightView&, long view_row) const;

 private:
  void write(const Weight&, long from, const Tile&, const float* g) const;
  void update(const Tile&, float* g, const WeightView&, long view_row) const;
};

}  // namespace clarinet
