// The engine: a network, its buffers, and the loops over batches. It knows nothing of Python.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "memory.hpp"
#include "objective.hpp"
#include "op.hpp"
#include "pace.hpp"
#include "updater.hpp"

namespace clarinet {

// Rows to learn from or to be judged by: of every input, and of every output, for which there may be none.
struct Rows {
  std::vector<Source> x, y, weight;
};

struct TrainSteps {
  Order order;
  int64_t rows = 0;  // of this run, after order.first
  int64_t batch = 0;
  const double* learning_rates = nullptr;  // one for each step
  double seconds = 0.0;                    // stop at the end of a step after this time; negative: never
  uint64_t steps_before = 0;               // over the model's life
  uint64_t stats_every = 0;
  float* losses = nullptr;  // one for each step, written
};

// Which random numbers batches take that are evaluated or predicted: those of a step, and from this draw on one for each batch.
struct Drawing {
  uint64_t step = 0;
  uint32_t draw = 0;
};
constexpr uint32_t kEvaluate = 5, kPredict = 6;  // their streams, of clarinet.philox.Stream

// What a forward pass does: as training does or not, and which random numbers it takes.
struct Draw {
  bool training = false;
  uint64_t step = 0;    // in training the update that it leads to, from 1
  uint32_t number = 0;  // of the passes before that update
  int64_t before = 0;   // samples of the update that others have, and that come first
};

struct Forwarded {
  uint64_t number = 0;
  int64_t samples = 0;
};

// One user's layer on one sampled step; see clarinet.records.LayerStats.
struct LayerNumbers {
  uint64_t step;
  int64_t layer;
  double mean, std, zeros, saturated, gradient_norm, weight_norm, update_ratio;
  bool finite;
};

struct TrainResult {
  int64_t steps = 0;  // that were done
  std::vector<LayerNumbers> layers;
};

class Engine {
 public:
  // Exactly this many threads; 0: as many as are allowed and useful for a batch. Throws std::invalid_argument for a
  // specification that has no native form, or a bad environment variable.
  Engine(Spec, const KernelTable&, int threads);
  ~Engine();

  // After any exception the engine can be used again, and an unfinished step has changed nothing. Interruption: nullptr for
  // none. If train is interrupted, the steps before are done and the current one has not begun; evaluate's sums are those of
  // before, and predict's numbers mean nothing. Operations that draw see so many rows at a time.
  TrainResult train(const Rows&, const TrainSteps&, Interruption* = nullptr);
  void evaluate(const Rows&, int64_t batch, const Drawing&, Interruption* = nullptr);
  void predict(const std::vector<Source>& x, const std::vector<float*>& out, int64_t batch, const Drawing&,
               Interruption* = nullptr);
  Sums running();

  // The halves of a step, see clarinet.engines.base.Engine. forward writes the tensors that the losses take; backward takes up
  // the pass of that number (never 0) and so many rows, once, unless the engine has run something else by then: then it
  // gives false. The gradient is laid out as the parameters, without penalties'; d_inputs may be empty.
  void forward(const std::vector<Source>& x, const Draw&, uint64_t number, const std::vector<float*>& out,
               Interruption* = nullptr);
  bool backward(Forwarded, const std::vector<const float*>& d_outputs, float* gradient, const std::vector<float*>& d_inputs,
                Interruption* = nullptr);
  // The loss of all rows as one batch, and its gradient at the inputs.
  double judge(const Rows&, const std::vector<float*>& d_inputs);
  // Update number `step`, from 1, with such a gradient.
  void apply(const float* gradient, double learning_rate, uint64_t step);

  void resume(const Sums&);
  void reset();

  // In a forked child: what another thread was doing here when the process was forked, which never ends. Such an engine must
  // not be used or destroyed any more; all but its specification may be half-written.
  enum class Use { none, reading, training };
  Use left_behind() const;

  bool trains() const { return !spec_.optimizer.kind.empty(); }
  const Spec& spec() const { return spec_; }
  const Objectives& objectives() const { return objectives_; }
  long size_of(size_t tensor) const;  // numbers in a sample

  // How often buffers were laid out; training on batches of one size adds nothing to it.
  int64_t allocations() const { return allocations_; }

 private:
  struct Team {  // threads, and the callers' lock; a new one in a forked child
    uint32_t generation = fork_generation();
    std::mutex mutex;
    std::unique_ptr<Pool> pool;
  };
  class Visit;  // of one caller, who has exclusive use of the engine
  struct Stage {  // operations first … last - 1, which go through some of a thread's samples at a time
    size_t first, last;
    long samples;
  };
  struct Result {  // one of the network's outputs
    size_t tensor;
    size_t judged;  // what the loss takes: the same, or where operations compute it, its values
    std::unique_ptr<Op> activation{};  // that the loss absorbed
    float* predictions = nullptr;      // behind it
    bool learns = false;               // whether there is a gradient at it
    float* part = nullptr;             // where that goes
  };
  struct Run;  // one call of train
  struct Kept {  // a forward pass that backward may follow
    uint64_t number = 0;  // 0: there is none
    long samples = 0;
    int threads = 1;
    Draw draw{};
  };

