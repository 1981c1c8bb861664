// The engine as Python sees it. All arguments are checked here or in engines/native.py, before the engine runs without the
// interpreter's lock.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <atomic>
#include <stdexcept>

#include "dispatch.hpp"
#include "engine.hpp"
#include "finite.hpp"
#include "interruption.hpp"
#include "random.hpp"
#include "unlocked.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using namespace clarinet;

namespace {

using Array = nb::ndarray<nb::ro, nb::device::cpu>;
using Floats = nb::ndarray<float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Rates = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Numbers = nb::ndarray<const int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using OutNumbers = nb::ndarray<int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Out = nb::ndarray<float, nb::c_contig, nb::device::cpu>;

void require(bool condition, const char* message) {
  if (!condition) throw std::invalid_argument(message);
}

Dtype dtype_of(const Array& array) {
  const nb::dlpack::dtype d = array.dtype();
  using Code = nb::dlpack::dtype_code;
  struct Known {
    Code code;
    int bits;
    Dtype dtype;
  };
  constexpr Known known[] = {
      {Code::UInt, 8, Dtype::u8},   {Code::Int, 8, Dtype::i8},    {Code::UInt, 16, Dtype::u16}, {Code::Int, 16, Dtype::i16},
      {Code::UInt, 32, Dtype::u32}, {Code::Int, 32, Dtype::i32},  {Code::UInt, 64, Dtype::u64}, {Code::Int, 64, Dtype::i64},
      {Code::Float, 32, Dtype::f32}, {Code::Float, 64, Dtype::f64},
  };
  for (const Known& k : known)
    if (d.code == static_cast<uint8_t>(k.code) && d.bits == k.bits && d.lanes == 1) return k.dtype;
  throw std::invalid_argument("an array's dtype has no native form");
}

// Rows of an array; all axes but the first are contiguous.
Source source_of(const Array& array) {
  require(array.ndim() >= 1, "expected an array of rows, received a number");
  Source source;
  source.data = array.data();
  source.dtype = dtype_of(array);
  source.rows = static_cast<int64_t>(array.shape(0));
  source.columns = 1;
  for (size_t axis = array.ndim(); axis-- > 1;) {
    require(array.shape(axis) == 1 || array.stride(axis) == source.columns, "the numbers of a row are not contiguous");
    source.columns *= static_cast<int64_t>(array.shape(axis));
  }
  source.stride = array.stride(0) * static_cast<int64_t>(array.itemsize());
  return source;
}

// The caller's whole number `name`, at least low.
int64_t whole(nb::handle value, const char* name, int64_t low) {
  const auto number = nb::steal(PyNumber_Index(value.ptr()));
  int overflow = 0;
  const int64_t found = number ? PyLong_AsLongLongAndOverflow(number.ptr(), &overflow) : 0;
  PyErr_Clear();
  if (number && overflow == 0 && found >= low) return found;
  const std::string received = nb::cast<std::string>(nb::repr(value));
  const std::string expected = "expected a whole number from " + std::to_string(low) + " to 2**63 - 1";
  throw nb::value_error((std::string(name) + ": " + expected + ", received " + received).c_str());
}

// f(Interruption&) without the interpreter's lock, then() with it, until f is not interrupted or then() is content. What a
// signal's handler raises is thrown.
template <class F, class Then>
void interruptibly(F f, Then then) {
  for (;;) {
    bool interrupted = false;
    {
      Unlocked unlocked;
      Interruption interruption([&unlocked] { return unlocked.interrupted(); });
      f(interruption);
      interrupted = interruption.given_up();
    }
    if (then() || !interrupted) return;
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
  }
}

// Advances by this many steps; returns whether none is left.
bool advance(TrainSteps& steps, int64_t done) {
  steps.order.first += done * steps.batch, steps.rows -= std::min(steps.rows, done * steps.batch);
  steps.learning_rates += done, steps.losses += done;
  steps.steps_before += static_cast<uint64_t>(done);
  return steps.rows == 0;
}

// Says of every weight and state where in memory it is.
void find_weights(Spec& spec, const std::vector<Floats>& buffers) {
  const auto find = [&](auto& held) {
    require(held.buffer >= 0 && held.buffer < static_cast<int64_t>(buffers.size()), "a weight is in no buffer");
    const Floats& buffer = buffers[static_cast<size_t>(held.buffer)];
    const int64_t size = static_cast<int64_t>(buffer.size());
    require(held.size >= 0 && held.start >= 0 && held.start <= size - held.size, "a weight leaves its buffer");
    held.data = buffer.data() + held.start;
  };
  for (std::vector<OpSpec>* ops : {&spec.ops, &spec.output}) {
    for (OpSpec& op : *ops) {
      for (Weight& weight : op.weights) {
        require(weight.offset >= 0 && weight.offset <= spec.params_size - weight.size, "a weight leaves the gradient");
        find(weight);
      }
      for (State& state : op.state) find(state);
    }
  }
}

struct PyEngine {
  PyEngine(Spec spec, std::vector<Floats> buffers, std::vector<std::optional<Floats>> slots, int threads,
           const std::string& isa)
      : kept(std::move(buffers)), threads(threads), isa(isa) {
    find_weights(spec, kept);
    for (const auto& slot : slots) {
      require(!slot || static_cast<int64_t>(slot->size()) == spec.params_size, "an optimizer's slot is not laid out as the parameters");
      spec.slots.push_back(slot ? slot->data() : nullptr);
      if (slot) kept.push_back(*slot);
    }
    require(threads >= 0 && threads <= 256, "threads: expected 0 (as many as the work is worth) to 256");
    engine = make(std::move(spec));
  }
  ~PyEngine() {
    if (engine->left_behind() != Engine::Use::none) engine.release();
  }

