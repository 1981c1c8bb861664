#define CLARINET_ISA_NAME avx512
#include "kernels-inl.hpp"
