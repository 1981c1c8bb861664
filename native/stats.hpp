// The numbers of LayerStats about a layer's outputs.
#pragma once

namespace clarinet {

struct TensorNumbers {
  double mean, std, zeros, saturated;
};

// Of n > 0 numbers; saturated: the share within 0.01 of low or high, NaN where low >= high.
TensorNumbers tensor_numbers(const float* x, long n, float low, float high);

}  // namespace clarinet
