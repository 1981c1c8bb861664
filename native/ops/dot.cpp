// Inner products of two inputs, sample by sample: y[p, q] = sum over k of u[p, k] v[q, k]; du = dy v, dv = dy^T u. k runs along
// one axis of each input, p and q along its other axes; u and v are the inputs with that axis last, perhaps divided by lengths.
#include <algorithm>
#include <cmath>

#include "ops.hpp"

namespace clarinet {
namespace {

constexpr float kShortest = 1e-7f;  // lengths below count as this much

// One input: `before` times `depth` times `after` numbers a sample, which make `rows` rows of `depth`.
struct Side {
  explicit Side(const std::vector<double>& around)
      : before(static_cast<long>(around[0])),
        depth(static_cast<long>(around[1])),
        after(static_cast<long>(around[2])),
        rows(before * after),
        size(rows * depth) {}

  void take(const float* sample, float* to) const {
    for (long p = 0; p < rows; ++p)
      for (long k = 0; k < depth; ++k) to[p * depth + k] = sample[place(p, k)];
  }
  void put_back(const float* from, float* sample) const {
    for (long p = 0; p < rows; ++p)
      for (long k = 0; k < depth; ++k) sample[place(p, k)] = from[p * depth + k];
  }
  void normalize(float* u, float* lengths) const {
    for (long p = 0; p < rows; ++p) {
      float* row = u + p * depth;
      lengths[p] = std::max(kShortest, std::sqrt(inner(row, row)));
      for (long k = 0; k < depth; ++k) row[k] /= lengths[p];
    }
  }
  // The gradient before normalize() from that behind it.
  void normalize_back(const float* u, const float* lengths, float* du) const {
    for (long p = 0; p < rows; ++p) {
      const float* row = u + p * depth;
      float* d = du + p * depth;
      const float along = lengths[p] > kShortest ? inner(row, d) : 0.0f;
      for (long k = 0; k < depth; ++k) d[k] = (d[k] - along * row[k]) / lengths[p];
    }
  }

  const long before, depth, after, rows, size;

 private:
  long place(long p, long k) const { return (p / after * depth + k) * after + p % after; }
  float inner(const float* x, const float* y) const {
    float sum = 0.0f;
    for (long k = 0; k < depth; ++k) sum += x[k] * y[k];
    return sum;
  }
};

class Dot : public Merge {
 public:
  explicit Dot(const OpSpec& spec)
      : Merge(spec),
        a_(numbers(spec.settings, "a")),
        b_(numbers(spec.settings, "b")),
        normalizes_(setting(spec, "normalize") != 0.0) {}

  long scratch(long) const override { return 2 * (a_.size + b_.size) + a_.rows + b_.rows; }
  double work() const override { return static_cast<double>(a_.rows) * b_.rows * a_.depth; }

  void forward_all(const Pass& pass, const float* const* x, float* y) override {
    for (long n = pass.first; n < pass.last; ++n) {
      const Taken t = take(pass, x, n);
      float* to = y + n * out_size();
      if (b_.rows == 1) {
        pass.k->dot(t.u, a_.rows, a_.depth, t.v, 0.0f, to);
        continue;
      }
      pass.k->transpose(t.v, b_.depth, b_.rows, b_.depth, t.dv, b_.rows);
      multiply(pass, a_.rows, b_.rows, a_.depth, t.u, a_.depth, 1, t.dv, to);
    }
  }

  void backward_all(const Pass& pass, const float* const* x, const float*, float* dy, float* const* dx) override {
    for (long n = pass.first; n < pass.last; ++n) {
      const Taken t = take(pass, x, n);
      const float* d = dy + n * out_size();
      if (dx[0]) {
        multiply(pass, a_.rows, a_.depth, b_.rows, d, b_.rows, 1, t.v, t.du);
        if (normalizes_) a_.normalize_back(t.u, t.lengths, t.du);
        a_.put_back(t.du, dx[0] + n * a_.size);
      }
      if (dx[1]) {
        multiply(pass, b_.rows, b_.depth, a_.rows, d, 1, b_.rows, t.u, t.dv);
        if (normalizes_) b_.normalize_back(t.v, t.lengths + a_.rows, t.dv);
        b_.put_back(t.dv, dx[1] + n * b_.size);
      }
    }
  }

 private:
  struct Taken {
    float *u, *v, *du, *dv, *lengths;
  };

  // u and v of sample n, in scratch, and places for their gradients.
  Taken take(const Pass& pass, const float* const* x, long n) const {
    float* u = pass.scratch;
    const Taken t{u, u + a_.size, u + a_.size + b_.size, u + 2 * a_.size + b_.size, u + 2 * (a_.size + b_.size)};
    a_.take(x[0] + n * a_.size, t.u);
    b_.take(x[1] + n * b_.size, t.v);
    if (normalizes_) {
      a_.normalize(t.u, t.lengths);
      b_.normalize(t.v, t.lengths + a_.rows);
    }
    return t;
  }

  static void multiply(const Pass& pass, long rows, long columns, long depth, const float* a, long a_row, long a_step,
                       const float* b, float* c) {
    Product p{};
    p.rows = rows, p.columns = columns, p.depth = depth;
    p.a = a, p.a_row = a_row, p.a_step = a_step;
    p.b = b, p.b_step = columns;
    p.c = c, p.c_row = columns;
    p.width = columns;
    pass.k->product(p);
  }

  const Side a_, b_;
  const bool normalizes_;
};

}  // namespace

std::unique_ptr<Op> make_dot(const OpSpec& spec) { return std::make_unique<Dot>(spec); }

}  // namespace clarinet
