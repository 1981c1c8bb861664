#include "updater.hpp"

#include <algorithm>
#include <cstring>

namespace clarinet {
namespace {

constexpr long kBlock = 4096;
constexpr long kGrain = 16;  // rows of a part of a gradient that are not split
constexpr double kUpdateCost = 16.0;  // of one number's update, in multiply-adds
constexpr double kSlice = 1e9;        // multiply-adds between two looks at whether to go on

// The part of n things that belongs to a thread.
Range part_of(long n, const Pass& pass) { return {n * pass.thread / pass.threads, n * (pass.thread + 1) / pass.threads}; }

}  // namespace

Updater::Updater(const Spec& spec, const std::vector<std::unique_ptr<Op>>& ops)
    : ops_(ops), optimizer_(spec.optimizer, spec.params, spec.slots), params_(spec.params) {
  for (const auto& op : ops_) {
    first_weight_.push_back(static_cast<long>(weights_.size()));
    for (const Weight& weight : op->spec.weights) {
      if (weight.l1 != 0.0f || weight.l2 != 0.0f) add_blocks(&weight, 0, penalized_);
      if (!weight.trainable) continue;
      add_blocks(&weight, static_cast<int>(weights_.size()), blocks_);
      weights_.push_back(&weight);
    }
  }
  first_weight_.push_back(static_cast<long>(weights_.size()));
  norms_.resize(weights_.size());
  squares_.resize(weights_.size());
  scales_.resize(weights_.size());
  if (optimizer_.active()) gradients_ = Buffer(static_cast<size_t>(spec.params_size));
}

void Updater::add_blocks(const Weight* weight, int owner, std::vector<Block>& blocks) const {
  for (long from = 0; from < weight->size; from += kBlock)
    blocks.push_back({weight, owner, from, std::min(kBlock, static_cast<long>(weight->size) - from), 0, 0, 0, 0});
}

// Contiguous runs of rows of about the same cost each, but what the threads have at home. The bits do not depend on it.
void Updater::divide(int threads, long rows, int64_t steps) {
  jobs_.assign(static_cast<size_t>(threads), {});
  struct Shared {
    int op, part;
    long count, slice;
    double cost;
  };
  std::vector<Shared> shared;
  double all = 0.0;
  for (size_t o = 0; o < ops_.size(); ++o) {
    const bool homes = ops_[o]->settle(threads, rows, steps, optimizer_);
    const std::vector<GradientPart> parts = ops_[o]->parts();
    for (size_t p = 0; p < parts.size(); ++p) {
      if (!parts[p].weight->trainable) continue;
      if (homes && p == 0) {
        for (int t = 0; t < threads; ++t) {
          const Range own = ops_[o]->share(t, threads);
          jobs_[static_cast<size_t>(t)].push_back({static_cast<int>(o), 0, own.first, own.last, own.last - own.first});
        }
        continue;
      }
      const double cost = static_cast<double>(parts[p].row) * (static_cast<double>(parts[p].depth * rows) + kUpdateCost);
      const long slice = static_cast<long>(std::min(kSlice / cost, 1e9) / kGrain + 1.0) * kGrain;
      shared.push_back({static_cast<int>(o), static_cast<int>(p), parts[p].count, slice, cost});
      all += cost * static_cast<double>(parts[p].count);
    }
  }
  double before = 0.0;
  for (const Shared& s : shared) {
    long from = 0;
    for (int t = 0; t < threads && from < s.count; ++t) {
      const double end = std::max(0.0, (all * (t + 1) / threads - before) / s.cost);
      const long to = t + 1 == threads || end >= static_cast<double>(s.count)
                          ? s.count
                          : std::min(s.count, static_cast<long>(end + 0.5 * kGrain) / kGrain * kGrain);
      if (to <= from) continue;
      jobs_[static_cast<size_t>(t)].push_back({s.op, s.part, from, to, s.slice});
      from = to;
    }
    before += s.cost * static_cast<double>(s.count);
  }
}

void Updater::adopt(const Pass& pass) {
  for (const auto& op : ops_) op->adopt(pass, optimizer_);
}

void Updater::release(const Pass& pass) {
  for (const auto& op : ops_) op->release(pass, optimizer_);
}

void Updater::gradients(const Pass& pass, const std::vector<float*>& values, const std::vector<float*>& deltas,
                        const Sink& sink) {
  for (const Job& job : jobs_[static_cast<size_t>(pass.thread)]) {
    const size_t op = static_cast<size_t>(job.op);
    const float* x = values[static_cast<size_t>(ops_[op]->spec.sources[0])];
    const long slice = pass.interruption && sink.gradients ? job.slice : job.to - job.from;
    for (long from = job.from; from < job.to; from += slice) {
      if (sink.gradients && pass.given_up()) return;
      ops_[op]->gradient(pass, job.part, from, std::min(from + slice, job.to), x, deltas[op + 1], sink);
    }
  }
}

void Updater::update(const Pass& pass, const std::vector<float*>& values, const std::vector<float*>& deltas) {
  gradients(pass, values, deltas, Sink{*pass.k, optimizer_, nullptr});
}

void Updater::collect(const Pass& pass, const std::vector<float*>& values, const std::vector<float*>& deltas) {
  gradients(pass, values, deltas, gradients_.get());
  release(pass);
}

void Updater::gradients(const Pass& pass, const std::vector<float*>& values, const std::vector<float*>& deltas, float* flat) {
  gradients(pass, values, deltas, Sink{*pass.k, optimizer_, flat});
}

void Updater::take(const Pass& pass, const float* flat) {
  const Range own = part_of(static_cast<long>(blocks_.size()), pass);
  for (long i = own.first; i < own.last; ++i) {
    const Block& block = blocks_[static_cast<size_t>(i)];
    const long start = static_cast<long>(block.weight->offset) + block.from;
    std::memcpy(gradients_.get() + start, flat + start, static_cast<size_t>(block.count) * sizeof(float));
  }
}

void Updater::apply(const Pass& pass, bool measure) {
  const Range own = part_of(static_cast<long>(blocks_.size()), pass);
  for (long i = own.first; i < own.last; ++i) {
    Block& block = blocks_[static_cast<size_t>(i)];
    float* g = gradients_.get() + block.weight->offset + block.from;
    optimizer_.add_penalty(*pass.k, *block.weight, block.from, g, block.count);
    block.gradient = pass.k->sum_squares(g, block.count);
  }
  pass.sync();
  if (pass.thread == 0) {
    std::fill(squares_.begin(), squares_.end(), 0.0);
    for (const Block& block : blocks_) squares_[static_cast<size_t>(block.owner)] += block.gradient;
    std::fill(scales_.begin(), scales_.end(), 1.0f);
    if (optimizer_.needs_norm()) optimizer_.clip_scales(squares_, scales_);
  }
  pass.sync();
  for (long i = own.first; i < own.last; ++i) {
    Block& block = blocks_[static_cast<size_t>(i)];
    update_block(pass, block, scales_[static_cast<size_t>(block.owner)], measure);
  }
  pass.sync();
  adopt(pass);
}

void Updater::update_block(const Pass& pass, Block& block, float scale, bool measure) {
  const long start = static_cast<long>(block.weight->offset) + block.from;
  float *g = gradients_.get() + start, *w = params_ + start, *before = pass.scratch;
  if (measure) {
    std::memcpy(before, w, static_cast<size_t>(block.count) * sizeof(float));
    block.weight_squares = pass.k->sum_squares(before, block.count);
  }
  optimizer_.clip(*pass.k, scale, g, block.count);
  optimizer_.apply(*pass.k, optimizer_.home(*block.weight, block.from), {1, block.count, 0, 0}, g);
  if (measure) block.move = pass.k->distance_squared(w, before, block.count);
}

void Updater::penalize(const Pass& pass) {
  const Range own = part_of(static_cast<long>(penalized_.size()), pass);
  for (long i = own.first; i < own.last; ++i) {
    Block& block = penalized_[static_cast<size_t>(i)];
    const float* w = params_ + block.weight->offset + block.from;
    block.penalty = 0.0;
    if (block.weight->l1 != 0.0f) block.penalty += block.weight->l1 * pass.k->sum_absolute(w, block.count);
    if (block.weight->l2 != 0.0f) block.penalty += block.weight->l2 * pass.k->sum_squares(w, block.count);
  }
}

double Updater::penalty() const {
  double sum = 0.0;
  for (const Block& block : penalized_) sum += block.penalty;
  return sum;
}

const std::vector<WeightNorms>& Updater::norms() {
  std::fill(norms_.begin(), norms_.end(), WeightNorms{});
  for (const Block& block : blocks_) {
    WeightNorms& norm = norms_[static_cast<size_t>(block.owner)];
    norm.gradient += block.gradient;
    norm.weight += block.weight_squares;
    norm.move += block.move;
  }
  return norms_;
}

}  // namespace clarinet
