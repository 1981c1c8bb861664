// A function of one, two or three tensors, entry by entry. Operands are stretched to one another; some are constants, some are
// the same for all samples, and the gradient at such a one is a sum over the batch.
#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "../block_sums.hpp"
#include "ops.hpp"

namespace clarinet {
namespace {

constexpr long kChunk = 512;  // entries that are computed at a time, so that all about them stays in the first-level cache

struct Known {
  Map kind;
  int arity;
};
const std::map<std::string, Known> kMaps = {
#define CLARINET_ROW(name, arity, sloped) {"map_" #name, {Map::name, arity}},
    CLARINET_MAPS(CLARINET_ROW)
#undef CLARINET_ROW
};

// The output is cut into rows in which an operand has a number for each entry, or one for all.
struct Operand {
  int source = -1;             // of the operation's; -1: a constant
  const float* constant = nullptr;
  bool dense = false;          // it has the output's numbers in their order
  bool whole = false;          // the same for all samples
  std::vector<long> starts{};  // of each of the output's rows, in a sample
  long size = 1, step = 1;     // of a sample; from one entry of a row to the next
};

class Mapped : public Merge {
 public:
  explicit Mapped(const OpSpec& spec)
      : Merge(spec), map_(kMaps.at(spec.kind)), c_(static_cast<float>(setting(spec.settings, "c"))) {
    sizes_ = numbers(spec.settings, "sizes");
    row_ = static_cast<long>(sizes_.back());
    size_t table = 0;
    for (int j = 0; j < map_.arity; ++j) {
      Operand own = operand(numbers(spec.settings, std::to_string(j).c_str()));
      own.source = static_cast<int>(numbers(spec.settings, "sources")[static_cast<size_t>(j)]);
      if (own.source < 0) own.constant = spec.tables[table++].data();
      // What is one for the batch itself runs as a single sample, whose operands are that sample's own.
      own.whole = own.source < 0 || (!spec.whole && numbers(spec.settings, "whole")[static_cast<size_t>(own.source)] != 0.0);
      own.dense = own.dense && (!own.whole || spec.whole);
      sums_ = sums_ || (own.source >= 0 && own.whole);
      operands_.push_back(std::move(own));
    }
  }

  bool leads(size_t input, bool) const override {
    for (int j = 0; j < map_.arity; ++j)
      if (operands_[static_cast<size_t>(j)].source == static_cast<int>(input)) return sloped(map_.kind, j);
    return false;
  }
  bool in_place() const override { return operands_[0].dense && operands_[0].source == 0; }
  bool by_sample() const override { return count() == 1 && !sums_; }
  bool sums_by_block() const override { return sums_; }
  bool meets(const Pass&) const override { return sums_; }
  long scratch(long) const override { return 5 * kChunk; }
  double work() const override { return 2.0 * out_size(); }

  void reserve(long samples, int) override {
    for (size_t j = 0; j < operands_.size(); ++j)
      if (operands_[j].whole && operands_[j].source >= 0) block_sums_[j].reserve(samples, operands_[j].size);
  }

  void forward_all(const Pass& pass, const float* const* x, float* y) override {
    each_chunk(pass, [&](long at, long row, long offset, long n) {
      const float* own[3];
      take(pass, x, at, row, offset, n, own);
      pass.k->map(map_.kind, c_, own, y + at, n);
    });
  }

  // From the last operand to the first, whose gradient may share dy's memory.
  void backward_all(const Pass& pass, const float* const* x, const float* y, float* dy, float* const* dx) override {
    const auto summed = [&](const Operand& own) { return own.source >= 0 && dx[own.source] && !own.dense; };
    for (const Operand& own : operands_)
      if (summed(own) && !own.whole)
        std::fill(dx[own.source] + pass.first * own.size, dx[own.source] + pass.last * own.size, 0.0f);
    float* sums[3] = {};
    each_chunk(pass, [&](long at, long row, long offset, long n) {
      const float* own[3];
      take(pass, x, at, row, offset, n, own);
      for (int j = map_.arity; j-- > 0;) {
        const Operand& operand = operands_[static_cast<size_t>(j)];
        float* to = operand.source < 0 ? nullptr : dx[operand.source];
        if (!to) continue;
        float* share = operand.dense ? to + at : pass.scratch + 3 * kChunk;
        pass.k->map_back(map_.kind, j, c_, dy + at, own, y + at, share, n);
        if (!operand.dense) add(pass, j, row, offset, n, share, to, sums[j]);
      }
    });
    if (sums_) total(pass, dx);
  }

