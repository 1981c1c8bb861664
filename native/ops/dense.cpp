// Fully connected: y = x W + b, W (inputs, units); dx = dy W^T, dW = x^T dy, db = sum of dy over rows.
#include <algorithm>
#include <cstring>
#include <vector>

#include "../memory.hpp"
#include "ops.hpp"
#include "panels.hpp"

namespace clarinet {
namespace {

// Floats of a piece of dW, and its columns at most: it stays in the cache between its product and its update.
constexpr long kPiece = 4096, kPieceColumns = 512;
constexpr long kGrain = 16;  // rows of dW that are computed together, so that where zeros are skipped is the same for all
// Rows of dy that are far apart evict each other from the cache, so many columns are copied, unless there are too many rows.
constexpr long kColumns = 128, kMostCopied = 2048;
constexpr long kDeep = 1024;  // rows of dy that come from farther away than a piece of four times the size
// Units a thread, size of W and steps of a run that make up for two barriers a step and for moving W.
constexpr long kLocalUnits = 32, kLocalSize = 16384, kLocalSteps = 8;
constexpr long kHalved = 512;  // numbers of a row that a single unit adds up in halves, which two threads can share
constexpr long kFar = 1 << 17;  // floats of W that do not stay in a thread's own cache from step to step
constexpr long kBlock = 64;     // rows (and inputs) that dx is computed for at a time
constexpr long kMostTurned = 1 << 16;  // floats of W that are transposed for dx: they stay in the second-level cache

class Dense : public Op {
 public:
  explicit Dense(const OpSpec& spec)
      : Op(spec),
        inputs_(spec.inputs),
        units_(spec.outputs),
        half_(units_ == 1 && inputs_ >= kHalved ? inputs_ / 2 / kGrain * kGrain : 0),
        kernel_(spec.weights[0].data) {
    bias_ = spec.weights.size() > 1 ? spec.weights[1].data : nullptr;
  }

  long scratch(long samples) const override {
    const long depth = samples * static_cast<long>(spec.positions);
    const long copy = units_ > kColumns ? std::min(depth, kMostCopied) * piece_columns() : 0;
    const long back = std::max(worth_turning(depth) ? inputs_ * units_ : 0, (units_ + kBlock) * std::min(depth, kBlock));
    return std::max(std::max(piece_size(depth), kGrain * piece_columns()) + copy, back);
  }
  bool in_place() const override { return false; }
  bool meets(const Pass& pass) const override { return local_ ? pass.training : splits_rows(pass); }
  bool takes_row_pointers() const override { return units_ == 1 && spec.positions == 1; }
  bool splits_rows(const Pass& pass) const override { return split_ && row_pointers(pass); }
  bool takes_sparse_rows() const override { return spec.positions == 1; }
  void reserve(long samples, int threads) override {
    if (reads_sparse_rows) cursors_.resize(static_cast<size_t>(samples) * static_cast<size_t>(threads));
    if (half_) halves_ = Buffer(2 * Buffer::rounded(static_cast<size_t>(samples)));
  }
  double work() const override { return static_cast<double>(spec.positions) * inputs_ * units_; }

  void forward(const Pass& pass, const float* x, float* y) override {
    if (sparse(pass)) return multiply_sparse(pass, y);
    if (splits_rows(pass)) return split_dots(pass, y);
    if (!meets(pass)) {
      const long first = pass.first * spec.positions, rows = (pass.last - pass.first) * spec.positions;
      return multiply(pass, x + first * inputs_, rows, {0, units_}, kernel_, units_, y + first * units_);
    }
    pass.sync();  // all of x is there
    const Range own = share(pass.thread, pass.threads);
    multiply(pass, x, pass.samples * spec.positions, own, local_view(own).w, own.last - own.first, y);
    pass.sync();
  }

