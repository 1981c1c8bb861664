// Fully connected: y = x W + b, W (inputs, units); dx = dy W^T, dW = x^T dy, db = sum of dy over rows.
#include <algorithm>
#include <vector>

#include "ops.hpp"

namespace clarinet {
namespace {

// Floats of a piece of dW: it stays in the first-level cache between its product and its update.
constexpr long kPiece = 4096;
constexpr long kGrain = 16;  // rows of dW that are computed together, so that where zeros are skipped is the same for all
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
    const long first = pass.first * spec.rows, rows = (pass.last - pass.first) * spec.rows;
    if (rows == 0) return;
    Product p{};
    p.rows = rows, p.columns = units_, p.depth = inputs_;
    p.a = x + first * inputs_, p.a_row = inputs_, p.a_step = 1;
    p.b = kernel_, p.b_step = units_;
    p.c = y + first * units_, p.c_row = units_;
    p.start = bias_;
    pass.k.sparse_product(p);
  }

  // As dx^T = W dy^T: W is read as it lies, and only the small dy and dx are transposed.
  void backward(const Pass& pass, const float*, const float*, float* dy, float* dx) override {
    if (!dx) return;
    const long last = pass.last * spec.rows;
    for (long row = pass.first * spec.rows; row < last; row += kBlock) {
      const long rows = std::min(kBlock, last - row);
      float *turned = pass.scratch, *piece = turned + units_ * rows;
      pass.k.transpose(dy + row * units_, units_, rows, units_, turned, rows);
      for (long i = 0; i < inputs_; i += kBlock) {
        Product p{};
        p.rows = std::min(kBlock, inputs_ - i), p.columns = rows, p.depth = units_;
        p.a = kernel_ + i * units_, p.a_row = units_, p.a_step = 1;
        p.b = turned, p.b_step = rows;
        p.c = piece, p.c_row = rows;
        pass.k.product(p);
        pass.k.transpose(piece, rows, p.rows, rows, dx + row * inputs_ + i, inputs_);
      }
    }
  }

  std::vector<GradientPart> parts() const override {
    std::vector<GradientPart> all{{&spec.weights[0], inputs_, units_, spec.rows}};
    if (bias_) all.push_back({&spec.weights[1], units_, 1, spec.rows});
    return all;
  }

  void gradient(const Pass& pass, int part, long from, long to, const float* x, const float* dy,
                const Sink& sink) override {
    if (part == 0) return kernel_gradient(pass, from, to, x, dy, sink);
    pass.k.column_sums(dy + from, pass.rows * spec.rows, units_, to - from, pass.scratch);
    sink.take(spec.weights[1], from, pass.scratch, to - from);
  }

 private:
  long piece_columns() const { return std::min(units_, 512L); }

  void kernel_gradient(const Pass& pass, long from, long to, const float* x, const float* dy, const Sink& sink) {
    const long columns = piece_columns();
    const long height = std::max(kGrain, kPiece / columns / kGrain * kGrain);
    for (long i = from; i < to; i += height) {
      Product p{};
      p.rows = std::min(height, to - i), p.depth = pass.rows * spec.rows;
      p.a = x + i, p.a_row = 1, p.a_step = inputs_;
      p.b_step = units_;
      p.c = pass.scratch;
      for (long j = 0; j < units_; j += columns) {
        p.columns = std::min(columns, units_ - j);
        p.b = dy + j;
        p.c_row = p.columns;
        pass.k.sparse_product(p);
        hand_over(p, i, j, sink);
      }
    }
  }

  // A piece that is as wide as W lies in one stretch there, a narrower one row by row.
  void hand_over(const Product& p, long i, long j, const Sink& sink) const {
    if (p.columns == units_) return sink.take(spec.weights[0], i * units_, p.c, p.rows * units_);
    for (long r = 0; r < p.rows; ++r) sink.take(spec.weights[0], (i + r) * units_ + j, p.c + r * p.c_row, p.columns);
  }

  const long inputs_, units_;
  const float *kernel_, *bias_;
};

}  // namespace

std::unique_ptr<Op> make_dense(const OpSpec& spec, float* params, float*) {
  return std::make_unique<Dense>(spec, params);
}

}  // namespace clarinet