  std::unique_ptr<Engine> make(Spec spec) const {
    return std::make_unique<Engine>(std::move(spec), isa.empty() ? kernels() : named_kernels(isa), threads);
  }

  // The engine; a new one where this process was forked while another thread was at work in it.
  Engine& core() {
    const Engine::Use use = engine->left_behind();
    if (use == Engine::Use::none) return *engine;
    if (use == Engine::Use::training)
      throw std::runtime_error(
          "this process was forked while another thread trained the model, so its weights may be those of half a step; "
          "fork before training starts, or load the model from a file in this process");
    std::unique_ptr<Engine> fresh = make(engine->spec());
    (void)engine.release();
    engine = std::move(fresh);
    return *engine;
  }

  Rows rows(const Array& x, const std::optional<Array>& y, const std::optional<Array>& weight) const {
    Rows rows{source_of(x), {}, {}};
    require(rows.x.columns == engine->spec().inputs, "x does not have the input's shape");
    require(engine->objective().present(), "the plan has no loss");
    require(y.has_value(), "the loss needs labels");
    rows.y = source_of(*y);
    require(engine->objective().fits(rows.y.columns), "y does not have the shape that the loss takes");
    require(rows.y.rows == rows.x.rows, "x and y differ in length");
    if (weight) {
      rows.weight = source_of(*weight);
      require(rows.weight.rows == rows.x.rows && rows.weight.columns == 1, "expected one weight for each row");
    }
    return rows;
  }

