// What each instruction set's object exports: one table, and nothing else.
#pragma once

namespace clarinet {

struct KernelTable {
  const char* isa;
};

const KernelTable& kernels_generic();
const KernelTable& kernels_avx2();
const KernelTable& kernels_avx512();

// The table in use for this process.
const KernelTable& kernels();

}  // namespace clarinet
