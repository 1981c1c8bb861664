// Dropout and similar layers: the random numbers of a step are the words of its key's sequence, as on the reference engine. An
// entry (a channel, or whatever shares a number of the mask) is kept where its word is at least the threshold.
#include <cmath>
#include <cstring>

#include "../draws.hpp"
#include "ops.hpp"

namespace clarinet {
namespace {

class Dropout : public Op {
 public:
  explicit Dropout(const OpSpec& spec)
      : Op(spec),
        channels_(spec.kind == "spatial_dropout"),
        shared_(spec.kind == "shared_dropout"),
        threshold_(static_cast<uint32_t>(setting(spec, "threshold"))),
        scale_(static_cast<float>(setting(spec, "scale"))),
        dropped_(static_cast<float>(setting(spec, "dropped"))),
        shift_(static_cast<float>(setting(spec, "shift"))) {
    if (!shared_) return;
    for (const float place : spec.tables.at(0)) places_.push_back(static_cast<long>(place));
    if (static_cast<long>(places_.size()) != out_size())
      throw std::invalid_argument("shared_dropout: its table is not as large as a sample");
  }

  bool identity(bool training) const override { return !training; }
  double work() const override { return 4.0 * out_size(); }
  bool by_sample() const override { return true; }
  void reserve(long samples, int) override { mask_.resize(static_cast<size_t>(samples * masked())); }

  // y = x mask, and for alpha dropout y = x scale + shift where kept, else `dropped`.
  void forward(const Pass& pass, const float* x, float* y) override {
    const long from = pass.first * masked(), n = (pass.last - pass.first) * masked();
    const DrawKey key = key_of(pass, spec);
    const DropoutMask mask{{key.seed[0], key.seed[1]}, key.step, key.epoch, key.stream, threshold_, scale_};
    pass.k->dropout_mask(mask, static_cast<uint64_t>(places_before(pass, masked()) + from), n, mask_.data() + from);
    apply(pass, x, y);
    if (dropped_ == 0.0f) return;
    for (long i = from; i < from + n; ++i) y[i] = mask_[static_cast<size_t>(i)] != 0.0f ? y[i] + shift_ : dropped_;
  }
  void backward(const Pass& pass, const float*, const float*, float* dy, float* dx) override {
    if (dx) apply(pass, dy, dx);
  }

 private:
  long masked() const {  // entries of a sample's mask
    return shared_ ? places_.back() + 1 : channels_ ? static_cast<long>(spec.outputs) : out_size();
  }

  void apply(const Pass& pass, const float* x, float* y) const {
    const long size = out_size(), width = masked();
    if (shared_) {
      for (long sample = pass.first; sample < pass.last; ++sample) {
        const float* kept = mask_.data() + sample * width;
        for (long i = 0; i < size; ++i) y[sample * size + i] = x[sample * size + i] * kept[places_[static_cast<size_t>(i)]];
      }
      return;
    }
    if (!channels_) {
      const long at = pass.first * size;
      return pass.k->multiply(x + at, mask_.data() + at, y + at, (pass.last - pass.first) * size);
    }
    for (long at = pass.first * size; at < pass.last * size; at += width)
      pass.k->multiply(x + at, mask_.data() + at / size * width, y + at, width);
  }

  const bool channels_, shared_;
  const uint32_t threshold_;
  const float scale_, dropped_, shift_;
  std::vector<long> places_;  // in the mask of a sample, of each of its entries
  std::vector<float> mask_;
};

// y = x + stddev z, z from pairs of words by Box and Muller's method, in double precision as clarinet.philox.Key.normal.
class GaussianNoise : public Op {
 public:
  explicit GaussianNoise(const OpSpec& spec) : Op(spec), stddev_(setting(spec, "stddev")) {}

  bool identity(bool training) const override { return !training; }
  double work() const override { return 40.0 * out_size(); }
  bool by_sample() const override { return true; }

  void forward(const Pass& pass, const float* x, float* y) override {
    each_normal(key_of(pass, spec), places_before(pass, out_size()), pass.first * out_size(), pass.last * out_size(),
                [&](long place, double normal) { y[place] = x[place] + static_cast<float>(stddev_ * normal); });
  }
  void backward(const Pass& pass, const float*, const float*, float* dy, float* dx) override {
    const long at = pass.first * out_size(), n = (pass.last - pass.first) * out_size();
    if (dx && dx != dy) std::memcpy(dx + at, dy + at, static_cast<size_t>(n) * sizeof(float));
  }

 private:
  const double stddev_;
};

// y = x m, m = 1 + deviation z: as wide as a mask of the same rate.
class GaussianDropout : public Op {
 public:
  explicit GaussianDropout(const OpSpec& spec) : Op(spec), deviation_(setting(spec, "deviation")) {}

  bool identity(bool training) const override { return !training; }
  double work() const override { return 40.0 * out_size(); }
  bool by_sample() const override { return true; }
  void reserve(long samples, int) override { factors_.resize(static_cast<size_t>(samples * out_size())); }

  void forward(const Pass& pass, const float* x, float* y) override {
    const long first = pass.first * out_size(), last = pass.last * out_size();
    each_normal(key_of(pass, spec), places_before(pass, out_size()), first, last, [&](long place, double normal) {
      factors_[static_cast<size_t>(place)] = static_cast<float>(1.0 + deviation_ * normal);
    });
    apply(pass, x, y);
  }
  void backward(const Pass& pass, const float*, const float*, float* dy, float* dx) override {
    if (dx) apply(pass, dy, dx);
  }

 private:
  void apply(const Pass& pass, const float* x, float* y) const {
    const long at = pass.first * out_size();
    pass.k->multiply(x + at, factors_.data() + at, y + at, (pass.last - pass.first) * out_size());
  }

  const double deviation_;
  std::vector<float> factors_;
};

}  // namespace

std::unique_ptr<Op> make_dropout(const OpSpec& spec) { return std::make_unique<Dropout>(spec); }
std::unique_ptr<Op> make_gaussian_dropout(const OpSpec& spec) { return std::make_unique<GaussianDropout>(spec); }
std::unique_ptr<Op> make_gaussian_noise(const OpSpec& spec) {
  return std::make_unique<GaussianNoise>(spec);
}

}  // namespace clarinet
