// Random numbers of a distribution, for each sample or for the whole batch: new ones on every pass. They have no gradient.
#include <stdexcept>

#include "../draws.hpp"
#include "ops.hpp"

namespace clarinet {
namespace {

class DrawOp : public Op {
 public:
  explicit DrawOp(const OpSpec& spec) : Op(spec), parameter_(setting(spec.settings, "parameter")) {
    const char* const kinds[] = {"draw_normal", "draw_uniform", "draw_keep", "draw_whole", "draw_gumbel"};
    for (const char* kind : kinds) {
      if (spec.kind == kind) return;
      ++kind_;
    }
    throw std::invalid_argument("no distribution is called " + spec.kind);
  }

  bool draws() const override { return true; }
  double work() const override { return 40.0 * out_size(); }
  void backward(const Pass&, const float*, const float*, float*, float*) override {}

  void forward(const Pass&, const float*, float*) override {}
  void forward_all(const Pass& pass, const float* const*, float* y) override {  // it takes no tensor
    const long from = pass.first * out_size(), to = pass.last * out_size();
    const DrawKey key = key_of(pass, spec);
    const long before = spec.whole ? 0 : places_before(pass, out_size());
    const auto put = [&](auto value) {
      each_word(key, before, from, to, [&](long place, uint32_t word) { y[place] = static_cast<float>(value(word)); });
    };
    switch (kind_) {
      case 0: return each_normal(key, before, from, to, [&](long place, double normal) { y[place] = static_cast<float>(normal); });
      case 1: return put([](uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24f; });
      case 2: return put([&](uint32_t word) { return word >= static_cast<uint32_t>(parameter_) ? 1.0f : 0.0f; });
      case 3: return put([&](uint32_t word) { return static_cast<uint64_t>(word) * static_cast<uint64_t>(parameter_) >> 32; });
      default: return put([](uint32_t word) { return -std::log(-std::log(uniform(word))); });
    }
  }

 private:
  int kind_ = 0;
  const double parameter_;  // the word below which nothing is kept; the limit of whole numbers
};

}  // namespace

std::unique_ptr<Op> make_draw(const OpSpec& spec) { return std::make_unique<DrawOp>(spec); }

}  // namespace clarinet