 private:
  // From which of the output's axes, those that all operands have or have not in common made one, it has.
  Operand operand(const std::vector<double>& has) const {
    Operand own;
    own.starts = {0};
    for (size_t axis = 0; axis < sizes_.size(); ++axis)
      if (has[axis] != 0.0) own.size *= static_cast<long>(sizes_[axis]);
    long step = own.size;
    for (size_t axis = 0; axis + 1 < sizes_.size(); ++axis) {
      const long entries = static_cast<long>(sizes_[axis]);
      if (has[axis] != 0.0) step /= entries;
      std::vector<long> finer;
      for (long start : own.starts)
        for (long i = 0; i < entries; ++i) finer.push_back(has[axis] != 0.0 ? start + i * step : start);
      own.starts = std::move(finer);
    }
    own.step = has.back() != 0.0 ? 1 : 0;
    own.dense = own.size == out_size();
    return own;
  }

  // f(entry, row, place in the row, entries) for this thread's rows, some whole ones or a part of one at a time.
  template <class F>
  void each_chunk(const Pass& pass, const F& f) const {
    const long rows = out_size() / row_, last = pass.last * rows;
    if (row_ > kChunk) {
      for (long row = pass.first * rows; row < last; ++row)
        for (long i = 0; i < row_; i += kChunk) f(row * row_ + i, row, i, std::min(kChunk, row_ - i));
      return;
    }
    for (long row = pass.first * rows, most = kChunk / row_; row < last; row += most)
      f(row * row_, row, 0, std::min(most, last - row) * row_);
  }

  // Pointers to the operands' numbers for a chunk, in scratch where they do not lie so.
  void take(const Pass& pass, const float* const* x, long at, long row, long offset, long n, const float* own[3]) const {
    for (size_t j = 0; j < operands_.size(); ++j) {
      const Operand& operand = operands_[j];
      const float* from = operand.source < 0 ? operand.constant : x[operand.source];
      if (operand.dense) {
        own[j] = from + at;
        continue;
      }
      float* to = pass.scratch + static_cast<long>(j) * kChunk;
      each_row(operand, row, offset, n, [&](long place, long i, long count) {
        if (operand.step) std::memcpy(to + i, from + place, static_cast<size_t>(count) * sizeof(float));
        else std::fill(to + i, to + i + count, from[place]);
      });
      own[j] = to;
    }
  }

  // Adds a chunk's share of an operand's gradient: to the samples' own, or to the block's sum.
  void add(const Pass& pass, int j, long row, long offset, long n, const float* share, float* to, float*& sums) {
    const Operand& operand = operands_[static_cast<size_t>(j)];
    const long rows = out_size() / row_;
    long next = row;
    each_row(operand, row, offset, n, [&](long place, long i, long count) {
      if (operand.whole && next % rows == 0 && offset == 0) sums = block_sums_[j].at(pass, next / rows);
      float* sum = (operand.whole ? sums : to) + place;
      if (operand.step) {
        for (long k = 0; k < count; ++k) sum[k] += share[i + k];
      } else {
        float all = 0.0f;
        pass.k->reduce(Reduction::sum, share + i, 1, count, 1, &all);
        *sum += all;
      }
      ++next;
    });
  }

  // f(place of the operand's numbers, place in the chunk, entries) for each of a chunk's rows.
  template <class F>
  void each_row(const Operand& operand, long row, long offset, long n, const F& f) const {
    const long rows = static_cast<long>(operand.starts.size()), each = std::min(n, row_);
    long sample = row / rows, place = row % rows;
    for (long i = 0; i < n; i += each) {
      f((operand.whole ? 0 : sample * operand.size) + operand.starts[static_cast<size_t>(place)] + offset * operand.step, i, each);
      if (++place == rows) place = 0, ++sample;
    }
  }

  // The gradients at operands that all samples share: the blocks' sums, added in order.
  void total(const Pass& pass, float* const* dx) {
    pass.sync();
    for (size_t j = 0; j < operands_.size(); ++j) {
      const Operand& own = operands_[j];
      if (own.source < 0 || !own.whole || !dx[own.source]) continue;
      const long from = own.size * pass.thread / pass.threads, to = own.size * (pass.thread + 1) / pass.threads;
      if (to > from) block_sums_[j].total(pass, from, to - from, dx[own.source] + from);
    }
    pass.sync();
  }

  const Known map_;
  const float c_;
  std::vector<double> sizes_;
  long row_ = 1;
  bool sums_ = false;
  std::vector<Operand> operands_;
  BlockSums block_sums_[3];
};

}  // namespace

bool is_map(const std::string& kind) { return kMaps.contains(kind); }
std::unique_ptr<Op> make_map(const OpSpec& spec) { return std::make_unique<Mapped>(spec); }

}  // namespace clarinet
