// A block of floats that starts on a cache line.
#pragma once

#include <cstddef>
#include <cstring>
#include <new>

namespace clarinet {

class Buffer {
 public:
  Buffer() = default;
  // Throws std::bad_alloc.
  explicit Buffer(size_t n) : data_(static_cast<float*>(::operator new(n * sizeof(float) + kLine, std::align_val_t(kLine)))) {
    std::memset(data_, 0, n * sizeof(float) + kLine);
  }
  ~Buffer() {
    if (data_) ::operator delete(data_, std::align_val_t(kLine));
  }
  Buffer(Buffer&& other) noexcept : data_(other.data_) { other.data_ = nullptr; }
  Buffer& operator=(Buffer&& other) noexcept {
    float* mine = data_;
    data_ = other.data_;
    other.data_ = mine;
    return *this;
  }

  float* get() const { return data_; }
  static size_t rounded(size_t n) { return (n + kLine / sizeof(float) - 1) / (kLine / sizeof(float)) * (kLine / sizeof(float)); }

 private:
  static constexpr size_t kLine = 64;
  float* data_ = nullptr;
};

}  // namespace clarinet
