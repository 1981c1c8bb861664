#include "kernels.hpp"

namespace clarinet {

const KernelTable& kernels() { return kernels_generic(); }

}  // namespace clarinet
