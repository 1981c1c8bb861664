// Training steps.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <new>

#include "stats.hpp"
#include "visit.hpp"

namespace clarinet {
namespace {

using Clock = std::chrono::steady_clock;

// Samples of a batch from which on writing a gradient costs little compared with computing it.
constexpr long kWorthWhole = 1024;
constexpr double kWorthAClock = 1e6;     // multiply-adds between two looks at the time, which cost as much as a thousand
constexpr int64_t kMostSampled = 64;  // sampled steps of a stretch, whose records have a place before it begins

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

struct Engine::Run {
  const Rows& rows;
  const TrainSteps& steps;
  int64_t count;  // of steps
  Interruption* interruption;
  Clock::time_point began = Clock::now();
  int64_t timed = 1;  // steps between two looks at the clock
  bool takes_row_pointers = false;  // whether an operation takes the data's rows where they lie
  TrainResult result{};
  // These are written by one thread between barriers.
  bool stop = false;
  bool whole = false;                          // the step's gradient has to be complete before a weight changes
  bool abandoned = false, abandoned_late = false;  // the step is given up: before its gradient, or after it

  long samples(int64_t number) const {
    return static_cast<long>(std::min(steps.batch, steps.rows - number * steps.batch));
  }
  bool sampled(uint64_t step) const { return steps.stats_every != 0 && step % steps.stats_every == 0; }
  bool given_up() const { return interruption && interruption->given_up(); }
};

// Each thread does its rows from gathering to the gradient at its inputs; then, all deltas being there, its share of the
// weights. Until then no lasting result is written, and the step may be abandoned.
void Engine::train_step(Pass& pass, Run& run, int64_t number) {
  const Order order{run.steps.order.order, run.steps.order.first + number * run.steps.batch};
  const bool sampled = run.sampled(pass.step);
  const bool splits = pass.row_pointers && placing_->splits_rows(pass);
  const long next = number + 1 < run.count ? std::min(splits ? pass.samples : pass.last, run.samples(number + 1)) : 0;
  if (run.interruption && pass.thread == 0) run.interruption->begin_step();
  const Order to_come{order.order, order.first + run.steps.batch};
  for (size_t j = 0; j < run.rows.x.size(); ++j) {
    if (splits && j == *placed_) {
      const Range own = placing_->share(pass.thread, pass.threads);
      pass.prefetcher[j].begin_batch(run.rows.x[j], order, to_come, 0, pass.samples, next, own.first, own.last);
    } else {
      pass.prefetcher[j].begin_batch(run.rows.x[j], order, to_come, pass.first, pass.last, next, 0, run.rows.x[j].columns);
    }
  }
  if (pass.row_pointers) locate(run.rows.x[*placed_], order, pass.samples, zeros_.get(), own_row_pointers(pass));
  take_rows(pass, run.rows.x, order);
  take_labels(pass, run.rows, order);
  updater_.penalize(pass);
  forward(pass);
  measure(pass, run.rows, order);
  judge(pass, sampled);
  backward(pass);
  if (pass.thread == 0) {
    updater_.begin(run.steps.learning_rates[number], pass.step);
    const bool slow = run.interruption && pass.samples >= kWorthWhole && run.interruption->slow();
    run.whole = sampled || slow || updater_.needs_whole();
    if (run.given_up()) run.stop = run.abandoned = true;
  }
  pass.sync();
  if (run.abandoned) return;
  if (run.whole) {
    updater_.collect(pass, values_, deltas_);
    if (pass.thread == 0 && run.given_up()) run.stop = run.abandoned_late = true;
    pass.sync();
    if (run.abandoned_late) return;
  }
  finish_step(pass, run, number);
}

// Writes the lasting results of a step.
void Engine::finish_step(const Pass& pass, Run& run, int64_t number) {
  const bool sampled = run.sampled(pass.step);
  if (pass.thread == 0) {
    run.steps.losses[number] = static_cast<float>(objectives_.account(pass, updater_.penalty() + activity_penalty(pass)));
    ++run.result.steps;
    run.stop = run.steps.seconds >= 0.0 && number % run.timed == 0 && seconds_since(run.began) > run.steps.seconds;
  }
  keep(pass);
  if (sampled) measure_layers(pass);
  run.whole ? updater_.apply(pass, sampled) : updater_.update(pass, values_, deltas_);
  pass.sync();
  if (sampled && pass.thread == 0) record_layers(pass, run.result);
}

// Steps from run.result.steps on, until the run is over, its time is up, or `most` are done. Memory is allocated before the
// first one; returns false if there is none, and nothing is done.
bool Engine::train_stretch(Team& team, Run& run, int threads, int64_t most) {
  const TrainSteps& steps = run.steps;
  const int64_t first = run.result.steps, every = static_cast<int64_t>(std::min<uint64_t>(steps.stats_every, INT32_MAX));
  if (every != 0) most = std::min(most, every * kMostSampled);
  const int64_t last = std::min(run.count, first + most);
  try {
    std::vector<LayerNumbers>& layers = run.result.layers;
    const size_t records = layers.size() + (every == 0 ? 0 : static_cast<size_t>((last - first) / every + 1) * spec_.layers.size());
    if (records > layers.capacity()) layers.reserve(std::max(records, 2 * layers.capacity()));
    updater_.divide(threads, run.samples(0), last - first);
  } catch (const std::bad_alloc&) {
    if (first == 0) throw;
    return false;
  }
  const auto share = [&](int thread) {
    Pass pass = pass_of(team, thread, threads, run.samples(first));
    updater_.load_local(pass);
    pass.training = pass.judged = true;
    pass.prefetcher = ahead_.data() + static_cast<size_t>(thread) * spec_.inputs.size();
    std::fill_n(pass.prefetcher, spec_.inputs.size(), Prefetcher{});
    pass.interruption = run.interruption;
    pass.row_pointers = run.takes_row_pointers ? own_row_pointers(pass) : nullptr;
    for (int64_t i = first; i < last && !run.stop; ++i) {
      if (const long samples = run.samples(i); samples != pass.samples) deal(pass, samples);
      pass.step = steps.steps_before + static_cast<uint64_t>(i) + 1;
      train_step(pass, run, i);
    }
    updater_.store_local(pass);
  };
  work(team, threads, std::ref(share));  // a copy would ask for memory
  return true;
}

TrainResult Engine::train(const Rows& rows, const TrainSteps& steps, Interruption* interruption) {
  const Visit visit(*this, Use::training);
  kept_ = {};
  const int64_t batch = std::min(steps.batch, steps.rows);
  Run run{rows, steps, (steps.rows - 1) / steps.batch + 1, listening(interruption, batch, 3.0)};
  run.timed = static_cast<int64_t>(std::clamp(kWorthAClock / std::max(1.0, work_of(batch, 3.0)), 1.0, 64.0));
  run.takes_row_pointers = placed_ && readable_as_floats(rows.x[*placed_]);
  const int most = startable(visit.team, useful_threads(batch, 3.0, run.takes_row_pointers ? spec_.inputs[*placed_] : 0));
  reserve(static_cast<long>(batch), most);
  objectives_.expect(rows.weight);
  if (halved_) choose_gradients(false, false);
  lay_out(true);
  bool able = true;
  while (able && run.result.steps < run.count && !run.stop) {
    if (!paced_) {
      able = train_stretch(visit.team, run, most, run.count);
      continue;
    }
    const int threads = pace_.choose(most);
    const int64_t before = run.result.steps;
    const auto began = Clock::now();
    able = train_stretch(visit.team, run, threads, most == 1 ? run.count : pace_.steps(threads, run.samples(0)));
    if (run.result.steps > before) pace_.record(threads, (run.result.steps - before) * run.samples(0), seconds_since(began));
  }
  return std::move(run.result);
}

void Engine::measure_layers(const Pass& pass) {
  for (size_t i = static_cast<size_t>(pass.thread); i < spec_.layers.size(); i += static_cast<size_t>(pass.threads)) {
    const StatsSpec& layer = spec_.layers[i];
    const size_t tensor = static_cast<size_t>(layer.tensor);
    const Result* result = tensor < values_.size() ? nullptr : &results_[tensor - values_.size()];
    const long size = size_of(result ? result->tensor : tensor), samples = !result && whole_[tensor] ? 1 : pass.samples;
    const TensorNumbers t = tensor_numbers(result ? result->predictions : values_[tensor], samples * size, layer.low, layer.high);
    layer_numbers_[i] = {pass.step, static_cast<int64_t>(i), t.mean, t.std, t.zeros, t.saturated, NAN, NAN, NAN, true};
  }
}

// After the update: the norms, and the layers' records.
void Engine::record_layers(const Pass&, TrainResult& result) {
  const std::vector<WeightNorms>& norms = updater_.norms();
  for (size_t i = 0; i < spec_.layers.size(); ++i) {
    LayerNumbers& numbers = layer_numbers_[i];
    WeightNorms sum;
    bool any = false;
    for (int64_t op : spec_.layers[i].ops) {
      for (size_t weight : updater_.weights_of(static_cast<size_t>(op))) {
        const WeightNorms& norm = norms[weight];
        any = true;
        sum.gradient += norm.gradient, sum.weight += norm.weight, sum.move += norm.move;
      }
    }
    numbers.finite = std::isfinite(numbers.mean) && std::isfinite(numbers.std);
    if (any) {
      numbers.gradient_norm = std::sqrt(sum.gradient);
      numbers.weight_norm = std::sqrt(sum.weight);
      numbers.update_ratio = sum.weight != 0.0 ? std::sqrt(sum.move / sum.weight) : NAN;
      numbers.finite = numbers.finite && std::isfinite(sum.gradient) && std::isfinite(sum.move);
    }
    result.layers.push_back(numbers);
  }
}

Sums Engine::running() {
  const Visit visit(*this, Use::reading);
  return objectives_.running();
}

void Engine::resume(const Sums& all) {
  const Visit visit(*this, Use::reading);
  objectives_.resume(all);
}

void Engine::reset() {
  const Visit visit(*this, Use::reading);
  objectives_.reset();
}

}  // namespace clarinet
