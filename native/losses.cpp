// Losses by name.
#include <algorithm>
#include <stdexcept>

#include "objective.hpp"

namespace clarinet {

LossFunction loss_function(const std::string& name, const Settings& settings, long columns) {
  const LossKernel* all = kernels_generic().losses;  // those of every instruction set have the same numbers
  int number = 0;
  while (all[number].name && all[number].name != name) ++number;
  const LossKernel& kernel = all[number];
  if (!kernel.name) throw std::invalid_argument("no native loss is called " + name);
  LossFunction loss{number};
  auto value = [&](const char* setting_name) { return static_cast<float>(setting(settings, setting_name)); };
  float* const constants[] = {&loss.a, &loss.b, &loss.c};
  for (int i = 0; i < 3; ++i)
    if (kernel.settings[i]) *constants[i] = value(kernel.settings[i]);
  if (value("apply_class_balancing") != 0.0f) {
    loss.b = 2.0f * value("alpha") - 1.0f;
    loss.c = 1.0f - value("alpha");
  }
  const float smoothing = value("label_smoothing");
  loss.keep = 1.0f - smoothing;
  loss.add = kernel.classes ? smoothing / static_cast<float>(columns) : 0.5f * smoothing;
  return loss;
}

bool takes_signs(const LossFunction& loss) { return kernels_generic().losses[loss.number].signs; }

LossFunction with_signs(LossFunction loss, const float* targets, long n) {
  if (takes_signs(loss) && std::all_of(targets, targets + n, [](float t) { return t == 0.0f || t == 1.0f; }))
    loss.keep = 2.0f, loss.add = -1.0f;
  return loss;
}

}  // namespace clarinet
