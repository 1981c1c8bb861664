// Recurrent layers: z = x W + h U + b at every step, then gates and states (recurrence-inl.hpp). Backwards, with dz of all steps:
// dW = x^T dz, dU = h^T dz, db = sum of dz, dx = dz W^T.
//
// The rows of z, of all samples and steps, lie in the order of x: so the inputs' part is one product, and so are both kernels'
// gradients. A row is as wide as the kernels; a GRU's has a fourth part for what h gives to its third gate: g, z, r, q, so that
// what x gives to (g, z, r) and what h gives to (z, r, q) each lie side by side. Backward replaces gates by gradients.
//
// A GRU that resets before its product has r h in the fourth part, of which h's share of g is one more product.
//
// What recurrent dropout leaves of h, for each gate something else, is kept for the recurrent kernel's gradient.
//
// States that are kept from batch to batch begin a row's steps, and are written when the pass is over.
//
// A mask, the last of the inputs, says which steps of a sample count. Nothing is computed at the others: states and the
// gradients at them pass by, and rows of z become zero.
#include "recurrent.hpp"

#include <algorithm>

namespace clarinet {
namespace {

constexpr long kPiece = 16384;       // floats of a piece of a kernel's gradient
constexpr long kGrain = 16;          // rows of it
constexpr long kBlockFloats = 1 << 18;  // of z that a block of samples has, which stay in the second-level cache
constexpr long kLeast = 16;  // samples of a block, at least
constexpr long kWorthCopying = 8;  // steps that make up for copying the recurrent kernel

class Recurrent : public Op {
 public:
  explicit Recurrent(const OpSpec& spec)
      : Op(spec),
        form_(form_of(spec.kind)),
        steps_(static_cast<long>(spec.shape[0])),
        inputs_(static_cast<long>(spec.shape[1])),
        units_(spec.outputs),
        width_(form_.parts * units_),
        columns_(form_.gates * units_),
        sequences_(setting(spec, "sequences") != 0.0),
        packs_(setting(spec, "packs") != 0.0),
        backwards_(setting(spec, "backwards") != 0.0),
        masked_(has(spec, "masked")),
        resets_first_(form_.step == &KernelTable::gru_mix),
        activation_(function_of(spec, "activation.")),
        gate_(function_of(spec, "gate.")),
        dropout_(this->spec, units_, columns_) {}

  bool in_place() const override { return false; }
  double work() const override { return static_cast<double>(steps_) * columns_ * (inputs_ + units_); }

  void reserve(long samples, int) override {
    const size_t all = static_cast<size_t>(samples * steps_);
    z_ = Buffer(all * static_cast<size_t>(width_));
    before_ = Buffer(all * static_cast<size_t>(units_));
    if (masked_) places_.resize(all);
    if (keeps()) last_ = Buffer(static_cast<size_t>(samples * units_)), begun_ = Buffer(static_cast<size_t>(samples * units_));
    dropout_.reserve(samples, all);
    if (!has_cells()) return;
    cells_ = Buffer(all * static_cast<size_t>(units_));
    squashed_ = Buffer(all * static_cast<size_t>(units_));
  }

  // The transposed kernels, and the gradients at the states of a block; or a piece of a gradient.
  long scratch(long) const override {
    return std::max({columns_ * (units_ + inputs_) + 3 * kMost * units_, 2 * width_, kGrain * columns_ + kPiece});
  }

  void forward(const Pass& pass, const float* x, float* y) override { forward_all(pass, &x, y); }
  void backward(const Pass& pass, const float* x, const float* y, float* dy, float* dx) override {
    backward_all(pass, &x, y, dy, &dx);
  }

  void forward_all(const Pass& pass, const float* const* x, float* y) override {
    if (dropping(pass)) dropout_.draw(pass);
    copy_kernel(pass);
    each_block(pass, [&](long first, long rows) {
      take_inputs(pass, x, first, rows);
      begin_states(x, first, rows);
      for (long t = 0; t < steps_; ++t) {
        RecurrentStep s = step(pass, first, rows, t, x);
        take_states(pass, s, first, t);
        if (t + 1 < steps_) {
          s.to[0] = before_.get() + place(first, t + 1) * units_, s.to_row[0] = steps_ * units_;
        } else if (keeps()) {
          s.to[0] = last_.get() + first * units_, s.to_row[0] = units_;
        }
        if (sequences_ || t + 1 == steps_) s.to[1] = y + output(first, t), s.to_row[1] = out_size();
        (pass.k->*form_.step)(s);
      }
      if (!packs_ || !has_cells()) return;
      for (long n = first; n < first + rows; ++n) {
        const float* c = cells_.get() + place(n, steps_ - 1) * units_;
        std::copy(c, c + units_, y + output(n, steps_ - 1) + units_);
      }
    });
  }

