// Tensors that are there without being computed: constants, weights and state as operands, the labels of the batch. And what
// computes nothing: a tensor without its gradient, the choice between two, the change of a state.
#include <algorithm>

#include "ops.hpp"

namespace clarinet {
namespace {

constexpr long kPiece = 4096;  // floats that every thread has for scratch

class Held : public Op {
 public:
  explicit Held(const OpSpec& spec) : Op(spec) {
    data_ = spec.kind == "constant" ? spec.tables[0].data() : spec.kind == "weight" ? spec.weights[0].data : spec.state[0].data;
  }

  const float* held() const override { return data_; }
  double work() const override { return 0.0; }
  void forward(const Pass&, const float*, float*) override {}
  void backward(const Pass&, const float*, const float*, float*, float*) override {}

  std::vector<GradientPart> parts() const override {
    if (spec.weights.empty()) return {};
    return {{&spec.weights[0], static_cast<long>(spec.weights[0].size), 1, 0}};
  }
  void gradient(const Pass& pass, int, long from, long to, const float*, const float* dy, const Sink& sink) override {
    for (long i = from; i < to; i += kPiece) {
      const long n = std::min(kPiece, to - i);
      std::copy(dy + i, dy + i + n, pass.scratch);
      sink.take(spec.weights[0], i, pass.scratch, n);
    }
  }

 private:
  const float* data_;
};

// The engine fetches them.
class Labels : public Op {
 public:
  using Op::Op;
  bool identity(bool) const override { return true; }
  double work() const override { return 0.0; }
  void forward(const Pass&, const float*, float*) override {}
  void backward(const Pass&, const float*, const float*, float*, float*) override {}
};

class Stop : public Labels {
 public:
  using Labels::Labels;
  bool in_place() const override { return false; }
  bool leads(size_t, bool) const override { return false; }
};

class Choose : public Labels {
 public:
  using Labels::Labels;
  bool in_place() const override { return false; }
  size_t chosen(bool training) const override { return training ? 0 : 1; }
  bool leads(size_t input, bool training) const override { return input == chosen(training); }
};

class Write : public Labels {
 public:
  using Labels::Labels;
  bool keeps() const override { return true; }
  bool changes(bool) const override { return true; }
  void see(const float* x) override { x_ = x; }
  void keep(const Pass& pass) override {
    if (pass.thread == 0) std::copy_n(x_, spec.state[0].size, spec.state[0].data);
  }

 private:
  const float* x_ = nullptr;
};

}  // namespace

std::unique_ptr<Op> make_held(const OpSpec& spec) { return std::make_unique<Held>(spec); }
std::unique_ptr<Op> make_labels(const OpSpec& spec) { return std::make_unique<Labels>(spec); }
std::unique_ptr<Op> make_stop(const OpSpec& spec) { return std::make_unique<Stop>(spec); }
std::unique_ptr<Op> make_choose(const OpSpec& spec) { return std::make_unique<Choose>(spec); }
std::unique_ptr<Op> make_write(const OpSpec& spec) { return std::make_unique<Write>(spec); }

}  // namespace clarinet
