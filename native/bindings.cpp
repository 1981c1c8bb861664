#include <nanobind/nanobind.h>

#include "kernels.hpp"

namespace nb = nanobind;

NB_MODULE(_native, m) {
  m.doc() = "Clarinet's native engine.";
  m.attr("version") = CLARINET_VERSION;
  m.def("isa", [] { return clarinet::kernels().isa; }, "Name of the instruction set in use.");
}
