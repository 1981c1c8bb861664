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

// Asks the memory for rows of shuffled data some time before a thread reads them, batch after batch: the processor can't
// foresee them itself.
class Prefetcher {
 public:
  // The thread's rows [first, last) of the batch that is read now, and [first, next_last) of the one to come: 0 if none.
  void begin_batch(const Source&, Order now, Order next, long first, long last, long next_last);
  // Row i of the batch is read next: asks for those that follow soon and are not asked for yet.
  void prefetch_after(long i);

 private:
  const Source* source_ = nullptr;
  Order now_, next_;
  long first_ = 0, last_ = 0, next_last_ = 0;
  long asked_ = 0;     // rows of this batch up to here; those of the next count on from `last`
  long distance_ = 0;  // rows; 0 where it does not pay
};

// Whether rows can be read as floats where they lie, and where that is, of rows [first, last) of a batch; a row that is not
// there is written to `zeros` (of whole batches).
bool readable_as_floats(const Source&);
void locate(const Source&, Order, long first, long last, float* zeros, const float** row_pointers);

// Rows [first, last) of a batch, converted, to where they belong in `to` (of whole batches).
void gather(const KernelTable&, const Source&, Order, long first, long last, float* to, Prefetcher* prefetcher = nullptr);

// The same as class ids; what is no 32-bit whole number becomes -1, which no class has.
void gather_ids(const Source&, Order, long first, long last, int32_t* to);

}  // namespace clarinet
