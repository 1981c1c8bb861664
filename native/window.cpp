#include "window.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace clarinet {
namespace {

enum class Padding { valid, same, causal };

Axis make_axis(long size, long kernel, long stride, long dilation, Padding padding) {
  if (kernel == 0) kernel = size;
  Axis axis{size, kernel, stride, dilation, 0, 0, 0};
  const long reach = (kernel - 1) * dilation;  // beyond a window's first place
  if (padding == Padding::causal) axis.before = reach;
  if (padding == Padding::same) {
    axis.count = (size + stride - 1) / stride;
    const long zeros = std::max(0L, (axis.count - 1) * stride + reach + 1 - size);
    axis.before = zeros / 2, axis.after = zeros - axis.before;
  } else {
    axis.count = (axis.before + size - reach - 1) / stride + 1;
  }
  if (axis.count < 1) throw std::invalid_argument("the window is larger than the sample");
  return axis;
}

}  // namespace

Window::Window(const OpSpec& spec) : channels(static_cast<long>(spec.shape.back())) {
  const auto whole = [&](const char* name) { return static_cast<long>(setting(spec, name)); };
  const bool flat = spec.shape.size() == 2;
  const Padding padding = static_cast<Padding>(whole("padding"));
  const long height = flat ? 1 : static_cast<long>(spec.shape[0]);
  const long width = static_cast<long>(spec.shape[flat ? 0 : 1]);
  h = make_axis(height, whole("kernel_h"), whole("stride_h"), whole("dilation_h"), flat ? Padding::valid : padding);
  w = make_axis(width, whole("kernel_w"), whole("stride_w"), whole("dilation_w"), padding);
  if (positions() != spec.positions) throw std::invalid_argument(spec.kind + ": the output has other positions");
  if (padded_size() > INT32_MAX) throw std::invalid_argument(spec.kind + ": a sample of more than 2**31 numbers");
}

std::vector<int32_t> Window::windows() const {
  std::vector<int32_t> offsets;
  for (long y = 0; y < h.count; ++y)
    for (long x = 0; x < w.count; ++x)
      offsets.push_back(static_cast<int32_t>((y * h.stride * w.padded() + x * w.stride) * channels));
  return offsets;
}

std::vector<int32_t> Window::offsets(long group) const {
  std::vector<int32_t> offsets;
  for (long y = 0; y < h.kernel; ++y)
    for (long x = 0; x < w.kernel; ++x)
      for (long c = 0; c < group; ++c)
        offsets.push_back(static_cast<int32_t>((y * h.dilation * w.padded() + x * w.dilation) * channels + c));
  return offsets;
}

void Window::pad(const float* sample, float* padded) const {
  std::fill(padded, padded + padded_size(), 0.0f);
  const long row = w.size * channels, padded_row = w.padded() * channels;
  padded += h.before * padded_row + w.before * channels;
  for (long y = 0; y < h.size; ++y)
    std::memcpy(padded + y * padded_row, sample + y * row, static_cast<size_t>(row) * sizeof(float));
}

void Window::unpad(const float* padded, float* sample) const {
  const long row = w.size * channels, padded_row = w.padded() * channels;
  padded += h.before * padded_row + w.before * channels;
  for (long y = 0; y < h.size; ++y)
    std::memcpy(sample + y * row, padded + y * padded_row, static_cast<size_t>(row) * sizeof(float));
}

}  // namespace clarinet
