// Dropout: entry i of a step's batch is kept where word i of its key's sequence is at least the threshold.
#include "ops.hpp"

namespace clarinet {
namespace {

constexpr uint32_t kStream = 2;  // clarinet.random.Stream.DROPOUT

class Dropout : public Op {
 public:
  explicit Dropout(const OpSpec& spec)
      : Op(spec),
        threshold_(static_cast<uint32_t>(setting(spec, "threshold"))),
        scale_(static_cast<float>(1.0 / (1.0 - setting(spec, "rate")))) {}

  bool identity(bool training) const override { return !training; }
  double work() const override { return 4.0 * out_size(); }
  bool by_sample() const override { return true; }
  void reserve(long rows, int) override { mask_.resize(static_cast<size_t>(rows * out_size())); }

  void forward(const Pass& pass, const float* x, float* y) override {
    const long at = pass.first * out_size(), n = (pass.last - pass.first) * out_size();
    const DropoutMask mask{{static_cast<uint32_t>(spec.seed), static_cast<uint32_t>(spec.seed >> 32)},
                           static_cast<uint32_t>(pass.step), 0, kStream + 256 * spec.index, threshold_, scale_};
    pass.k->dropout_mask(mask, static_cast<uint64_t>(at), n, mask_.data() + at);
    pass.k->multiply(x + at, mask_.data() + at, y + at, n);
  }
  void backward(const Pass& pass, const float*, const float*, float* dy, float* dx) override {
    const long at = pass.first * out_size();
    if (dx) pass.k->multiply(dy + at, mask_.data() + at, dx + at, (pass.last - pass.first) * out_size());
  }

 private:
  const uint32_t threshold_;
  const float scale_;
  std::vector<float> mask_;
};

}  // namespace

std::unique_ptr<Op> make_dropout(const OpSpec& spec, float*, float*) { return std::make_unique<Dropout>(spec); }

}  // namespace clarinet
