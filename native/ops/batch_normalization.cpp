// Batch normalisation over the last axis: u = (x - mean) / sqrt(variance + epsilon), y = gamma u + beta.
//
// While training the columns are shared out among the threads for the statistics, between barriers; a frozen layer uses
// the moving ones throughout.
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
        moving_mean_(spec.state[0].data),
        moving_variance_(spec.state[1].data) {
    gamma_ = has_gamma_ ? spec.weights[0].data : nullptr;
    beta_ = has_beta_ ? spec.weights[has_gamma_ ? 1 : 0].data : nullptr;
    for (std::vector<float>* v : {&mean_, &variance_, &inverse_, &scale_, &shift_, &sum_dy_, &sum_dy_u_, &b_, &c_})
      v->assign(static_cast<size_t>(features_), 0.0f);
  }

  double work() const override { return 4.0 * out_size(); }
  bool meets(const Pass&) const override { return true; }

  void forward(const Pass& pass, const float* x, float* y) override {
    const Columns own = columns(pass);
    pass.sync();  // all of x is there, and no thread still uses the columns' constants
    if (of_batch(pass)) {
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

  void backward(const Pass& pass, const float* x, const float*, float* dy, float* dx) override {
    const Columns own = columns(pass);
    const long j0 = own.first;
    pass.sync();  // all of dy is there
    pass.k->normalize_sums(dy + j0, x + j0, pass.samples * spec.positions, features_, own.count, mean_.data() + j0,
                          inverse_.data() + j0, sum_dy_.data() + j0, sum_dy_u_.data() + j0);
    const float share = of_batch(pass) ? 1.0f / static_cast<float>(pass.samples * spec.positions) : 0.0f;
    for (long j = j0; j < j0 + own.count; ++j) {
      b_[j] = -share * sum_dy_[j];
      c_[j] = -share * inverse_[j] * sum_dy_u_[j];
    }
    pass.sync();
    const long first = pass.first * out_size();
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

  // Whether the statistics are the batch's.
  bool of_batch(const Pass& pass) const { return trains(pass.training) && batch_statistics_; }

  const long features_;
  const float epsilon_, momentum_, rest_;
  const bool batch_statistics_, has_gamma_, has_beta_;
  float *moving_mean_, *moving_variance_;
  const float *gamma_, *beta_;
  std::vector<float> mean_, variance_, inverse_, scale_, shift_, sum_dy_, sum_dy_u_, b_, c_;
};

}  // namespace

std::unique_ptr<Op> make_batch_normalization(const OpSpec& spec) {
  return std::make_unique<BatchNormalization>(spec);
}

}  // namespace clarinet
