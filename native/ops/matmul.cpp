// Products of matrices: C (m, n) = A (m, k) B (k, n), `outer` times in a sample. One of the two may be the same for all samples,
// and have the outer axes or not: its gradient is then a sum over the batch, and each thread computes some of its rows.
#include <algorithm>
#include <cmath>

#include "ops.hpp"

namespace clarinet {
namespace {

class Matmul : public Merge {
 public:
  explicit Matmul(const OpSpec& spec)
      : Merge(spec),
        outer_(whole_setting("outer")),
        m_(whole_setting("m")),
        k_(whole_setting("k")),
        n_(whole_setting("n")),
        a_outer_(setting(spec, "a_outer") != 0.0),
        b_outer_(setting(spec, "b_outer") != 0.0),
        a_whole_(numbers(spec.settings, "whole")[0] != 0.0 && !spec.whole),
        b_whole_(numbers(spec.settings, "whole")[1] != 0.0 && !spec.whole) {}

  bool meets(const Pass&) const override { return a_whole_ || b_whole_; }
  double work() const override { return static_cast<double>(outer_ * m_) * n_ * k_; }
  long scratch(long) const override { return k_ * n_; }

  void forward_all(const Pass& pass, const float* const* x, float* y) override {
    if (b_whole_ && !b_outer_) {
      const long from = pass.first * outer_ * m_, rows = (pass.last - pass.first) * outer_ * m_;
      return multiply(pass, rows, n_, k_, x[0] + from * k_, k_, 1, x[1], y + from * n_, false);
    }
    for (long s = pass.first; s < pass.last; ++s)
      for (long o = 0; o < outer_; ++o) multiply(pass, m_, n_, k_, a(x[0], s, o), k_, 1, b(x[1], s, o), c(y, s, o), false);
  }

  void backward_all(const Pass& pass, const float* const* x, const float*, float* dy, float* const* dx) override {
    if (dx[1] && !b_whole_) right(pass, x, dy, dx[1]);
    if (dx[0] && !a_whole_) left(pass, x, dy, dx[0]);
    if (!meets(pass)) return;
    pass.sync();  // all of dy is there
    if (dx[1] && b_whole_) whole_right(pass, x, dy, dx[1]);
    if (dx[0] && a_whole_) whole_left(pass, x, dy, dx[0]);
    pass.sync();
  }

 private:
  long whole_setting(const char* name) const { return static_cast<long>(setting(spec, name)); }
  template <class T>
  T* a(T* x, long s, long o) const {
    return x + ((a_whole_ ? 0 : s) * (a_outer_ ? outer_ : 1) + (a_outer_ ? o : 0)) * m_ * k_;
  }
  template <class T>
  T* b(T* x, long s, long o) const {
    return x + ((b_whole_ ? 0 : s) * (b_outer_ ? outer_ : 1) + (b_outer_ ? o : 0)) * k_ * n_;
  }
  template <class T>
  T* c(T* y, long s, long o) const {
    return y + (s * outer_ + o) * m_ * n_;
  }

  // C = A B, or C += A B
  static void multiply(const Pass& pass, long rows, long columns, long depth, const float* a, long a_row, long a_step,
                       const float* b, float* c, bool adds) {
    if (rows == 0) return;
    Product p{};
    p.rows = rows, p.columns = columns, p.depth = depth;
    p.a = a, p.a_row = a_row, p.a_step = a_step;
    p.b = b, p.b_step = columns;
    p.c = c, p.c_row = columns;
    if (adds) p.start = c, p.start_row = columns;
    p.width = columns;
    pass.k->product(p);
  }
  const float* transposed(const Pass& pass, const float* b) const {
    pass.k->transpose(b, n_, k_, n_, pass.scratch, k_);
    return pass.scratch;
  }

  // dA = dC Bᵀ
  void left(const Pass& pass, const float* const* x, const float* dy, float* dx) const {
    if (b_whole_ && !b_outer_) {
      const long from = pass.first * outer_ * m_, rows = (pass.last - pass.first) * outer_ * m_;
      return multiply(pass, rows, k_, n_, dy + from * n_, n_, 1, transposed(pass, x[1]), dx + from * k_, false);
    }
    for (long s = pass.first; s < pass.last; ++s)
      for (long o = 0; o < outer_; ++o)
        multiply(pass, m_, k_, n_, c(dy, s, o), n_, 1, transposed(pass, b(x[1], s, o)), a(dx, s, o), !a_outer_ && o > 0);
  }
  // dB = Aᵀ dC
  void right(const Pass& pass, const float* const* x, const float* dy, float* dx) const {
    for (long s = pass.first; s < pass.last; ++s)
      for (long o = 0; o < outer_; ++o)
        multiply(pass, k_, n_, m_, a(x[0], s, o), 1, k_, c(dy, s, o), b(dx, s, o), !b_outer_ && o > 0);
  }

