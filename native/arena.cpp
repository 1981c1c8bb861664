// The memory of an engine: where the tensors of a batch are, and the gradients at them.
#include <algorithm>
#include <new>
#include <stdexcept>

#include "engine.hpp"

namespace clarinet {
namespace {

constexpr double kMostFloats = 1e13;  // of a tensor, so that the bytes of all can be counted

}  // namespace

// If memory runs out, nothing counts as reserved any more, and the next call reserves again.
void Engine::reserve(long samples, int threads) {
  if (samples <= capacity_ && threads <= capacity_threads_) return;
  ++allocations_;
  samples = std::max(samples, capacity_), threads = std::max(threads, capacity_threads_);
  capacity_ = 0, capacity_threads_ = 0;
  long most = std::max(outputs(), spec_.inputs);
  for (const auto& op : ops_) most = std::max(most, op->out_size());
  if (static_cast<double>(samples) * static_cast<double>(most) > kMostFloats) throw std::bad_alloc();
  try {
    lay_memory(samples, threads);
  } catch (const std::length_error&) {  // a vector's error for more than its largest size
    throw std::bad_alloc();
  }
  capacity_ = samples, capacity_threads_ = threads;
}

void Engine::lay_memory(long samples, int threads) {
  for (auto& op : ops_) op->reserve(samples, threads);
  objective_.reserve(samples);
  if (takes_row_pointers_) row_pointers_.resize(static_cast<size_t>(samples));
  carve_arena(samples);
  long each = std::max(4096L, static_cast<long>(outputs()));
  for (const auto& op : ops_) each = std::max(each, op->scratch(samples));
  scratch_each_ = static_cast<long>(Buffer::rounded(static_cast<size_t>(each)));
  scratch_ = Buffer(static_cast<size_t>(scratch_each_ * threads));
  inner_deltas_ = Buffer(static_cast<size_t>(inner_each_ * threads));
  layer_numbers_.resize(spec_.layers.size());
}

void Engine::carve_arena(long samples) {
  auto floats = [&](int64_t size) { return Buffer::rounded(static_cast<size_t>(samples * size)); };
  size_t total = floats(spec_.inputs) + floats(outputs());
  for (size_t i = 0; i < ops_.size(); ++i) {
    total += (inner_[i + 1] < 0 ? 2 : 1) * floats(ops_[i]->out_size());
    for (int64_t source : ops_[i]->spec.sources) total += floats(size_of(source));
  }
  arena_ = Buffer(total);
  float* next = arena_.get();
  auto take = [&](int64_t size) {
    float* place = next;
    next += floats(size);
    return place;
  };
  buffers_.assign(1, take(spec_.inputs));
  whole_deltas_.assign(1, nullptr);
  for (size_t i = 0; i < ops_.size(); ++i) {
    buffers_.push_back(take(ops_[i]->out_size()));
    whole_deltas_.push_back(inner_[i + 1] < 0 ? take(ops_[i]->out_size()) : nullptr);
  }
  predictions_ = take(outputs());
  spare_ = next;
  place_gradients(samples);
}

// Where operations write gradients. Of those that take a tensor one writes to its gradient, and the others to their own
// buffers.
void Engine::place_gradients(long samples) {
  float* next = spare_;
  auto take = [&](int64_t size) {
    float* place = next;
    next += Buffer::rounded(static_cast<size_t>(samples * size));
    return place;
  };
  deltas_ = whole_deltas_;
  if (wanted_[0] && !ops_.empty()) deltas_[0] = take(spec_.inputs);
  parts_.assign(ops_.size(), {});
  std::vector<bool> written(deltas_.size(), false);
  for (size_t i = ops_.size(); i-- > 0;) {
    for (int64_t from : ops_[i]->spec.sources) {
      const size_t source = static_cast<size_t>(from);
      const bool first = parts_[i].empty() && !written[source];
      const bool shares = first && source != 0 && inner_[i + 1] < 0 && ops_[i]->in_place();
      if (shares) deltas_[source] = deltas_[i + 1];  // it needs no second gradient
      parts_[i].push_back(!wanted_[source] ? nullptr : written[source] ? take(size_of(from)) : deltas_[source]);
      written[source] = true;
    }
  }
}

// Whether backward also computes the gradient at the input: then every tensor needs one, else only those that lead to a trained
// weight.
void Engine::choose_gradients(bool at_input) {
  wanted_ = trained_;
  if (at_input) wanted_.assign(trained_.size(), true);
  for (auto& op : ops_) {
    const auto& sources = op->spec.sources;
    op->first_trained = std::none_of(sources.begin(), sources.end(), [&](int64_t s) { return wanted_[static_cast<size_t>(s)]; });
    if (at_input) op->reserve_input_gradient(capacity_threads_);
  }
  if (capacity_ > 0) place_gradients(capacity_);
}

long Engine::size_of(int64_t tensor) const {
  return tensor == 0 ? static_cast<long>(spec_.inputs) : ops_[static_cast<size_t>(tensor) - 1]->out_size();
}

// Where each operation's output is: its own buffer, or its input where it changes nothing.
void Engine::lay_out(bool training) {
  values_ = buffers_;
  inputs_.resize(ops_.size());
  for (size_t i = 0; i < ops_.size(); ++i) {
    inputs_[i].clear();
    for (int64_t source : ops_[i]->spec.sources) inputs_[i].push_back(values_[static_cast<size_t>(source)]);
    if (ops_[i]->identity(training)) values_[i + 1] = values_[static_cast<size_t>(ops_[i]->spec.sources[0])];
  }
}

}  // namespace clarinet
