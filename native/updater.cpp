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

std::pair<int64_t, int64_t> extent_of(const Weight& weight) { return {weight.offset, weight.size}; }

}  // namespace

Updater::Updater(const Spec& spec, const std::vector<std::unique_ptr<Op>>& ops)
    : ops_(ops), inputs_(spec.inputs.size()), optimizer_(spec.optimizer, spec.slots), reached_(ops.size(), true) {
  std::map<Extent, Op*> first;
  for (size_t op = 0; op < ops_.size(); ++op) {
    weights_of_.emplace_back();
    for (const Weight& weight : ops_[op]->spec.weights) {
      const auto [known, fresh] = first.emplace(extent_of(weight), ops_[op].get());
      if (!fresh && weight.size > 0) known->second->shares_weights = ops_[op]->shares_weights = true;
      if (fresh && (weight.l1 != 0.0f || weight.l2 != 0.0f)) add_blocks(&weight, 0, penalized_);
      if (weight.trainable) add_trained(op, weight);
    }
  }
  for (const Block& block : blocks_)
    if (users_[extent_of(*block.weight)].ops.size() > 1) shared_.push_back(block);
  norms_.resize(weights_.size());
  squares_.resize(weights_.size());
  owns_.resize(weights_.size());
  scales_.resize(weights_.size());
  shares_.resize(weights_.size());
  if (optimizer_.active()) gradients_ = Buffer(static_cast<size_t>(spec.params_size));
  for (const ProjectionSpec& projection : spec.projections) projections_.emplace_back(projection);
  if (constrains()) before_ = Buffer(static_cast<size_t>(spec.params_size));
}

void Updater::add_trained(size_t op, const Weight& weight) {
  Users& users = users_[extent_of(weight)];
  if (users.ops.empty()) {
    users.weight = weights_.size();
    add_blocks(&weight, weights_.size(), blocks_);
    weights_.push_back(&weight);
    if (!weight.constraint.empty() && !weight.constraint.contains("operations")) constraints_.emplace_back(weight);
  }
  users.ops.push_back(op);
  weights_of_[op].push_back(users.weight);
}

void Updater::add_blocks(const Weight* weight, size_t owner, std::vector<Block>& blocks) const {
  for (long from = 0; from < weight->size; from += kBlock)
    blocks.push_back({weight, owner, from, std::min(kBlock, static_cast<long>(weight->size) - from), 0, 0, 0, 0, 0, 0, 0});
}

void Updater::reach(const std::vector<bool>& tensors) {
  reached_.assign(tensors.begin() + static_cast<long>(inputs_), tensors.end());
  idle_.clear();
  for (const Block& block : blocks_) {
    const std::vector<size_t>& users = users_.at(extent_of(*block.weight)).ops;
    if (std::none_of(users.begin(), users.end(), [this](size_t op) { return reached_[op]; })) idle_.push_back(block);
  }
}

// Contiguous runs of rows of about the same cost each, except local weights. The bits do not depend on it.
void Updater::divide(int threads, long samples, int64_t steps) {
  jobs_.assign(1, std::vector<std::vector<Job>>(static_cast<size_t>(threads)));
  std::vector<std::vector<Work>> rounds(1);
  for (size_t op = 0; op < ops_.size(); ++op) {
    const bool local = ops_[op]->plan_local(threads, samples, reached_[op] ? steps : 1, optimizer_);
    if (reached_[op]) add_work(op, samples, local, rounds);
  }
  jobs_.resize(rounds.size(), std::vector<std::vector<Job>>(static_cast<size_t>(threads)));
  for (size_t round = 0; round < rounds.size(); ++round) share_out(rounds[round], jobs_[round]);
}

void Updater::add_work(size_t op, long samples, bool local, std::vector<std::vector<Work>>& rounds) {
  const std::vector<GradientPart> parts = ops_[op]->parts();
  for (size_t p = 0; p < parts.size(); ++p) {
    if (!parts[p].weight->trainable) continue;
    if (local && p == 0) {
      std::vector<std::vector<Job>>& jobs = jobs_[0];
      for (size_t t = 0; t < jobs.size(); ++t) {
        const Range own = ops_[op]->share(static_cast<int>(t), static_cast<int>(jobs.size()));
        jobs[t].push_back({static_cast<int>(op), 0, own.first, own.last, own.last - own.first, false});
      }
      continue;
    }
    const double cost = static_cast<double>(parts[p].row) * (static_cast<double>(parts[p].depth * samples) + kUpdateCost);
    const long slice = static_cast<long>(std::min(kSlice / cost, 1e9) / kGrain + 1.0) * kGrain;
    const std::vector<size_t>& users = users_.at(extent_of(*parts[p].weight)).ops;
    const auto later = [this, op](size_t user) { return user > op && reached_[user]; };
    const size_t round = static_cast<size_t>(std::count_if(users.begin(), users.end(), later));
    if (round >= rounds.size()) rounds.resize(round + 1);
    rounds[round].push_back({static_cast<int>(op), static_cast<int>(p), parts[p].count, slice, cost, users.size() > 1});
  }
}

