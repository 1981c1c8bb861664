// Losses by name.
#include <algorithm>
#include <map>
#include <stdexcept>

#include "objective.hpp"

namespace clarinet {
namespace {

const std::map<std::string, LossKind> kLosses = {
    {"binary_crossentropy", LossKind::binary_crossentropy},
    {"binary_crossentropy_logits", LossKind::binary_crossentropy_logits},
    {"binary_focal_crossentropy", LossKind::binary_focal},
    {"binary_focal_crossentropy_logits", LossKind::binary_focal_logits},
    {"categorical_crossentropy", LossKind::categorical_crossentropy},
    {"categorical_crossentropy_logits", LossKind::categorical_crossentropy_logits},
    {"categorical_focal_crossentropy", LossKind::categorical_focal},
    {"categorical_focal_crossentropy_logits", LossKind::categorical_focal_logits},
    {"categorical_hinge", LossKind::categorical_hinge},
    {"cosine_similarity", LossKind::cosine_similarity},
    {"hinge", LossKind::hinge},
    {"huber", LossKind::huber},
    {"kl_divergence", LossKind::kl_divergence},
    {"log_cosh", LossKind::log_cosh},
    {"mean_absolute_error", LossKind::absolute_error},
    {"mean_absolute_percentage_error", LossKind::absolute_percentage_error},
    {"mean_squared_error", LossKind::squared_error},
    {"mean_squared_logarithmic_error", LossKind::squared_logarithmic_error},
    {"poisson", LossKind::poisson},
    {"squared_hinge", LossKind::squared_hinge},
};

}  // namespace

LossFunction loss_function(const std::string& name, const Settings& settings, long columns) {
  const auto found = kLosses.find(name);
  if (found == kLosses.end()) throw std::invalid_argument("no native loss is called " + name);
  LossFunction loss{found->second};
  auto value = [&](const char* setting_name) { return static_cast<float>(setting(settings, setting_name)); };
  const float smoothing = value("label_smoothing");
  loss.keep = 1.0f - smoothing;
  switch (loss.kind) {
    case LossKind::huber: loss.a = value("delta"); break;
    case LossKind::binary_focal:
    case LossKind::binary_focal_logits:
      loss.a = value("gamma");
      loss.b = value("apply_class_balancing") != 0.0f ? 2.0f * value("alpha") - 1.0f : 0.0f;
      loss.c = value("apply_class_balancing") != 0.0f ? 1.0f - value("alpha") : 1.0f;
      [[fallthrough]];
    case LossKind::binary_crossentropy:
    case LossKind::binary_crossentropy_logits: loss.add = 0.5f * smoothing; break;
    case LossKind::categorical_focal:
    case LossKind::categorical_focal_logits:
      loss.a = value("gamma");
      loss.b = value("alpha");
      [[fallthrough]];
    case LossKind::categorical_crossentropy:
    case LossKind::categorical_crossentropy_logits: loss.add = smoothing / static_cast<float>(columns); break;
    default: break;
  }
  return loss;
}

bool takes_signs(const LossFunction& loss) {
  return loss.kind == LossKind::hinge || loss.kind == LossKind::squared_hinge;
}

LossFunction with_signs(LossFunction loss, const float* targets, long n) {
  if (takes_signs(loss) && std::all_of(targets, targets + n, [](float t) { return t == 0.0f || t == 1.0f; }))
    loss.keep = 2.0f, loss.add = -1.0f;
  return loss;
}

}  // namespace clarinet
