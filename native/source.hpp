// Rows of numbers as the user has them: any plain dtype, rows at any distance.
#pragma once

#include <cstdint>

#include "kernels.hpp"

namespace clarinet {

struct Source {
  const void* data = nullptr;
  Dtype dtype = Dtype::f32;
  int64_t rows = 0;     // how many there are
  int64_t columns = 0;  // numbers in a row, contiguous
  int64_t stride = 0;   // bytes from one row to the next
  // Of sparse rows, whose data are floats one after the other: where each row begins among them, and where the last one ends;
  // and the column of each, increasing within a row. nullptr: all numbers of a row are there.
  const int64_t* starts = nullptr;
  const int32_t* places = nullptr;

  explicit operator bool() const { return data != nullptr; }
};

// Which rows a pass takes: `order` where given, else the rows as stored.
struct Order {
  const int64_t* order = nullptr;
  int64_t first = 0;

  int64_t operator[](long i) const { return order ? order[first + i] : first + i; }
};

// The numbers of a row that is sparse.
struct SparseRow {
  const int32_t* columns = nullptr;
  const float* values = nullptr;
  long count = 0;
};

// A batch's rows of an input where they lie, sparse.
struct SparseBatch {
  const Source* source = nullptr;
  Order order;

  // Row i of the batch; a missing row is empty.
  SparseRow operator[](long i) const {
    const int64_t row = order[i];
    if (row < 0 || row >= source->rows) return {};
    const int64_t first = source->starts[row];
    return {source->places + first, static_cast<const float*>(source->data) + first, static_cast<long>(source->starts[row + 1] - first)};
  }
};

// Prefetches rows of shuffled data some time before a thread reads them, batch after batch: the processor cannot predict them.
class alignas(64) Prefetcher {  // a cache line of its own: each thread writes there row by row
 public:
  // Begins a batch: the thread's rows [first, last) of it, and [first, next_last) of the one to come: 0 if none. Of these rows
  // the numbers [from, to).
  void begin_batch(const Source&, Order now, Order next, long first, long last, long next_last, long from, long to);
  // Row i of the batch is read next: prefetches the rows soon after it that are not prefetched yet.
  void prefetch_after(long i);

 private:
  const Source* source_ = nullptr;
  Order now_, next_;
  long first_ = 0, last_ = 0, next_last_ = 0;
  long asked_ = 0;     // rows of this batch up to here; those of the next count on from `last`
  long distance_ = 0;  // rows; 0 where it does not pay
  int64_t start_ = 0, bytes_ = 0;  // of a row
};

// Whether rows can be read as floats in place; and pointers to the first rows of a batch; a missing row is `zeros`.
bool readable_as_floats(const Source&);
void locate(const Source&, Order, long count, const float* zeros, const float** row_pointers);

// Copies rows [first, last) of a batch, converted, to their positions in `to` (of whole batches).
void gather(const KernelTable&, const Source&, Order, long first, long last, float* to, Prefetcher* prefetcher = nullptr);

// The same as class ids; numbers that are no 32-bit integers become -1, which is no class.
void gather_ids(const Source&, Order, long first, long last, int32_t* to);

}  // namespace clarinet
