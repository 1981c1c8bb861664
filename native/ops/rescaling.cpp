// y = (x - minus) factor + plus, with numbers that are the same for every sample: Rescaling and Normalization.
#include <cmath>

#include "ops.hpp"

namespace clarinet {
namespace {

class Rescaling : public Op {
 public:
  explicit Rescaling(const OpSpec& spec) : Op(spec), scale_(this->spec.tables[0]), offset_(this->spec.tables[1]) {
    minus_.assign(scale_.size(), 0.0f);
  }
  bool by_sample() const override { return true; }

  void forward(const Pass& pass, const float* x, float* y) override { apply(pass, x, offset_.data(), y); }
  void backward(const Pass& pass, const float*, const float*, float* dy, float* dx) override {
    if (dx) apply(pass, dy, minus_.data(), dx);
  }

 private:
  void apply(const Pass& pass, const float* x, const float* plus, float* y) const {
    const long at = pass.first * out_size(), n = (pass.last - pass.first) * out_size();
    if (scale_.size() == 1) return pass.k->affine(x + at, scale_[0], plus[0], y + at, n);
    const long width = static_cast<long>(scale_.size());
    pass.k->normalize(x + at, n / width, width, minus_.data(), scale_.data(), plus, y + at);
  }
  const std::vector<float>&scale_, &offset_;
  std::vector<float> minus_;  // zeros
};

// With given statistics, or those in the state, which may change between calls. Table 0: the number of the statistics that
// each entry of a sample takes.
class Normalization : public Op {
 public:
  explicit Normalization(const OpSpec& spec)
      : Op(spec), width_(static_cast<long>(spec.tables[0].size())), invert_(setting(spec, "invert") != 0.0) {
    const bool given = spec.tables.size() > 1;
    mean_ = given ? this->spec.tables[1].data() : spec.state[0].data;
    variance_ = given ? this->spec.tables[2].data() : spec.state[1].data;
  }
  long scratch(long) const override { return 3 * width_; }

  void forward(const Pass& pass, const float* x, float* y) override { apply(pass, x, true, y); }
  void backward(const Pass& pass, const float*, const float*, float* dy, float* dx) override {
    if (dx) apply(pass, dy, false, dx);
  }

 private:
  void apply(const Pass& pass, const float* x, bool shifts, float* y) const {
    float *minus = pass.scratch, *factor = minus + width_, *plus = factor + width_;
    for (long i = 0; i < width_; ++i) {
      const long which = static_cast<long>(spec.tables[0][static_cast<size_t>(i)]);
      const float deviation = std::fmax(1e-7f, std::sqrt(variance_[which]));
      factor[i] = invert_ ? deviation : 1.0f / deviation;
      minus[i] = shifts && !invert_ ? mean_[which] : 0.0f;
      plus[i] = shifts && invert_ ? mean_[which] : 0.0f;
    }
    const long at = pass.first * out_size(), n = (pass.last - pass.first) * out_size();
    pass.k->normalize(x + at, n / width_, width_, minus, factor, plus, y + at);
  }
  const long width_;
  const bool invert_;
  const float *mean_, *variance_;
};

}  // namespace

std::unique_ptr<Op> make_normalization(const OpSpec& spec) {
  return std::make_unique<Normalization>(spec);
}
std::unique_ptr<Op> make_rescaling(const OpSpec& spec) { return std::make_unique<Rescaling>(spec); }

}  // namespace clarinet
