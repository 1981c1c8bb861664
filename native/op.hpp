// Operations of the network, as the engine uses them.
#pragma once

#include <memory>

#include "interruption.hpp"
#include "kernels.hpp"
#include "optimizer.hpp"
#include "pool.hpp"
#include "source.hpp"
#include "spec.hpp"

namespace clarinet {

// One thread's share of one batch.
struct Pass {
  explicit Pass(const KernelTable& kernels) : k(&kernels) {}

  const KernelTable* k;
  int thread = 0, threads = 1;
  Barrier* barrier = nullptr;
  long samples = 0;          // in the batch
  long first = 0, last = 0;  // those of this thread
  long before = 0;           // samples of the step that others have, and that come first
  bool training = false;
  bool judged = false;       // whether there are labels
  uint64_t step = 0;         // of the model's life, from 1
  uint32_t draw = 0;         // of the step's random numbers
  uint32_t stream = 2;       // clarinet.philox.Stream: what the numbers are for, by default training
  float* scratch = nullptr;  // of this thread alone
  Prefetcher* prefetcher = nullptr;    // each input's rows to come
  const float* const* row_pointers = nullptr;  // where the rows of an input lie, if an operation takes them there
  SparseBatch sparse{};                        // the same, where these rows are sparse
  Interruption* interruption = nullptr;  // of work that takes long

  void sync() const {
    if (barrier) barrier->wait();
  }
  bool given_up() const { return interruption && interruption->look(thread); }
};

struct Range {
  long first, last;
};

// Samples of a batch that sums run over before these sums are added in order, at most sixteen of them: fixed by the batch, not
// by the threads.
constexpr long kMostSumBlocks = 16;
inline long sum_block(long samples) { return (samples + kMostSumBlocks - 1) / kMostSumBlocks; }

// A trainable weight whose gradient can be computed in pieces: `count` rows of `row` numbers.
struct GradientPart {
  const Weight* weight;
  long count, row;
  long depth;  // multiply-adds for each number, per sample
};

// All threads call the same methods in the same order, each with its own Pass. Tensors are those of the whole batch; a thread
// reads and writes only its own samples' part of them, unless there is a barrier, pass.sync(), in between.
class Op {
 public:
  explicit Op(const OpSpec& spec) : spec(spec) {}
  virtual ~Op() = default;

  const OpSpec spec;
  long in_size() const { return static_cast<long>(spec.positions * spec.inputs); }
  long out_size() const { return static_cast<long>(spec.positions * spec.outputs); }
  // Whether it behaves as in training on a pass that does or does not.
  bool trains(bool training) const { return spec.training.value_or(training); }
  // Whether it is run on a pass that is as in training or not, with labels or without.
  bool runs(bool training, bool judged) const { return spec.when.value_or(training) == training && (judged || !spec.judges); }
  // Whether it makes one tensor of all samples.
  virtual bool mixes() const { return false; }
  // Whether its output is one for the whole batch and depends on no sample, so that one thread computes it.
  bool once() const { return spec.whole && !mixes(); }
  // Whether it draws random numbers on every pass.
  virtual bool draws() const { return false; }
  // Its output, where that is there without being computed.
  virtual const float* held() const { return nullptr; }
  // Of an operation that computes nothing, which of its inputs its output is; and whether there is a gradient at an input.
  virtual size_t chosen(bool) const { return 0; }
  virtual bool leads(size_t, bool) const { return true; }

  // Prepare for batches of at most `samples` on at most `threads` threads.
  virtual void reserve(long samples, int threads) { (void)samples, (void)threads; }
  // Floats of scratch that one thread needs for its share, of at most `samples`.
  virtual long scratch(long samples) const { return samples * 0; }
  // Whether the output is the input.
  virtual bool identity(bool training) const { return training && false; }
  // Whether backward may write dx over dy.
  virtual bool in_place() const { return true; }
  // Whether it computes each sample separately, and gains nothing from many at once: consecutive operations of this kind run on
  // a few samples at a time, which stay in the cache. Their dy is gone when gradient() is called.
  virtual bool by_sample() const { return false; }
  // Whether backward sums over each block of sum_block() samples separately, so that a thread's share must be whole blocks.
  virtual bool sums_by_block() const { return false; }
  // Whether forward or backward has barriers, so that each thread has to call it, once for all of its samples.
  virtual bool meets(const Pass&) const { return false; }
  // Whether it can read its input in place, row by row (Pass::row_pointers), so that it need not be copied.
  virtual bool takes_row_pointers() const { return false; }
  // Whether each thread reads its share() of the numbers of all these rows then, rather than all numbers of some of them.
  virtual bool splits_rows(const Pass&) const { return false; }
  // Whether it can read its input where it lies as sparse rows (Pass::sparse), so that it is never made dense.
  virtual bool takes_sparse_rows() const { return false; }
  // Rough cost of forward, in multiply-adds a sample.
  virtual double work() const { return static_cast<double>(out_size()); }

