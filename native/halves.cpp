// A step in halves: for callers who compute the gradient of the loss themselves, add gradients up, or inspect them.
#include <algorithm>

#include "visit.hpp"

namespace clarinet {
namespace {

constexpr double kUpdatesAThread = 65536.0;  // numbers that make up for one more thread's barriers
// As much work as this share of a pass has to make up for one more thread: between two halves the others fall asleep, and to
// wake them takes longer than the barriers within a call.
constexpr double kWorthWaking = 0.5;

}  // namespace

Pass Engine::half_pass(const Team& team, int thread, int threads, const Kept& kept, Interruption* interruption) const {
  Pass pass = pass_of(team, thread, threads, kept.samples);
  pass.training = kept.draw.training;
  pass.step = kept.draw.step, pass.draw = kept.draw.number, pass.before = kept.draw.before;
  if (!pass.training) pass.stream = kPredict;
  pass.interruption = interruption;
  return pass;
}

void Engine::forward(const std::vector<Source>& x, const Draw& draw, uint64_t number, const std::vector<float*>& out,
                     Interruption* interruption) {
  const Visit visit(*this, draw.training || by_batch_ ? Use::training : Use::reading);
  kept_ = {};
  const int64_t rows = x[0].rows;
  Kept kept{number, static_cast<long>(rows), startable(visit.team, useful_threads(rows, kWorthWaking)), draw};
  reserve(kept.samples, kept.threads);
  lay_out(draw.training);
  updater_.divide(kept.threads, kept.samples, 1);  // no thread has local weights
  interruption = listening(interruption, rows, 3.0);
  bool abandoned = false;
  work(visit.team, kept.threads, [&](int thread) {
    Pass pass = half_pass(visit.team, thread, kept.threads, kept, interruption);
    take_rows(pass, x, {nullptr, 0}, true);
    forward(pass);
    pass.sync();
    if (thread == 0) abandoned = interruption && interruption->given_up();
    pass.sync();
    if (abandoned) return;
    keep(pass);
    for (size_t r = 0; r < results_.size(); ++r) {
      const float* y = values_[results_[r].tensor];
      const long width = size_of(results_[r].tensor);
      std::copy(y + pass.first * width, y + pass.last * width, out[r] + pass.first * width);
    }
  });
  if (!abandoned) kept_ = kept;
}

bool Engine::backward(Forwarded which, const std::vector<const float*>& d_outputs, float* gradient,
                      const std::vector<float*>& d_inputs, Interruption* interruption) {
  const Visit visit(*this, Use::reading);
  if (which.number == 0 || which.number != kept_.number || which.samples != kept_.samples) return false;
  const int threads = startable(visit.team, kept_.threads);
  choose_gradients(true, !d_inputs.empty(), kept_.draw.training);
  updater_.divide(threads, kept_.samples, 1);
  interruption = listening(interruption, kept_.samples, 3.0);
  work(visit.team, threads, [&](int thread) {
    const Pass pass = half_pass(visit.team, thread, threads, kept_, interruption);
    for (size_t r = results_.size(); r-- > 0;) {
      const Result& result = results_[r];
      if (!result.part) continue;
      const long width = size_of(result.tensor);
      std::copy(d_outputs[r] + pass.first * width, d_outputs[r] + pass.last * width, result.part + pass.first * width);
      add_part(pass, result.tensor, result.part);
    }
    backward(pass);
    pass.sync();
    updater_.gradients(pass, values_, deltas_, gradient);
    for (size_t j = 0; j < d_inputs.size(); ++j) {
      const long width = size_of(j), from = pass.first * width, to = pass.last * width;
      if (const float* dx = deltas_[j]) {
        std::copy(dx + from, dx + to, d_inputs[j] + from);
      } else {  // it leads to no output
        std::fill(d_inputs[j] + from, d_inputs[j] + to, 0.0f);
      }
    }
  });
  if (!interruption || !interruption->given_up()) kept_ = {};
  return true;
}

double Engine::judge(const Rows& rows, const std::vector<float*>& d_inputs) {
  const Visit visit(*this, Use::reading);
  kept_ = {};
  const long samples = static_cast<long>(rows.x[0].rows);
  reserve(samples, 1);
  objectives_.expect(rows.weight);
  choose_gradients(false, true);
  lay_out(true);
  work(visit.team, 1, [&](int thread) {
    Pass pass = pass_of(visit.team, thread, 1, samples);
    pass.training = pass.judged = true;
    take_rows(pass, rows.x, {nullptr, 0}, true);
    take_labels(pass, rows, {nullptr, 0});
    forward(pass);
    measure(pass, rows, {nullptr, 0});
    backward(pass);
    for (size_t j = 0; j < d_inputs.size(); ++j) std::copy_n(deltas_[j], samples * size_of(j), d_inputs[j]);
  });
  const double loss = objectives_.account(pass_of(visit.team, 0, 1, samples), 0.0);
  objectives_.reset();
  return loss;
}

void Engine::apply(const float* gradient, double learning_rate, uint64_t step) {
  const Visit visit(*this, Use::training);
  kept_ = {};
  const int useful = std::clamp(static_cast<int>(static_cast<double>(spec_.params_size) / kUpdatesAThread), 1, threads_);
  const int threads = startable(visit.team, exactly_ ? threads_ : useful);
  reserve(1, threads);
  updater_.divide(threads, 1, 1);
  updater_.begin(learning_rate, step);
  work(visit.team, threads, [&](int thread) {
    const Pass pass = pass_of(visit.team, thread, threads, 1);
    updater_.take(pass, gradient);
    updater_.apply(pass, false);
  });
}

}  // namespace clarinet
