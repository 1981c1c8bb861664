// Evaluation and prediction.
#include <algorithm>

#include "visit.hpp"

namespace clarinet {
namespace {

constexpr long kPredictRows = 128;  // a thread's share of a batch of predictions

}  // namespace

// A batch's forward runs while one thread still adds up the batch before: a barrier comes before anything it reads is written.
void Engine::evaluate(const Rows& rows, int64_t batch, const Drawing& drawing, Interruption* interruption) {
  const Visit visit(*this, keeps_in_use_ ? Use::training : Use::reading);
  kept_ = {};
  const int64_t count = rows.x[0].rows;
  batch = std::min(batch, count);
  const int threads = startable(visit.team, useful_threads(batch, 1.0));
  reserve(static_cast<long>(batch), threads);
  objectives_.expect(rows.weight);
  lay_out(false);
  const Sums before = objectives_.running();
  interruption = listening(interruption, count, 1.0);
  work(visit.team, threads, [&](int thread) {
    for (int64_t first = 0; first < count; first += batch) {
      Pass pass = pass_of(visit.team, thread, threads, static_cast<long>(std::min(batch, count - first)));
      pass.interruption = interruption;
      pass.step = drawing.step, pass.stream = kEvaluate;
      pass.draw = drawing.draw + static_cast<uint32_t>(first / batch);
      pass.judged = true;
      const Order order{nullptr, first};
      take_rows(pass, rows.x, order);
      take_labels(pass, rows, order);
      forward(pass);
      pass.sync();
      measure(pass, rows, order);
      judge(pass, false);
      updater_.penalize(pass);
      const double activity = thread == 0 ? activity_penalty(pass) : 0.0;  // the next forward writes over its terms
      pass.sync();
      if (thread == 0) objectives_.account(pass, updater_.penalty() + activity);
      keep_in_use(pass);
    }
  });
  if (interruption && interruption->given_up()) objectives_.resume(before);
}

void Engine::predict(const std::vector<Source>& x, const std::vector<float*>& out, int64_t batch, const Drawing& drawing,
                     Interruption* interruption) {
  const Visit visit(*this, keeps_in_use_ ? Use::training : Use::reading);
  kept_ = {};
  const int64_t rows = x[0].rows;
  const int threads = startable(visit.team, useful_threads(by_batch_ ? std::min(batch, rows) : rows, 1.0));
  batch = std::min<int64_t>(rows, by_batch_ ? batch : kPredictRows * threads);
  reserve(static_cast<long>(batch), threads);
  lay_out(false);
  interruption = listening(interruption, rows, 1.0);
  work(visit.team, threads, [&](int thread) {
    for (int64_t first = 0; first < rows; first += batch) {
      // A thread keeps its part of the tensors on a ragged last batch too, because there is no barrier between batches.
      Pass pass = pass_of(visit.team, thread, threads, static_cast<long>(batch));
      pass.interruption = interruption;
      pass.step = drawing.step, pass.stream = kPredict;
      pass.draw = drawing.draw + static_cast<uint32_t>(first / batch);
      pass.samples = static_cast<long>(std::min(batch, rows - first));
      pass.first = std::min(pass.first, pass.samples), pass.last = std::min(pass.last, pass.samples);
      take_rows(pass, x, {nullptr, first});
      forward(pass);
      for (size_t r = 0; r < results_.size(); ++r) {
        const float* y = predictions(pass, results_[r]);
        const long width = size_of(results_[r].tensor);
        std::copy(y + pass.first * width, y + pass.last * width, out[r] + (first + pass.first) * width);
      }
      keep_in_use(pass);
    }
  });
}

}  // namespace clarinet
