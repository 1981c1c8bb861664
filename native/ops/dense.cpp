// Fully connected: y = x W + b, W (inputs, units); dx = dy W^T, dW = x^T dy, db = sum of dy over rows.
#include <algorithm>
#include <cstring>
#include <vector>

#include "../memory.hpp"
#include "ops.hpp"

namespace clarinet {
namespace {

// Floats of a piece of dW: it stays in the first-level cache between its product and its update.
constexpr long kPiece = 4096;
constexpr long kGrain = 16;  // rows of dW that are computed together, so that where zeros are skipped is the same for all
// Units a thread, size of W and steps of a run that make up for two barriers a step and for moving W.
constexpr long kHomeUnits = 32, kHomeSize = 16384, kHomeSteps = 8;
constexpr long kBlock = 64;  // rows (and inputs) that dx is computed for at a time

class Dense : public Op {
 public:
  Dense(const OpSpec& spec, float* params)
      : Op(spec), inputs_(spec.inputs), units_(spec.outputs), kernel_(params + spec.weights[0].offset) {
    bias_ = spec.weights.size() > 1 ? params + spec.weights[1].offset : nullptr;
  }

  long scratch(long rows) const override {
    const long at_once = std::min(rows * static_cast<long>(spec.rows), kBlock);
    return std::max({kPiece, kGrain * piece_columns(), (units_ + kBlock) * at_once});
  }
  bool in_place() const override { return false; }
  double work() const override { return static_cast<double>(spec.rows) * inputs_ * units_; }

  void forward(const Pass& pass, const float* x, float* y) override {
    if (!homes_ || !pass.training) {
      const long first = pass.first * spec.rows, rows = (pass.last - pass.first) * spec.rows;
      return multiply(pass, x + first * inputs_, rows, {0, units_}, kernel_, units_, y + first * units_);
    }
    pass.sync();  // all of x is there
    const Range own = share(pass.thread, pass.threads);
    multiply(pass, x, pass.rows * spec.rows, own, home(own).w, own.last - own.first, y);
    pass.sync();
  }

  // As dx^T = W dy^T: W is read as it lies, and only the small dy and dx are transposed.
  void backward(const Pass& pass, const float*, const float*, float* dy, float* dx) override {
    if (!dx) return;
    const long last = pass.last * spec.rows;
    for (long row = pass.first * spec.rows; row < last; row += kBlock) {
      const long rows = std::min(kBlock, last - row);
      float *turned = pass.scratch, *piece = turned + units_ * rows;
      pass.k->transpose(dy + row * units_, units_, rows, units_, turned, rows);
      for (long i = 0; i < inputs_; i += kBlock) {
        Product p{};
        p.rows = std::min(kBlock, inputs_ - i), p.columns = rows, p.depth = units_;
        p.a = kernel_ + i * units_, p.a_row = units_, p.a_step = 1;
        p.b = turned, p.b_step = rows;
        p.c = piece, p.c_row = rows;
        pass.k->product(p);
        pass.k->transpose(piece, rows, p.rows, rows, dx + row * inputs_ + i, inputs_);
      }
    }
  }

  // Threads can share the columns of W instead of the batch: then each has its part of W, and of the optimizer's slots, in
  // its own cache, side by side, and what travels between the threads on every step is x and y. Not where dx is wanted,
  // which takes all of W, nor where something else looks at W during the run.
  bool settle(int threads, long rows, int64_t steps, const Optimizer& optimizer) override {
    const Weight& w = spec.weights[0];
    const bool alone = threads == 1 || !first_trained || optimizer.needs_norm() || w.l1 != 0.0f || w.l2 != 0.0f;
    const bool worth = units_ >= kHomeUnits * threads && w.size >= kHomeSize && rows * spec.rows < 4 * units_;
    homes_ = !alone && worth && steps >= kHomeSteps;
    if (homes_ && !memory_.get()) {
      const Home flat = optimizer.home(w, 0);
      for (int s = 0; s < kSlots; ++s) place_[s] = flat.slots[s] ? ++slots_ : 0;
      memory_ = Buffer(static_cast<size_t>((1 + slots_) * inputs_ * units_));
    }
    return homes_;
  }

  Range share(int thread, int threads) const override {
    const long blocks = (units_ + kGrain - 1) / kGrain;
    return {blocks * thread / threads * kGrain, std::min(units_, blocks * (thread + 1) / threads * kGrain)};
  }

  void adopt(const Pass& pass, const Optimizer& optimizer) override {
    exchange(pass, optimizer, [](float* home, float* flat, size_t bytes) { std::memcpy(home, flat, bytes); });
  }
  void release(const Pass& pass, const Optimizer& optimizer) override {
    exchange(pass, optimizer, [](float* home, float* flat, size_t bytes) { std::memcpy(flat, home, bytes); });
  }

  std::vector<GradientPart> parts() const override {
    std::vector<GradientPart> all{{&spec.weights[0], inputs_, units_, spec.rows}};
    if (bias_) all.push_back({&spec.weights[1], units_, 1, spec.rows});
    return all;
  }

  void gradient(const Pass& pass, int part, long from, long to, const float* x, const float* dy,
                const Sink& sink) override {
    if (part == 0) {
      return homes_ ? kernel_gradient(pass, {0, inputs_}, {from, to}, x, dy, sink)
                    : kernel_gradient(pass, {from, to}, {0, units_}, x, dy, sink);
    }
    pass.k->column_sums(dy + from, pass.rows * spec.rows, units_, to - from, pass.scratch);
    sink.take(spec.weights[1], from, pass.scratch, to - from);
  }

