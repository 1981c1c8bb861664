// On how many threads to run the next stretch of steps: all of them, or one where other programs keep the processors busy
// and waiting at barriers costs more than sharing the work gains. The results are the same.
#pragma once

#include <algorithm>
#include <cstdint>

namespace clarinet {

class Pace {
 public:
  // `most` threads or 1.
  int choose(int most) {
    if (most == 1) return 1;
    probing_ = stretches_ < kFirst || stretches_ % kProbeEvery == 0;
    const bool all_first = one_ == 0.0 || (all_ != 0.0 && all_ <= one_);
    const bool all = stretches_ < kFirst ? stretches_ % 2 == 0 : all_first != probing_;
    ++stretches_;
    return all ? most : 1;
  }

  // The number of steps with this many samples to run before the next decision.
  int64_t steps(int threads, int64_t samples) const {
    const double per_row = threads == 1 ? one_ : all_;
    if (per_row == 0.0) return kUnknownSteps;
    const double seconds = !probing_ ? kStretch : stretches_ <= kFirst ? kFirstProbe : kProbe;
    return std::max<int64_t>(1, static_cast<int64_t>(seconds / (per_row * static_cast<double>(samples))));
  }

  void record(int threads, int64_t samples, double seconds) {
    double& per_row = threads == 1 ? one_ : all_;
    const double now = seconds / static_cast<double>(std::max<int64_t>(samples, 1));
    per_row = probing_ || per_row == 0.0 ? now : 0.5 * (per_row + now);  // old measurements count little
  }

 private:
  static constexpr double kStretch = 0.05, kProbe = 0.002, kFirstProbe = 0.0005;  // seconds
  static constexpr int64_t kUnknownSteps = 2, kFirst = 4, kProbeEvery = 4;

  double one_ = 0.0, all_ = 0.0;  // seconds a row, lately
  int64_t stretches_ = 0;
  bool probing_ = false;
};

}  // namespace clarinet
