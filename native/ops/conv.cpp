// Convolution: y[p] = x[window p] W + b, a window being its numbers in a row; W (*window, channels, filters). dW = sum over p of
// x[window p]^T dy[p]; dx is the sum of the rows of dy W^T over the windows.
#include "window_products.hpp"

namespace clarinet {
namespace {

class Conv : public WindowProducts {
 public:
  explicit Conv(const OpSpec& spec)
      : WindowProducts(spec, Window(spec), spec.outputs, static_cast<long>(setting(spec, "groups"))),
        relu_(has(spec, "relu")),
        masks_(relu_ && !has(spec, "masked")) {}

  void reserve(long samples, int threads) override {
    WindowProducts::reserve(samples, threads);
    if (!first_trained) reserve_input_gradient(threads);
  }
  void reserve_input_gradient(int threads) override { reserve_transposed(threads); }

  void forward(const Pass& pass, const float* x, float* y) override {
    for (long n = pass.first; n < pass.last; ++n)
      gather(pass, padded(pass, x + n * window_.size()), bias_, relu_, y + n * out_size());
  }

  void begin_backward(const Pass& pass) override {
    if (!first_trained) transpose(pass);
  }

  void backward(const Pass& pass, const float* x, const float* y, float* dy, float* dx) override {
    for (long n = pass.first; n < pass.last; ++n) {
      float* sample_dy = dy + n * out_size();
      if (masks_) {
        const float* sample = y + n * out_size();
        pass.k->activate_back({Activation::relu, 0.0f, 0.0f, 0.0f}, sample_dy, sample, sample, sample_dy, out_size());
      }
      if (trains_) add_gradients(pass, n, padded(pass, x + n * window_.size()), sample_dy, sample_dy);
      if (dx) input_gradient(pass, sample_dy, dx + n * window_.size());
    }
  }

 private:
  void input_gradient(const Pass& pass, const float* dy, float* dx) const {
    float* whole = window_.pads() ? pass.scratch : dx;
    std::fill_n(whole, window_.padded_size(), 0.0f);
    spread(pass, dy, whole);
    if (window_.pads()) window_.unpad(whole, dx);
  }

  const bool relu_, masks_;  // whether y went through ReLU, and dy has to go back through it
};

}  // namespace

std::unique_ptr<Op> make_conv(const OpSpec& spec) { return std::make_unique<Conv>(spec); }

}  // namespace clarinet
