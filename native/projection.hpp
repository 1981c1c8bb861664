// A projection of a weight that is made of operations, see clarinet.constraints: one thread runs them on the whole weight.
#pragma once

#include <memory>
#include <vector>

#include "memory.hpp"
#include "op.hpp"

namespace clarinet {

class Projection {
 public:
  explicit Projection(const ProjectionSpec&);

  void apply(const KernelTable&);

 private:
  const Weight& weight() const { return ops_[0]->spec.weights[0]; }

  std::vector<std::unique_ptr<Op>> ops_;
  Buffer memory_, scratch_;
  std::vector<float*> values_;  // what each operation gives
  std::vector<std::vector<const float*>> inputs_;
  size_t result_;
};

}  // namespace clarinet