  // As dx^T = W dy^T: W is read in place, and only the small dy and dx are transposed. Where they are not small, W is.
  void backward(const Pass& pass, const float*, const float*, float* dy, float* dx) override {
    if (!dx) return;
    const long last = pass.last * spec.positions, first = pass.first * spec.positions;
    if (worth_turning(last - first)) return backward_turned(pass, last - first, dy + first * units_, dx + first * inputs_);
    for (long row = pass.first * spec.positions; row < last; row += kBlock) {
      const long rows = std::min(kBlock, last - row);
      float *transposed = pass.scratch, *piece = transposed + units_ * rows;
      pass.k->transpose(dy + row * units_, units_, rows, units_, transposed, rows);
      for (long i = 0; i < inputs_; i += kBlock) {
        Product p{};
        p.rows = std::min(kBlock, inputs_ - i), p.columns = rows, p.depth = units_;
        p.a = kernel_ + i * units_, p.a_row = units_, p.a_step = 1;
        p.b = transposed, p.b_step = rows;
        p.c = piece, p.c_row = rows;
        pass.k->product(p);
        pass.k->transpose(piece, rows, p.rows, rows, dx + row * inputs_ + i, inputs_);
      }
    }
  }

  // Threads can share the columns of W instead of the batch: then each has its part of W, and of the optimizer's slots,
  // contiguous in its own cache, and only x and y travel between the threads on every step. Not if dx is needed, which takes
  // all of W, nor if something else reads W during the run.
  bool plan_local(int threads, long samples, int64_t steps, const Optimizer& optimizer) override {
    const Weight& w = spec.weights[0];
    const bool alone = threads == 1 || !first_trained || shares_weights || optimizer.needs_whole() || w.l1 != 0.0f || w.l2 != 0.0f ||
                       !w.constraint.empty();
    const bool worth = units_ >= kLocalUnits * threads && w.size >= kLocalSize && samples * spec.positions < 4 * units_;
    local_ = false;
    split_ = half_ && threads == 2 && reads_row_pointers && !shares_weights;
    if (split_) return true;
    if (alone || !worth || steps < kLocalSteps) return false;
    if (!memory_.get()) {
      const WeightView flat = optimizer.view(w, 0);
      slots_ = 0;
      for (int s = 0; s < kSlots; ++s) place_[s] = flat.slots[s] ? ++slots_ : 0;
      memory_ = Buffer(static_cast<size_t>((1 + slots_) * inputs_ * units_));
    }
    return local_ = true;
  }

  Range share(int thread, int threads) const override {
    if (split_) return thread == 0 ? Range{0, half_} : Range{half_, inputs_};
    const long blocks = (units_ + kGrain - 1) / kGrain;
    return {blocks * thread / threads * kGrain, std::min(units_, blocks * (thread + 1) / threads * kGrain)};
  }

  void load_local(const Pass& pass, const Optimizer& optimizer) override {
    exchange(pass, optimizer, [](float* local, float* flat, size_t bytes) { std::memcpy(local, flat, bytes); });
  }
  void store_local(const Pass& pass, const Optimizer& optimizer) override {
    exchange(pass, optimizer, [](float* local, float* flat, size_t bytes) { std::memcpy(flat, local, bytes); });
  }

  std::vector<GradientPart> parts() const override {
    std::vector<GradientPart> all{{&spec.weights[0], inputs_, units_, spec.positions}};
    if (bias_) all.push_back({&spec.weights[1], units_, 1, spec.positions});
    return all;
  }

  void gradient(const Pass& pass, int part, long from, long to, const float* x, const float* dy,
                const Sink& sink) override {
    if (part == 0) {
      return local_ ? kernel_gradient(pass, {0, inputs_}, {from, to}, x, dy, sink)
                    : kernel_gradient(pass, {from, to}, {0, units_}, x, dy, sink);
    }
    pass.k->column_sums(dy + from, pass.samples * spec.positions, units_, to - from, pass.scratch);
    sink.take(spec.weights[1], from, pass.scratch, to - from);
  }

 private:
  bool worth_turning(long rows) const {
    return inputs_ * units_ <= kMostTurned && rows * (inputs_ + units_) > 2 * inputs_ * units_ && units_ > 1;
  }
  void backward_turned(const Pass& pass, long rows, const float* dy, float* dx) const {
    const Panels turned{pass.scratch, units_, inputs_, Panels::best(pass)};
    turned.turn(pass, kernel_, units_, units_);
    for (long i = 0; i < rows; i += kBlock)
      turned.multiply(pass, {std::min(kBlock, rows - i), nullptr}, 0, units_, dy + i * units_, units_, nullptr, 0, dx + i * inputs_,
                      inputs_);
  }

