// Rows of a table by their ids; the gradient of a row is the sum over the positions with its id, in order.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "ops.hpp"

namespace clarinet {
namespace {

constexpr long kPiece = 4096;  // floats of a piece of the gradient, which stays in the first-level cache

class Embedding : public Op {
 public:
  explicit Embedding(const OpSpec& spec)
      : Op(spec),
        width_(spec.outputs),
        ids_(static_cast<long>(spec.weights[0].size) / width_),
        table_(spec.weights[0].data),
        first_(static_cast<size_t>(ids_)) {}

  bool in_place() const override { return false; }
  long scratch(long) const override { return std::max(kPiece, width_); }
  void reserve(long samples, int) override { next_.resize(static_cast<size_t>(samples * spec.positions)); }

  void forward(const Pass& pass, const float* x, float* y) override {
    for (long i = pass.first * spec.positions; i < pass.last * spec.positions; ++i) {
      const long id = id_of(x[i]);
      if (id < 0) {  // refused before training; seen here, it must not go unnoticed
        std::fill(y + i * width_, y + (i + 1) * width_, NAN);
      } else {
        std::memcpy(y + i * width_, table_ + id * width_, static_cast<size_t>(width_) * sizeof(float));
      }
    }
  }

  void backward(const Pass& pass, const float*, const float*, float*, float* dx) override {
    if (dx) std::fill(dx + pass.first * spec.positions, dx + pass.last * spec.positions, 0.0f);
  }

  std::vector<GradientPart> parts() const override { return {{&spec.weights[0], ids_, width_, 0}}; }

  void gradient(const Pass& pass, int, long from, long to, const float* x, const float* dy, const Sink& sink) override {
    note_positions(pass, from, to, x);
    const long height = std::max(1L, kPiece / width_);
    for (long first = from; first < to; first += height) {
      const long rows = std::min(height, to - first);
      std::fill(pass.scratch, pass.scratch + rows * width_, 0.0f);
      for (long r = 0; r < rows; ++r)
        for (int32_t i = first_[static_cast<size_t>(first + r)]; i >= 0; i = next_[static_cast<size_t>(i)])
          for (long j = 0; j < width_; ++j) pass.scratch[r * width_ + j] += dy[i * width_ + j];
      sink.take(spec.weights[0], first * width_, pass.scratch, rows * width_);
    }
  }

 private:
  long id_of(float x) const {
    const float id = std::nearbyint(x);
    return id >= 0.0f && id < static_cast<float>(ids_) ? static_cast<long>(id) : -1;
  }

  // For each of the ids [from, to) its positions, first to last. A thread writes only the chains of its ids.
  void note_positions(const Pass& pass, long from, long to, const float* x) {
    std::fill(first_.begin() + from, first_.begin() + to, -1);
    for (long i = pass.samples * spec.positions; i-- > 0;) {
      const long id = id_of(x[i]);
      if (id < from || id >= to) continue;
      next_[static_cast<size_t>(i)] = first_[static_cast<size_t>(id)];
      first_[static_cast<size_t>(id)] = static_cast<int32_t>(i);
    }
  }

  const long width_, ids_;
  const float* table_;
  std::vector<int32_t> first_, next_;  // chains of positions: the first of each, and the next
};

}  // namespace

std::unique_ptr<Op> make_embedding(const OpSpec& spec) {
  return std::make_unique<Embedding>(spec);
}

}  // namespace clarinet
