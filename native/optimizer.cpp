#include "optimizer.hpp"

#include <cmath>
#include <cstring>
#include <stdexcept>

namespace clarinet {
namespace {

double value(const OptimizerSpec& spec, const char* name) {
  const auto found = spec.settings.find(name);
  return found == spec.settings.end() ? 0.0 : found->second;
}

Rule rule_of(const OptimizerSpec& spec) {
  if (spec.kind == "sgd" && value(spec, "momentum") == 0.0) return Rule::sgd;
  if (spec.kind == "sgd") return value(spec, "nesterov") != 0.0 ? Rule::nesterov : Rule::momentum;
  if (spec.kind == "rmsprop") return Rule::rmsprop;
  if (spec.kind == "adam") return Rule::adam;
  throw std::invalid_argument("no native optimizer is called " + spec.kind);
}

}  // namespace

Optimizer::Optimizer(const OptimizerSpec& spec, float* params, const std::vector<float*>& slots)
    : active_(!spec.kind.empty()), params_(params), slots_(slots) {
  slots_.resize(3, nullptr);
  if (!active_) return;
  update_.rule = rule_of(spec);
  update_.has_momentum = value(spec, "momentum") != 0.0;
  update_.centered = value(spec, "centered") != 0.0;
  update_.amsgrad = value(spec, "amsgrad") != 0.0;
  update_.momentum = static_cast<float>(value(spec, "momentum"));
  update_.epsilon = static_cast<float>(value(spec, "epsilon"));
  beta_1_ = value(spec, update_.rule == Rule::rmsprop ? "rho" : "beta_1");
  beta_2_ = value(spec, "beta_2");
  update_.beta_1 = static_cast<float>(beta_1_);
  update_.one_less_beta_1 = static_cast<float>(1.0 - beta_1_);
  update_.one_less_beta_2 = static_cast<float>(1.0 - beta_2_);
  weight_decay_ = value(spec, "weight_decay");
  clip_norm_ = value(spec, "clipnorm");
  global_clip_norm_ = value(spec, "global_clipnorm");
  clip_value_ = value(spec, "clipvalue");
}

void Optimizer::begin(double learning_rate, uint64_t step) {
  const double t = static_cast<double>(step);
  double rate = learning_rate;
  if (update_.rule == Rule::adam) rate *= std::sqrt(1.0 - std::pow(beta_2_, t)) / (1.0 - std::pow(beta_1_, t));
  update_.rate = static_cast<float>(rate);
  update_.decay = static_cast<float>(learning_rate * weight_decay_);
}

void Optimizer::add_penalty(const KernelTable& k, const Weight& weight, long from, float* g, long n) const {
  if (weight.l1 != 0.0f || weight.l2 != 0.0f)
    k.add_penalty(weight.l1, weight.l2, params_ + weight.offset + from, g, n);
}

void Optimizer::clip(const KernelTable& k, float scale, float* g, long n) const {
  if (scale != 1.0f) k.affine(g, scale, 0.0f, g, n);
  if (clip_value_ > 0.0) k.clip(static_cast<float>(clip_value_), g, n);
}

Home Optimizer::home(const Weight& weight, long from) const {
  const long start = static_cast<long>(weight.offset) + from;
  Home home{params_ + start, {}};
  for (int i = 0; i < 3; ++i) home.slots[i] = slots_[i] ? slots_[i] + start : nullptr;
  return home;
}

void Optimizer::clip_scales(const std::vector<double>& squares, std::vector<float>& scales) const {
  double all = 0.0;
  for (double s : squares) all += s;
  const double limit = clip_norm_ > 0.0 ? clip_norm_ : global_clip_norm_;
  for (size_t i = 0; i < squares.size(); ++i) {
    const double norm = std::sqrt(clip_norm_ > 0.0 ? squares[i] : all);
    scales[i] = static_cast<float>(limit / std::fmax(norm, limit));
  }
}

void Sink::take(const Weight& weight, long from, const Tile& tile, float* g) const {
  for (long r = 0; r < tile.rows; ++r)
    optimizer.add_penalty(k, weight, from + r * tile.w_row, g + r * tile.g_row, tile.columns);
  take(weight, from, tile, g, optimizer.home(weight, from), tile.w_row);
}

void Sink::take(const Weight& weight, long from, const Tile& tile, float* g, const Home& home, long home_row) const {
  for (long r = 0; r < tile.rows; ++r) {
    float* row = g + r * tile.g_row;
    if (gradients) {
      float* to = gradients + weight.offset + from + r * tile.w_row;
      std::memcpy(to, row, static_cast<size_t>(tile.columns) * sizeof(float));
    } else {
      optimizer.clip(k, 1.0f, row, tile.columns);
    }
  }
  if (!gradients) optimizer.apply(k, home, {tile.rows, tile.columns, home_row, tile.g_row}, g);
}

}  // namespace clarinet