  void backward_all(const Pass& pass, const float* const* x, const float*, float* dy, float* const* dx) override {
    const bool copies = worth_copying(pass);
    const Panels turned{pass.scratch, columns_, units_, copies ? Panels::best(pass) : units_};
    const Panels turned_inputs{turned.data + columns_ * units_, columns_, inputs_, copies ? Panels::best(pass) : inputs_};
    float *dh = turned_inputs.data + columns_ * inputs_, *dc = dh + kMost * units_, *part = dc + kMost * units_;
    turned.turn(pass, recurrent(), columns_, columns_);
    if (dx[0]) turn_kernel(pass, turned_inputs);
    each_block(pass, [&](long first, long rows) {
      end_gradients(dy, first, rows, dh, dc);
      for (long t = steps_; t-- > 0;) {
        RecurrentStep s = step(pass, first, rows, t, x);
        if (sequences_ || t + 1 == steps_) s.dy = dy + output(first, t), s.dy_row = out_size();
        s.dh = dh, s.dc = dc;
        (pass.k->*form_.back)(s);
        states_back(pass, s, first, t, turned, part);
      }
      if (dx[0]) {
        const Rows live = live_places(x, first, rows);
        if (masked_) std::fill_n(dx[0] + first * steps_ * inputs_, rows * steps_ * inputs_, 0.0f);
        turned_inputs.multiply(pass, live, 0, columns_, z_.get() + live.from * width_, width_, nullptr, 0,
                               dx[0] + live.from * inputs_, inputs_);
      }
      for (size_t state = 1; state <= given(); ++state)
        if (dx[state]) std::copy_n(state == 1 ? dh : dc, rows * units_, dx[state] + first * units_);
    });
  }

  bool leads(size_t input, bool) const override { return input <= given(); }

  bool keeps() const override { return !spec.state.empty(); }
  bool changes(bool) const override { return true; }
  void keep(const Pass& pass) override {
    const long at = pass.first * units_, n = (pass.last - pass.first) * units_;
    std::copy_n(last_.get() + at, n, spec.state[0].data + at);
    for (long row = pass.first; has_cells() && row < pass.last; ++row)
      std::copy_n(cells_.get() + place(row, steps_ - 1) * units_, units_, spec.state[1].data + row * units_);
  }

  std::vector<GradientPart> parts() const override {
    std::vector<GradientPart> all{{&spec.weights[0], inputs_, columns_, steps_}, {&spec.weights[1], units_, columns_, steps_}};
    if (has_bias()) all.push_back({&spec.weights[2], static_cast<long>(spec.weights[2].size), 1, steps_});
    return all;
  }

  void gradient(const Pass& pass, int part, long from, long to, const float* x, const float*, const Sink& sink) override {
    if (part == 2) return bias_gradient(pass, from, to, sink);
    const long height = std::max(kGrain, kPiece / columns_ / kGrain * kGrain);
    for (long i = from; i < to; i += height) {
      const long rows = std::min(height, to - i);
      if (part == 1) {
        recurrent_gradient(pass, i, rows);
      } else if (!is_gru()) {
        kernel_gradient(pass, rows, columns_, x + i, inputs_, z_.get(), pass.scratch);
      } else {  // the rows' order is g, z, r
        kernel_gradient(pass, rows, 2 * units_, x + i, inputs_, z_.get() + units_, pass.scratch);
        kernel_gradient(pass, rows, units_, x + i, inputs_, z_.get(), pass.scratch + 2 * units_);
      }
      sink.take(spec.weights[static_cast<size_t>(part)], i * columns_, pass.scratch, rows * columns_);
    }
  }

