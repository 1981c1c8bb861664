#include "optimizer.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <stdexcept>

namespace clarinet {
namespace {

double value(const OptimizerSpec& spec, const char* name) { return setting(spec.settings, name); }

Rule rule_of(const OptimizerSpec& spec) {
  if (spec.kind == "sgd" && value(spec, "momentum") == 0.0) return Rule::sgd;
  if (spec.kind == "lamb" || spec.kind == "adafactor") return Rule::sgd;  // along what ScaledRule tells
  if (spec.kind == "sgd") return value(spec, "nesterov") != 0.0 ? Rule::nesterov : Rule::momentum;
  static const std::map<std::string, Rule> rules = {
      {"adadelta", Rule::adadelta}, {"adagrad", Rule::adagrad}, {"adam", Rule::adam}, {"adamax", Rule::adamax},
      {"ftrl", Rule::ftrl},         {"lion", Rule::lion},       {"nadam", Rule::nadam}, {"rmsprop", Rule::rmsprop},
      {"schedule_free", Rule::schedule_free},
  };
  const auto found = rules.find(spec.kind);
  if (found == rules.end()) throw std::invalid_argument("no native optimizer is called " + spec.kind);
  return found->second;
}

// Nadam's momentum warms up: u_t = beta_1 (1 - 0.96^t / 2).
double warmed(double beta_1, double t) { return beta_1 * (1.0 - 0.5 * std::pow(0.96, t)); }

// u_1 u_2 … u_t. Of the second factors no more than 1000 differ from 1.
double warmed_product(double beta_1, double t) {
  static const std::vector<double> products = [] {
    std::vector<double> all{1.0};
    for (double i = 1.0; i <= 1000.0; i += 1.0) all.push_back(all.back() * warmed(1.0, i));
    return all;
  }();
  return std::pow(beta_1, t) * products[static_cast<size_t>(std::fmin(t, 1000.0))];
}

}  // namespace

Optimizer::Optimizer(const OptimizerSpec& spec, const std::vector<float*>& slots)
    : active_(!spec.kind.empty()),
      scaled_(spec, slots),
      accumulated_(slots.size() > kSlots ? slots[kSlots] : nullptr),
      slots_(slots) {
  slots_.resize(kSlots, nullptr);
  if (!active_) return;
  update_.rule = rule_of(spec);
  update_.has_momentum = value(spec, "momentum") != 0.0;
  update_.centered = value(spec, "centered") != 0.0;
  update_.amsgrad = value(spec, "amsgrad") != 0.0;
  update_.momentum = static_cast<float>(value(spec, "momentum"));
  epsilon_ = value(spec, "epsilon");
  update_.epsilon = static_cast<float>(epsilon_);
  const bool has_rho = update_.rule == Rule::rmsprop || update_.rule == Rule::adadelta;
  beta_1_ = value(spec, has_rho ? "rho" : "beta_1");
  beta_2_ = value(spec, "beta_2");
  update_.beta_1 = static_cast<float>(beta_1_);
  update_.one_less_beta_1 = static_cast<float>(1.0 - beta_1_);
  update_.beta_2 = static_cast<float>(beta_2_);
  update_.one_less_beta_2 = static_cast<float>(1.0 - beta_2_);
  update_.l1 = static_cast<float>(value(spec, "l1_regularization_strength"));
  update_.shrinkage = static_cast<float>(value(spec, "l2_shrinkage_regularization_strength"));
  update_.exponent = static_cast<float>(-value(spec, "learning_rate_power"));
  l2_ = value(spec, "l2_regularization_strength");
  beta_ = value(spec, "beta");
  warmup_steps_ = value(spec, "warmup_steps");
  average_keep_ = value(spec, "ema_momentum");
  overwrite_every_ = static_cast<uint64_t>(value(spec, "ema_overwrite_frequency"));
  accumulation_steps_ = std::max<uint64_t>(1, static_cast<uint64_t>(value(spec, "gradient_accumulation_steps")));
  weight_decay_ = value(spec, "weight_decay");
  clip_norm_ = value(spec, "clipnorm");
  global_clip_norm_ = value(spec, "global_clipnorm");
  clip_value_ = value(spec, "clipvalue");
  if (update_.rule == Rule::nadam) warmed_product(beta_1_, 1.0);  // its table is made here, where memory may be short
}

void Optimizer::begin(double learning_rate, uint64_t step) {
  update_.rate = static_cast<float>(learning_rate);
  update_.decay = static_cast<float>(learning_rate * weight_decay_);
  const uint64_t number = accumulates() ? (step - 1) / accumulation_steps_ + 1 : step;
  updates_ = !accumulates() || step % accumulation_steps_ == 0;
  correct_start(learning_rate, static_cast<double>(number));
  if (scaled_.there()) scaled_.begin(learning_rate, static_cast<double>(number));
  const double keep = number > 1 ? average_keep_ : 0.0;
  update_.average_keep = static_cast<float>(keep);
  update_.average_rest = static_cast<float>(1.0 - keep);
  update_.overwrite = overwrite_every_ != 0 && number % overwrite_every_ == 0;
}

void Optimizer::correct_start(double learning_rate, double t) {
  const bool corrected = update_.rule == Rule::adam || update_.rule == Rule::adamax || update_.rule == Rule::nadam;
  const double mean = corrected ? 1.0 - std::pow(beta_1_, t) : 1.0;
  const double root = corrected ? std::sqrt(1.0 - std::pow(beta_2_, t)) : 1.0;
  switch (update_.rule) {
    case Rule::adam: update_.rate = static_cast<float>(learning_rate * root / mean); break;
    case Rule::adamax: update_.rate = static_cast<float>(learning_rate / mean); break;
    case Rule::nadam:
      // w - lr m_hat / (sqrt(v) / root + eps), both multiplied by root
      update_.rate = static_cast<float>(learning_rate * root);
      update_.epsilon = static_cast<float>(epsilon_ * root);
      update_.mean_share = static_cast<float>(warmed(beta_1_, t + 1.0) / (1.0 - warmed_product(beta_1_, t + 1.0)));
      update_.gradient_share = static_cast<float>((1.0 - warmed(beta_1_, t)) / (1.0 - warmed_product(beta_1_, t)));
      break;
    case Rule::schedule_free:
      if (t < warmup_steps_) update_.rate = static_cast<float>(learning_rate * t / warmup_steps_);
      update_.average_share = static_cast<float>(1.0 / t);
      update_.spread_scale = static_cast<float>(1.0 / (1.0 - std::pow(beta_2_, t)));
      break;
    case Rule::ftrl: update_.l2 = static_cast<float>(2.0 * l2_ + beta_ / learning_rate); break;
    default: break;
  }
}

void Optimizer::add_penalty(const KernelTable& k, const Weight& weight, long from, float* g, long n) const {
  if (weight.l1 != 0.0f || weight.l2 != 0.0f)
    k.add_penalty(weight.l1, weight.l2, weight.data + from, g, n);
}

void Optimizer::accumulate(const KernelTable& k, const Weight& weight, long from, float* g, long n) const {
  float* sum = accumulated_ + weight.offset + from;
  for (long i = 0; i < n; ++i) g[i] += sum[i];
  if (!updates_) {
    std::memcpy(sum, g, static_cast<size_t>(n) * sizeof(float));
    return;
  }
  std::memset(sum, 0, static_cast<size_t>(n) * sizeof(float));
  k.affine(g, static_cast<float>(1.0 / static_cast<double>(accumulation_steps_)), 0.0f, g, n);
}

void Optimizer::clip(const KernelTable& k, float scale, float* g, long n) const {
  if (scale != 1.0f) k.affine(g, scale, 0.0f, g, n);
  if (clip_value_ > 0.0) k.clip(static_cast<float>(clip_value_), g, n);
}

WeightView Optimizer::view(const Weight& weight, long from) const {
  const long start = static_cast<long>(weight.offset) + from;
  WeightView view{weight.data + from, {}};
  for (int i = 0; i < kSlots; ++i) view.slots[i] = slots_[i] ? slots_[i] + start : nullptr;
  return view;
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
  if (gradients) return write(weight, from, tile, g);
  for (long r = 0; r < tile.rows; ++r)
    optimizer.add_penalty(k, weight, from + r * tile.w_row, g + r * tile.g_row, tile.columns);
  update(tile, g, optimizer.view(weight, from), tile.w_row);
}

void Sink::take(const Weight& weight, long from, const Tile& tile, float* g, const WeightView& view, long view_row) const {
  gradients ? write(weight, from, tile, g) : update(tile, g, view, view_row);
}

void Sink::write(const Weight& weight, long from, const Tile& tile, const float* g) const {
  for (long r = 0; r < tile.rows; ++r) {
    const float* row = g + r * tile.g_row;
    float* to = gradients + weight.offset + from + r * tile.w_row;
    if (!adds) std::memcpy(to, row, static_cast<size_t>(tile.columns) * sizeof(float));
    for (long j = 0; adds && j < tile.columns; ++j) to[j] += row[j];
  }
}

void Sink::update(const Tile& tile, float* g, const WeightView& view, long view_row) const {
  for (long r = 0; r < tile.rows; ++r) optimizer.clip(k, 1.0f, g + r * tile.g_row, tile.columns);
  optimizer.apply(k, view, {tile.rows, tile.columns, view_row, tile.g_row}, g);
}

}  // namespace clarinet
