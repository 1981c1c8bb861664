// Rows of numbers as the user has them: any plain dtype, rows at any distance.
#pragma once

#include <cstdint>

#include "kernels.hpp"

namespace clarinet {

struct Source {
  const void* data = nullptr;
  Dtype dtype = Dtype::f32;
  int64_t rows = 0;     // how many there are
  int64_t columns = 0;  // numbers in a row, which lie next to each other
  int64_t stride = 0;   // bytes from one row to the next

  explicit operator bool() const { return data != nullptr; }
};

// Which rows a pass takes: `order` where given, else the rows as stored.
struct Order {
  const int64_t* order = nullptr;
  int64_t first = 0;

  int64_t operator[](long i) const { return order ? order[first + i] : first + i; }
};

// The batch to come: `last` as in gather, 0 if there is none.
struct Ahead {
  Order order;
  long last = 0;
};

// Rows [first, last) of a batch, converted, to where they belong in `to` (of whole batches). With `ahead`, rows of shuffled
// data are asked for some time before they are read, those of the batch to come too.
void gather(const KernelTable&, const Source&, Order, long first, long last, float* to, Ahead ahead = {});

// The same as class ids; what is no 32-bit whole number becomes -1, which no class has.
void gather_ids(const Source&, Order, long first, long last, int32_t* to);

}  // namespace clarinet