  // Some columns of y = x W + b for `rows` rows; w is where those of W begin.
  void multiply(const Pass& pass, const float* x, long rows, Range columns, const float* w, long w_row, float* y) const {
    if (rows == 0 || columns.first >= columns.last) return;
    if (units_ == 1) return dots(pass, x, rows, w, y);
    Product p{};
    p.rows = rows, p.columns = columns.last - columns.first, p.depth = inputs_;
    p.a = x, p.a_row = inputs_, p.a_step = 1;
    p.b = w, p.b_step = w_row;
    p.c = y + columns.first, p.c_row = units_;
    p.start = bias_ ? bias_ + columns.first : nullptr;
    p.width = units_;
    p.single = pass.samples * spec.positions == 1;
    pass.k->sparse_product(p);
  }

  // Pointers to the rows of x, if they are not at x.
  const float* const* row_pointers(const Pass& pass) const { return reads_row_pointers ? pass.row_pointers : nullptr; }

  float bias() const { return bias_ ? bias_[0] : 0.0f; }

  // Of a single unit.
  void dots(const Pass& pass, const float* x, long rows, const float* w, float* y) const {
    const float* const* pointers = row_pointers(pass);
    if (!pointers && !half_) return pass.k->dot(x, rows, inputs_, w, bias(), y);
    for (long i = 0; i < rows; ++i) {
      if (pointers) pass.prefetcher[spec.sources[0]].prefetch_after(pass.first + i);
      const float* row = pointers ? pointers[pass.first + i] : x + i * inputs_;
      if (half_) pass.k->dot(row, 1, half_, w, bias(), y + i);
      pass.k->dot(row + half_, 1, inputs_ - half_, w + half_, half_ ? y[i] : bias(), y + i);
    }
  }

  // The same on two threads, each with its half of all rows and of W: so nobody reads what the other one has in its cache.
  void split_dots(const Pass& pass, float* y) const {
    const Range own = share(pass.thread, pass.threads);
    float *first = halves_.get(), *second = first + Buffer::rounded(static_cast<size_t>(pass.samples));
    for (long i = 0; i < pass.samples; ++i) {
      pass.prefetcher[spec.sources[0]].prefetch_after(i);
      pass.k->dot(pass.row_pointers[i] + own.first, 1, own.last - own.first, kernel_ + own.first, pass.thread == 0 ? bias() : 0.0f,
                  (pass.thread == 0 ? first : second) + i);
    }
    pass.sync();
    for (long i = pass.first; i < pass.last; ++i) y[i] = first[i] + second[i];
  }

  static long piece_size(long depth) { return depth < kDeep ? kPiece : 4 * kPiece; }
  long piece_columns() const { return std::min(units_, kPieceColumns); }

  void kernel_gradient(const Pass& pass, Range rows, Range all, const float* x, const float* dy, const Sink& sink) {
    if (all.first >= all.last) return;
    if (sparse(pass)) return sparse_gradient(pass, rows, all, dy, sink);
    if (units_ == 1) return vector_gradient(pass, rows, x, dy, sink);
    if (!local_ && pass.samples * spec.positions == 1 && sink.plain(spec.weights[0]))
      return pass.k->rank1_update(sink.optimizer.rate(), x + rows.first, rows.last - rows.first, dy, units_,
                                  sink.optimizer.view(spec.weights[0], rows.first * units_).w);
    const long width = std::min(all.last - all.first, piece_columns());
    const long height = std::max(kGrain, piece_size(pass.samples * spec.positions) / width / kGrain * kGrain);
    for (long j = all.first; j < all.last; j += width) {
      Product p{};
      p.columns = p.c_row = std::min(width, all.last - j), p.depth = pass.samples * spec.positions;
      p.a_row = 1, p.a_step = inputs_;
      p.b = dy + j, p.b_step = units_;
      p.c = pass.scratch;
      p.width = units_;
      const float* copy = copied(p, pass.scratch + height * width);
      for (long i = rows.first; i < rows.last; i += height) {
        p.rows = std::min(height, rows.last - i);
        p.a = x + i;
        PrefetchPlan plan = updated(p, i, j, all, sink);
        p.prefetch = plan.count ? &plan : nullptr;
        by_blocks(pass, p, copy);
        hand_over(p, i, j, all, sink);
      }
    }
  }

