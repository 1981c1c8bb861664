// Attention: for each head y = p v with p = softmax(scale q k^T) over the keys that a query sees; with dp = dy v^T and
// ds = scale p (dp - dy · y): dq = ds k, dk = ds^T q, dv = p^T dy. It takes some queries at a time, so that their scores stay in
// the cache: those of all are never there. Backward computes them again, and knows of each query its largest score and its sum.
#include <algorithm>

#include "../memory.hpp"
#include "ops.hpp"

namespace clarinet {
namespace {

constexpr long kScores = 8192;  // numbers that the scores of some queries take
constexpr long kFewest = 16;    // queries, at least

// A sample of one input: `steps` rows, each of `heads` times `size` numbers.
struct Sequence {
  Sequence(const OpSpec& spec, const char* name, long count, long one)
      : steps(static_cast<long>(setting(spec, name))), heads(count), size(one), row(heads * size), all(steps * row) {}

  template <class T>
  T* head(T* x, long sample, long number) const {
    return x + sample * all + number * size;
  }

  const long steps, heads, size, row, all;
};

class Attention : public Merge {
 public:
  explicit Attention(const OpSpec& spec)
      : Merge(spec),
        q_(spec, "queries", whole("heads"), whole("depth")),
        k_(spec, "keys", whole("shared"), whole("depth")),
        v_(spec, "keys", whole("shared"), whole("width")),
        y_(spec, "queries", whole("heads"), whole("width")),
        each_(q_.heads / k_.heads),
        block_(std::min(q_.steps, std::max(kFewest, kScores / k_.steps / kFewest * kFewest))),
        scale_(static_cast<float>(setting(spec, "scale"))),
        causal_(setting(spec, "causal") != 0.0),
        masked_(spec.sources.size() > 3) {
    if (!masked_) return;
    const std::vector<double> axes = numbers(spec.settings, "mask");  // whether it has heads, queries and keys
    const long steps = axes[1] != 0.0 ? q_.steps : 1;
    mask_step_ = axes[2] != 0.0 ? k_.steps : 1;
    mask_row_ = axes[1] != 0.0 ? mask_step_ : 0;
    mask_head_ = axes[0] != 0.0 ? steps * mask_step_ : 0;
    mask_all_ = numbers(spec.settings, "whole")[3] != 0.0 ? 0 : (axes[0] != 0.0 ? q_.heads : 1) * steps * mask_step_;
  }

  long scratch(long) const override { return k_.steps * (k_.size + v_.size) + block_ * (2 * k_.steps + 1); }
  void reserve(long samples, int) override { sums_.resize(static_cast<size_t>(samples * q_.heads * q_.steps * 2)); }
  bool leads(size_t input, bool) const override { return input < 3; }
  bool by_sample() const override { return true; }
  double work() const override { return static_cast<double>(q_.heads * q_.steps) * k_.steps * (k_.size + v_.size); }

  void forward_all(const Pass& pass, const float* const* x, float* y) override {
    float *turned = pass.scratch, *scores = turned + k_.steps * (k_.size + v_.size);
    for (long n = pass.first; n < pass.last; ++n)
      for (long h = 0; h < q_.heads; ++h) {
        pass.k->transpose(k_.head(x[1], n, h / each_), k_.row, k_.steps, k_.size, turned, k_.steps);
        const float *q = q_.head(x[0], n, h), *v = v_.head(x[2], n, h / each_);
        float* to = y_.head(y, n, h);
        for (long t = 0; t < q_.steps; t += block_) {
          const AttentionRows r = rows(x, n, h, t, scores);
          multiply(pass, {r.rows, r.columns, k_.size}, q + t * q_.row, q_.row, 1, turned, k_.steps, scores, r.columns, false);
          pass.k->attention(r);
          multiply(pass, {r.rows, v_.size, r.columns}, scores, r.columns, 1, v, v_.row, to + t * y_.row, y_.row, false);
          for (long i = 0; i < r.rows; ++i) {
            float* row = to + (t + i) * y_.row;
            pass.k->affine(row, r.sums[2 * i + 1], 0.0f, row, y_.size);
          }
        }
      }
  }