 private:
  // f(group) for those that take h itself, or what dropout leaves of it for each gate.
  template <class F>
  void each_group(const Pass& pass, F f) const {
    const long all = resets_first_ ? 2 * units_ : columns_;
    if (!dropping(pass)) return f(Group{0, all, before_.get(), units_});
    for (long first = 0; first < all; first += units_) f(Group{first, units_, dropout_.left(0) + first, columns_});
  }

  bool dropping(const Pass& pass) const { return dropout_.there() && trains(pass.training); }

  // What the state gives to the pre-activations of a step.
  void take_states(const Pass& pass, const RecurrentStep& s, long first, long t) {
    const Live live(s);
    for (long n = first; dropping(pass) && n < first + s.rows; ++n)
      dropout_.apply(pass, n, place(n, t), before_.get() + place(n, t) * units_);
    each_group(pass, [&](const Group& g) {
      multiply(pass, live, g.first, g.columns, g.h + place(first, t) * g.row, steps_ * g.row, inner(first, t) + g.first);
    });
    if (!resets_first_) return;
    pass.k->gru_reset(s);
    multiply(pass, live, 2 * units_, units_, s.z + 3 * units_, s.z_row, s.z);
  }

  // z += a U[:, first … first + columns)
  void multiply(const Pass& pass, const Rows& rows, long first, long columns, const float* a, long a_row, float* z) const {
    const long z_row = steps_ * width_;
    if (!worth_copying(pass) || rows.count == 1)
      return product(pass, rows, units_, columns, a, a_row, recurrent() + first, columns_, z, z_row, z, z_row);
    copied(pass, first, columns).multiply(pass, rows, 0, units_, a, a_row, z, z_row, z, z_row);
  }

  // Whether many products take the recurrent kernel, each for several rows. A single one has wider tiles.
  bool worth_copying(const Pass& pass) const { return steps_ >= kWorthCopying && pass.last - pass.first > 1; }

  // Where columns of the recurrent kernel are copied to, behind what take_inputs() needs.
  Panels copied(const Pass& pass, long first, long columns) const {
    float* memory = pass.scratch + Buffer::rounded(static_cast<size_t>(2 * width_));
    return {memory + first * units_, units_, columns, Panels::best(pass)};
  }
  void copy_kernel(const Pass& pass) const {
    if (!worth_copying(pass)) return;
    each_group(pass, [&](const Group& g) { copied(pass, g.first, g.columns).copy(recurrent() + g.first, columns_); });
    if (resets_first_) copied(pass, 2 * units_, units_).copy(recurrent() + 2 * units_, columns_);
  }

  // The gradient at the state before a step: what comes through the products is added.
  void states_back(const Pass& pass, RecurrentStep s, long first, long t, const Panels& turned, float* part) const {
    const Live live(s);
    if (resets_first_) {
      turned.multiply(pass, live, 2 * units_, units_, s.z, s.z_row, nullptr, 0, part, units_);
      s.dlooked = part;
      pass.k->gru_reset_back(s);
    }
    each_group(pass, [&](const Group& g) {
      const float* dz = inner(first, t) + g.first;
      if (!dropping(pass)) return turned.multiply(pass, live, g.first, g.columns, dz, s.z_row, s.dh, units_, s.dh, units_);
      turned.multiply(pass, live, g.first, units_, dz, s.z_row, nullptr, 0, part, units_);
      for (long i = 0; i < live.count; ++i) {
        const long n = live.picked ? live.picked[i] : i;
        const float* left = dropout_.factors(first + n) + g.first;
        for (long j = 0; j < units_; ++j) s.dh[n * units_ + j] += part[n * units_ + j] * left[j];
      }
    });
  }

  // Of some rows of the recurrent kernel.
  void recurrent_gradient(const Pass& pass, long i, long rows) const {
    const float* dz = z_.get() + width_ - columns_;
    each_group(pass, [&](const Group& g) {
      kernel_gradient(pass, rows, g.columns, g.h + i, g.row, dz + g.first, pass.scratch + g.first);
    });
    if (resets_first_) kernel_gradient(pass, rows, units_, z_.get() + 3 * units_ + i, width_, z_.get(), pass.scratch + 2 * units_);
  }