  // B by blocks of columns with contiguous rows; nullptr if there are too many rows, or it is no wider.
  const float* copied(const Product& p, float* to) const {
    if (units_ <= kColumns || p.depth > kMostCopied) return nullptr;
    float* next = to;
    for (long j = 0; j < p.columns; j += kColumns) {
      const long columns = std::min(kColumns, p.columns - j);
      for (long k = 0; k < p.depth; ++k, next += columns)
        std::memcpy(next, p.b + k * p.b_step + j, static_cast<size_t>(columns) * sizeof(float));
    }
    return to;
  }

  static void by_blocks(const Pass& pass, Product p, const float* copy) {
    if (!copy) return pass.k->sparse_product(p);
    for (long left = p.columns; left > 0; left -= kColumns, p.c += kColumns, copy += p.columns * p.depth) {
      p.columns = p.b_step = std::min(kColumns, left);
      p.b = copy;
      pass.k->sparse_product(p);
    }
  }

  // Of a single unit: as a row, so that x is read in place.
  void vector_gradient(const Pass& pass, Range rows, const float* x, const float* dy, const Sink& sink) const {
    for (long i = rows.first; i < rows.last; i += kPiece) {
      const long columns = std::min(kPiece, rows.last - i), depth = pass.samples * spec.positions;
      if (const float* const* pointers = row_pointers(pass)) {
        pass.k->weighted_rows(pointers, dy, depth, i, columns, pass.scratch);
      } else {
        Product p{};
        p.rows = 1, p.columns = p.width = columns, p.depth = depth;
        p.a = dy, p.a_step = 1;
        p.b = x + i, p.b_step = inputs_;
        p.c = pass.scratch;
        pass.k->product(p);
      }
      sink.take(spec.weights[0], i, pass.scratch, columns);
    }
  }

  // Whether the rows of x are where they lie, sparse.
  bool sparse(const Pass& pass) const { return reads_sparse_rows && pass.sparse.source; }

  // y = x W + b of sparse rows: the terms of dense ones in the same order, without those that are zero.
  void multiply_sparse(const Pass& pass, float* y) const {
    const bool local = meets(pass);
    const Range own = local ? share(pass.thread, pass.threads) : Range{0, units_};
    const Range rows = local ? Range{0, pass.samples} : Range{pass.first, pass.last};
    const float* w = local ? local_view(own).w : kernel_;
    const long columns = own.last - own.first;
    if (local) pass.sync();  // nobody reads y of the step before any more
    for (long i = rows.first; columns > 0 && i < rows.last; ++i)
      add_rows(pass, pass.sparse[i], w, local ? columns : units_, bias_ ? bias_ + own.first : nullptr, columns,
               y + i * units_ + own.first);
    if (local) pass.sync();
  }

  // dW = x^T dy piece by piece. Each row of x goes on where the piece before ended: its columns increase.
  void sparse_gradient(const Pass& pass, Range rows, Range all, const float* dy, const Sink& sink) {
    int64_t* cursors = cursors_.data() + pass.thread * pass.samples;
    const long width = std::min(all.last - all.first, piece_columns());
    const long height = std::max(kGrain, kPiece / width / kGrain * kGrain);
    Product p{};
    p.c = pass.scratch;
    for (long j = all.first; j < all.last; j += width) {
      for (long s = 0; s < pass.samples; ++s) {
        const SparseRow row = pass.sparse[s];
        cursors[s] = std::lower_bound(row.columns, row.columns + row.count, rows.first) - row.columns;
      }
      p.columns = p.c_row = std::min(width, all.last - j);
      for (long i = rows.first; i < rows.last; i += height) {
        p.rows = std::min(height, rows.last - i);
        add_terms_below(pass, p, i, dy + j, cursors);
        hand_over(p, i, j, all, sink);
      }
    }
  }