  // By each thread before the first of its samples' forward.
  virtual void begin_forward(const Pass&) {}
  virtual void forward(const Pass&, const float* x, float* y) = 0;
  // By each thread before the first of its samples' backward.
  virtual void begin_backward(const Pass&) {}
  // dx from dy; dx is nullptr if it is not needed.
  virtual void backward(const Pass&, const float* x, const float* y, float* dy, float* dx) = 0;

  // The same for several inputs; dx[j] is nullptr if it is not needed. Only dx[0] may be written over dy.
  virtual void forward_all(const Pass& pass, const float* const* x, float* y) { forward(pass, x[0], y); }
  virtual void backward_all(const Pass& pass, const float* const* x, const float* y, float* dy, float* const* dx) {
    backward(pass, x[0], y, dy, dx[0]);
  }

  // Whether it has a state besides its weights; if so keep() writes it, after backward of a step that will be completed.
  virtual bool keeps() const { return false; }
  virtual bool changes(bool training) const { return trains(training); }
  virtual void see(const float*) {}  // its input, before the first pass
  virtual void keep(const Pass&) {}

  // Whether it has a gradient of its own, where nothing else that learns takes its output.
  virtual bool adds_loss() const { return false; }
  // Whether it has a share in the batch's loss; and that share: one thread calls it after all threads' forward.
  virtual bool penalizes() const { return false; }
  virtual double penalty(const Pass&) const { return 0.0; }

  // Set where it takes_row_pointers() of what the network takes: its input may be Pass::row_pointers instead of x.
  bool reads_row_pointers = false;
  // Set where it takes_sparse_rows() of what the network takes: where Pass::sparse is given, its input is that instead of x.
  bool reads_sparse_rows = false;
  // Set if another operation shares one of its weights.
  bool shares_weights = false;
  // Set if the gradient at this operation's input is not needed.
  bool first_trained = false;
  // If it is needed, called before backward to reserve its memory, on at most `threads` threads.
  virtual void reserve_input_gradient(int) {}

  // Called before a run of training steps. Returns true if each thread should keep its share of the first weight's columns in
  // its own cache from load_local() to store_local(); share() returns its columns.
  virtual bool plan_local(int threads, long samples, int64_t steps, const Optimizer&) {
    return threads + samples + steps < 0;
  }
  virtual void load_local(const Pass&, const Optimizer&) {}
  virtual void store_local(const Pass&, const Optimizer&) {}
  virtual Range share(int thread, int threads) const { return {thread, threads}; }

  // The parts of the gradient to compute.
  virtual std::vector<GradientPart> parts() const { return {}; }
  // Passes rows [from, to) of part number `part` of the gradient (columns, if threads keep those) to `sink` piece by piece;
  // only after all threads' backward.
  virtual void gradient(const Pass&, int part, long from, long to, const float* x, const float* dy, const Sink& sink) {
    (void)part, (void)from, (void)to, (void)x, (void)dy, (void)sink;
  }
};

// An operation of several inputs.
class Merge : public Op {
 public:
  using Op::Op;

  bool in_place() const override { return false; }
  double work() const override { return static_cast<double>(out_size() * count()); }
  void forward(const Pass& pass, const float* x, float* y) final { forward_all(pass, &x, y); }
  void backward(const Pass& pass, const float* x, const float* y, float* dy, float* dx) final {
    backward_all(pass, &x, y, dy, &dx);
  }
  void forward_all(const Pass&, const float* const* x, float* y) override = 0;
  void backward_all(const Pass&, const float* const* x, const float* y, float* dy, float* const* dx) override = 0;

 protected:
  long count() const { return static_cast<long>(spec.sources.size()); }
};

// The operation of a specification; throws std::invalid_argument for an unknown kind.
std::unique_ptr<Op> make_op(const OpSpec&);

// Whether operation i takes a single tensor, which nobody else takes and which is no result.
bool takes_alone(const Spec&, size_t i);
// The same, and it is what operation i - 1 gives.
bool follows_alone(const Spec&, size_t i);

// The same network with operations joined where one pass over the data can do the work of two.
Spec fused(Spec);

bool has(const OpSpec&, const char* name);
// A setting that every operation of its kind has; throws if it is missing.
double setting(const OpSpec&, const char* name);

}  // namespace clarinet
