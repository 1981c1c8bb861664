#include "engine.hpp"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "visit.hpp"

namespace clarinet {
namespace {

constexpr double kWorthAThread = 1e6;  // multiply-adds a step that make up for one more thread's barriers
constexpr double kWorthAReader = 1e4;  // floats a step from all over the memory that do
constexpr long kStageFloats = 1 << 16; // of the tensors of a stage, which stay in the second-level cache
constexpr double kWorthListening = 1e8;  // multiply-adds of a batch that are worth asking on the way whether to go on
constexpr double kBlockWork = 2e8;       // and those between two questions
constexpr long kBlockRows = 256;         // at least, so that products lose nothing

std::vector<std::unique_ptr<Op>> make_ops(const std::vector<OpSpec>& specs) {
  std::vector<std::unique_ptr<Op>> ops;
  for (const OpSpec& op : specs) ops.push_back(make_op(op));
  return ops;
}

std::vector<bool> trained_tensors(const Spec& spec) {
  std::vector<bool> trained(spec.tensors(), false);
  for (size_t i = 0; i < spec.ops.size(); ++i) {
    for (const Weight& weight : spec.ops[i].weights)
      if (weight.trainable) trained[spec.given_by(i)] = true;
    for (int64_t source : spec.ops[i].sources)
      if (trained[static_cast<size_t>(source)]) trained[spec.given_by(i)] = true;
  }
  return trained;
}

std::vector<bool> whole_tensors(const Spec& spec) {
  std::vector<bool> whole(spec.inputs.size(), false);
  for (const OpSpec& op : spec.ops) whole.push_back(op.whole);
  return whole;
}

// The same for an operation that is done once for the whole batch.
Pass alone(Pass pass) {
  pass.samples = pass.last = pass.threads = 1;
  pass.first = 0;
  pass.barrier = nullptr;
  pass.row_pointers = nullptr;
  return pass;
}

}  // namespace

Engine::Engine(Spec spec, const KernelTable& kernels, int threads)
    : spec_(fused(std::move(spec))),
      k_(kernels),
      threads_(threads > 0 ? threads : allowed_threads()),
      exactly_(threads > 0),
      paced_(!exactly_ && !std::getenv("CLARINET_NUM_THREADS")),
      ops_(make_ops(spec_.ops)),
      objectives_(spec_.outputs),
      updater_(spec_, ops_),
      trained_(trained_tensors(spec_)),
      whole_(whole_tensors(spec_)),
      team_(new Team) {
  for (const OutputSpec& output : spec_.outputs) {
    results_.push_back({static_cast<size_t>(output.tensor), static_cast<size_t>(output.values < 0 ? output.tensor : output.values)});
    if (!output.activation.empty()) results_.back().activation = make_op(output.activation[0]);
  }
  choose_gradients(false, false);
  for (auto& op : ops_) {
    if (op->keeps()) keeping_.push_back(op.get());
    if (op->penalizes()) penalizing_.push_back(op.get());
    keeps_in_use_ = keeps_in_use_ || (op->keeps() && op->changes(false));
    sums_by_block_ = sums_by_block_ || op->sums_by_block();
    by_batch_ = by_batch_ || op->trains(false) || op->draws() || (op->mixes() && !op->spec.judges);
  }
  by_batch_ = by_batch_ || keeps_in_use_;
  choose_places();
  make_stages();
}

// The first operation that alone takes an input, and can take it where the data lie, does.
void Engine::choose_places() {
  for (size_t i = 0; i < ops_.size(); ++i) {
    if (spec_.ops[i].sources.size() != 1) continue;
    const int64_t tensor = spec_.ops[i].sources[0];
    const bool seen = std::any_of(spec_.layers.begin(), spec_.layers.end(), [&](const StatsSpec& s) { return s.tensor == tensor; });
    const bool is_input = tensor < static_cast<int64_t>(spec_.inputs.size());
    if (!is_input || seen || !takes_alone(spec_, i)) continue;
    if (!placed_ && ops_[i]->takes_row_pointers()) {
      placed_ = static_cast<size_t>(tensor), placing_ = ops_[i].get();
      ops_[i]->reads_row_pointers = true;
    }
    if (!sparse_ && ops_[i]->takes_sparse_rows()) {
      sparse_ = static_cast<size_t>(tensor);
      ops_[i]->reads_sparse_rows = true;
    }
  }
}

// Consecutive operations on single samples, each the only user of the output before it, form one stage: each finds its input in
// the cache.
void Engine::make_stages() {
  long floats = 0;
  for (size_t i = 0; i < ops_.size(); ++i) {
    const auto alike = [&](const OpSpec& a, const OpSpec& b) { return !a.whole && !b.whole && a.when == b.when; };
    const bool joins = i > 0 && ops_[i]->by_sample() && ops_[i - 1]->by_sample() && follows_alone(spec_, i) &&
                       alike(spec_.ops[i], spec_.ops[i - 1]);
    if (!joins) stages_.push_back({i, i, 0}), floats = 0;
    floats += ops_[i]->out_size();
    stages_.back().last = i + 1;
    stages_.back().samples = std::max(1L, kStageFloats / floats);
  }
  inner_.assign(spec_.tensors(), -1);
  for (const Stage& stage : stages_) place_inner_deltas(stage);
}

void Engine::place_inner_deltas(const Stage& stage) {
  long next = 0;
  for (size_t i = stage.last; --i > stage.first;) {
    const size_t taken = spec_.given_by(i - 1);
    inner_[taken] = ops_[i]->in_place() ? inner_[spec_.given_by(i)] : next;
    if (inner_[taken] == next) next += static_cast<long>(Buffer::rounded(static_cast<size_t>(stage.samples * size_of(taken))));
  }
  inner_each_ = std::max(inner_each_, next);
}

// Where the gradient at a tensor is, as if it were there for the whole batch.
float* Engine::delta(const Pass& part, size_t tensor) const {
  if (inner_[tensor] < 0) return deltas_[tensor];
  return inner_deltas_.get() + part.thread * inner_each_ + inner_[tensor] - part.first * size_of(tensor);
}

// work(pass) for this thread's samples, as many at a time as the stage takes, until the pass is given up.
template <class Work>
void Engine::each_part(const Pass& pass, const Stage& stage, Work work) const {
  const Op& first = *ops_[stage.first];
  const bool single = stage.last - stage.first == 1;
  if (single && (!pass.interruption || first.meets(pass) || first.once())) return work(pass);
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

// `passes`: how many times as much work as forward there is; `read`: numbers of a sample that are read where they lie. Where
// it is only the memory that keeps a thread waiting, a second one waits at the same time.
int Engine::useful_threads(int64_t samples, double passes, int64_t read) const {
  if (exactly_) return threads_;
  const double worth = std::max(static_cast<double>(read * samples) / kWorthAReader, work_of(samples, passes) / kWorthAThread);
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
  pass.scratch = scratch_.get() + scratch_each_ * thread;
  deal(pass, samples);
  return pass;
}

// Makes it a pass over so many samples, of which the thread has its share.
void Engine::deal(Pass& pass, long samples) const {
  pass.samples = samples;
  const long block = sums_by_block_ ? sum_block(samples) : 1, blocks = (samples + block - 1) / block;
  pass.first = std::min(samples, blocks * pass.thread / pass.threads * block);
  pass.last = std::min(samples, blocks * (pass.thread + 1) / pass.threads * block);
}

// Rows of a batch as the inputs, some at a time, but where they are taken as they lie: sparse ones unless `dense`, for who reads
// them again after this pass.
void Engine::take_rows(Pass& pass, const std::vector<Source>& sources, Order order, bool dense) {
  pass.sparse = {};
  const long block = pass.interruption ? kBlockRows : pass.last - pass.first;
  for (size_t j = 0; j < sources.size(); ++j) {
    if (pass.row_pointers && j == *placed_) continue;
    if (sources[j].starts && j == sparse_ && !dense) {
      pass.sparse = {&sources[j], order};
      continue;
    }
    for (long n = pass.first; n < pass.last && !pass.given_up(); n += block)
      gather(k_, sources[j], order, n, std::min(pass.last, n + block), values_[j], pass.prefetcher ? pass.prefetcher + j : nullptr);
  }
}

// f(thread) on each of the threads, which must have memory reserved and be startable.
void Engine::work(Team& team, int threads, const std::function<void(int)>& f) {
  if (threads > 1) return team.pool->run(threads, f);
  const FlushDenormals flush;
  f(0);
}

// The labels that operations judge by.
void Engine::take_labels(const Pass& pass, const Rows& rows, Order order) {
  for (size_t r = 0; r < results_.size(); ++r)
    if (const int64_t op = spec_.outputs[r].labels; op >= 0)
      gather(k_, rows.y[r], order, pass.first, pass.last, values_[spec_.given_by(static_cast<size_t>(op))]);
}

void Engine::forward(const Pass& pass) {
  for (size_t i = 0; i < ops_.size(); ++i)
    if (computed_[i]) ops_[i]->begin_forward(pass);
  for (const Stage& stage : stages_) {
    if (!ops_[stage.first]->runs(pass.training, pass.judged)) continue;
    each_part(pass, stage, [&](const Pass& part) {
      for (size_t i = stage.first; i < stage.last; ++i)
        if (computed_[i]) forward(part, i);
    });
  }
}

void Engine::forward(const Pass& pass, size_t i) {
  float* y = values_[spec_.given_by(i)];
  if (!ops_[i]->once()) return ops_[i]->forward_all(pass, inputs_[i].data(), y);
  pass.sync();
  if (pass.thread == 0) ops_[i]->forward_all(alone(pass), inputs_[i].data(), y);
  pass.sync();
}

const float* Engine::predictions(const Pass& pass, const Result& result) const {
  const float* y = values_[result.tensor];
  if (!result.activation) return y;
  result.activation->forward(pass, y, result.predictions);
  return result.predictions;
}

// The losses, and their gradients where these are wanted. They are the last to take a tensor, so their shares come first.
void Engine::measure(const Pass& pass, const Rows& rows, Order order) {
  for (size_t r = results_.size(); r-- > 0;) {
    const Result& result = results_[r];
    float* gradient = pass.training ? result.part : nullptr;
    objectives_[r].measure(pass, rows.y[r], rows.weight[r], order, values_[result.judged], mask_of(r), gradient);
    if (gradient) add_part(pass, result.judged, gradient);
  }
}

// Which rows of an output count; nullptr: all.
const float* Engine::mask_of(size_t output) const {
  const int64_t mask = spec_.outputs[output].mask;
  return mask < 0 ? nullptr : values_[static_cast<size_t>(mask)];
}

// The predictions that metrics judge; all of them for who wants to see them.
void Engine::judge(const Pass& pass, bool all) {
  for (size_t r = 0; r < results_.size(); ++r)
    if (all || objectives_[r].has_metrics()) objectives_[r].judge(pass, predictions(pass, results_[r]), mask_of(r), values_);
}

void Engine::keep(const Pass& pass) {
  for (Op* op : keeping_)
    if (op->runs(pass.training, pass.judged) && op->changes(pass.training)) op->keep(pass);
}

// The same behind a batch that is evaluated or predicted, when all threads are done with it, unless it was given up.
void Engine::keep_in_use(const Pass& pass) {
  if (!keeps_in_use_) return;
  pass.sync();
  if (!pass.interruption || !pass.interruption->given_up()) keep(pass);
  pass.sync();
}

void Engine::backward(const Pass& pass) {
  for (size_t i = 0; i < ops_.size(); ++i)
    if (wanted_[spec_.given_by(i)]) ops_[i]->begin_backward(pass);
  for (size_t s = stages_.size(); s-- > 0;) {
    each_part(pass, stages_[s], [&](const Pass& part) {
      for (size_t i = stages_[s].last; i-- > stages_[s].first;)
        if (wanted_[spec_.given_by(i)]) backward(part, i);
    });
  }
}

void Engine::backward(const Pass& pass, size_t i) {
  Op& op = *ops_[i];
  if (direct_[i]) return op.backward_all(pass, inputs_[i].data(), values_[spec_.given_by(i)], deltas_[spec_.given_by(i)], parts_[i].data());
  if (op.spec.sources.empty()) return;
  if (!op.once()) return backward_of(pass, i);
  if (pass.thread == 0) backward_of(alone(pass), i);
  pass.sync();
}

// Backward of one operation. If others have already computed gradients at the same tensor, its own is added to theirs.
void Engine::backward_of(const Pass& pass, size_t i) {
  Op& op = *ops_[i];
  const size_t given = spec_.given_by(i);
  float* dy = delta(pass, given);
  const size_t taken = op.chosen(pass.training), first = static_cast<size_t>(op.spec.sources[taken]);
  const bool inside = inner_[first] >= 0;
  float* dx = !inside ? parts_[i][taken] : wanted_[first] ? delta(pass, first) : nullptr;
  if (!computed_[i]) {  // it changes nothing
    const Range own = numbers_of(pass, first);
    if (dx && dx != dy) std::copy(dy + own.first, dy + own.last, dx + own.first);
  } else if (inside) {
    op.backward(pass, inputs_[i][taken], values_[given], dy, dx);
  } else {
    op.backward_all(pass, inputs_[i].data(), values_[given], dy, parts_[i].data());
  }
  for (size_t j = 0; !inside && j < parts_[i].size(); ++j)
    if (parts_[i][j]) add_part(pass, static_cast<size_t>(op.spec.sources[j]), parts_[i][j]);
}

// What one of those who take a tensor hands back, if it is not there already.
void Engine::add_part(const Pass& pass, size_t tensor, const float* part) {
  float* sum = deltas_[tensor];
  if (part == sum) return;
  const Range own = numbers_of(pass, tensor);
  for (long n = own.first; n < own.last; ++n) sum[n] += part[n];
  if (whole_[tensor]) pass.sync();
}

// This thread's numbers of a tensor: its samples', or where the batch has one for all, all for the first thread.
Range Engine::numbers_of(const Pass& pass, size_t tensor) const {
  const long size = size_of(tensor);
  if (whole_[tensor]) return {0, pass.thread == 0 ? size : 0};
  return {pass.first * size, pass.last * size};
}

double Engine::activity_penalty(const Pass& pass) const {
  double sum = 0.0;
  for (const Op* op : penalizing_)
    if (op->runs(pass.training, pass.judged)) sum += op->penalty(pass);
  return sum;
}

}  // namespace clarinet
