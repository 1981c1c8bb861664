#include "engine.hpp"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "visit.hpp"

namespace clarinet {
namespace {

constexpr double kWorthAThread = 1e6;  // multiply-adds a step that make up for one more thread's barriers
constexpr double kWorthAReader = 1e4;  // floats a step from all over the memory that do
constexpr long kPredictRows = 128;     // a thread's share of a batch of predictions
constexpr long kStageFloats = 1 << 16; // of the tensors of a stage, which stay in the second-level cache
constexpr double kWorthListening = 1e8;  // multiply-adds of a batch that are worth asking on the way whether to go on
constexpr double kBlockWork = 2e8;       // and those between two questions
constexpr long kBlockRows = 256;         // at least, so that products lose nothing

std::vector<std::unique_ptr<Op>> make_ops(const std::vector<OpSpec>& specs) {
  std::vector<std::unique_ptr<Op>> ops;
  for (const OpSpec& op : specs) ops.push_back(make_op(op));
  return ops;
}

const OpSpec* last_op(const Spec& spec) {
  if (!spec.output.empty()) return &spec.output[0];
  return spec.ops.empty() ? nullptr : &spec.ops.back();
}

Objective make_objective(const Spec& spec) {
  const OpSpec* last = last_op(spec);
  return last ? Objective(spec.loss, spec.metrics, last->positions, last->outputs)
              : Objective(spec.loss, spec.metrics, 1, spec.inputs);
}

std::vector<bool> trained_tensors(const std::vector<OpSpec>& ops) {
  std::vector<bool> wanted(ops.size() + 1, false);
  for (size_t i = 0; i < ops.size(); ++i) {
    for (const Weight& weight : ops[i].weights)
      if (weight.trainable) wanted[i + 1] = true;
    for (int64_t source : ops[i].sources)
      if (wanted[static_cast<size_t>(source)]) wanted[i + 1] = true;
  }
  return wanted;
}

}  // namespace

Engine::Engine(Spec spec, const KernelTable& kernels, int threads)
    : spec_(fused(std::move(spec))),
      k_(kernels),
      threads_(threads > 0 ? threads : allowed_threads()),
      exactly_(threads > 0),
      paced_(!exactly_ && !std::getenv("CLARINET_NUM_THREADS")),
      ops_(make_ops(spec_.ops)),
      objective_(make_objective(spec_)),
      updater_(spec_, ops_),
      trained_(trained_tensors(spec_.ops)),
      team_(new Team) {
  choose_gradients(false);
  for (auto& op : ops_)
    if (op->keeps()) keeping_.push_back(op.get());
  if (!spec_.output.empty()) output_ = make_op(spec_.output[0]);
  for (const auto& op : ops_) sums_by_block_ = sums_by_block_ || op->sums_by_block();
  const bool seen = std::any_of(spec_.layers.begin(), spec_.layers.end(), [](const StatsSpec& s) { return s.tensor == 0; });
  takes_row_pointers_ = !ops_.empty() && ops_[0]->takes_row_pointers() && follows_alone(spec_.ops, 0) && !seen;
  if (takes_row_pointers_) ops_[0]->reads_row_pointers = true;
  make_stages();
}

// Consecutive operations on single samples, each the only user of the output before it, form one stage: each finds its input in
// the cache.
void Engine::make_stages() {
  long floats = 0;
  for (size_t i = 0; i < ops_.size(); ++i) {
    const bool joins = i > 0 && ops_[i]->by_sample() && ops_[i - 1]->by_sample() && follows_alone(spec_.ops, i);
    if (!joins) stages_.push_back({i, i, 0}), floats = 0;
    floats += ops_[i]->out_size();
    stages_.back().last = i + 1;
    stages_.back().samples = std::max(1L, kStageFloats / floats);
  }
  inner_.assign(ops_.size() + 1, -1);
  for (const Stage& stage : stages_) place_inner_deltas(stage);
}

void Engine::place_inner_deltas(const Stage& stage) {
  long next = 0;
  for (size_t i = stage.last; --i > stage.first;) {
    inner_[i] = ops_[i]->in_place() ? inner_[i + 1] : next;
    if (inner_[i] == next) next += static_cast<long>(Buffer::rounded(static_cast<size_t>(stage.samples * ops_[i - 1]->out_size())));
  }
  inner_each_ = std::max(inner_each_, next);
}

// Where the gradient at a tensor is, as if it were there for the whole batch.
float* Engine::delta(const Pass& part, size_t tensor) const {
  if (inner_[tensor] < 0) return deltas_[tensor];
  return inner_deltas_.get() + part.thread * inner_each_ + inner_[tensor] - part.first * ops_[tensor - 1]->out_size();
}

// work(pass) for this thread's samples, as many at a time as the stage takes, until the pass is given up.
template <class Work>
void Engine::each_part(const Pass& pass, const Stage& stage, Work work) const {
  const Op& first = *ops_[stage.first];
  const bool single = stage.last - stage.first == 1;
  if (single && (!pass.interruption || first.meets(pass))) return work(pass);
  const long block = std::max(kBlockRows, static_cast<long>(kBlockWork / std::max(1.0, first.work())));
  const long samples = single ? block : stage.samples;
  Pass part = pass;
  for (long n = pass.first; n < pass.last && !pass.given_up(); n += samples) {
    part.first = n, part.last = std::min(pass.last, n + samples);
    work(part);
  }
}

// In a forked child the threads of before are gone, so their objects cannot be taken down in order: they are left alone.
Engine::~Engine() {
  Team* team = team_.load();
  if (team->generation == fork_generation()) delete team;
}

Engine::Team& Engine::team() {
  Team* team = team_.load();
  if (team->generation == fork_generation()) return *team;
  Team* fresh = new Team;
  if (team_.compare_exchange_strong(team, fresh)) return *fresh;
  delete fresh;
  return *team;
}

Engine::Use Engine::left_behind() const {
  return team_.load()->generation == fork_generation() ? Use::none : use_.load();
}

int64_t Engine::outputs() const {
  const OpSpec* last = last_op(spec_);
  return last ? last->positions * last->outputs : spec_.inputs;
}

// `passes`: how many times as much work as forward there is. Where it is only the memory that keeps a thread waiting, a
// second one waits at the same time.
int Engine::useful_threads(int64_t samples, double passes, bool takes_row_pointers) const {
  if (exactly_) return threads_;
  const double read = takes_row_pointers ? static_cast<double>(spec_.inputs * samples) / kWorthAReader : 0.0;
  const double worth = std::max(read, work_of(samples, passes) / kWorthAThread);
  return std::clamp(static_cast<int>(std::min(worth, 1e6)), 1, threads_);
}

double Engine::work_of(int64_t samples, double passes) const {
  double work = 0.0;
  for (const auto& op : ops_) work += op->work();
  return work * static_cast<double>(samples) * passes;
}

// The number of these threads that exist: the system may not have started all of them. The results are the same.
int Engine::startable(Team& team, int threads) const {
  if (threads > 1 && !team.pool) team.pool = std::make_unique<Pool>(threads_);
  return threads > 1 ? std::min(threads, team.pool->threads()) : threads;
}

Interruption* Engine::listening(Interruption* interruption, int64_t samples, double passes) const {
  return work_of(samples, passes) > kWorthListening ? interruption : nullptr;
}

Pass Engine::pass_of(const Team& team, int thread, int threads, long samples) const {
  Pass pass(k_);
  pass.thread = thread;
  pass.threads = threads;
  pass.barrier = threads > 1 ? &team.pool->barrier() : nullptr;
  pass.samples = samples;
  const long block = sums_by_block_ ? sum_block(samples) : 1, blocks = (samples + block - 1) / block;
  pass.first = std::min(samples, blocks * thread / threads * block);
  pass.last = std::min(samples, blocks * (thread + 1) / threads * block);
  pass.scratch = scratch_.get() + scratch_each_ * thread;
  return pass;
}

// Copies rows of a batch to the input, some at a time.
void Engine::take_rows(const Pass& pass, const Source& source, Order order, Prefetcher* prefetcher) {
  const long block = pass.interruption ? kBlockRows : pass.last - pass.first;
  for (long n = pass.first; n < pass.last && !pass.given_up(); n += block)
    gather(k_, source, order, n, std::min(pass.last, n + block), values_[0], prefetcher);
}

// f(thread) on each of the threads, which must have memory reserved and be startable.
void Engine::work(Team& team, int threads, const std::function<void(int)>& f) {
  if (threads > 1) return team.pool->run(threads, f);
  const FlushDenormals flush;
  f(0);
}

const float* Engine::forward(const Pass& pass) {
  for (const Stage& stage : stages_) {
    each_part(pass, stage, [&](const Pass& part) {
      for (size_t i = stage.first; i < stage.last; ++i)
        if (values_[i + 1] != inputs_[i][0]) ops_[i]->forward_all(part, inputs_[i].data(), values_[i + 1]);
    });
  }
  return values_.back();
}

const float* Engine::through_output(const Pass& pass, const float* y) {
  if (!output_) return y;
  output_->forward(pass, y, predictions_);
  return predictions_;
}

void Engine::backward(const Pass& pass) {
  for (size_t i = 0; i < ops_.size(); ++i)
    if (wanted_[i + 1]) ops_[i]->begin_backward(pass);
  for (size_t s = stages_.size(); s-- > 0;) {
    each_part(pass, stages_[s], [&](const Pass& part) {
      for (size_t i = stages_[s].last; i-- > stages_[s].first;)
        if (wanted_[i + 1]) backward(part, i);
    });
  }
}

// Backward of one operation. If others have already computed gradients at the same tensor, its own is added to theirs.
void Engine::backward(const Pass& pass, size_t i) {
  Op& op = *ops_[i];
  float* dy = delta(pass, i + 1);
  const size_t first = static_cast<size_t>(op.spec.sources[0]);
  const bool inside = inner_[first] >= 0;
  float* dx = !inside ? parts_[i][0] : wanted_[first] ? delta(pass, first) : nullptr;
  if (values_[i + 1] == inputs_[i][0]) {  // it changes nothing
    const long from = pass.first * op.out_size(), to = pass.last * op.out_size();
    if (dx && dx != dy) std::copy(dy + from, dy + to, dx + from);
  } else if (inside) {
    op.backward(pass, inputs_[i][0], values_[i + 1], dy, dx);
  } else {
    op.backward_all(pass, inputs_[i].data(), values_[i + 1], dy, parts_[i].data());
  }
  if (!inside) add_parts(pass, i);
}

void Engine::add_parts(const Pass& pass, size_t i) {
  for (size_t j = 0; j < parts_[i].size(); ++j) {
    const int64_t source = ops_[i]->spec.sources[j];
    float* sum = deltas_[static_cast<size_t>(source)];
    const float* own = parts_[i][j];
    if (own == nullptr || own == sum) continue;
    const long size = size_of(source);
    for (long n = pass.first * size; n < pass.last * size; ++n) sum[n] += own[n];
  }
}

double Engine::activity_penalty(const Pass& pass) const {
  double sum = 0.0;
  for (const auto& op : ops_) sum += op->penalty(pass);
  return sum;
}

// A batch's forward runs while one thread still adds up the batch before: a barrier comes before anything it reads is written.
void Engine::evaluate(const Rows& rows, int64_t batch, Interruption* interruption) {
  const Visit visit(*this, Use::reading);
  kept_ = {};
  batch = std::min(batch, rows.x.rows);
  const int threads = startable(visit.team, useful_threads(batch, 1.0));
  reserve(static_cast<long>(batch), threads);
  lay_out(false);
  const Sums before = objective_.running();
  interruption = listening(interruption, rows.x.rows, 1.0);
  work(visit.team, threads, [&](int thread) {
    for (int64_t first = 0; first < rows.x.rows; first += batch) {
      Pass pass = pass_of(visit.team, thread, threads, static_cast<long>(std::min(batch, rows.x.rows - first)));
      pass.interruption = interruption;
      const Order order{nullptr, first};
      take_rows(pass, rows.x, order);
      const float* y = forward(pass);
      pass.sync();
      objective_.measure(pass, rows.y, rows.weight, order, y, nullptr);
      if (objective_.has_metrics()) objective_.judge(pass, through_output(pass, y));
      updater_.penalize(pass);
      const double activity = thread == 0 ? activity_penalty(pass) : 0.0;  // the next forward writes over its terms
      pass.sync();
      if (thread == 0) objective_.account(pass, updater_.penalty() + activity);
    }
  });
  if (interruption && interruption->given_up()) objective_.resume(before);
}

void Engine::predict(const Source& x, float* out, Interruption* interruption) {
  const Visit visit(*this, Use::reading);
  kept_ = {};
  const int threads = startable(visit.team, useful_threads(x.rows, 1.0));
  const int64_t batch = std::min<int64_t>(x.rows, kPredictRows * threads);
  reserve(static_cast<long>(batch), threads);
  lay_out(false);
  const int64_t width = outputs();
  interruption = listening(interruption, x.rows, 1.0);
  work(visit.team, threads, [&](int thread) {
    for (int64_t first = 0; first < x.rows; first += batch) {
      // A thread keeps its part of the tensors on a ragged last batch too, because there is no barrier between batches.
      Pass pass = pass_of(visit.team, thread, threads, static_cast<long>(batch));
      pass.interruption = interruption;
      pass.samples = static_cast<long>(std::min(batch, x.rows - first));
      pass.first = std::min(pass.first, pass.samples), pass.last = std::min(pass.last, pass.samples);
      take_rows(pass, x, {nullptr, first});
      const float* y = through_output(pass, forward(pass));
      std::copy(y + pass.first * width, y + pass.last * width, out + (first + pass.first) * width);
    }
  });
}

Sums Engine::running() {
  const Visit visit(*this, Use::reading);
  return objective_.running();
}

void Engine::resume(const Sums& all) {
  const Visit visit(*this, Use::reading);
  objective_.resume(all);
}

void Engine::reset() {
  const Visit visit(*this, Use::reading);
  objective_.reset();
}

}  // namespace clarinet
