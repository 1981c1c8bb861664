// Batch normalisation over the last axis: u = (x - mean) / sqrt(variance + epsilon), y = gamma u + beta.
//
// While training the columns are shared out among the threads for the statistics, between barriers; a frozen layer uses
// the moving ones throughout. Where a mask comes along, the statistics are those of the rows that it leaves.
#include <algorithm>
#include <cmath>

#include "ops.hpp"

namespace clarinet {
namespace {

constexpr long kGrain = 16;  // columns are shared out by whole cache lines

class BatchNormalization : public Op {
 public:
  explicit BatchNormalization(const OpSpec& spec)
      : Op(spec),
        features_(spec.outputs),
        epsilon_(static_cast<float>(setting(spec, "epsilon"))),
        momentum_(static_cast<float>(setting(spec, "momentum"))),
        rest_(static_cast<float>(1.0 - setting(spec, "momentum"))),
        batch_statistics_(setting(spec, "trainable") != 0.0),
        has_gamma_(setting(spec, "scale") != 0.0),
        has_beta_(setting(spec, "center") != 0.0),
        masked_(has(spec, "masked")),
        moving_mean_(spec.state[0].data),
        moving_variance_(spec.state[1].data) {
    gamma_ = has_gamma_ ? spec.weights[0].data : nullptr;
    beta_ = has_beta_ ? spec.weights[has_gamma_ ? 1 : 0].data : nullptr;
    if (masked_) each_ = static_cast<long>(spec.positions) / static_cast<long>(numbers(spec.settings, "in_sizes")[1]);
    for (std::vector<float>* v : {&mean_, &variance_, &inverse_, &scale_, &shift_, &sum_dy_, &sum_dy_u_, &b_, &c_, &zeros_})
      v->assign(static_cast<size_t>(features_), 0.0f);
  }

  double work() const override { return 4.0 * out_size(); }
  bool meets(const Pass&) const override { return true; }

  bool leads(size_t input, bool) const override { return input == 0; }
  void reserve(long samples, int) override {
    if (masked_) left_.resize(static_cast<size_t>(samples * out_size()));
  }

  void forward(const Pass& pass, const float* x, float* y) override { forward_all(pass, &x, y); }
  void backward(const Pass& pass, const float* x, const float* y, float* dy, float* dx) override {
    backward_all(pass, &x, y, dy, &dx);
  }

  void forward_all(const Pass& pass, const float* const* xs, float* y) override {
    const float* x = xs[0];
    const Columns own = columns(pass);
    pass.sync();  // all of x is there, and no thread still uses the columns' constants
    if (of_batch(pass) && masked_) {
      moments_of_left(pass, x, xs[1], own);
    } else if (of_batch(pass)) {
      pass.k->moments(x + own.first, pass.samples * spec.positions, features_, own.count, mean_.data() + own.first,
                     variance_.data() + own.first);
    } else {
      for (long j = own.first; j < own.first + own.count; ++j) {
        mean_[j] = moving_mean_[j];
        variance_[j] = moving_variance_[j];
      }
    }
    for (long j = own.first; j < own.first + own.count; ++j) {
      inverse_[j] = 1.0f / std::sqrt(variance_[j] + epsilon_);
      scale_[j] = gamma_ ? gamma_[j] * inverse_[j] : inverse_[j];
      shift_[j] = beta_ ? beta_[j] : 0.0f;
    }
    pass.sync();
    const long first = pass.first * out_size();
    pass.k->normalize(x + first, (pass.last - pass.first) * spec.positions, features_, mean_.data(), scale_.data(),
                     shift_.data(), y + first);
  }

  void backward_all(const Pass& pass, const float* const* xs, const float*, float* dy, float* const* dxs) override {
    const float* x = xs[0];
    float* dx = dxs[0];
    const Columns own = columns(pass);
    const long j0 = own.first;
    pass.sync();  // all of dy is there
    pass.k->normalize_sums(dy + j0, x + j0, pass.samples * spec.positions, features_, own.count, mean_.data() + j0,
                          inverse_.data() + j0, sum_dy_.data() + j0, sum_dy_u_.data() + j0);
    const long left = masked_ ? std::max(1L, rows_left(pass, xs[1])) : pass.samples * spec.positions;
    const float share = of_batch(pass) ? 1.0f / static_cast<float>(left) : 0.0f;
    for (long j = j0; j < j0 + own.count; ++j) {
      b_[j] = -share * sum_dy_[j];
      c_[j] = -share * inverse_[j] * sum_dy_u_[j];
    }
    pass.sync();
    const long first = pass.first * out_size();
    if (dx && masked_) return back_to_left(pass, x, xs[1], dy, dx);
    if (dx)
      pass.k->normalize_back(dy + first, x + first, (pass.last - pass.first) * spec.positions, features_, mean_.data(),
                            scale_.data(), b_.data(), c_.data(), dx + first);
  }

