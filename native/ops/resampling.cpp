// Images stretched, shrunk, cut or framed: y = R x C^T for every channel, R (new height, height), C (new width, width).
#include <algorithm>
#include <stdexcept>

#include "ops.hpp"

namespace clarinet {
namespace {

std::vector<float> transposed(const std::vector<float>& matrix, long rows, long columns) {
  std::vector<float> other(matrix.size());
  for (long i = 0; i < rows; ++i)
    for (long j = 0; j < columns; ++j) other[static_cast<size_t>(j * rows + i)] = matrix[static_cast<size_t>(i * columns + j)];
  return other;
}

class Resampling : public Op {
 public:
  explicit Resampling(const OpSpec& spec)
      : Op(spec),
        height_(spec.shape[0]),
        width_(spec.shape[1]),
        channels_(spec.shape[2]),
        new_height_(static_cast<long>(spec.tables[0].size()) / height_),
        new_width_(static_cast<long>(spec.tables[1].size()) / width_),
        rows_back_(transposed(spec.tables[0], new_height_, height_)),
        columns_back_(transposed(spec.tables[1], new_width_, width_)) {}

  bool in_place() const override { return false; }
  bool by_sample() const override { return true; }
  double work() const override { return static_cast<double>(channels_ * new_width_ * height_ * (width_ + new_height_)); }
  long scratch(long) const override { return std::max(height_ * new_width_, new_height_ * width_) * channels_; }

  void forward(const Pass& pass, const float* x, float* y) override {
    for (long n = pass.first; n < pass.last; ++n)
      resample(pass, x + n * height_ * width_ * channels_, height_, width_, spec.tables[0], spec.tables[1], y + n * out_size());
  }
  void backward(const Pass& pass, const float*, const float*, float* dy, float* dx) override {
    if (!dx) return;
    for (long n = pass.first; n < pass.last; ++n)
      resample(pass, dy + n * out_size(), new_height_, new_width_, rows_back_, columns_back_,
               dx + n * height_ * width_ * channels_);
  }

 private:
  void resample(const Pass& pass, const float* x, long height, long width, const std::vector<float>& rows,
                const std::vector<float>& columns, float* y) const {
    const long new_height = static_cast<long>(rows.size()) / height, new_width = static_cast<long>(columns.size()) / width;
    Product p{};
    p.a_step = 1;
    p.rows = new_width, p.columns = p.width = p.b_step = p.c_row = channels_, p.depth = p.a_row = width;
    p.a = columns.data();
    for (long i = 0; i < height; ++i) {
      p.b = x + i * width * channels_;
      p.c = pass.scratch + i * new_width * channels_;
      pass.k->product(p);
    }
    p.rows = new_height, p.columns = p.width = p.b_step = p.c_row = new_width * channels_, p.depth = p.a_row = height;
    p.a = rows.data();
    p.b = pass.scratch;
    p.c = y;
    pass.k->sparse_product(p);
  }

  const long height_, width_, channels_, new_height_, new_width_;
  const std::vector<float> rows_back_, columns_back_;
};

}  // namespace

std::unique_ptr<Op> make_resampling(const OpSpec& spec) { return std::make_unique<Resampling>(spec); }

}  // namespace clarinet
