#include "stats.hpp"

#include <cmath>

namespace clarinet {

TensorNumbers tensor_numbers(const float* x, long n, float low, float high) {
  constexpr float kNear = 0.01f;
  double sum = 0.0, squares = 0.0;
  long zeros = 0, flat = 0;
  for (long i = 0; i < n; ++i) {
    sum += x[i];
    zeros += x[i] == 0.0f;
    flat += (x[i] < low + kNear) | (x[i] > high - kNear);
  }
  const double count = static_cast<double>(n), mean = sum / count;
  for (long i = 0; i < n; ++i) squares += (x[i] - mean) * (x[i] - mean);
  return {mean, std::sqrt(squares / count), static_cast<double>(zeros) / count,
          low < high ? static_cast<double>(flat) / count : NAN};
}

}  // namespace clarinet
