#define CLARINET_ISA_NAME generic
#include "kernels-inl.hpp"