  void backward_all(const Pass& pass, const float* const* x, const float* y, float* dy, float* const* dx) override {
    float *keys = pass.scratch, *values = keys + k_.steps * k_.size, *scores = values + k_.steps * v_.size;
    float *gradients = scores + block_ * k_.steps, *inner = gradients + block_ * k_.steps;
    for (long n = pass.first; n < pass.last; ++n)
      for (long h = 0; h < q_.heads; ++h) {
        const long g = h / each_;
        const float *q = q_.head(x[0], n, h), *k = k_.head(x[1], n, g), *d = y_.head(dy, n, h), *own = y_.head(y, n, h);
        pass.k->transpose(k, k_.row, k_.steps, k_.size, keys, k_.steps);
        pass.k->transpose(v_.head(x[2], n, g), v_.row, k_.steps, v_.size, values, k_.steps);
        for (long t = 0; t < q_.steps; t += block_) {
          AttentionRows r = rows(x, n, h, t, scores);
          r.gradients = gradients;
          multiply(pass, {r.rows, r.columns, k_.size}, q + t * q_.row, q_.row, 1, keys, k_.steps, scores, r.columns, false);
          multiply(pass, {r.rows, r.columns, v_.size}, d + t * y_.row, y_.row, 1, values, k_.steps, gradients, r.columns, false);
          for (long i = t; i < t + r.rows; ++i) pass.k->dot(d + i * y_.row, 1, y_.size, own + i * y_.row, 0.0f, inner + i - t);
          pass.k->attention_back(r, inner);
          const bool adds = t > 0 || h % each_ > 0;
          if (dx[2] && !adds && r.columns < k_.steps) clear(v_, v_.head(dx[2], n, g), r.columns);
          if (dx[1] && !adds && r.columns < k_.steps) clear(k_, k_.head(dx[1], n, g), r.columns);
          if (dx[2]) multiply(pass, {r.columns, v_.size, r.rows}, scores, 1, r.columns, d + t * y_.row, y_.row, v_.head(dx[2], n, g), v_.row, adds);
          if (dx[0]) multiply(pass, {r.rows, k_.size, r.columns}, gradients, r.columns, 1, k, k_.row, q_.head(dx[0], n, h) + t * q_.row, q_.row, false);
          if (dx[1]) multiply(pass, {r.columns, k_.size, r.rows}, gradients, 1, r.columns, q + t * q_.row, q_.row, k_.head(dx[1], n, g), k_.row, adds);
        }
      }
  }

 private:
  struct Sizes {
    long rows, columns, depth;
  };

  long whole(const char* name) const { return static_cast<long>(setting(spec, name)); }

  // Some queries of a head, from number t on. Where nothing but their place hides keys, those that none of them sees are left out.
  AttentionRows rows(const float* const* x, long n, long h, long t, float* scores) {
    AttentionRows r{};
    r.rows = std::min(block_, q_.steps - t);
    r.columns = causal_ && !masked_ ? std::min(k_.steps, t + r.rows) : k_.steps;
    r.first = t, r.causal = causal_, r.scale = scale_, r.scores = scores;
    r.sums = sums_.data() + ((n * q_.heads + h) * q_.steps + t) * 2;
    if (!masked_) return r;
    r.mask = x[3] + n * mask_all_ + h * mask_head_ + t * mask_row_;
    r.mask_row = mask_row_, r.mask_single = mask_step_ == 1;
    return r;
  }

  static void clear(const Sequence& of, float* head, long from) {
    for (long i = from; i < of.steps; ++i) std::fill(head + i * of.row, head + i * of.row + of.size, 0.0f);
  }

  // C = A B, or C += A B
  static void multiply(const Pass& pass, const Sizes& sizes, const float* a, long a_row, long a_step, const float* b, long b_step,
                       float* c, long c_row, bool adds) {
    Product p{};
    p.rows = sizes.rows, p.columns = p.width = sizes.columns, p.depth = sizes.depth;
    p.a = a, p.a_row = a_row, p.a_step = a_step;
    p.b = b, p.b_step = b_step;
    p.c = c, p.c_row = c_row;
    if (adds) p.start = c, p.start_row = c_row;
    pass.k->product(p);
  }

  const Sequence q_, k_, v_, y_;
  const long each_, block_;  // heads of queries for one of keys; queries at a time
  const float scale_;
  const bool causal_, masked_;
  long mask_step_ = 1, mask_row_ = 0, mask_head_ = 0, mask_all_ = 0;
  std::vector<float> sums_;  // of each query the largest score, and 1 over the sum of the exponentials
};

}  // namespace

std::unique_ptr<Op> make_attention(const OpSpec& spec) { return std::make_unique<Attention>(spec); }

}  // namespace clarinet