  // Initial states among the inputs.
  size_t given() const { return spec.sources.size() - 1 - masked_; }
  const float* mask(const float* const* x) const { return masked_ ? x[given() + 1] : nullptr; }
  // All rows of these samples' x that count.
  Rows live_places(const float* const* x, long first, long rows) {
    const long from = first * steps_, to = from + rows * steps_;
    if (!masked_) return {to - from, nullptr, from};
    long count = from;
    for (long i = from; i < to; ++i)
      if (mask(x)[i] != 0.0f) places_[static_cast<size_t>(count++)] = static_cast<int32_t>(i);
    std::fill(places_.begin() + count, places_.begin() + to, -1);
    return {count - from, places_.data() + from};
  }
  // f(first, rows) for stretches of rows that count, of all samples, in order.
  template <class F>
  void each_stretch(long samples, F f) const {
    if (!masked_) return f(0, samples * steps_);
    for (long i = 0, n = samples * steps_; i < n;) {
      const int32_t first = places_[static_cast<size_t>(i++)];
      if (first < 0) continue;
      long rows = 1;
      for (; i < n && places_[static_cast<size_t>(i)] == first + rows; ++i) ++rows;
      f(static_cast<long>(first), rows);
    }
  }

  bool is_gru() const { return form_.parts != form_.gates; }
  bool has_cells() const { return form_.states > 1; }
  bool has_bias() const { return spec.weights.size() > 2; }
  const float* kernel() const { return spec.weights[0].data; }
  const float* recurrent() const { return spec.weights[1].data; }

  // The number of the row of z, of all samples and steps, where sample n is at its step t.
  long place(long n, long t) const { return n * steps_ + (backwards_ ? steps_ - 1 - t : t); }
  // What h gives to a row of z.
  float* inner(long n, long t) const { return z_.get() + place(n, t) * width_ + width_ - columns_; }
  // Where the output of step t is.
  long output(long n, long t) const { return n * out_size() + (sequences_ ? t * units_ : 0); }

  // f(first, rows) for blocks of this thread's samples.
  template <class F>
  void each_block(const Pass& pass, F f) const {
    const long block = std::clamp(kBlockFloats / (steps_ * width_), kLeast, kMost);
    for (long n = pass.first; n < pass.last; n += block) f(n, std::min(block, pass.last - n));
  }

  // x W + b; what a GRU's h gives begins with its bias.
  void take_inputs(const Pass& pass, const float* const* x, long first, long samples) {
    const Rows rows = live_places(x, first, samples);
    const float *from = x[0] + rows.from * inputs_, *bias = has_bias() ? spec.weights[2].data : nullptr;
    float* z = z_.get() + rows.from * width_;
    if (!is_gru()) return product(pass, rows, inputs_, columns_, from, inputs_, kernel(), columns_, bias, 0, z, width_);
    float *both = pass.scratch, *inside = both + width_;  // biases of z and r; of q
    std::fill(both, both + 2 * width_, 0.0f);
    for (long j = 0; bias && j < 2 * units_; ++j) both[j] = resets_first_ ? bias[j] : bias[j] + bias[columns_ + j];
    if (bias && !resets_first_) std::copy_n(bias + columns_ + 2 * units_, units_, inside);
    product(pass, rows, inputs_, 2 * units_, from, inputs_, kernel(), columns_, both, 0, z + units_, width_);
    product(pass, rows, inputs_, units_, from, inputs_, kernel() + 2 * units_, columns_, bias ? bias + 2 * units_ : nullptr, 0, z,
            width_);
    for (long row = first * steps_; row < (first + samples) * steps_; ++row)
      std::copy_n(inside, units_, z_.get() + row * width_ + 3 * units_);
  }

  void begin_states(const float* const* x, long first, long rows) const {
    for (long n = first; n < first + rows; ++n) {
      float* h = before_.get() + place(n, 0) * units_;
      if (given() > 0) {
        std::copy_n(x[1] + n * units_, units_, h);
      } else if (keeps()) {
        std::copy_n(spec.state[0].data + n * units_, units_, h);
        if (has_cells()) std::copy_n(spec.state[1].data + n * units_, units_, begun_.get() + n * units_);
      } else {
        std::fill_n(h, units_, 0.0f);
      }
    }
  }

