// What the files that tell Python of the engine know of each other.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <stdexcept>

#include "source.hpp"

namespace clarinet {

using Array = nanobind::ndarray<nanobind::ro, nanobind::device::cpu>;

inline void require(bool condition, const char* message) {
  if (!condition) throw std::invalid_argument(message);
}

Dtype dtype_of(const Array&);
// Rows of an array; all axes but the first lie next to each other. Whoever has the array has to hold it.
Source source_of(const Array&);
// The same of an array, or of sparse rows: a tuple of clarinet.sparse_rows.SparseRows, which has checked it.
Source rows_of(nanobind::handle array);
// The numbers of an array of so many.
template <class Number>
Number* numbers_of(nanobind::handle array, int64_t size) {
  using Numbers = nanobind::ndarray<Number, nanobind::c_contig, nanobind::device::cpu>;
  const Numbers numbers = nanobind::cast<Numbers>(array, false);  // no copy
  require(static_cast<int64_t>(numbers.size()) == size, "an array does not have the shape of the input or output");
  return numbers.data();
}
// A whole number from low on that a caller handed over as `name`.
int64_t whole(nanobind::handle value, const char* name, int64_t low);

// Where a buffer of `size` bytes begins in the array `owner` of bytes, if `parts` are views of it and each begins `offsets`
// bytes after that; -1 where they do not lie so. All are contiguous.
int64_t common_begin(nanobind::list parts, nanobind::list offsets, nanobind::handle owner, int64_t size);

// The plan in plain numbers, field by field as in spec.hpp.
void bind_spec(nanobind::module_&);

}  // namespace clarinet
