// Which instruction set's kernels are used.
#pragma once

#include <string>
#include <vector>

#include "kernels.hpp"

namespace clarinet {

// What this processor can run, best first.
std::vector<std::string> available_isas();

// The kernels of a set by name; throws std::invalid_argument, naming the choices, where there are none.
const KernelTable& named_kernels(const std::string& isa);

// The table of this process: CLARINET_ISA's, else the best. Throws as above.
const KernelTable& kernels();

}  // namespace clarinet
