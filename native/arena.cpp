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
  long most = 0;
  for (size_t tensor = 0; tensor < spec_.tensors(); ++tensor) most = std::max(most, size_of(tensor));
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
  objectives_.reserve(samples);
  if (placed_) row_pointers_.resize(static_cast<size_t>(samples * threads)), zeros_ = Buffer(static_cast<size_t>(size_of(*placed_)));
  ahead_.resize(static_cast<size_t>(threads) * spec_.inputs.size());
  carve_arena(samples);
  long each = 4096;
  for (const Result& result : results_) each = std::max(each, size_of(result.tensor));
  for (const auto& op : ops_) each = std::max(each, op->scratch(samples));
  scratch_each_ = static_cast<long>(Buffer::rounded(static_cast<size_t>(each)));
  scratch_ = Buffer(static_cast<size_t>(scratch_each_ * threads));
  inner_deltas_ = Buffer(static_cast<size_t>(inner_each_ * threads));
  layer_numbers_.resize(spec_.layers.size());
}

void Engine::carve_arena(long samples) {
  auto floats = [&](size_t tensor) { return Buffer::rounded(static_cast<size_t>((whole_[tensor] ? 1 : samples) * size_of(tensor))); };
  size_t total = 0;
  for (size_t tensor = 0; tensor < spec_.inputs.size(); ++tensor) total += floats(tensor);
  for (size_t i = 0; i < ops_.size(); ++i) {
    total += (inner_[spec_.given_by(i)] < 0 ? 2 : 1) * floats(spec_.given_by(i));
    for (int64_t source : ops_[i]->spec.sources) total += floats(static_cast<size_t>(source));
  }
  for (const Result& result : results_) total += (result.activation ? 2 : 1) * floats(result.tensor) + floats(result.judged);
  arena_ = Buffer(total);
  float* next = arena_.get();
  auto take = [&](size_t tensor) {
    float* place = next;
    next += floats(tensor);
    return place;
  };
  buffers_.clear();
  for (size_t tensor = 0; tensor < spec_.inputs.size(); ++tensor) buffers_.push_back(take(tensor));
  whole_deltas_.assign(buffers_.size(), nullptr);
  for (size_t i = 0; i < ops_.size(); ++i) {
    buffers_.push_back(take(spec_.given_by(i)));
    whole_deltas_.push_back(inner_[spec_.given_by(i)] < 0 ? take(spec_.given_by(i)) : nullptr);
  }
  for (Result& result : results_)
    if (result.activation) result.predictions = take(result.tensor);
  spare_ = next;
  place_gradients(samples);
}

// Where losses and operations put gradients. Of those that take a tensor one has its gradient's place, and the others places
// of their own.
void Engine::place_gradients(long samples) {
  float* next = spare_;
  auto take = [&](size_t tensor) {
    float* place = next;
    next += Buffer::rounded(static_cast<size_t>((whole_[tensor] ? 1 : samples) * size_of(tensor)));
    return place;
  };
  deltas_ = whole_deltas_;
  for (size_t tensor = 0; tensor < spec_.inputs.size(); ++tensor)
    if (wanted_[tensor]) deltas_[tensor] = take(tensor);
  std::vector<bool> written(deltas_.size(), false);
  auto place = [&](size_t tensor) {
    const bool others = written[tensor];
    written[tensor] = true;
    return !wanted_[tensor] ? nullptr : others ? take(tensor) : deltas_[tensor];
  };
  for (size_t r = results_.size(); r-- > 0;) results_[r].part = results_[r].learns ? place(start_of(results_[r])) : nullptr;
  parts_.assign(ops_.size(), {});
  for (size_t i = ops_.size(); i-- > 0;) {
    const std::vector<int64_t>& sources = ops_[i]->spec.sources;
    const size_t given = spec_.given_by(i);
    if (!reached_[given] || sources.empty()) continue;
    const size_t first = static_cast<size_t>(sources[0]);
    const bool shares = first >= spec_.inputs.size() && !written[first] && inner_[given] < 0 && ops_[i]->in_place() &&
                        ops_[i]->leads(0, training_) && whole_[first] == whole_[given];
    if (shares) deltas_[first] = deltas_[given];  // it needs no second gradient
    for (size_t j = 0; j < sources.size(); ++j)
      parts_[i].push_back(ops_[i]->leads(j, training_) ? place(static_cast<size_t>(sources[j])) : nullptr);
  }
  note_direct();
}

