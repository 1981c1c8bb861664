// Rows of a table by their ids; the gradient of a row is the sum over the positions with its id, in order.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "ops.hpp"

namespace clarinet {
namespace {

constexpr long kPiece = 4096;  // floats of a piece of the gradient, which stays in the first-level cache
constexpr long kLine = 16;     // numbers of a line of the cache

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
  void reserve(long samples, int threads) override {
    all_ = static_cast<size_t>(samples * spec.positions);
    numbers_.resize(all_);
    links_.resize(all_ * static_cast<size_t>(threads));
    first_.resize(static_cast<size_t>(ids_ + kLine * (threads + 1)));
  }

  void forward(const Pass& pass, const float* x, float* y) override {
    for (long i = pass.first * spec.positions; i < pass.last * spec.positions; ++i) {
      const long id = id_of(x[i]);
      numbers_[static_cast<size_t>(i)] = static_cast<int32_t>(id);
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

  void gradient(const Pass& pass, int, long from, long to, const float*, const float* dy, const Sink& sink) override {
    const Link* links = note_positions(pass, from, to);
    const long height = std::max(1L, kPiece / width_);
    for (long first = from; first < to; first += height) {
      const long rows = std::min(height, to - first);
      std::fill(pass.scratch, pass.scratch + rows * width_, 0.0f);
      for (long r = 0; r < rows; ++r)
        for (int32_t at = first_[static_cast<size_t>(first + r)]; at >= 0; at = links[at].next)
          add(dy + links[at].position * width_, pass.scratch + r * width_, width_);
      sink.take(spec.weights[0], first * width_, pass.scratch, rows * width_);
    }
  }

 private:
  struct Link {  // of a chain of positions: one of them, and the number of the next link
    int32_t position, next;
  };

  long id_of(float x) const {
    const long id = std::lrint(x);
    return id >= 0 && id < ids_ ? id : -1;
  }

  static void add(const float* __restrict from, float* __restrict to, long n) {
    for (long j = 0; j < n; ++j) to[j] += from[j];
  }

  // For each of the ids [from, to) a chain of its positions, first to last. What has another id is noted too, and forgotten, as
  // whether it has cannot be foreseen.
  const Link* note_positions(const Pass& pass, long from, long to) {
    Link* links = links_.data() + all_ * static_cast<size_t>(pass.thread);
    const size_t other = static_cast<size_t>(ids_ + kLine * (pass.thread + 1));
    std::fill(first_.begin() + from, first_.begin() + to, -1);
    int32_t count = 0;
    for (long i = pass.samples * spec.positions; i-- > 0;) {
      const int32_t id = numbers_[static_cast<size_t>(i)];
      const bool own = id >= from && id < to;
      int32_t& first = first_[own ? static_cast<size_t>(id) : other];
      links[count] = {static_cast<int32_t>(i), first};
      first = count;
      count += own;
    }
    return links;
  }

  const long width_, ids_;
  const float* table_;
  size_t all_ = 0;               // positions of a batch
  std::vector<int32_t> numbers_, first_;  // their ids; of each id the number of its chain's first link
  std::vector<Link> links_;      // of each thread
};

}  // namespace

std::unique_ptr<Op> make_embedding(const OpSpec& spec) {
  return std::make_unique<Embedding>(spec);
}

}  // namespace clarinet