  Team& team();
  double work_of(int64_t samples, double passes) const;
  int useful_threads(int64_t samples, double passes, int64_t read = 0) const;
  int startable(Team&, int threads) const;
  Interruption* listening(Interruption*, int64_t samples, double passes) const;
  void reserve(long samples, int threads);
  void lay_memory(long samples, int threads);
  void carve_arena(long samples);
  void place_gradients(long samples);
  void note_direct();
  void choose_gradients(bool halved, bool at_inputs, bool training = true);
  std::vector<bool> reached_tensors() const;
  void lay_out(bool training);
  void choose_places();
  void make_stages();
  void place_inner_deltas(const Stage&);
  float* delta(const Pass& part, size_t tensor) const;
  template <class Work>
  void each_part(const Pass&, const Stage&, Work) const;
  Pass pass_of(const Team&, int thread, int threads, long samples) const;
  void deal(Pass&, long samples) const;
  void take_rows(Pass&, const std::vector<Source>&, Order, bool dense = false);
  void work(Team&, int threads, const std::function<void(int)>&);

  void take_labels(const Pass&, const Rows&, Order);
  void forward(const Pass&);
  void forward(const Pass&, size_t op);
  const float* predictions(const Pass&, const Result&) const;
  const float* mask_of(size_t output) const;
  void measure(const Pass&, const Rows&, Order);
  void judge(const Pass&, bool all);
  void keep(const Pass&);
  void keep_in_use(const Pass&);
  void backward(const Pass&);
  void backward(const Pass&, size_t op);
  void backward_of(const Pass&, size_t op);
  void add_part(const Pass&, size_t tensor, const float* part);
  Range numbers_of(const Pass&, size_t tensor) const;
  size_t start_of(const Result& r) const { return at_outputs_ ? r.tensor : r.judged; }
  Pass half_pass(const Team&, int thread, int threads, const Kept&, Interruption*) const;
  double activity_penalty(const Pass&) const;
  bool train_stretch(Team&, Run&, int threads, int64_t most);
  const float** own_row_pointers(const Pass& pass) { return row_pointers_.data() + pass.thread * capacity_; }
  void train_step(Pass&, Run&, int64_t number);
  void finish_step(const Pass&, Run&, int64_t number);
  void measure_layers(const Pass&);
  void record_layers(const Pass&, TrainResult&);

  const Spec spec_;
  const KernelTable& k_;
  const int threads_;  // at most
  const bool exactly_, paced_;
  Pace pace_;
  std::vector<std::unique_ptr<Op>> ops_;
  std::vector<Op*> keeping_;  // of them
  std::vector<const Op*> penalizing_;  // of them
  bool keeps_in_use_ = false;  // whether some of these change what they keep outside of training too
  std::vector<Result> results_;
  Objectives objectives_;
  Updater updater_;
  bool sums_by_block_ = false;
  bool by_batch_ = false;             // whether what rows give depends on the others of the batch, whatever a pass does
  // Of each thread: where a batch's rows lie of the input that an operation takes there; and a row that is not there.
  std::vector<const float*> row_pointers_;
  Buffer zeros_;
  std::optional<size_t> placed_;      // the number of that input, which nobody else takes
  const Op* placing_ = nullptr;       // and that operation
  std::optional<size_t> sparse_;      // and of the one that an operation takes where the data lie as sparse rows
  std::vector<Prefetcher> ahead_;          // of each thread and input
  std::vector<Stage> stages_;         // all operations, in order
  // For each tensor, trained: a trained weight leads to it; reached: it leads to an output that learns; wanted: the gradient
  // at it.
  const std::vector<bool> trained_, whole_;  // whole: it has no axis for samples
  std::vector<bool> reached_, wanted_;
  bool halved_ = false;  // whether these are for the halves of a step
  bool at_outputs_ = false, training_ = true;  // whether they begin at the outputs, not at losses; whether for training
  Kept kept_;
  // Gradients at tensors inside a stage are of the samples that it takes at a time, for each thread: where each begins, or
  // -1 for a tensor whose gradient is kept for the whole batch.
  std::vector<long> inner_;
  long inner_each_ = 0;  // floats for one thread

  Buffer arena_, scratch_, inner_deltas_;
  std::vector<float*> buffers_, values_, whole_deltas_, deltas_;
  float* spare_ = nullptr;  // memory for gradients
  // For each operation what it takes, and where it puts the gradients there: `parts_` (and a result's part) are places of
  // their own, where a tensor's gradient is a sum and others came before.
  std::vector<std::vector<const float*>> inputs_;
  std::vector<bool> computed_;  // the operations whose output is not there already
  std::vector<char> direct_;    // those whose gradients go where they belong by themselves, each thread's its own
  std::vector<std::vector<float*>> parts_;
  long capacity_ = 0, scratch_each_ = 0;
  int capacity_threads_ = 0;
  int64_t allocations_ = 0;
  std::vector<LayerNumbers> layer_numbers_;
  std::atomic<Team*> team_;
  std::atomic<Use> use_{Use::none};
};

}  // namespace clarinet
