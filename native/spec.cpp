#include "spec.hpp"

namespace clarinet {

const std::vector<double>& numbers(const Settings& settings, const char* name) {
  static const std::vector<double> none;
  const auto found = settings.find(name);
  return found == settings.end() ? none : found->second;
}

double setting(const Settings& settings, const char* name) {
  const std::vector<double>& all = numbers(settings, name);
  return all.empty() ? 0.0 : all[0];
}

}  // namespace clarinet
