// A step in halves: for callers who compute the gradient of the loss themselves, add gradients up, or inspect them.
#include <algorithm>

#include "visit.hpp"

namespace clarinet {
namespace {

constexpr double kUpdatesAThread = 65536.0;  // numbers that make up for one more thread's barriers

}  // namespace

Pass Engine::half_pass(const Team& team, int thread, int threads, const Kept& kept, Interruption* interruption) const {
  Pass pass = pass_of(team, thread, threads, kept.samples);
  pass.training = kept.draw.training;
  pass.step = kept.draw.step, pass.draw = kept.draw.number;
  pass.interruption = interruption;
  return pass;
}

void Engine::forward(const Source& x, const Draw& draw, uint64_t number, float* out, Interruption* interruption) {
  const Visit visit(*this, draw.training ? Use::training : Use::reading);
  kept_ = {};
  Kept kept{number, static_cast<long>(x.rows), startable(visit.team, useful_threads(x.rows, 3.0)), draw};
  reserve(kept.samples, kept.threads);
  lay_out(draw.training);
  updater_.divide(kept.threads, kept.samples, 1);  // no thread has local weights
  interruption = listening(interruption, x.rows, 3.0);
  const long width = static_cast<long>(outputs());
  bool abandoned = false;
  work(visit.team, kept.threads, [&](int thread) {
    const Pass pass = half_pass(visit.team, thread, kept.threads, kept, interruption);
    take_rows(pass, x, {nullptr, 0});
    const float* y = forward(pass);
    pass.sync();
    if (thread == 0) abandoned = interruption && interruption->given_up();
    pass.sync();
    if (abandoned) return;
    if (pass.training)
      for (Op* op : keeping_) op->keep(pass);
    std::copy(y + pass.first * width, y + pass.last * width, out + pass.first * width);
  });
  if (!abandoned) kept_ = kept;
}

bool Engine::backward(Forwarded which, const float* d_outputs, float* gradient, float* d_inputs, Interruption* interruption) {
  const Visit visit(*this, Use::reading);
  if (which.number == 0 || which.number != kept_.number || which.samples != kept_.samples) return false;
  const int threads = startable(visit.team, kept_.threads);
  choose_gradients(d_inputs != nullptr);
  updater_.divide(threads, kept_.samples, 1);
  interruption = listening(interruption, kept_.samples, 3.0);
  const long width = static_cast<long>(outputs()), inputs = static_cast<long>(spec_.inputs);
  work(visit.team, threads, [&](int thread) {
    const Pass pass = half_pass(visit.team, thread, threads, kept_, interruption);
    const float* dy = d_outputs + pass.first * width;
    if (deltas_.back()) std::copy(dy, d_outputs + pass.last * width, deltas_.back() + pass.first * width);
    backward(pass);
    pass.sync();
    updater_.gradients(pass, values_, deltas_, gradient);
    if (!d_inputs) return;
    const float* dx = ops_.empty() ? d_outputs : deltas_[0];
    std::copy(dx + pass.first * inputs, dx + pass.last * inputs, d_inputs + pass.first * inputs);
  });
  if (!interruption || !interruption->given_up()) kept_ = {};
  return true;
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
