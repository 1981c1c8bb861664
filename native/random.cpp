#include "random.hpp"

#include <array>
#include <vector>

#include "philox.hpp"

namespace clarinet {
namespace {

struct Row {
  uint32_t word, number;
};

// One pass of a radix sort, least significant digit first: stable, so earlier passes order the elements that are equal here.
void sort_by_digit(const std::vector<Row>& from, std::vector<Row>& to, int shift, int bits) {
  std::vector<uint32_t> place((1u << bits) + 1, 0);
  const uint32_t mask = (1u << bits) - 1;
  for (const Row& row : from) ++place[((row.word >> shift) & mask) + 1];
  for (uint32_t digit = 0; digit < mask; ++digit) place[digit + 1] += place[digit];
  for (const Row& row : from) to[place[(row.word >> shift) & mask]++] = row;
}

}  // namespace

void permutation(uint64_t seed, uint32_t stream, uint32_t epoch, int64_t n, int64_t* order) {
  const uint32_t key[2] = {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)};
  std::vector<Row> rows(n), other(n);
  for (int64_t i = 0; i < n; i += 4) {
    uint32_t word[4] = {static_cast<uint32_t>(i / 4), 0, epoch, stream};
    philox(key, word);
    for (int64_t j = i; j < n && j < i + 4; ++j) rows[j] = {word[j - i], static_cast<uint32_t>(j)};
  }
  sort_by_digit(rows, other, 0, 11);
  sort_by_digit(other, rows, 11, 11);
  sort_by_digit(rows, other, 22, 10);
  for (int64_t i = 0; i < n; ++i) order[i] = other[i].number;
}

}  // namespace clarinet
