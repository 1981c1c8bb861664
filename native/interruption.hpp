// A long call ends early if its caller is interrupted: one thread asks now and then, all threads skip the rest.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>

namespace clarinet {

class Interruption {
 public:
  // asked() says whether to give up; only thread 0 calls it, and rarely. It must not throw.
  explicit Interruption(std::function<bool()> asked) : asked_(std::move(asked)) {}

  // By each thread, where it could stop: whether to leave out the rest.
  bool look(int thread) {
    if (thread == 0 && !given_up() && Clock::now() >= next_) {
      given_up_.store(asked_(), std::memory_order_relaxed);
      next_ = Clock::now() + kPause;
    }
    return given_up();
  }
  bool given_up() const { return given_up_.load(std::memory_order_relaxed); }

  // By thread 0: a step begins; whether it has taken long.
  void begin_step() { step_ = Clock::now(); }
  bool slow() const { return Clock::now() - step_ > kSlow; }

 private:
  using Clock = std::chrono::steady_clock;
  // A chunk of short steps is over before the first question.
  static constexpr auto kFirst = std::chrono::milliseconds(150), kPause = std::chrono::milliseconds(50);
  static constexpr auto kSlow = std::chrono::milliseconds(100);

  const std::function<bool()> asked_;
  std::atomic<bool> given_up_{false};
  Clock::time_point next_ = Clock::now() + kFirst, step_ = Clock::now();
};

}  // namespace clarinet
