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

// A setting's number for an axis of the sample.
long own(const OpSpec& spec, const char* name, size_t axis) {
  const std::vector<double>& all = numbers(spec.settings, name);
  if (all.size() + 1 != spec.shape.size()) throw std::invalid_argument(spec.kind + ": setting " + name + " has other axes");
  return static_cast<long>(all[axis]);
}

// Depth, height and width, of which the last ones are the axes of the sample.
template <class Make>
std::array<Axis, 3> axes_of(const OpSpec& spec, Make make) {
  const Axis single{1, 1, 1, 1, 0, 0, 1};
  std::array<Axis, 3> axes{single, single, single};
  const size_t count = spec.shape.size() - 1;
  if (count > axes.size()) throw std::invalid_argument(spec.kind + ": windows over more than three axes");
  for (size_t i = 0; i < count; ++i) axes[axes.size() - count + i] = make(i);
  return axes;
}

std::array<Axis, 3> over_input(const OpSpec& spec) {
  const Padding padding = static_cast<Padding>(static_cast<long>(setting(spec, "padding")));
  return axes_of(spec, [&](size_t i) {
    return make_axis(static_cast<long>(spec.shape[i]), own(spec, "kernel", i), own(spec, "stride", i), own(spec, "dilation", i),
                     padding);
  });
}

std::array<Axis, 3> over_output(const OpSpec& spec) {
  return axes_of(spec, [&](size_t i) {
    const Axis axis{own(spec, "size", i),   own(spec, "kernel", i), own(spec, "stride", i),         own(spec, "dilation", i),
                    own(spec, "before", i), own(spec, "after", i),  static_cast<long>(spec.shape[i])};
    if ((axis.count - 1) * axis.stride + (axis.kernel - 1) * axis.dilation + 1 > axis.padded())
      throw std::invalid_argument(spec.kind + ": the output is too small");
    return axis;
  });
}

}  // namespace

Window::Window(const OpSpec& spec) : Window(spec, over_input(spec), static_cast<long>(spec.shape.back())) {
  if (positions() != spec.positions) throw std::invalid_argument(spec.kind + ": the output has other positions");
}

Window Window::of_output(const OpSpec& spec) {
  const Window window(spec, over_output(spec), static_cast<long>(spec.outputs));
  if (window.size() != spec.positions * spec.outputs) throw std::invalid_argument(spec.kind + ": the output has another size");
  return window;
}

Window::Window(const OpSpec& spec, const std::array<Axis, 3>& axes, long channels)
    : d(axes[0]), h(axes[1]), w(axes[2]), channels(channels) {
  if (padded_size() > INT32_MAX) throw std::invalid_argument(spec.kind + ": a sample of more than 2**31 numbers");
}

std::vector<int32_t> Window::windows() const {
  std::vector<int32_t> offsets;
  for (long z = 0; z < d.count; ++z)
    for (long y = 0; y < h.count; ++y)
      for (long x = 0; x < w.count; ++x)
        offsets.push_back(static_cast<int32_t>(
            (((z * d.stride) * h.padded() + y * h.stride) * w.padded() + x * w.stride) * channels));
  return offsets;
}

std::vector<int32_t> Window::offsets(long group) const {
  std::vector<int32_t> offsets;
  for (long z = 0; z < d.kernel; ++z)
    for (long y = 0; y < h.kernel; ++y)
      for (long x = 0; x < w.kernel; ++x)
        for (long c = 0; c < group; ++c)
          offsets.push_back(static_cast<int32_t>(
              (((z * d.dilation) * h.padded() + y * h.dilation) * w.padded() + x * w.dilation) * channels + c));
  return offsets;
}

void Window::pad(const float* sample, float* padded) const {
  std::fill(padded, padded + padded_size(), 0.0f);
  const size_t row = static_cast<size_t>(w.size * channels);
  for (long z = 0; z < d.size; ++z)
    for (long y = 0; y < h.size; ++y, sample += row) std::memcpy(padded + row_at(z, y), sample, row * sizeof(float));
}

void Window::unpad(const float* padded, float* sample) const {
  const size_t row = static_cast<size_t>(w.size * channels);
  for (long z = 0; z < d.size; ++z)
    for (long y = 0; y < h.size; ++y, sample += row) std::memcpy(sample, padded + row_at(z, y), row * sizeof(float));
}

}  // namespace clarinet