  bool keeps() const override { return true; }
  void keep(const Pass& pass) override {
    if (!batch_statistics_) return;
    const Columns own = columns(pass);
    for (long j = own.first; j < own.first + own.count; ++j) {
      moving_mean_[j] = momentum_ * moving_mean_[j] + rest_ * mean_[j];
      moving_variance_[j] = momentum_ * moving_variance_[j] + rest_ * variance_[j];
    }
  }

  std::vector<GradientPart> parts() const override {
    std::vector<GradientPart> all;
    for (const Weight& weight : spec.weights) all.push_back({&weight, features_, 1, 0});
    return all;
  }

  void gradient(const Pass&, int part, long from, long to, const float*, const float*, const Sink& sink) override {
    std::vector<float>& sums = has_gamma_ && part == 0 ? sum_dy_u_ : sum_dy_;
    sink.take(spec.weights[part], from, sums.data() + from, to - from);
  }

 private:
  struct Columns {
    long first, count;
  };
  Columns columns(const Pass& pass) const {
    const long blocks = (features_ + kGrain - 1) / kGrain;
    const long first = blocks * pass.thread / pass.threads * kGrain;
    const long last = std::min(features_, blocks * (pass.thread + 1) / pass.threads * kGrain);
    return {first, std::max(0L, last - first)};
  }

  bool is_left(const float* mask, long row) const { return mask[row / each_] != 0.0f; }
  long rows_left(const Pass& pass, const float* mask) const {
    long count = 0;
    for (long row = 0; row < pass.samples * spec.positions; ++row) count += is_left(mask, row);
    return count;
  }

  // The statistics of a thread's columns: rows that count are brought together.
  void moments_of_left(const Pass& pass, const float* x, const float* mask, Columns own) {
    long count = 0;
    for (long row = 0; row < pass.samples * spec.positions; ++row)
      if (is_left(mask, row)) std::copy_n(x + row * features_ + own.first, own.count, left_.data() + count++ * features_ + own.first);
    if (count > 0)
      return pass.k->moments(left_.data() + own.first, count, features_, own.count, mean_.data() + own.first,
                             variance_.data() + own.first);
    std::fill_n(mean_.begin() + own.first, own.count, 0.0f);
    std::fill_n(variance_.begin() + own.first, own.count, 0.0f);
  }

  // Rows that are in no statistics are not moved by them.
  void back_to_left(const Pass& pass, const float* x, const float* mask, const float* dy, float* dx) const {
    for (long row = pass.first * spec.positions, last = pass.last * spec.positions; row < last;) {
      const bool left = is_left(mask, row);
      long end = row + 1;
      while (end < last && is_left(mask, end) == left) ++end;
      const long at = row * features_;
      pass.k->normalize_back(dy + at, x + at, end - row, features_, mean_.data(), scale_.data(), (left ? b_ : zeros_).data(),
                             (left ? c_ : zeros_).data(), dx + at);
      row = end;
    }
  }

  // Whether the statistics are the batch's.
  bool of_batch(const Pass& pass) const { return trains(pass.training) && batch_statistics_; }

  const long features_;
  const float epsilon_, momentum_, rest_;
  const bool batch_statistics_, has_gamma_, has_beta_, masked_;
  long each_ = 1;  // rows to a number of the mask
  float *moving_mean_, *moving_variance_;
  const float *gamma_, *beta_;
  std::vector<float> mean_, variance_, inverse_, scale_, shift_, sum_dy_, sum_dy_u_, b_, c_, zeros_;
  std::vector<float> left_;  // of the batch, the rows that count
};

}  // namespace

std::unique_ptr<Op> make_batch_normalization(const OpSpec& spec) {
  return std::make_unique<BatchNormalization>(spec);
}

}  // namespace clarinet
