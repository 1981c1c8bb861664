// The engine as Python sees it. All arguments are checked here or in engines/native.py, before the engine runs without the
// interpreter's lock.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <atomic>
#include <stdexcept>

#include "bindings.hpp"
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

using Floats = nb::ndarray<float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Rates = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Out = nb::ndarray<float, nb::c_contig, nb::device::cpu>;
using Numbers = nb::ndarray<const int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using OutNumbers = nb::ndarray<int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

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
  const auto find_all = [&](std::vector<OpSpec>& ops) {
    for (OpSpec& op : ops) {
      for (Weight& weight : op.weights) {
        require(weight.offset >= 0 && weight.offset <= spec.params_size - weight.size, "a weight leaves the gradient");
        find(weight);
      }
      for (State& state : op.state) find(state);
    }
  };
  find_all(spec.ops);
  for (ProjectionSpec& projection : spec.projections) {
    find_all(projection.ops);
    require(!projection.ops.empty() && projection.ops[0].weights.size() == 1, "a projection has no weight");
    require(projection.tensor >= 0 && projection.tensor < static_cast<int64_t>(projection.ops.size()), "a projection gives nothing");
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

  std::vector<Source> inputs(const nb::tuple& x) const {
    const std::vector<int64_t>& sizes = engine->spec().inputs;
    require(x.size() == sizes.size(), "expected an array for each input");
    std::vector<Source> found;
    for (size_t j = 0; j < sizes.size(); ++j) {
      found.push_back(rows_of(x[j]));
      require(found[j].columns == sizes[j], "x does not have the input's shape");
      require(found[j].rows == found[0].rows, "inputs differ in length");
    }
    return found;
  }

  // Of every output an array of so many rows, from which numbers are read or to which they are written.
  template <class Number>
  std::vector<Number*> outputs(const nb::tuple& arrays, int64_t rows) const {
    const std::vector<OutputSpec>& outputs = engine->spec().outputs;
    require(arrays.size() == outputs.size(), "expected an array for each output");
    std::vector<Number*> found;
    for (size_t r = 0; r < outputs.size(); ++r)
      found.push_back(numbers_of<Number>(arrays[r], rows * output_size(r)));
    return found;
  }
  int64_t output_size(size_t r) const {
    return engine->size_of(static_cast<size_t>(engine->spec().outputs[r].tensor));
  }

  Rows rows(const nb::tuple& x, const nb::tuple& y, const nb::tuple& weight) const {
    const Objectives& objectives = engine->objectives();
    const size_t outputs = engine->spec().outputs.size();
    Rows rows{inputs(x), std::vector<Source>(outputs), std::vector<Source>(outputs)};
    require(objectives.present(), "the plan has no loss");
    require(y.size() == outputs && weight.size() == outputs, "expected labels and weights, or None, for each output");
    for (size_t r = 0; r < outputs; ++r) {
      if (!objectives[r].takes_targets()) continue;
      require(!y[r].is_none(), "the loss needs labels");
      rows.y[r] = rows_of(y[r]);
      require(objectives[r].fits(rows.y[r].columns), "y does not have the shape that the loss takes");
      require(rows.y[r].rows == rows.x[0].rows, "x and y differ in length");
      if (weight[r].is_none()) continue;
      const Source& own = rows.weight[r] = rows_of(weight[r]);
      require(own.rows == rows.x[0].rows && objectives[r].weighs(own.columns),
              "expected one weight for each row, or one for each value of the loss and of the weighted metrics");
    }
    return rows;
  }

  // Counts the steps on `state`, so that no signal comes between a step and its number.
  nb::tuple train(const nb::tuple& x, const nb::tuple& y, const nb::tuple& weight, const std::optional<Numbers>& order,
                  nb::handle first_row, nb::handle stop_row, nb::handle batch_size, const Rates& rates, double seconds,
                  nb::object state, nb::handle stats_every, Floats losses) {
    Engine& engine = core();
    const Rows data = rows(x, y, weight);
    require(engine.trains(), "the plan has no optimizer");
    const int64_t available = order ? static_cast<int64_t>(order->size()) : data.x[0].rows;
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

  static Drawing drawing_of(nb::handle step, nb::handle draw) {
    return {static_cast<uint64_t>(whole(step, "step", 0)), static_cast<uint32_t>(whole(draw, "draw", 0))};
  }

  void evaluate(const nb::tuple& x, const nb::tuple& y, const nb::tuple& weight, nb::handle batch_size, nb::handle step, nb::handle draw) {
    Engine& engine = core();
    const Rows data = rows(x, y, weight);
    const int64_t batch = whole(batch_size, "batch_size", 1);
    const Drawing drawing = drawing_of(step, draw);
    interruptibly([&](Interruption& interruption) { engine.evaluate(data, batch, drawing, &interruption); },
                  [] { return false; });
  }

  void predict(const nb::tuple& x, nb::handle batch_size, nb::handle step, nb::handle draw, const nb::tuple& out) {
    Engine& engine = core();
    const std::vector<Source> sources = inputs(x);
    const std::vector<float*> room = outputs<float>(out, sources[0].rows);
    const int64_t batch = whole(batch_size, "batch_size", 1);
    const Drawing drawing = drawing_of(step, draw);
    interruptibly([&](Interruption& interruption) { engine.predict(sources, room, batch, drawing, &interruption); },
                  [] { return false; });
  }

  void require_layout(const Floats& gradient) const {
    require(static_cast<int64_t>(gradient.size()) == engine->spec().params_size, "the gradient is not laid out as the parameters");
  }

  // The same of one input and one output, without a word too many: for a single row that somebody waits for.
  void predict_row(const Array& x, const Out& out) {
    Engine& engine = core();
    const std::vector<Source> source{source_of(x)};
    require(engine.spec().inputs.size() == 1 && source[0].columns == engine.spec().inputs[0], "x does not have the input's shape");
    require(engine.spec().outputs.size() == 1, "expected an array for each output");
    require(static_cast<int64_t>(out.size()) == source[0].rows * output_size(0), "out does not have the output's shape");
    interruptibly([&](Interruption& interruption) { engine.predict(source, {out.data()}, 1, {}, &interruption); },
                  [] { return false; });
  }

  // The number of the pass for backward(): unique, in all engines.
  uint64_t forward(const nb::tuple& x, bool training, nb::handle step, nb::handle draw, int64_t before, const nb::tuple& out) {
    Engine& engine = core();
    const std::vector<Source> sources = inputs(x);
    require(sources[0].rows > 0, "forward: expected rows, received none");
    const std::vector<float*> room = outputs<float>(out, sources[0].rows);
    const auto number_of = [](nb::handle given, const char* what) { return static_cast<uint64_t>(whole(given, what, 0)); };
    const Draw what{training, number_of(step, "step"), static_cast<uint32_t>(number_of(draw, "draw")), before};
    static std::atomic<uint64_t> passes{0};
    const uint64_t number = ++passes;
    interruptibly(
        [&](Interruption& interruption) { engine.forward(sources, what, number, room, &interruption); },
        [] { return false; });
    return number;
  }

  // Whether the pass, of so many rows, was there.
  bool backward(uint64_t number, int64_t rows, const nb::tuple& d_outputs, Floats gradient,
                const std::optional<nb::tuple>& d_inputs) {
    Engine& engine = core();
    require_layout(gradient);
    const std::vector<const float*> dys = outputs<const float>(d_outputs, rows);
    std::vector<float*> dxs;
    require(!d_inputs || d_inputs->size() == engine.spec().inputs.size(), "expected an array for each input");
    for (size_t j = 0; d_inputs && j < d_inputs->size(); ++j)
      dxs.push_back(numbers_of<float>((*d_inputs)[j], rows * engine.size_of(j)));
    bool there = true;
    interruptibly(
        [&](Interruption& interruption) {
          there = engine.backward({number, rows}, dys, gradient.data(), dxs, &interruption);
        },
        [] { return false; });
    return there;
  }

  double judge(const nb::tuple& x, const nb::tuple& y, const nb::tuple& weight, const nb::tuple& d_inputs) {
    Engine& engine = core();
    const Rows data = rows(x, y, weight);
    require(data.x[0].rows > 0 && d_inputs.size() == data.x.size(), "judge: expected rows, and an array for each input");
    std::vector<float*> dxs;
    for (size_t j = 0; j < d_inputs.size(); ++j)
      dxs.push_back(numbers_of<float>(d_inputs[j], data.x[0].rows * engine.size_of(j)));
    const Unlocked unlocked;
    return engine.judge(data, dxs);
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
  m.def("permutation", permute, "seed"_a, "stream"_a, "epoch"_a, "out"_a, "clarinet.philox.permutation, into an array.");
  m.def("common_begin", common_begin, "parts"_a, "offsets"_a, "owner"_a, "size"_a,
        "The first byte of a buffer that all parts are views of, each in its place; -1 where they do not lie so.");
  nb::module_::import_("atexit").attr("register")(nb::cpp_function(interpreter_ends));
  bind_spec(m);
  nb::class_<PyEngine>(m, "Engine")
      .def(nb::init<Spec, std::vector<Floats>, std::vector<std::optional<Floats>>, int, const std::string&>(), "spec"_a,
           "buffers"_a, "slots"_a, "threads"_a = 0, "isa"_a = "")
      .def("train", &PyEngine::train, "x"_a, "y"_a, "weight"_a, "order"_a.none(), "first"_a.none(), "stop"_a.none(),
           "batch_size"_a.none(), "rates"_a, "seconds"_a, "state"_a, "stats_every"_a.none(), "losses"_a)
      .def("evaluate", &PyEngine::evaluate, "x"_a, "y"_a, "weight"_a, "batch_size"_a.none(), "step"_a.none(), "draw"_a.none())
      .def("predict", &PyEngine::predict, "x"_a, "batch_size"_a.none(), "step"_a.none(), "draw"_a.none(), "out"_a)
      .def("predict_row", &PyEngine::predict_row, "x"_a, "out"_a)
      .def("forward", &PyEngine::forward, "x"_a, "training"_a, "step"_a.none(), "draw"_a.none(), "before"_a, "out"_a)
      .def("backward", &PyEngine::backward, "number"_a, "rows"_a, "d_outputs"_a, "gradient"_a, "d_inputs"_a.none())
      .def("judge", &PyEngine::judge, "x"_a, "y"_a, "weight"_a, "d_inputs"_a)
      .def("apply", &PyEngine::apply, "gradient"_a, "rate"_a, "state"_a)
      .def("running", &PyEngine::running, "Sums of the loss and of each metric.")
      .def("resume", &PyEngine::resume, "running"_a, "Go on from what running() gave.")
      .def("reset", &PyEngine::reset)
      .def_prop_ro("allocations", [](PyEngine& self) { return self.engine->allocations(); });
}