  // Counts the steps on `state`, so that no signal comes between a step and its number.
  nb::tuple train(const Array& x, const std::optional<Array>& y, const std::optional<Array>& weight,
                  const std::optional<Numbers>& order, nb::handle first_row, nb::handle stop_row, nb::handle batch_size,
                  const Rates& rates, double seconds, nb::object state, nb::handle stats_every, Floats losses) {
    Engine& engine = core();
    const Rows data = rows(x, y, weight);
    require(engine.trains(), "the plan has no optimizer");
    const int64_t available = order ? static_cast<int64_t>(order->size()) : data.x.rows;
    const int64_t first = whole(first_row, "first", 0), stop = whole(stop_row, "stop", 1);
    require(first < stop && stop <= available, "the steps leave the rows of the data");
    TrainSteps steps;
    steps.order = {order ? order->data() : nullptr, first};
    steps.rows = stop - first, steps.batch = whole(batch_size, "batch_size", 1);
    const int64_t count = (steps.rows - 1) / steps.batch + 1;
    require(static_cast<int64_t>(rates.size()) >= count, "a step has no learning rate");
    require(static_cast<int64_t>(losses.size()) >= count, "there is no place for a step's loss");
    steps.learning_rates = rates.data();
    steps.seconds = seconds;
    steps.steps_before = static_cast<uint64_t>(whole(state.attr("step"), "step", 0));
    steps.stats_every = static_cast<uint64_t>(whole(stats_every, "stats_every", 0));
    steps.losses = losses.data();
    const uint64_t before = steps.steps_before;
    TrainResult result;
    std::vector<LayerNumbers> all;
    interruptibly([&](Interruption& interruption) { result = engine.train(data, steps, &interruption); },
                  [&] {
                    const bool over = advance(steps, result.steps);
                    state.attr("step") = steps.steps_before;
                    all.insert(all.end(), result.layers.begin(), result.layers.end());
                    return over;
                  });
    nb::list layers;
    for (const LayerNumbers& l : all)
      layers.append(nb::make_tuple(l.step, l.layer, l.mean, l.std, l.zeros, l.saturated, l.gradient_norm, l.weight_norm,
                                   l.update_ratio, l.finite));
    return nb::make_tuple(steps.steps_before - before, layers);
  }

  void evaluate(const Array& x, const std::optional<Array>& y, const std::optional<Array>& weight, nb::handle batch_size) {
    Engine& engine = core();
    const Rows data = rows(x, y, weight);
    const int64_t batch = whole(batch_size, "batch_size", 1);
    interruptibly([&](Interruption& interruption) { engine.evaluate(data, batch, &interruption); }, [] { return false; });
  }

  void predict(const Array& x, Out out) {
    Engine& engine = core();
    const Source source = source_of(x);
    require(source.columns == engine.spec().inputs, "x does not have the input's shape");
    require(static_cast<int64_t>(out.size()) == source.rows * engine.outputs(), "out does not have the output's shape");
    interruptibly([&](Interruption& interruption) { engine.predict(source, out.data(), &interruption); },
                  [] { return false; });
  }

  void require_layout(const Floats& gradient) const {
    require(static_cast<int64_t>(gradient.size()) == engine->spec().params_size, "the gradient is not laid out as the parameters");
  }

  // The number of the pass for backward(): unique, in all engines.
  uint64_t forward(const Array& x, bool training, nb::handle step, nb::handle draw, Out out) {
    Engine& engine = core();
    const Source source = source_of(x);
    require(source.columns == engine.spec().inputs, "x does not have the input's shape");
    require(source.rows > 0, "forward: expected rows, received none");
    require(static_cast<int64_t>(out.size()) == source.rows * engine.outputs(), "out does not have the outputs' shape");
    const Draw what{training, static_cast<uint64_t>(whole(step, "step", 1)), static_cast<uint32_t>(whole(draw, "draw", 0))};
    static std::atomic<uint64_t> passes{0};
    const uint64_t number = ++passes;
    interruptibly(
        [&](Interruption& interruption) { engine.forward(source, what, number, out.data(), &interruption); },
        [] { return false; });
    return number;
  }

  // Whether the pass was there.
  bool backward(uint64_t number, const Out& d_outputs, Floats gradient, std::optional<Out> d_inputs) {
    Engine& engine = core();
    const int64_t rows = static_cast<int64_t>(d_outputs.size()) / std::max<int64_t>(1, engine.outputs());
    require_layout(gradient);
    require(!d_inputs || static_cast<int64_t>(d_inputs->size()) == rows * engine.spec().inputs,
            "d_inputs does not have the inputs' shape");
    bool there = true;
    interruptibly(
        [&](Interruption& interruption) {
          there = engine.backward({number, rows}, d_outputs.data(), gradient.data(), d_inputs ? d_inputs->data() : nullptr,
                                  &interruption);
        },
        [] { return false; });
    return there;
  }

