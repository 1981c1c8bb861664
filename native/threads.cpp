// The number of useful threads: affinity, control groups, and the user's setting.
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include "pool.hpp"

#if defined(__linux__)
#include <sched.h>
#endif

namespace clarinet {
namespace {

#if defined(__linux__)

double read_number(const std::string& path) {
  std::ifstream file(path);
  double value = -1.0;
  file >> value;
  return file ? value : -1.0;
}

// Processors' worth of time that one control group grants, infinity where it sets no limit. Version 2 says
// "quota period" in one file, version 1 has a file for each, the quota being -1 for none.
double group_quota(const std::string& folder) {
  std::ifstream file(folder + "/cpu.max");
  std::string quota;
  double period = 0.0;
  if (file >> quota >> period && quota != "max" && period > 0.0) return std::atof(quota.c_str()) / period;
  const double old_quota = read_number(folder + "/cpu.cfs_quota_us");
  const double old_period = read_number(folder + "/cpu.cfs_period_us");
  return old_quota > 0.0 && old_period > 0.0 ? old_quota / old_period : INFINITY;
}

// The tightest limit of the group in `root` at `path` and of those above it.
double tightest_quota(const std::string& root, std::string path) {
  double least = group_quota(root);
  while (path.size() > 1) {
    least = std::fmin(least, group_quota(root + path));
    path.resize(path.rfind('/'));
  }
  return least;
}

// /proc/self/cgroup has lines "number:controllers:path"; version 2's controllers are empty.
double quota() {
  double least = INFINITY;
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    std::istringstream fields(line);
    std::string number, controllers, path;
    if (!std::getline(fields, number, ':') || !std::getline(fields, controllers, ':')) continue;
    std::getline(fields, path);
    if (controllers.empty()) least = std::fmin(least, tightest_quota("/sys/fs/cgroup", path));
    if (("," + controllers + ",").find(",cpu,") != std::string::npos)
      least = std::fmin(least, tightest_quota("/sys/fs/cgroup/cpu", path));
  }
  return least;
}

int affinity() {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : static_cast<int>(std::thread::hardware_concurrency());
}

#else

double quota() { return INFINITY; }
int affinity() { return static_cast<int>(std::thread::hardware_concurrency()); }

#endif

}  // namespace

int processors() {
  const double limit = std::ceil(quota());
  const int count = affinity();
  return std::max(1, limit < count ? static_cast<int>(limit) : count);
}

int allowed_threads() {
  const char* text = std::getenv("CLARINET_NUM_THREADS");
  if (!text || !*text) return processors();
  char* end = nullptr;
  const long wanted = std::strtol(text, &end, 10);
  if (*end != '\0' || wanted < 1 || wanted > 256)
    throw std::invalid_argument("CLARINET_NUM_THREADS=" + std::string(text) +
                                ": expected a whole number from 1 to 256; unset it to use all processors");
  return static_cast<int>(wanted);
}

}  // namespace clarinet
