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

// Into the second-level cache: its queue is longer than the first's, so rows from all over the memory arrive twice as fast.
void prefetch_row(const char* row, int64_t bytes) {
#if defined(__GNUC__)
  constexpr int64_t kLine = 64;
  for (int64_t at = 0; at < bytes; at += kLine) __builtin_prefetch(row + at, 0, 2);
  __builtin_prefetch(row + bytes - 1, 0, 2);  // rows rarely begin at the start of a line
#else
  (void)row, (void)bytes;
#endif
}

// How many rows ahead; 0 if the processor predicts the rows itself, or has them all in its cache.
long distance_ahead(const Source& source, Order order, long rows, int64_t bytes) {
  constexpr int64_t kFar = 1 << 20, kAhead = 1 << 14;
  if (!order.order || source.starts || source.rows * bytes < kFar) return 0;
  return std::clamp(static_cast<long>(kAhead / bytes), 1L, std::max(1L, rows));
}

// Sparse rows as others see them.
void scatter(const SparseBatch& batch, long first, long last, float* to) {
  const int64_t columns = batch.source->columns;
  std::fill_n(to + first * columns, (last - first) * columns, 0.0f);
  for (long i = first; i < last; ++i) {
    const SparseRow row = batch[i];
    for (long k = 0; k < row.count; ++k) to[i * columns + row.columns[k]] = row.values[k];
  }
}

}  // namespace

void Prefetcher::begin_batch(const Source& source, Order now, Order next, long first, long last, long next_last, long from, long to) {
  asked_ = source_ ? first + std::max(0L, asked_ - last_) : first;
  const int64_t each = bytes_of(source.dtype), bytes = (to - from) * each;
  if (source_ != &source || last_ - first_ != last - first || bytes_ != bytes) distance_ = distance_ahead(source, now, last - first, bytes);
  start_ = from * each, bytes_ = bytes;
  source_ = &source, now_ = now, next_ = next, first_ = first, last_ = last, next_last_ = std::max(first, next_last);
}

void Prefetcher::prefetch_after(long i) {
  if (!distance_) return;
  for (const long end = std::min(i + distance_ + 1, last_ + next_last_ - first_); asked_ < end; ++asked_) {
    const char* row = asked_ < last_ ? row_of(*source_, now_, asked_) : row_of(*source_, next_, asked_ - last_ + first_);
    if (row) prefetch_row(row + start_, bytes_);
  }
}

bool readable_as_floats(const Source& source) {
  constexpr int64_t kFloat = sizeof(float);
  return !source.starts && source.dtype == Dtype::f32 && source.stride % kFloat == 0 && reinterpret_cast<intptr_t>(source.data) % kFloat == 0;
}

void locate(const Source& source, Order order, long count, const float* zeros, const float** row_pointers) {
  for (long i = 0; i < count; ++i) {
    row_pointers[i] = reinterpret_cast<const float*>(row_of(source, order, i));
    if (!row_pointers[i]) row_pointers[i] = zeros;
  }
}

void gather(const KernelTable& k, const Source& source, Order order, long first, long last, float* to, Prefetcher* prefetcher) {
  if (source.starts) return scatter({&source, order}, first, last, to);
  for (long i = first; i < last; ++i) {
    if (prefetcher) prefetcher->prefetch_after(i);
    const char* row = row_of(source, order, i);
    if (row) {
      k.to_floats(source.dtype, row, to + i * source.columns, static_cast<long>(source.columns));
    } else {
      std::fill_n(to + i * source.columns, source.columns, 0.0f);
    }
  }
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