  // Counts the step on `state`, so that no signal comes between the two.
  void apply(const Floats& gradient, double rate, nb::object state) {
    Engine& engine = core();
    require(engine.trains(), "the plan has no optimizer");
    require_layout(gradient);
    const uint64_t step = static_cast<uint64_t>(whole(state.attr("step"), "step", 0)) + 1;
    {
      const Unlocked unlocked;
      engine.apply(gradient.data(), rate, step);
    }
    state.attr("step") = step;
  }

  // Without the interpreter's lock: the thread that has the engine may need the lock while these wait for the engine.
  Sums running() {
    Engine& engine = core();
    const Unlocked unlocked;
    return engine.running();
  }
  void resume(const Sums& all) {
    Engine& engine = core();
    const Unlocked unlocked;
    engine.resume(all);
  }
  void reset() {
    Engine& engine = core();
    const Unlocked unlocked;
    engine.reset();
  }

  std::vector<Floats> kept;  // the buffers that the engine works on
  const int threads;
  const std::string isa;
  std::unique_ptr<Engine> engine;
};

using Hashes = nb::ndarray<uint64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

uint64_t* hashes_of(const Hashes& hashes, int64_t bytes) {
  require(static_cast<int64_t>(hashes.size()) == (bytes + kHashed - 1) / kHashed, "expected room for a hash a block");
  return hashes.data();
}

int64_t find(const Array& array, std::optional<Hashes> hashes) {
  const Dtype dtype = dtype_of(array);
  const Source flat = source_of(array);
  require(array.ndim() < 2 || flat.rows <= 1 || flat.stride == flat.columns * static_cast<int64_t>(array.itemsize()),
          "find_nonfinite: expected a contiguous array");
  require(dtype == Dtype::f32 || dtype == Dtype::f64, "find_nonfinite: expected float32 or float64");
  const int64_t n = static_cast<int64_t>(array.size());
  uint64_t* room = hashes ? hashes_of(*hashes, n * static_cast<int64_t>(array.itemsize())) : nullptr;
  const Unlocked unlocked;
  if (dtype == Dtype::f32) return find_nonfinite(static_cast<const float*>(flat.data), n, room);
  return find_nonfinite(static_cast<const double*>(flat.data), n, room);
}

void hash_bytes(const nb::ndarray<const uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>& bytes, Hashes hashes) {
  const int64_t n = static_cast<int64_t>(bytes.size());
  uint64_t* room = hashes_of(hashes, n);
  const Unlocked unlocked;
  hash_blocks(bytes.data(), n, room);
}

void permute(uint64_t seed, uint32_t stream, uint32_t epoch, OutNumbers out) {
  require(out.size() < (uint64_t{1} << 32), "permutation: at most 2**32 - 1 rows");
  const Unlocked unlocked;
  permutation(seed, stream, epoch, static_cast<int64_t>(out.size()), out.data());
}

// The plan in plain numbers, field by field as in spec.hpp.
void bind_spec(nb::module_& m) {
  nb::class_<Weight>(m, "Weight")
      .def(nb::init<int64_t, int64_t, bool, float, float, int64_t, int64_t>(), "offset"_a, "size"_a, "trainable"_a, "l1"_a,
           "l2"_a, "buffer"_a, "start"_a);
  nb::class_<State>(m, "State").def(nb::init<int64_t, int64_t, int64_t>(), "size"_a, "buffer"_a, "start"_a);
  nb::class_<OpSpec>(m, "OpSpec")
      .def(nb::init<std::string, int64_t, int64_t, int64_t, std::vector<Weight>, std::vector<State>,
                    Settings, uint32_t, uint64_t, std::vector<int64_t>, std::vector<int64_t>,
                    std::vector<std::vector<float>>, std::vector<int64_t>>(),
           "kind"_a, "positions"_a, "inputs"_a, "outputs"_a, "weights"_a, "state"_a, "settings"_a, "index"_a, "seed"_a,
           "shape"_a, "sources"_a, "tables"_a, "axes"_a);
  nb::class_<LossSpec>(m, "LossSpec")
      .def(nb::init<std::string, std::string, Settings, bool>(), "kind"_a = "", "reduction"_a = "",
           "settings"_a = Settings(), "sparse"_a = false);
  nb::class_<MetricSpec>(m, "MetricSpec")
      .def(nb::init<std::string, bool, Settings>(), "kind"_a, "weighted"_a, "settings"_a);
  nb::class_<OptimizerSpec>(m, "OptimizerSpec")
      .def(nb::init<std::string, Settings>(), "kind"_a = "", "settings"_a = Settings());
  nb::class_<StatsSpec>(m, "StatsSpec")
      .def(nb::init<int64_t, float, float, std::vector<int64_t>>(), "tensor"_a, "low"_a, "high"_a, "ops"_a);
  nb::class_<Spec>(m, "Spec")
      .def(nb::init<std::vector<OpSpec>, std::vector<OpSpec>, LossSpec, OptimizerSpec, std::vector<MetricSpec>,
                    std::vector<StatsSpec>, int64_t, int64_t>(),
           "ops"_a, "output"_a, "loss"_a, "optimizer"_a, "metrics"_a, "layers"_a, "inputs"_a,
           "params_size"_a);
}

}  // namespace

