#include "source.hpp"

#include <algorithm>
#include <cstring>

namespace clarinet {
namespace {

// Where row i of the batch is; nullptr if there is no such row, which counts as zeros (callers check orders before).
const char* row_of(const Source& source, Order order, long i) {
  const int64_t row = order[i];
  if (row < 0 || row >= source.rows) return nullptr;
  return static_cast<const char*>(source.data) + row * source.stride;
}

template <class T>
void ids_as(const Source& source, Order order, long first, long last, int32_t* to) {
  for (long i = first; i < last; ++i) {
    const char* row = row_of(source, order, i);
    for (int64_t j = 0; j < source.columns; ++j) {
      T value{};
      if (row) std::memcpy(&value, row + j * static_cast<int64_t>(sizeof(T)), sizeof(T));
      const bool fits = value >= T(0) && static_cast<double>(value) < 2147483648.0;
      to[i * source.columns + j] = fits ? static_cast<int32_t>(value) : -1;
    }
  }
}

}  // namespace

void gather(const KernelTable& k, const Source& source, Order order, long first, long last, float* to) {
  for (long i = first; i < last; ++i) {
    const char* row = row_of(source, order, i);
    if (row) {
      k.to_floats(source.dtype, row, to + i * source.columns, static_cast<long>(source.columns));
    } else {
      std::fill_n(to + i * source.columns, source.columns, 0.0f);
    }
  }
}

void fetch_ahead(const Source& source, Order order, long first, long last) {
#if defined(__GNUC__)
  constexpr int64_t kMost = 8192, kLine = 64;  // more would only wait, where the work between could have gone on
  const int64_t bytes = source.columns * bytes_of(source.dtype);
  if ((last - first) * bytes > kMost) return;
  for (long i = first; i < last; ++i) {
    const char* row = row_of(source, order, i);
    for (int64_t at = 0; row && at < bytes; at += kLine) __builtin_prefetch(row + at);
  }
#else
  (void)source, (void)order, (void)first, (void)last;
#endif
}

void gather_ids(const Source& source, Order order, long first, long last, int32_t* to) {
  switch (source.dtype) {
    case Dtype::u8: return ids_as<uint8_t>(source, order, first, last, to);
    case Dtype::i8: return ids_as<int8_t>(source, order, first, last, to);
    case Dtype::u16: return ids_as<uint16_t>(source, order, first, last, to);
    case Dtype::i16: return ids_as<int16_t>(source, order, first, last, to);
    case Dtype::u32: return ids_as<uint32_t>(source, order, first, last, to);
    case Dtype::i32: return ids_as<int32_t>(source, order, first, last, to);
    case Dtype::u64: return ids_as<uint64_t>(source, order, first, last, to);
    case Dtype::i64: return ids_as<int64_t>(source, order, first, last, to);
    case Dtype::f32: return ids_as<float>(source, order, first, last, to);
    case Dtype::f64: return ids_as<double>(source, order, first, last, to);
  }
}

}  // namespace clarinet
