// What recurrent layers are made of: their forms, products of some rows, what dropout leaves of states.
#pragma once

#include <stdexcept>

#include "../draws.hpp"
#include "../memory.hpp"
#include "ops.hpp"
#include "panels.hpp"

namespace clarinet {
namespace {

constexpr long kMost = 64;  // samples of a block

// A layer's form.
struct Form {
  const char* kind;
  long gates, parts;  // columns for each unit: of the kernels, of a row of z
  long states;
  void (*KernelTable::*step)(const RecurrentStep&);
  void (*KernelTable::*back)(const RecurrentStep&);
};
constexpr Form kForms[] = {
    {"simple_rnn", 1, 1, 1, &KernelTable::simple_step, &KernelTable::simple_step_back},
    {"lstm", 4, 4, 2, &KernelTable::lstm_step, &KernelTable::lstm_step_back},
    {"gru", 3, 4, 1, &KernelTable::gru_step, &KernelTable::gru_step_back},
    {"gru_reset_before", 3, 4, 1, &KernelTable::gru_mix, &KernelTable::gru_mix_back},
};

inline const Form& form_of(const std::string& kind) {
  for (const Form& form : kForms)
    if (kind == form.kind) return form;
  throw std::invalid_argument("no recurrent layer is called " + kind);
}

// The function that a setting such as "gate.sigmoid" names, with its numbers.
inline Elementwise function_of(const OpSpec& spec, const std::string& what) {
  for (const auto& [name, values] : spec.settings) {
    if (name.rfind(what, 0) != 0) continue;
    OpSpec own;
    own.kind = name.substr(what.size());
    for (const auto& [setting, number] : spec.settings)
      if (setting.rfind("of." + name + ".", 0) == 0) own.settings[setting.substr(name.size() + 4)] = number;
    return elementwise(own);
  }
  return {};
}

// Those samples of a step that take part in it.
struct Live : Rows {
  explicit Live(const RecurrentStep& s) : Rows{s.rows, nullptr} {
    if (!s.counts) return;
    count = 0, picked = numbers;
    for (long n = 0; n < s.rows; ++n)
      if (s.counts[n * s.counts_row] != 0.0f) numbers[count++] = static_cast<int32_t>(n);
  }
  Live(const Live&) = delete;
  int32_t numbers[kMost];
};

// Columns of the recurrent kernel that take the same of h.
struct Group {
  long first, columns;
  const float* h;  // in the first row of all
  long row;
};

// Recurrent dropout: of each sample's state, for each of the kernel's columns, what its product sees at all steps.
class StateDropout {
 public:
  StateDropout(const OpSpec& spec, long units, long columns) : spec_(spec), units_(units), columns_(columns) {}

  // For so many samples, and rows of all their steps.
  void reserve(long samples, size_t rows) {
    if (!there()) return;
    factors_.resize(static_cast<size_t>(samples * columns_));
    left_ = Buffer(rows * static_cast<size_t>(columns_));
  }
  bool there() const { return has(spec_, "threshold"); }

  // The factors of this thread's samples.
  void draw(const Pass& pass) {
    const DrawKey key = key_of(pass, spec_);
    const DropoutMask mask{{key.seed[0], key.seed[1]}, key.step, key.epoch, key.stream,
                           static_cast<uint32_t>(setting(spec_, "threshold")), static_cast<float>(setting(spec_, "scale"))};
    const long from = pass.first * columns_;
    pass.k->dropout_mask(mask, static_cast<uint64_t>(places_before(pass, columns_) + from), (pass.last - pass.first) * columns_, factors_.data() + from);
  }
  // Of sample n, whose state h is in this row of all.
  void apply(const Pass& pass, long n, long row, const float* h) {
    for (long gate = 0; gate < columns_; gate += units_)
      pass.k->multiply(h, factors(n) + gate, left_.get() + row * columns_ + gate, units_);
  }

  const float* factors(long n) const { return factors_.data() + n * columns_; }
  const float* left(long row) const { return left_.get() + row * columns_; }

 private:
  const OpSpec& spec_;
  const long units_, columns_;
  std::vector<float> factors_;
  Buffer left_;
};

}  // namespace
}  // namespace clarinet
