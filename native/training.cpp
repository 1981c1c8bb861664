// Training steps.
#include <algorithm>
#include <chrono>
#include <cmath>

#include "engine.hpp"
#include "stats.hpp"

namespace clarinet {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

struct Engine::Run {
  const Rows& rows;
  const TrainSteps& steps;
  int64_t count;  // of steps
  Clock::time_point began;
  bool takes_places;  // whether the first operation takes the data's rows where they lie
  TrainResult result;
  bool stop = false;  // written by one thread between barriers

  long samples(int64_t number) const {
    return static_cast<long>(std::min(steps.batch, steps.rows - number * steps.batch));
  }
  bool sampled(uint64_t step) const { return steps.stats_every != 0 && step % steps.stats_every == 0; }
};

// Each thread does its rows from gathering to the gradient at its inputs; then, all deltas being there, its share of the
// weights.
void Engine::train_step(const Pass& pass, Run& run, int64_t number) {
  const Order order{run.steps.order.order, run.steps.order.first + number * run.steps.batch};
  const bool sampled = run.sampled(pass.step);
  const long next = number + 1 < run.count ? std::min(pass.last, run.samples(number + 1)) : 0;
  pass.ahead->turn(run.rows.x, order, {order.order, order.first + run.steps.batch}, pass.first, pass.last, next);
  if (pass.places) {
    locate(run.rows.x, order, pass.first, pass.last, values_[0], places_.data());
  } else {
    gather(k_, run.rows.x, order, pass.first, pass.last, values_[0], pass.ahead);
  }
  updater_.penalize(pass);
  const float* y = forward(pass);
  objective_.measure(pass, run.rows.y, run.rows.weight, order, y, deltas_.back());
  if (objective_.has_metrics() || sampled) objective_.judge(pass, through_output(pass, y));
  backward(pass);
  if (pass.thread == 0) updater_.begin(run.steps.learning_rates[number], pass.step);
  pass.sync();
  if (pass.thread == 0) {
    run.steps.losses[number] = static_cast<float>(objective_.account(pass, updater_.penalty() + activity_penalty(pass)));
    ++run.result.steps;
    run.stop = run.steps.seconds >= 0.0 && seconds_since(run.began) > run.steps.seconds;
  }
  if (sampled) measure_layers(pass);
  updater_.update(pass, values_, deltas_, sampled);
  pass.sync();
  if (sampled && pass.thread == 0) record_layers(pass, run.result);
}

// Steps from run.done on, until the run is over, its time is up, or `most` are done.
void Engine::train_stretch(Team& team, Run& run, int threads, int64_t most) {
  const TrainSteps& steps = run.steps;
  const int64_t first = run.result.steps, last = std::min(run.count, first + most);
  updater_.divide(threads, run.samples(0), last - first);
  work(team, threads, [&](int thread) {
    Pass pass = pass_of(team, thread, threads, run.samples(first));
    updater_.adopt(pass);
    Ahead ahead;
    for (int64_t i = first; i < last && !run.stop; ++i) {
      pass = pass_of(team, thread, threads, run.samples(i));
      pass.training = true;
      pass.ahead = &ahead;
      pass.places = run.takes_places ? places_.data() : nullptr;
      pass.step = steps.steps_before + static_cast<uint64_t>(i) + 1;
      train_step(pass, run, i);
    }
    updater_.release(pass);
  });
}

TrainResult Engine::train(const Rows& rows, const TrainSteps& steps) {
  Team& team = this->team();
  const std::lock_guard<std::mutex> lock(team.mutex);
  Run run{rows, steps, (steps.rows + steps.batch - 1) / steps.batch, Clock::now(),
          takes_places_ && lies_as_floats(rows.x), {}};
  const int most = useful_threads(run.samples(0), 3.0, run.takes_places);
  reserve(run.samples(0), most);
  lay_out(true);
  while (run.result.steps < run.count && !run.stop) {
    if (!paced_) {
      train_stretch(team, run, most, run.count);
      continue;
    }
    const int threads = pace_.choose(most);
    const int64_t before = run.result.steps;
    const auto began = Clock::now();
    train_stretch(team, run, threads, most == 1 ? run.count : pace_.steps(threads, run.samples(0)));
    pace_.record(threads, (run.result.steps - before) * run.samples(0), seconds_since(began));
  }
  return std::move(run.result);
}

void Engine::measure_layers(const Pass& pass) {
  for (size_t i = static_cast<size_t>(pass.thread); i < spec_.layers.size(); i += static_cast<size_t>(pass.threads)) {
    const StatsSpec& layer = spec_.layers[i];
    const size_t tensor = static_cast<size_t>(layer.tensor);
    const bool inside = tensor < values_.size();
    const int64_t size = inside ? size_of(layer.tensor) : outputs();
    const TensorNumbers t = tensor_numbers(inside ? values_[tensor] : predictions_,
                                           static_cast<long>(pass.rows * size), layer.low, layer.high);
    layer_numbers_[i] = {pass.step, static_cast<int64_t>(i), t.mean, t.std, t.zeros, t.saturated, NAN, NAN, NAN, true};
  }
}

// After the update: the norms, and the layers' records.
void Engine::record_layers(const Pass&, TrainResult& result) {
  const std::vector<std::vector<WeightNorms>> norms = updater_.norms();
  for (size_t i = 0; i < spec_.layers.size(); ++i) {
    LayerNumbers& numbers = layer_numbers_[i];
    WeightNorms sum;
    bool any = false;
    for (int64_t op : spec_.layers[i].ops) {
      for (const WeightNorms& norm : norms[static_cast<size_t>(op)]) {
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

}  // namespace clarinet