 private:
  // Some columns of y = x W + b for `rows` rows; w is where those of W begin.
  void multiply(const Pass& pass, const float* x, long rows, Range columns, const float* w, long w_row, float* y) const {
    if (rows == 0 || columns.first >= columns.last) return;
    if (units_ == 1) return pass.k->dot(x, rows, inputs_, w, bias_ ? bias_[0] : 0.0f, y);
    Product p{};
    p.rows = rows, p.columns = columns.last - columns.first, p.depth = inputs_;
    p.a = x, p.a_row = inputs_, p.a_step = 1;
    p.b = w, p.b_step = w_row;
    p.c = y + columns.first, p.c_row = units_;
    p.start = bias_ ? bias_ + columns.first : nullptr;
    p.width = units_;
    p.single = pass.rows * spec.rows == 1;
    pass.k->sparse_product(p);
  }

  long piece_columns() const { return std::min(units_, 512L); }

  void kernel_gradient(const Pass& pass, Range rows, Range all, const float* x, const float* dy, const Sink& sink) const {
    const long width = all.last - all.first, columns = std::min(width, piece_columns());
    if (width <= 0) return;
    if (units_ == 1) return vector_gradient(pass, rows, x, dy, sink);
    if (!homes_ && pass.rows * spec.rows == 1 && sink.plain(spec.weights[0]))
      return pass.k->descend(sink.optimizer.rate(), x + rows.first, rows.last - rows.first, dy, units_,
                             sink.optimizer.home(spec.weights[0], rows.first * units_).w);
    const long height = std::max(kGrain, kPiece / columns / kGrain * kGrain);
    for (long i = rows.first; i < rows.last; i += height) {
      Product p{};
      p.rows = std::min(height, rows.last - i), p.depth = pass.rows * spec.rows;
      p.a = x + i, p.a_row = 1, p.a_step = inputs_;
      p.b_step = units_;
      p.c = pass.scratch;
      p.width = units_;
      for (long j = all.first; j < all.last; j += columns) {
        p.columns = p.c_row = std::min(columns, all.last - j);
        p.b = dy + j;
        pass.k->sparse_product(p);
        hand_over(p, i, j, all, sink);
      }
    }
  }

  // Of a single unit: as a row, so that x is read as it lies.
  void vector_gradient(const Pass& pass, Range rows, const float* x, const float* dy, const Sink& sink) const {
    for (long i = rows.first; i < rows.last; i += kPiece) {
      Product p{};
      p.rows = 1, p.columns = std::min(kPiece, rows.last - i), p.depth = pass.rows * spec.rows;
      p.a = dy, p.a_step = 1;
      p.b = x + i, p.b_step = inputs_;
      p.c = pass.scratch;
      p.width = p.columns;
      pass.k->product(p);
      sink.take(spec.weights[0], i, p.c, p.columns);
    }
  }

  // A piece as wide as what W is kept in lies there in one stretch.
  void hand_over(const Product& p, long i, long j, Range all, const Sink& sink) const {
    const long width = all.last - all.first, from = i * units_ + j;
    const bool whole = p.columns == width;
    if (homes_ && !sink.gradients) {
      Home at = home(all);
      const long offset = i * width + j - all.first;
      at.w += offset;
      for (float*& slot : at.slots) slot = slot ? slot + offset : nullptr;
      const Tile tile = whole ? Tile{1, p.rows * width, 0, 0} : Tile{p.rows, p.columns, 0, p.c_row};
      return sink.take(spec.weights[0], from, tile, p.c, at, width);
    }
    const bool stretch = whole && width == units_;
    sink.take(spec.weights[0], from,
              stretch ? Tile{1, p.rows * units_, 0, 0} : Tile{p.rows, p.columns, units_, p.c_row}, p.c);
  }

  // Where the thread with these columns keeps them: (inputs, columns) of W, then of each slot.
  Home home(Range own) const {
    const long size = inputs_ * (own.last - own.first);
    Home at;
    at.w = memory_.get() + (1 + slots_) * inputs_ * own.first;
    for (int s = 0; s < kSlots; ++s) at.slots[s] = place_[s] ? at.w + place_[s] * size : nullptr;
    return at;
  }

  template <class Copy>
  void exchange(const Pass& pass, const Optimizer& optimizer, Copy copy) const {
    if (!homes_) return;
    const Range own = share(pass.thread, pass.threads);
    const long width = own.last - own.first;
    const Home at = home(own), flat = optimizer.home(spec.weights[0], own.first);
    for (long i = 0; i < inputs_; ++i) {
      const size_t bytes = static_cast<size_t>(width) * sizeof(float);
      copy(at.w + i * width, flat.w + i * units_, bytes);
      for (int s = 0; s < kSlots; ++s)
        if (place_[s]) copy(at.slots[s] + i * width, flat.slots[s] + i * units_, bytes);
    }
  }

  const long inputs_, units_;
  const float *kernel_, *bias_;
  bool homes_ = false;  // whether threads have columns of W at home in this run
  int slots_ = 0, place_[kSlots] = {};  // how many slots there are, and each one's number from 1, 0 for none
  Buffer memory_;
};

}  // namespace

std::unique_ptr<Op> make_dense(const OpSpec& spec, float* params, float*) {
  return std::make_unique<Dense>(spec, params);
}

}  // namespace clarinet
