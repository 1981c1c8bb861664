// Numbers that only move: of each entry of the output the table says where it comes from, counted through the inputs one after
// the other; -1 is the number `fill`. The gradient at an entry is the sum over all places that it went to.
#include <algorithm>
#include <cstring>

#include "../block_sums.hpp"
#include "ops.hpp"

namespace clarinet {
namespace {

struct Stretch {
  long to, count;    // in the output
  int source;        // -1: the fill
  long from, step;   // in a sample of it
};

class Pick : public Merge {
 public:
  explicit Pick(const OpSpec& spec) : Merge(spec), fill_(static_cast<float>(setting(spec.settings, "fill"))) {
    for (double size : numbers(spec.settings, "in_sizes")) sizes_.push_back(static_cast<long>(size));
    for (double whole : numbers(spec.settings, "whole")) whole_.push_back(whole != 0.0 && !spec.whole);
    const std::vector<float>& table = spec.tables[0];
    for (long i = 0, n = static_cast<long>(table.size()); i < n;) i += add(table, i, n);
    block_sums_ = std::vector<BlockSums>(sizes_.size());
    sums_ = std::find(whole_.begin(), whole_.end(), true) != whole_.end();
  }

  bool by_sample() const override { return count() == 1 && !sums_; }
  bool sums_by_block() const override { return sums_; }
  bool meets(const Pass&) const override { return sums_; }
  double work() const override { return static_cast<double>(out_size()); }

  void reserve(long samples, int) override {
    for (size_t j = 0; j < sizes_.size(); ++j)
      if (whole_[j]) block_sums_[j].reserve(samples, sizes_[j]);
  }

  void forward_all(const Pass& pass, const float* const* x, float* y) override {
    for (long n = pass.first; n < pass.last; ++n) {
      for (const Stretch& s : stretches_) {
        float* to = y + n * out_size() + s.to;
        if (s.source < 0) {
          std::fill(to, to + s.count, fill_);
          continue;
        }
        const float* from = x[s.source] + place(s.source, n) + s.from;
        if (s.step == 1) std::memcpy(to, from, static_cast<size_t>(s.count) * sizeof(float));
        else
          for (long i = 0; i < s.count; ++i) to[i] = from[i * s.step];
      }
    }
  }

  void backward_all(const Pass& pass, const float* const*, const float*, float* dy, float* const* dx) override {
    for (long n = pass.first; n < pass.last; ++n) {
      for (size_t j = 0; j < sizes_.size(); ++j) {
        if (!dx[j]) continue;
        float* to = whole_[j] ? block_sums_[j].at(pass, n) : dx[j] + n * sizes_[j];
        if (!whole_[j]) std::fill(to, to + sizes_[j], 0.0f);
        for (const Stretch& s : stretches_)
          if (s.source == static_cast<int>(j))
            for (long i = 0; i < s.count; ++i) to[s.from + i * s.step] += dy[n * out_size() + s.to + i];
      }
    }
    if (sums_) total(pass, dx);
  }

 private:
  // The longest stretch of the table from entry i on; gives its length.
  long add(const std::vector<float>& table, long i, long n) {
    const auto entry = [&](long k) { return static_cast<long>(table[static_cast<size_t>(k)]); };
    long place = entry(i), begin = 0, count = 1;
    int source = -1;
    if (place >= 0)
      for (source = 0; place >= begin + sizes_[static_cast<size_t>(source)]; ++source) begin += sizes_[static_cast<size_t>(source)];
    const long end = source < 0 ? 0 : begin + sizes_[static_cast<size_t>(source)];
    const long step = i + 1 < n ? entry(i + 1) - place : 1;
    const auto goes_on = [&](long k) {
      const long next = entry(k);
      return source < 0 ? next < 0 : next == place + (k - i) * step && next >= begin && next < end;
    };
    while (i + count < n && goes_on(i + count)) ++count;
    stretches_.push_back({i, count, source, place - begin, step});
    return count;
  }

  long place(int source, long n) const {
    return whole_[static_cast<size_t>(source)] ? 0 : n * sizes_[static_cast<size_t>(source)];
  }

  void total(const Pass& pass, float* const* dx) {
    pass.sync();
    for (size_t j = 0; j < sizes_.size(); ++j) {
      if (!whole_[j] || !dx[j]) continue;
      const long from = sizes_[j] * pass.thread / pass.threads, to = sizes_[j] * (pass.thread + 1) / pass.threads;
      if (to > from) block_sums_[j].total(pass, from, to - from, dx[j] + from);
    }
    pass.sync();
  }

  const float fill_;
  std::vector<long> sizes_;
  std::vector<bool> whole_;
  std::vector<Stretch> stretches_;
  std::vector<BlockSums> block_sums_;
  bool sums_ = false;
};

}  // namespace

std::unique_ptr<Op> make_pick(const OpSpec& spec) { return std::make_unique<Pick>(spec); }

}  // namespace clarinet
