// The instruction sets of this build, best first; the first that the processor has is used, unless CLARINET_ISA names one.
#include "dispatch.hpp"

#include <cstdlib>
#include <stdexcept>

#if defined(CLARINET_AVX2_KERNELS) || defined(CLARINET_AVX512_KERNELS)
#define CLARINET_X86_KERNELS
#endif

#if defined(CLARINET_X86_KERNELS) && defined(_MSC_VER)
#include <immintrin.h>
#include <intrin.h>
#endif

namespace clarinet {
namespace {

struct Set {
  const KernelTable& (*table)();
  bool (*available)();
};

#if !defined(CLARINET_X86_KERNELS)
// Nothing to choose from.
#elif defined(_MSC_VER)
bool cpu(int leaf, int reg, unsigned mask, unsigned state) {
  int r[4];
  __cpuidex(r, 1, 0);
  if (!(r[2] & (1 << 27)) || (_xgetbv(0) & state) != state) return false;  // the system keeps these registers
  __cpuidex(r, leaf, 0);
  return (static_cast<unsigned>(r[reg]) & mask) == mask;
}
[[maybe_unused]] bool has_avx2() { return cpu(7, 1, 1u << 5, 0x6) && cpu(1, 2, 1u << 12, 0x6); }
[[maybe_unused]] bool has_avx512() { return has_avx2() && cpu(7, 1, 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31, 0xe6); }
#else
[[maybe_unused]] bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
[[maybe_unused]] bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
}
#endif

const Set kSets[] = {
#if defined(CLARINET_AVX512_KERNELS)
    {kernels_avx512, has_avx512},
#endif
#if defined(CLARINET_AVX2_KERNELS)
    {kernels_avx2, has_avx2},
#endif
    {kernels_generic, [] { return true; }},
};

const KernelTable& choose() {
  const char* wanted = std::getenv("CLARINET_ISA");
  if (wanted && *wanted) return named_kernels(wanted);
  for (const Set& set : kSets)
    if (set.available()) return set.table();
  return kernels_generic();
}

}  // namespace

std::vector<std::string> available_isas() {
  std::vector<std::string> names;
  for (const Set& set : kSets)
    if (set.available()) names.push_back(set.table().isa);
  return names;
}

const KernelTable& named_kernels(const std::string& isa) {
  std::string choices;
  for (const std::string& name : available_isas()) {
    choices += (choices.empty() ? "" : ", ") + name;
  }
  for (const Set& set : kSets) {
    if (isa != set.table().isa) continue;
    if (set.available()) return set.table();
    throw std::invalid_argument("CLARINET_ISA=" + isa + ": this processor does not have it; it has " + choices);
  }
  throw std::invalid_argument("CLARINET_ISA=" + isa + ": no such instruction set; this processor has " + choices);
}

const KernelTable& kernels() {
  static const KernelTable& table = choose();
  return table;
}

}  // namespace clarinet