  void whole_right(const Pass& pass, const float* const* x, const float* dy, float* dx) const {
    const long from = k_ * pass.thread / pass.threads, rows = k_ * (pass.thread + 1) / pass.threads - from;
    if (!b_outer_ && !a_whole_)
      return multiply(pass, rows, n_, pass.samples * outer_ * m_, x[0] + from, 1, k_, dy, dx + from * n_, false);
    for (long s = 0; s < pass.samples; ++s)
      for (long o = 0; o < outer_; ++o)
        multiply(pass, rows, n_, m_, a(x[0], s, o) + from, 1, k_, c(dy, s, o), b(dx, s, o) + from * n_, s > 0 || (!b_outer_ && o > 0));
  }
  void whole_left(const Pass& pass, const float* const* x, const float* dy, float* dx) const {
    const long from = m_ * pass.thread / pass.threads, rows = m_ * (pass.thread + 1) / pass.threads - from;
    for (long s = 0; s < pass.samples; ++s)
      for (long o = 0; o < outer_; ++o)
        multiply(pass, rows, k_, n_, c(dy, s, o) + from * n_, n_, 1, transposed(pass, b(x[1], s, o)), a(dx, s, o) + from * k_,
                 s > 0 || (!a_outer_ && o > 0));
  }

  const long outer_, m_, k_, n_;
  const bool a_outer_, b_outer_, a_whole_, b_whole_;
};

// y[o, i, …] = x[o, places[i], …]: a sample of x has `outer` times `along` times `inner` numbers, or all samples share them.
class Take : public Merge {
 public:
  explicit Take(const OpSpec& spec)
      : Merge(spec),
        outer_(static_cast<long>(setting(spec, "outer"))),
        along_(static_cast<long>(setting(spec, "along"))),
        inner_(static_cast<long>(setting(spec, "inner"))),
        taken_(static_cast<long>(setting(spec, "taken"))),
        each_(setting(spec, "each") != 0.0),
        x_whole_(numbers(spec.settings, "whole")[0] != 0.0 && !spec.whole),
        places_whole_(numbers(spec.settings, "whole")[1] != 0.0) {}

  bool meets(const Pass&) const override { return x_whole_; }

  void forward_all(const Pass& pass, const float* const* x, float* y) override {
    for (long s = pass.first; s < pass.last; ++s)
      each_entry(x[1], s, [&](long to, long from) { y[s * out_size() + to] = from < 0 ? NAN : x[0][start(s) + from]; });
  }

  void backward_all(const Pass& pass, const float* const* x, const float*, float* dy, float* const* dx) override {
    const auto add = [&](long s, float* sum) {
      each_entry(x[1], s, [&](long to, long from) { if (from >= 0) sum[from] += dy[s * out_size() + to]; });
    };
    const long size = outer_ * along_ * inner_;
    if (dx[1] && !places_whole_) {
      const long many = static_cast<long>(numbers(spec.settings, "in_sizes")[1]);
      std::fill(dx[1] + pass.first * many, dx[1] + pass.last * many, 0.0f);
    }
    if (x_whole_) pass.sync();
    for (long s = pass.first; dx[0] && !x_whole_ && s < pass.last; ++s) {
      std::fill(dx[0] + s * size, dx[0] + (s + 1) * size, 0.0f);
      add(s, dx[0] + s * size);
    }
    if (dx[0] && x_whole_ && pass.thread == 0) {
      std::fill(dx[0], dx[0] + size, 0.0f);
      for (long s = 0; s < pass.samples; ++s) add(s, dx[0]);
    }
    if (x_whole_) pass.sync();
  }

 private:
  long start(long s) const { return x_whole_ ? 0 : s * outer_ * along_ * inner_; }

  // f(entry of the output, entry of x), which is negative where there is none.
  template <class F>
  void each_entry(const float* places, long s, const F& f) const {
    const long own = each_ ? outer_ * taken_ * inner_ : taken_;
    const float* from = places + (places_whole_ ? 0 : s * own);
    for (long o = 0, to = 0; o < outer_; ++o)
      for (long i = 0; i < taken_; ++i)
        for (long k = 0; k < inner_; ++k, ++to) {
          long place = static_cast<long>(from[each_ ? to : i]);
          if (place < 0) place += along_;
          f(to, place < 0 || place >= along_ ? -1 : (o * along_ + place) * inner_ + k);
        }
  }

  const long outer_, along_, inner_, taken_;
  const bool each_, x_whole_, places_whole_;
};

}  // namespace

std::unique_ptr<Op> make_matmul(const OpSpec& spec) { return std::make_unique<Matmul>(spec); }
std::unique_ptr<Op> make_take(const OpSpec& spec) { return std::make_unique<Take>(spec); }

}  // namespace clarinet
