// Finding NaN and infinity.
#pragma once

#include <cstdint>

namespace clarinet {

// The place of the first value among n that is not finite, -1 where all are; on several threads where n is large.
int64_t find_nonfinite(const float* x, int64_t n);
int64_t find_nonfinite(const double* x, int64_t n);

}  // namespace clarinet
