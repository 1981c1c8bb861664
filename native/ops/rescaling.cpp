// y = x scale + offset.
#include "ops.hpp"

namespace clarinet {
namespace {

class Rescaling : public Op {
 public:
  explicit Rescaling(const OpSpec& spec)
      : Op(spec),
        scale_(static_cast<float>(setting(spec, "scale"))),
        offset_(static_cast<float>(setting(spec, "offset"))) {}

  void forward(const Pass& pass, const float* x, float* y) override {
    const long at = pass.first * out_size();
    pass.k->affine(x + at, scale_, offset_, y + at, (pass.last - pass.first) * out_size());
  }
  void backward(const Pass& pass, const float*, const float*, float* dy, float* dx) override {
    const long at = pass.first * out_size();
    if (dx) pass.k->affine(dy + at, scale_, 0.0f, dx + at, (pass.last - pass.first) * out_size());
  }

 private:
  const float scale_, offset_;
};

}  // namespace

std::unique_ptr<Op> make_rescaling(const OpSpec& spec, float*, float*) { return std::make_unique<Rescaling>(spec); }

}  // namespace clarinet