  // What forward and backward of step t share.
  RecurrentStep step(const Pass& pass, long first, long rows, long t, const float* const* x) const {
    RecurrentStep s{};
    s.activation = activation_, s.gate = gate_;
    s.rows = rows, s.units = units_;
    if (masked_) s.counts = mask(x) + place(first, t), s.counts_row = steps_;
    s.z = z_.get() + place(first, t) * width_, s.z_row = steps_ * width_;
    s.h = before_.get() + place(first, t) * units_, s.h_row = steps_ * units_;
    s.hidden = s.h, s.hidden_row = s.h_row;
    if (dropping(pass)) {
      s.hidden = dropout_.left(place(first, t)) + columns_ - units_, s.hidden_row = steps_ * columns_;
      s.kept = dropout_.factors(first) + columns_ - units_, s.kept_row = columns_;
    }
    if (!has_cells()) return s;
    s.next_c = cells_.get() + place(first, t) * units_, s.squashed = squashed_.get() + place(first, t) * units_;
    s.c_row = s.next_c_row = s.squashed_row = steps_ * units_;
    if (t > 0) {
      s.c = cells_.get() + place(first, t - 1) * units_;
    } else if (given() > 1) {
      s.c = x[2] + first * units_, s.c_row = units_;
    } else if (keeps() && given() == 0) {
      s.c = begun_.get() + first * units_, s.c_row = units_;
    } else {
      s.c = zeros_.get(), s.c_row = 0;
    }
    return s;
  }

  // The gradients at the states behind the last step, but for the output's.
  void end_gradients(const float* dy, long first, long rows, float* dh, float* dc) const {
    std::fill_n(dh, rows * units_, 0.0f);
    std::fill_n(dc, rows * units_, 0.0f);
    for (long n = 0; packs_ && has_cells() && n < rows; ++n)
      std::copy_n(dy + output(first + n, steps_ - 1) + units_, units_, dc + n * units_);
  }

  // W^T, its rows in the order of a row of z.
  void turn_kernel(const Pass& pass, const Panels& to) const {
    const long first = is_gru() ? 2 * units_ : columns_;  // columns of W that come last in z
    to.turn(pass, kernel(), columns_, first, columns_ - first);
    to.turn(pass, kernel() + first, columns_, columns_ - first);
  }

  void kernel_gradient(const Pass& pass, long rows, long columns, const float* a, long across, const float* dz, float* to) const {
    Product p{};
    p.rows = rows, p.columns = columns;
    p.a_row = 1, p.a_step = across;
    p.b_step = width_;
    p.c = to, p.c_row = columns_;
    p.start_row = columns_;
    p.width = columns_;
    each_stretch(pass.samples, [&](long first, long count) {
      p.a = a + first * across, p.b = dz + first * width_, p.depth = count;
      pass.k->product(p);
      p.start = to;  // the sums go on
    });
    for (long i = 0; !p.start && i < rows; ++i) std::fill_n(to + i * columns_, columns, 0.0f);
  }

  // Of a GRU: the inputs' biases of (z, r, g), then h's of (z, r, q).
  void bias_gradient(const Pass& pass, long from, long to, const Sink& sink) const {
    for (long j = from; j < to;) {
      const long gate = j / units_, end = std::min(to, (gate + 1) * units_);
      const long part = !is_gru() ? gate : gate < 2 ? gate + 1 : gate == 2 ? 0 : gate - 2;
      pass.k->column_sums(z_.get() + part * units_ + j - gate * units_, pass.samples * steps_, width_, end - j, pass.scratch);
      sink.take(spec.weights[2], j, pass.scratch, end - j);
      j = end;
    }
  }

  const Form& form_;
  const long steps_, inputs_, units_, width_, columns_;
  const bool sequences_, packs_, backwards_, masked_, resets_first_;
  const Elementwise activation_, gate_;
  Buffer z_, before_, cells_, squashed_;  // rows of all samples and steps: z, h before the step, c behind it, a(c)
  Buffer last_, begun_;                      // where states are kept: h behind the last step, c before the first
  StateDropout dropout_;
  Buffer zeros_{static_cast<size_t>(units_)};
  std::vector<int32_t> places_;  // of each block's rows, within it: those that count
};

}  // namespace

std::unique_ptr<Op> make_recurrent(const OpSpec& spec) { return std::make_unique<Recurrent>(spec); }

}  // namespace clarinet
