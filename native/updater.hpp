// From a batch's deltas to new weights: the distribution of the gradient's parts over threads, norms, and their statistics.
//
// A weight that several operations have gets the sum of their gradients, from the last operation's to the first's: it is
// written in rounds with barriers in between. All other gradients are computed in the first round, and may be used at once.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "constraint.hpp"
#include "memory.hpp"
#include "op.hpp"
#include "projection.hpp"

namespace clarinet {

// Squared norms of one weight on one step.
struct WeightNorms {
  double gradient = 0.0, weight = 0.0, move = 0.0;
};

class Updater {
 public:
  Updater(const Spec&, const std::vector<std::unique_ptr<Op>>&);

  // Which tensors have a gradient. That of operations without one at what they give is 0.
  void reach(const std::vector<bool>& tensors);
  // Share the work of a run of steps on batches of `samples` among `threads`.
  void divide(int threads, long samples, int64_t steps);
  // Around the run, by each thread: operations may copy their weights to the threads' own memory.
  void load_local(const Pass&);
  void store_local(const Pass&);

  // This thread's part of the weights' update, from every tensor and the gradient at it. All threads' backward is over, and
  // forward begins only after all have come back from here and met.
  void update(const Pass&, const std::vector<float*>& values, const std::vector<float*>& deltas);
  // The same in two parts, with a barrier in between: the gradient is complete before any weight changes.
  bool needs_whole() const { return optimizer_.needs_whole(); }
  void collect(const Pass&, const std::vector<float*>& values, const std::vector<float*>& deltas);
  void apply(const Pass&, bool measure);
  // The gradient, without penalties', into a buffer laid out as the parameters (nullptr: to the weights at once, but for those
  // that several operations have); and from one, which apply() then uses.
  void gradients(const Pass&, const std::vector<float*>& values, const std::vector<float*>& deltas, float* flat);
  void take(const Pass&, const float* flat);

  void begin(double learning_rate, uint64_t step) { optimizer_.begin(learning_rate, step); }

  // The penalties on the weights as they are: each thread its part, then one thread the sum.
  void penalize(const Pass&);
  double penalty() const;

  // After an update with `measure`: of the trainable weights, and which of them are an operation's.
  const std::vector<WeightNorms>& norms();
  const std::vector<size_t>& weights_of(size_t op) const { return weights_of_[op]; }

 private:
  struct Job {
    int op, part;
    long from, to;
    long slice;  // of it that takes a moment where it takes long
    bool shared;  // with other operations
  };
  struct Block {  // a fixed stretch of a weight, for sums whose order does not depend on the threads
    const Weight* weight;
    size_t owner;  // index into weights_
    long from, count;
    double gradient, mean_gradient, weight_squares, move, penalty;  // the mean is that of accumulated steps
    double own, along;  // squares of the weight and of what it goes along, where these scale a step
  };

  struct Work {  // a part of an operation's gradient, to be shared out
    int op, part;
    long count, slice;
    double cost;
    bool shared;
  };

  using Extent = std::pair<int64_t, int64_t>;  // of a weight among the parameters: offset and size
  struct Users {
    size_t weight = 0;  // index into weights_
    std::vector<size_t> ops;
  };

  void add_trained(size_t op, const Weight&);
  void add_blocks(const Weight*, size_t owner, std::vector<Block>&) const;
  void add_work(size_t op, long samples, bool local, std::vector<std::vector<Work>>&);
  void share_out(const std::vector<Work>&, std::vector<std::vector<Job>>& jobs) const;
  void clear_idle(const Pass&, float* flat);
  bool constrains() const { return !constraints_.empty() || !projections_.empty(); }
  void constrain(const Pass&);
  void measure_moves(const Pass&);
  void add_penalty(const Pass&, const Block&);
  void direct(const Pass&, Range own);
  void update_block(const Pass&, Block&, float scale, bool measure);

  const std::vector<std::unique_ptr<Op>>& ops_;
  const size_t inputs_;  // tensors that no operation gives
  Optimizer optimizer_;
  Buffer gradients_;                  // laid out as the parameters
  std::vector<const Weight*> weights_;  // the trainable ones
  std::map<Extent, Users> users_;        // of each
  std::vector<std::vector<size_t>> weights_of_;  // each operation's, as indices
  std::vector<Constraint> constraints_;
  std::vector<Projection> projections_;
  Buffer before_;  // weights before the update that is measured, where they have constraints
  std::vector<WeightNorms> norms_;
  std::vector<bool> reached_;  // operations
  std::vector<Block> blocks_, shared_, penalized_;
  std::vector<Block> idle_;  // of weights that none of them has
  std::vector<std::vector<std::vector<Job>>> jobs_;  // by round and thread
  std::vector<double> squares_, owns_;
  std::vector<float> scales_, shares_;  // of each weight's gradient; how far it goes along what ScaledRule tells
};

}  // namespace clarinet
