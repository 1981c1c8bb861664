// The plan as Python tells it.
#include "bindings.hpp"

#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "spec.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace clarinet {

void bind_spec(nb::module_& m) {
  nb::class_<Weight>(m, "Weight")
      .def(nb::init<int64_t, int64_t, bool, float, float, int64_t, int64_t, Settings, int64_t, int64_t>(), "offset"_a, "size"_a, "trainable"_a, "l1"_a,
           "l2"_a, "buffer"_a, "start"_a, "constraint"_a = Settings(), "rows"_a = 0, "columns"_a = 0);
  nb::class_<State>(m, "State").def(nb::init<int64_t, int64_t, int64_t>(), "size"_a, "buffer"_a, "start"_a);
  nb::class_<OpSpec>(m, "OpSpec")
      .def(nb::init<std::string, int64_t, int64_t, int64_t, std::vector<Weight>, std::vector<State>,
                    Settings, uint32_t, uint64_t, std::vector<int64_t>, std::vector<int64_t>,
                    std::vector<std::vector<float>>, std::vector<int64_t>, std::optional<bool>, std::optional<bool>, bool, bool>(),
           "kind"_a, "positions"_a, "inputs"_a, "outputs"_a, "weights"_a, "state"_a, "settings"_a, "index"_a, "seed"_a,
           "shape"_a, "sources"_a, "tables"_a, "axes"_a, "training"_a.none(), "when"_a.none() = nb::none(), "whole"_a = false,
           "judges"_a = false);
  nb::class_<LossSpec>(m, "LossSpec")
      .def(nb::init<std::string, std::string, Settings>(), "kind"_a = "", "reduction"_a = "", "settings"_a = Settings());
  nb::class_<MetricSpec>(m, "MetricSpec")
      .def(nb::init<std::string, bool, Settings>(), "kind"_a, "weighted"_a, "settings"_a);
  nb::class_<OptimizerSpec>(m, "OptimizerSpec")
      .def(nb::init<std::string, Settings>(), "kind"_a = "", "settings"_a = Settings());
  nb::class_<StatsSpec>(m, "StatsSpec")
      .def(nb::init<int64_t, float, float, std::vector<int64_t>>(), "tensor"_a, "low"_a, "high"_a, "ops"_a);
  nb::class_<OutputSpec>(m, "OutputSpec")
      .def(nb::init<int64_t, int64_t, int64_t, std::vector<OpSpec>, LossSpec, double, bool, std::vector<MetricSpec>,
                    int64_t, int64_t, int64_t, int64_t, int64_t, int64_t>(),
           "tensor"_a, "positions"_a, "columns"_a, "activation"_a, "loss"_a, "weight"_a, "sparse"_a, "metrics"_a,
           "values"_a = -1, "values_size"_a = 0, "labels"_a = -1, "labels_size"_a = 0,
           "mask"_a = -1, "mask_size"_a = 0);
  nb::class_<ProjectionSpec>(m, "ProjectionSpec").def(nb::init<std::vector<OpSpec>, int64_t>(), "ops"_a, "tensor"_a);
  nb::class_<Spec>(m, "Spec")
      .def(nb::init<std::vector<OpSpec>, std::vector<OutputSpec>, OptimizerSpec, std::vector<StatsSpec>,
                    std::vector<int64_t>, int64_t, std::vector<ProjectionSpec>>(),
           "ops"_a, "outputs"_a, "optimizer"_a, "layers"_a, "inputs"_a, "params_size"_a,
           "projections"_a = std::vector<ProjectionSpec>());
}

}  // namespace clarinet
