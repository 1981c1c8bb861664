#include "ops.hpp"

#include <algorithm>
#include <stdexcept>

namespace clarinet {
namespace {

// An operation whose work another one does.
class Identity : public Op {
 public:
  using Op::Op;

  bool identity(bool) const override { return true; }
  bool by_sample() const override { return true; }
  double work() const override { return 0.0; }
  void forward(const Pass&, const float*, float*) override {}
  void backward(const Pass&, const float*, const float*, float*, float*) override {}
};

std::unique_ptr<Op> make_identity(const OpSpec& spec) { return std::make_unique<Identity>(spec); }

const std::map<std::string, OpMaker> kMakers = {
    {"activity_regularization", make_activity_regularization},
    {"add", make_add},
    {"add_loss", make_add_loss},
    {"alpha_dropout", make_dropout},
    {"argmax", make_argmax},
    {"argsort", make_argsort},
    {"attention", make_attention},
    {"average", make_average},
    {"average_pooling", make_average_pooling},
    {"batch_normalization", make_batch_normalization},
    {"choose", make_choose},
    {"concatenate", make_concatenate},
    {"constant", make_held},
    {"conv", make_conv},
    {"conv_transpose", make_conv_transpose},
    {"cumprod", make_cumprod},
    {"cumsum", make_cumsum},
    {"dense", make_dense},
    {"depthwise", make_depthwise},
    {"dot", make_dot},
    {"draw_gumbel", make_draw},
    {"draw_keep", make_draw},
    {"draw_normal", make_draw},
    {"draw_uniform", make_draw},
    {"draw_whole", make_draw},
    {"dropout", make_dropout},
    {"embedding", make_embedding},
    {"gaussian_dropout", make_gaussian_dropout},
    {"gaussian_noise", make_gaussian_noise},
    {"group_normalization", make_group_normalization},
    {"gru", make_recurrent},
    {"gru_reset_before", make_recurrent},
    {"identity", make_identity},
    {"labels", make_labels},
    {"log_softmax", make_softmax},
    {"lstm", make_recurrent},
    {"matmul", make_matmul},
    {"max_pooling", make_max_pooling},
    {"maximum", make_maximum},
    {"minimum", make_minimum},
    {"multiply", make_multiply},
    {"normalization", make_normalization},
    {"permute", make_permute},
    {"pick", make_pick},
    {"prelu", make_prelu},
    {"reduce_max", make_reduce},
    {"reduce_mean", make_reduce},
    {"reduce_min", make_reduce},
    {"reduce_sum", make_reduce},
    {"resampling", make_resampling},
    {"rescaling", make_rescaling},
    {"shared_dropout", make_dropout},
    {"simple_rnn", make_recurrent},
    {"softmax", make_softmax},
    {"spatial_dropout", make_dropout},
    {"state", make_held},
    {"stop", make_stop},
    {"subtract", make_subtract},
    {"take", make_take},
    {"weight", make_held},
    {"write", make_write},
};

}  // namespace

bool takes_alone(const Spec& spec, size_t i) {
  const std::vector<int64_t>& own = spec.ops[i].sources;
  if (own.size() != 1 || spec.ops[i].judges) return false;
  int64_t uses = 0;
  for (const OpSpec& op : spec.ops) uses += std::count(op.sources.begin(), op.sources.end(), own[0]);
  for (const OutputSpec& output : spec.outputs)
    uses += (output.tensor == own[0]) + (output.values == own[0]) + (output.mask == own[0]);
  return uses == 1;
}

bool follows_alone(const Spec& spec, size_t i) {
  return i > 0 && takes_alone(spec, i) && spec.ops[i].sources[0] == static_cast<int64_t>(spec.given_by(i - 1));
}

// A convolution applies the ReLU after it itself. Where maximum pooling follows, the entries that win are the only ones with a
// gradient, and it sees by their value whether ReLU lets it through.
Spec fused(Spec spec) {
  const auto next = [&](size_t i, const char* kind) {
    return i < spec.ops.size() && spec.ops[i].kind == kind && follows_alone(spec, i);
  };
  for (size_t i = 0; i < spec.ops.size(); ++i) {
    const bool seen = std::any_of(spec.layers.begin(), spec.layers.end(),
                                  [&](const StatsSpec& s) { return s.tensor == static_cast<int64_t>(spec.given_by(i)); });
    if (spec.ops[i].kind != "conv" || !next(i + 1, "relu") || seen) continue;
    spec.ops[i].settings["relu"] = {1.0};
    spec.ops[i + 1].kind = "identity";
    if (!next(i + 2, "max_pooling")) continue;
    spec.ops[i].settings["masked"] = spec.ops[i + 2].settings["masks"] = {1.0};
  }
  return spec;
}

std::unique_ptr<Op> make_op(const OpSpec& spec) {
  if (!spec.axes.empty()) return make_permuted(spec);
  const auto found = kMakers.find(spec.kind);
  if (found != kMakers.end()) return found->second(spec);
  return is_map(spec.kind) ? make_map(spec) : make_activation(spec);
}

bool has(const OpSpec& spec, const char* name) { return spec.settings.contains(name); }

double setting(const OpSpec& spec, const char* name) {
  const auto found = spec.settings.find(name);
  if (found == spec.settings.end() || found->second.empty())
    throw std::invalid_argument(spec.kind + ": setting " + name + " is missing");
  return found->second[0];
}

}  // namespace clarinet