void Updater::share_out(const std::vector<Work>& all, std::vector<std::vector<Job>>& jobs) const {
  const int threads = static_cast<int>(jobs.size());
  double total = 0.0, before = 0.0;
  for (const Work& work : all) total += work.cost * static_cast<double>(work.count);
  for (const Work& work : all) {
    long from = 0;
    for (int t = 0; t < threads && from < work.count; ++t) {
      const double end = std::max(0.0, (total * (t + 1) / threads - before) / work.cost);
      const long to = t + 1 == threads || end >= static_cast<double>(work.count)
                          ? work.count
                          : std::min(work.count, static_cast<long>(end + 0.5 * kGrain) / kGrain * kGrain);
      if (to <= from) continue;
      jobs[static_cast<size_t>(t)].push_back({work.op, work.part, from, to, work.slice, work.shared});
      from = to;
    }
    before += work.cost * static_cast<double>(work.count);
  }
}

void Updater::load_local(const Pass& pass) {
  for (const auto& op : ops_) op->load_local(pass, optimizer_);
}

void Updater::store_local(const Pass& pass) {
  for (const auto& op : ops_) op->store_local(pass, optimizer_);
}

// Of the weights that lead to no gradient, this thread's part.
void Updater::clear_idle(const Pass& pass, float* flat) {
  const Range own = part_of(static_cast<long>(idle_.size()), pass);
  for (long i = own.first; i < own.last; ++i) {
    const Block& block = idle_[static_cast<size_t>(i)];
    const bool shared = users_.at(extent_of(*block.weight)).ops.size() > 1;
    const Sink sink{*pass.k, optimizer_, shared && !flat ? gradients_.get() : flat, false};
    std::fill_n(pass.scratch, block.count, 0.0f);
    sink.take(*block.weight, block.from, pass.scratch, block.count);
  }
}

void Updater::gradients(const Pass& pass, const std::vector<float*>& values, const std::vector<float*>& deltas, float* flat) {
  clear_idle(pass, flat);
  for (size_t round = 0; round < jobs_.size(); ++round) {
    if (round > 0) pass.sync();
    for (const Job& job : jobs_[round][static_cast<size_t>(pass.thread)]) {
      const size_t op = static_cast<size_t>(job.op);
      const std::vector<int64_t>& sources = ops_[op]->spec.sources;
      const float* x = sources.empty() ? nullptr : values[static_cast<size_t>(sources[0])];
      const Sink sink{*pass.k, optimizer_, job.shared && !flat ? gradients_.get() : flat, round > 0};
      const long slice = pass.interruption && flat ? job.slice : job.to - job.from;
      for (long from = job.from; from < job.to && !(flat && pass.given_up()); from += slice)
        ops_[op]->gradient(pass, job.part, from, std::min(from + slice, job.to), x, deltas[inputs_ + op], sink);
    }
  }
}

void Updater::update(const Pass& pass, const std::vector<float*>& values, const std::vector<float*>& deltas) {
  gradients(pass, values, deltas, nullptr);
  if (!shared_.empty()) pass.sync();
  const Range own = part_of(static_cast<long>(shared_.size()), pass);
  for (long i = own.first; i < own.last; ++i) {
    Block& block = shared_[static_cast<size_t>(i)];
    add_penalty(pass, block);
    update_block(pass, block, 1.0f, false);
  }
  constrain(pass);
}

// When all weights are updated.
void Updater::constrain(const Pass& pass) {
  if (constrains()) pass.sync();
  for (const Constraint& constraint : constraints_) {
    const Range own = part_of(constraint.units(), pass);
    constraint.apply(own.first, own.last);
  }
  for (size_t i = static_cast<size_t>(pass.thread); i < projections_.size(); i += static_cast<size_t>(pass.threads))
    projections_[i].apply(*pass.k);
}

// How far weights with constraints have come in all.
void Updater::measure_moves(const Pass& pass) {
  if (!constrains()) return;
  pass.sync();
  const Range own = part_of(static_cast<long>(blocks_.size()), pass);
  for (long i = own.first; i < own.last; ++i) {
    Block& block = blocks_[static_cast<size_t>(i)];
    if (block.weight->constraint.empty()) continue;
    const float* before = before_.get() + block.weight->offset + block.from;
    block.move = pass.k->distance_squared(block.weight->data + block.from, before, block.count);
  }
}