  // The gradient of rows [i, i + p.rows) of W in p.c, from the terms that the cursors are at.
  void add_terms_below(const Pass& pass, const Product& p, long i, const float* dy, int64_t* cursors) const {
    std::fill_n(p.c, p.rows * p.columns, 0.0f);
    for (long s = 0; s < pass.samples; ++s) {
      const SparseRow row = pass.sparse[s];
      for (int64_t& at = cursors[s]; at < row.count && row.columns[at] < i + p.rows; ++at) {
        float* c = p.c + (row.columns[at] - i) * p.columns;
        const float* terms[] = {c, dy + s * units_};
        const float times[] = {1.0f, row.values[at]};
        pass.k->weighted_rows(terms, times, 2, 0, p.columns, c);
      }
    }
  }

  // The memory that the update of a piece reads: it is prefetched during the product. Empty if it is in the cache.
  PrefetchPlan updated(const Product& p, long i, long j, Range all, const Sink& sink) const {
    PrefetchPlan plan{};
    if (inputs_ * units_ < kFar || sink.gradients) return plan;
    const WeightView at = local_ ? local_view(all, i, j) : sink.optimizer.view(spec.weights[0], i * units_ + j);
    plan.rows = p.rows, plan.columns = p.columns, plan.apart = local_ ? all.last - all.first : units_;
    plan.tables[plan.count++] = at.w;
    for (const float* slot : at.slots)
      if (slot) plan.tables[plan.count++] = slot;
    return plan;
  }

  // A piece of the full width is contiguous in W.
  void hand_over(const Product& p, long i, long j, Range all, const Sink& sink) const {
    const long width = all.last - all.first, from = i * units_ + j;
    const bool whole = p.columns == width;
    if (local_ && !sink.gradients) {
      const Tile tile = whole ? Tile{1, p.rows * width, 0, 0} : Tile{p.rows, p.columns, 0, p.c_row};
      return sink.take(spec.weights[0], from, tile, p.c, local_view(all, i, j), width);
    }
    const bool stretch = whole && width == units_;
    sink.take(spec.weights[0], from,
              stretch ? Tile{1, p.rows * units_, 0, 0} : Tile{p.rows, p.columns, units_, p.c_row}, p.c);
  }

  // The local memory of the thread with these columns: (inputs, columns) of W, then of each slot.
  WeightView local_view(Range own) const {
    const long size = inputs_ * (own.last - own.first);
    WeightView at;
    at.w = memory_.get() + (1 + slots_) * inputs_ * own.first;
    for (int s = 0; s < kSlots; ++s) at.slots[s] = place_[s] ? at.w + place_[s] * size : nullptr;
    return at;
  }

  // The same from row i and column j on.
  WeightView local_view(Range own, long i, long j) const {
    WeightView at = local_view(own);
    const long offset = i * (own.last - own.first) + j - own.first;
    at.w += offset;
    for (float*& slot : at.slots) slot = slot ? slot + offset : nullptr;
    return at;
  }

  template <class Copy>
  void exchange(const Pass& pass, const Optimizer& optimizer, Copy copy) const {
    if (!local_) return;
    const Range own = share(pass.thread, pass.threads);
    const long width = own.last - own.first;
    const WeightView at = local_view(own), flat = optimizer.view(spec.weights[0], own.first);
    for (long i = 0; i < inputs_; ++i) {
      const size_t bytes = static_cast<size_t>(width) * sizeof(float);
      copy(at.w + i * width, flat.w + i * units_, bytes);
      for (int s = 0; s < kSlots; ++s)
        if (place_[s]) copy(at.slots[s] + i * width, flat.slots[s] + i * units_, bytes);
    }
  }

  const long inputs_, units_;
  const long half_;  // numbers in the first half of a row, where sums are in halves, else 0
  const float *kernel_, *bias_;
  bool local_ = false;  // whether threads have local columns of W in this run
  bool split_ = false;  // whether two threads have a half of W each
  Buffer halves_;       // of the sums
  int slots_ = 0, place_[kSlots] = {};  // the number of slots, and each one's number from 1, 0 for none
  Buffer memory_;
  std::vector<int64_t> cursors_;  // of each thread: where the rows of a sparse batch go on
};

}  // namespace

std::unique_ptr<Op> make_dense(const OpSpec& spec) {
  return std::make_unique<Dense>(spec);
}

}  // namespace clarinet