// Most operations: nothing is chosen or added up, and all gradients are of the whole batch.
void Engine::note_direct() {
  direct_.assign(ops_.size(), false);
  for (size_t i = 0; i < computed_.size(); ++i) {
    const std::vector<int64_t>& sources = ops_[i]->spec.sources;
    bool direct = computed_[i] && !ops_[i]->once() && !parts_[i].empty() && inner_[spec_.given_by(i)] < 0;
    for (size_t j = 0; j < parts_[i].size(); ++j) {
      const size_t taken = static_cast<size_t>(sources[j]);
      direct = direct && inner_[taken] < 0 && (!parts_[i][j] || parts_[i][j] == deltas_[taken]);
    }
    direct_[i] = direct;
  }
}

// Which gradients there are to be, in training or in the halves of a step: there at every output, whether or not it has a
// loss, and perhaps at the inputs too. Else a gradient is wanted where it leads to a trained weight.
void Engine::choose_gradients(bool halved, bool at_inputs, bool training) {
  halved_ = true;  // as long as not all is as in training
  for (size_t r = 0; r < results_.size(); ++r) results_[r].learns = halved || objectives_[r].present();
  at_outputs_ = halved, training_ = training;
  reached_ = reached_tensors();
  wanted_.resize(reached_.size());
  for (size_t tensor = 0; tensor < wanted_.size(); ++tensor)
    wanted_[tensor] = reached_[tensor] && (at_inputs || trained_[tensor]);
  for (auto& op : ops_) {
    const auto& sources = op->spec.sources;
    op->first_trained = std::none_of(sources.begin(), sources.end(), [&](int64_t s) { return wanted_[static_cast<size_t>(s)]; });
    if (!op->first_trained) op->reserve_input_gradient(capacity_threads_);
  }
  updater_.reach(reached_);
  if (capacity_ > 0) place_gradients(capacity_);
  halved_ = halved;
}

// The tensors that lead to a result that learns.
std::vector<bool> Engine::reached_tensors() const {
  std::vector<bool> reached(spec_.tensors(), false);
  for (const Result& result : results_)
    if (result.learns) reached[start_of(result)] = true;
  for (size_t i = ops_.size(); i-- > 0;) {
    const std::vector<int64_t>& sources = ops_[i]->spec.sources;
    if (ops_[i]->adds_loss() && ops_[i]->runs(training_, !at_outputs_)) reached[spec_.given_by(i)] = true;
    for (size_t j = 0; j < sources.size(); ++j)
      if (reached[spec_.given_by(i)] && ops_[i]->leads(j, training_)) reached[static_cast<size_t>(sources[j])] = true;
  }
  return reached;
}

long Engine::size_of(size_t tensor) const {
  const size_t inputs = spec_.inputs.size();
  return tensor < inputs ? static_cast<long>(spec_.inputs[tensor]) : ops_[tensor - inputs]->out_size();
}

// Where each operation's output is: its own buffer, or its input where it changes nothing.
void Engine::lay_out(bool training) {
  values_ = buffers_;
  inputs_.resize(ops_.size());
  computed_.assign(ops_.size(), true);
  for (size_t i = 0; i < ops_.size(); ++i) {
    inputs_[i].clear();
    for (int64_t source : ops_[i]->spec.sources) inputs_[i].push_back(values_[static_cast<size_t>(source)]);
    const bool changes = !ops_[i]->identity(ops_[i]->trains(training));
    float*& given = values_[spec_.given_by(i)];
    if (const float* held = ops_[i]->held()) given = const_cast<float*>(held);  // it is only read
    else if (!changes && !inputs_[i].empty()) given = values_[static_cast<size_t>(ops_[i]->spec.sources[ops_[i]->chosen(training)])];
    computed_[i] = changes && !ops_[i]->held();
    if (ops_[i]->keeps() && !inputs_[i].empty()) ops_[i]->see(inputs_[i][0]);
  }
  note_direct();
}

}  // namespace clarinet