void Updater::collect(const Pass& pass, const std::vector<float*>& values, const std::vector<float*>& deltas) {
  gradients(pass, values, deltas, gradients_.get());
  store_local(pass);
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
    add_penalty(pass, block);
    block.gradient = block.mean_gradient = pass.k->sum_squares(g, block.count);
    if (!optimizer_.accumulates()) continue;
    optimizer_.accumulate(*pass.k, *block.weight, block.from, g, block.count);
    block.mean_gradient = pass.k->sum_squares(g, block.count);
  }
  pass.sync();
  if (pass.thread == 0) {
    std::fill(squares_.begin(), squares_.end(), 0.0);
    for (const Block& block : blocks_) squares_[block.owner] += block.mean_gradient;
    std::fill(scales_.begin(), scales_.end(), 1.0f);
    if (optimizer_.needs_norm()) optimizer_.clip_scales(squares_, scales_);
  }
  pass.sync();
  if (optimizer_.scaled().there() && optimizer_.updates()) direct(pass, own);
  for (long i = own.first; i < own.last; ++i) {
    Block& block = blocks_[static_cast<size_t>(i)];
    update_block(pass, block, scales_[block.owner], measure);
  }
  constrain(pass);
  if (measure) measure_moves(pass);
  pass.sync();
  load_local(pass);
}

// Gradients become what the weights go along, and it is known how far.
void Updater::direct(const Pass& pass, Range own) {
  const ScaledRule& rule = optimizer_.scaled();
  const auto gradient = [&](const Weight& weight) { return gradients_.get() + weight.offset; };
  for (long i = own.first; i < own.last; ++i) {
    const Block& block = blocks_[static_cast<size_t>(i)];
    optimizer_.clip(*pass.k, scales_[block.owner], gradient(*block.weight) + block.from, block.count);
  }
  for (const bool again : {false, true}) {
    if (!rule.sweeps()) break;
    pass.sync();
    for (const Weight* weight : weights_)
      again ? rule.spread(pass, *weight, gradient(*weight)) : rule.sweep(pass, *weight, gradient(*weight));
  }
  if (rule.sweeps()) pass.sync();
  for (long i = own.first; i < own.last; ++i) {
    Block& block = blocks_[static_cast<size_t>(i)];
    float* g = gradient(*block.weight) + block.from;
    rule.direct(*block.weight, block.from, g, block.count);
    block.along = pass.k->sum_squares(g, block.count);
    block.own = pass.k->sum_squares(block.weight->data + block.from, block.count);
  }
  pass.sync();
  if (pass.thread == 0) {
    std::vector<double>& along = squares_;
    std::fill(along.begin(), along.end(), 0.0);
    std::fill(owns_.begin(), owns_.end(), 0.0);
    for (const Block& block : blocks_) along[block.owner] += block.along, owns_[block.owner] += block.own;
    const double kept = 1.0 - optimizer_.decay();
    for (size_t i = 0; i < weights_.size(); ++i)
      shares_[i] = static_cast<float>(rule.share(*weights_[i], kept * kept * owns_[i], along[i]));
  }
  pass.sync();
}

void Updater::add_penalty(const Pass& pass, const Block& block) {
  float* g = gradients_.get() + block.weight->offset + block.from;
  optimizer_.add_penalty(*pass.k, *block.weight, block.from, g, block.count);
}

void Updater::update_block(const Pass& pass, Block& block, float scale, bool measure) {
  float *g = gradients_.get() + block.weight->offset + block.from, *w = block.weight->data + block.from;
  float* before = block.weight->constraint.empty() ? pass.scratch : before_.get() + block.weight->offset + block.from;
  if (measure) {
    std::memcpy(before, w, static_cast<size_t>(block.count) * sizeof(float));
    block.weight_squares = pass.k->sum_squares(before, block.count);
  }
  const WeightView view = optimizer_.view(*block.weight, block.from);
  const Tile tile{1, block.count, 0, 0};
  if (optimizer_.updates() && optimizer_.scaled().there()) {
    optimizer_.go_along(*pass.k, view, tile, shares_[block.owner], g);
  } else if (optimizer_.updates()) {
    optimizer_.clip(*pass.k, scale, g, block.count);
    optimizer_.apply(*pass.k, view, tile, g);
  } else {
    optimizer_.average(*pass.k, view, tile);
  }
  if (measure) block.move = pass.k->distance_squared(w, before, block.count);
}

void Updater::penalize(const Pass& pass) {
  const Range own = part_of(static_cast<long>(penalized_.size()), pass);
  for (long i = own.first; i < own.last; ++i) {
    Block& block = penalized_[static_cast<size_t>(i)];
    const float* w = block.weight->data + block.from;
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
    WeightNorms& norm = norms_[block.owner];
    norm.gradient += block.gradient;
    norm.weight += block.weight_squares;
    norm.move += block.move;
  }
  return norms_;
}

}  // namespace clarinet
