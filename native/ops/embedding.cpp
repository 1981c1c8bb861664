// Rows of a table by their ids; the gradient of a row is the sum over the positions with its id, in order.
#include <algorithm>
#include <cmath>

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
        table_(spec.weights[0].data) {
    while ((2L << shift_) * width_ <= kPiece) ++shift_;
  }

  bool in_place() const override { return false; }
  long scratch(long) const override { return std::max(kPiece, width_); }
  void reserve(long samples, int threads) override {
    numbers_.resize(static_cast<size_t>(samples * spec.positions));
    sorted_.resize(static_cast<size_t>(threads));
    for (Sorted& sorted : sorted_) sorted.positions.resize(numbers_.size()), sorted.ends.resize(static_cast<size_t>(pieces(ids_) + 2));
  }

  void forward(const Pass& pass, const float* x, float* y) override {
    const long first = pass.first * spec.positions, last = pass.last * spec.positions;
    for (long i = first; i < last; ++i) numbers_[static_cast<size_t>(i)] = id_of(x[i]);
    pass.k->take_rows(table_, numbers_.data() + first, last - first, width_, y + first * width_);
  }

  void backward(const Pass& pass, const float*, const float*, float*, float* dx) override {
    if (dx) std::fill(dx + pass.first * spec.positions, dx + pass.last * spec.positions, 0.0f);
  }

  std::vector<GradientPart> parts() const override { return {{&spec.weights[0], ids_, width_, 0}}; }

  void gradient(const Pass& pass, int, long from, long to, const float*, const float* dy, const Sink& sink) override {
    const Sorted& sorted = sort(pass, from, to);
    for (long piece = 0; piece < pieces(to - from); ++piece) {
      const long first = from + (piece << shift_), rows = std::min(1L << shift_, to - first);
      const int32_t begin = piece > 0 ? sorted.ends[static_cast<size_t>(piece - 1)] : 0, end = sorted.ends[static_cast<size_t>(piece)];
      std::fill_n(pass.scratch, rows * width_, 0.0f);
      pass.k->add_rows(dy, sorted.positions.data() + begin, end - begin, numbers_.data(), static_cast<int32_t>(first), width_,
                       pass.scratch);
      sink.take(spec.weights[0], first * width_, pass.scratch, rows * width_);
    }
  }

 private:
  // Positions by the piece of the gradient that they are of, those of a piece first to last.
  struct Sorted {
    std::vector<int32_t> positions, ends;
  };

  int32_t id_of(float x) const {
    const long id = std::lrint(x);
    return id >= 0 && id < ids_ ? static_cast<int32_t>(id) : -1;
  }
  long pieces(long rows) const { return (rows + (1L << shift_) - 1) >> shift_; }

  // Those of the ids [from, to). The others are sorted too, into one place behind, as whether there are any cannot be foreseen.
  const Sorted& sort(const Pass& pass, long from, long to) {
    Sorted& sorted = sorted_[static_cast<size_t>(pass.thread)];
    int32_t* next = sorted.ends.data();
    const uint32_t own = static_cast<uint32_t>(to - from), others = static_cast<uint32_t>(pieces(to - from));
    const auto piece = [&](size_t i) {
      const uint32_t row = static_cast<uint32_t>(numbers_[i]) - static_cast<uint32_t>(from);
      return row < own ? row >> shift_ : others;
    };
    const size_t count = static_cast<size_t>(pass.samples * spec.positions);
    std::fill_n(next, others + 2, 0);
    for (size_t i = 0; i < count; ++i) ++next[piece(i) + 1];
    for (uint32_t p = 0; p < others; ++p) next[p + 1] += next[p];
    for (size_t i = 0; i < count; ++i) sorted.positions[static_cast<size_t>(next[piece(i)]++)] = static_cast<int32_t>(i);
    return sorted;
  }

  const long width_, ids_;
  const float* table_;
  int shift_ = 0;                  // a piece has 2^shift rows
  std::vector<int32_t> numbers_;   // the ids of a batch's positions
  std::vector<Sorted> sorted_;     // of each thread
};

}  // namespace

std::unique_ptr<Op> make_embedding(const OpSpec& spec) {
  return std::make_unique<Embedding>(spec);
}

}  // namespace clarinet
