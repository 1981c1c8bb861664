#include "projection.hpp"

#include <algorithm>
#include <stdexcept>

namespace clarinet {

Projection::Projection(const ProjectionSpec& spec) : result_(static_cast<size_t>(spec.tensor)) {
  size_t floats = 0;
  long scratch = 1;
  for (const OpSpec& op : spec.ops) {
    ops_.push_back(make_op(op));
    ops_.back()->reserve(1, 1);
    scratch = std::max(scratch, ops_.back()->scratch(1));
    floats += Buffer::rounded(static_cast<size_t>(ops_.back()->out_size()));
  }
  memory_ = Buffer(floats);
  scratch_ = Buffer(static_cast<size_t>(scratch));
  float* next = memory_.get();
  for (const auto& op : ops_) {
    inputs_.emplace_back();
    for (int64_t source : op->spec.sources) inputs_.back().push_back(values_.at(static_cast<size_t>(source)));
    const float* there = op->held() ? op->held() : op->identity(false) ? inputs_.back()[op->chosen(false)] : nullptr;
    values_.push_back(there ? const_cast<float*>(there) : next);  // it is only read
    next += Buffer::rounded(static_cast<size_t>(op->out_size()));
  }
  if (ops_[result_]->out_size() != static_cast<long>(weight().size)) throw std::invalid_argument("a projection changes a weight's size");
}

void Projection::apply(const KernelTable& kernels) {
  Pass pass(kernels);
  pass.samples = pass.last = 1;
  pass.scratch = scratch_.get();
  for (size_t i = 0; i < ops_.size(); ++i) {
    if (ops_[i]->held() || ops_[i]->identity(false)) continue;
    ops_[i]->begin_forward(pass);
    ops_[i]->forward_all(pass, inputs_[i].data(), values_[i]);
  }
  if (values_[result_] != weight().data) std::copy_n(values_[result_], weight().size, weight().data);
}

}  // namespace clarinet
