// Included once per instruction set. No standard library containers here: an inline function of theirs compiled with
// wider vectors could be the copy that the linker keeps for the baseline path too.
#include "kernels.hpp"

#define CLARINET_TEXT_(x) #x
#define CLARINET_TEXT(x) CLARINET_TEXT_(x)
#define CLARINET_JOIN_(a, b) a##b
#define CLARINET_JOIN(a, b) CLARINET_JOIN_(a, b)

namespace clarinet {

const KernelTable& CLARINET_JOIN(kernels_, CLARINET_ISA_NAME)() {
  static constexpr KernelTable table{CLARINET_TEXT(CLARINET_ISA_NAME)};
  return table;
}

}  // namespace clarinet