NB_MODULE(_native, m) {
  nb::set_leak_warnings(false);  // a model that is alive when Python ends is no leak
  m.doc() = "Clarinet's native engine; clarinet.engines.native is its one user.";
  m.attr("version") = CLARINET_VERSION;
  m.def("isa", [] { return kernels().isa; }, "Name of the instruction set in use; CLARINET_ISA chooses another.");
  m.def("isas", available_isas, "Names of the instruction sets that this processor has, best first.");
  m.def("threads", allowed_threads, "Threads that may be used; CLARINET_NUM_THREADS sets another number.");
  m.def("find_nonfinite", find, "array"_a, "hashes"_a.none() = nb::none(),
        "Flat index of the first NaN or infinity of a contiguous array, or -1; hashes takes one hash a block.");
  m.def("hash_blocks", hash_bytes, "bytes"_a, "hashes"_a, "One hash for every block of 65,536 bytes.");
  m.def("permutation", permute, "seed"_a, "stream"_a, "epoch"_a, "out"_a, "clarinet.random.permutation, into an array.");
  nb::module_::import_("atexit").attr("register")(nb::cpp_function(interpreter_ends));
  bind_spec(m);
  nb::class_<PyEngine>(m, "Engine")
      .def(nb::init<Spec, std::vector<Floats>, std::vector<std::optional<Floats>>, int, const std::string&>(), "spec"_a,
           "buffers"_a, "slots"_a, "threads"_a = 0, "isa"_a = "")
      .def("train", &PyEngine::train, "x"_a, "y"_a.none(), "weight"_a.none(), "order"_a.none(), "first"_a.none(),
           "stop"_a.none(), "batch_size"_a.none(), "rates"_a, "seconds"_a, "state"_a, "stats_every"_a.none(), "losses"_a)
      .def("evaluate", &PyEngine::evaluate, "x"_a, "y"_a.none(), "weight"_a.none(), "batch_size"_a.none())
      .def("predict", &PyEngine::predict, "x"_a, "out"_a)
      .def("forward", &PyEngine::forward, "x"_a, "training"_a, "step"_a.none(), "draw"_a.none(), "out"_a)
      .def("backward", &PyEngine::backward, "number"_a, "d_outputs"_a, "gradient"_a, "d_inputs"_a.none())
      .def("apply", &PyEngine::apply, "gradient"_a, "rate"_a, "state"_a)
      .def("running", &PyEngine::running, "Sums of the loss and of each metric.")
      .def("resume", &PyEngine::resume, "running"_a, "Go on from what running() gave.")
      .def("reset", &PyEngine::reset)
      .def_prop_ro("allocations", [](PyEngine& self) { return self.engine->allocations(); });
}
