// The transpose of a convolution, with windows over its output: y = b + the sum of the rows of x W^T over the windows; W (*window,
// filters, channels of x). So dx[p] = dy[window p] W, and dW = sum over p of dy[window p]^T x[p].
#include "window_products.hpp"

namespace clarinet {
namespace {

class ConvTranspose : public WindowProducts {
 public:
  explicit ConvTranspose(const OpSpec& spec) : WindowProducts(spec, Window::of_output(spec), spec.inputs, 1) {}

  void reserve(long samples, int threads) override {
    WindowProducts::reserve(samples, threads);
    reserve_transposed(threads);
  }

  void begin_forward(const Pass& pass) override { transpose(pass); }

  void forward(const Pass& pass, const float* x, float* y) override {
    for (long n = pass.first; n < pass.last; ++n) {
      float *sample = y + n * out_size(), *whole = window_.pads() ? pass.scratch : sample;
      start(whole);
      spread(pass, x + n * taken(), whole);
      if (window_.pads()) window_.unpad(whole, sample);
    }
  }

  void backward(const Pass& pass, const float* x, const float*, float* dy, float* dx) override {
    for (long n = pass.first; n < pass.last; ++n) {
      const float *sample_dy = dy + n * out_size(), *windows = padded(pass, sample_dy);
      if (trains_) add_gradients(pass, n, windows, x + n * taken(), sample_dy);
      if (dx) gather(pass, windows, nullptr, false, dx + n * taken());
    }
  }

 private:
  long taken() const { return positions_ * filters_; }

  // The bias everywhere.
  void start(float* whole) const {
    if (!bias_) return std::fill_n(whole, window_.padded_size(), 0.0f), void();
    for (long i = 0; i < window_.padded_size(); i += spec.outputs) std::copy_n(bias_, spec.outputs, whole + i);
  }
};

}  // namespace

std::unique_ptr<Op> make_conv_transpose(const OpSpec& spec) { return std::make_unique<ConvTranspose>(spec); }

}  // namespace clarinet
