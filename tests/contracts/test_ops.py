"""Every function of ``clarinet.ops``: values, derivatives, shapes, batches, array API, equal to Keras's."""

import inspect
import json

import numpy as np
import pytest

from clarinet import ops
from clarinet.aliases import advice_for
from clarinet.ops.core import OwnGradient
from clarinet.ops.distributions import Draw
from clarinet.ops.segments import SegmentSum
from clarinet.ops.shapes import AcrossBatch, AsRows, KeptRows, OfRows
from clarinet.ops.sizing import Sized
from clarinet.ops.structures import leaves
from tests.cases.ops import OPS
from tests.cases.ops.row import draws
from tests.contracts.derivatives import assert_close, numeric_gradient
from tests.contracts.recording import Recorded, Replay, nodes_of, symbol

each = pytest.mark.parametrize("row", OPS, ids=repr)


def first_of_each(rows, share=1):
    """The same rows; those after the first of a function are slow tests: it seldom fails in them alone.

    And so are those of other functions than one in ``share``.
    """
    seen = set()

    def dealt(row):
        one = row[0] if isinstance(row, tuple) else row
        again = one.name in seen or len(seen) % share > 0
        seen.add(one.name)
        values = row if isinstance(row, tuple) else (row,)
        return pytest.param(*values, marks=[pytest.mark.slow] if again else [], id=" ".join(map(str, values)))

    return [dealt(row) for row in rows]


SLOPED = [row for row in OPS if row.slope]
SYMBOLIC = [row for row in OPS if row.symbolic]


def flat(args):
    """The arrays among the arguments."""
    return [x for x in leaves(args) if isinstance(x, np.ndarray)]


def refilled(args, arrays):
    """The same arguments with other arrays."""
    rest = iter(arrays)

    def filled(arg):
        if isinstance(arg, list):
            return [filled(item) for item in arg]
        return next(rest) if isinstance(arg, np.ndarray) else arg

    return tuple(map(filled, args))


def results(y):
    """Outputs as a list."""
    return list(leaves(list(y) if isinstance(y, tuple) else y))


def upstream(y):
    """A gradient for every output that has one."""
    rng = np.random.default_rng(9)
    return [rng.normal(size=np.shape(one)).astype(one.dtype) if np.dtype(one.dtype).kind == "f" else None for one in y]


def theirs(row):
    """Keras's function, of the row's arguments."""
    import keras

    if callable(row.keras):
        return lambda *args: row.keras(keras, *args, **row.settings)
    return lambda *args: row.call(keras.ops, *args)


VALUES = [(row, dtype) for row in OPS if row.keras for dtype in row.dtypes]


@pytest.mark.parametrize(("row", "dtype"), first_of_each(VALUES))
def test_values_are_keras_s(row, dtype):
    import jax.numpy as jnp

    args = row.arrays(dtype)
    expected = results(theirs(row)(*refilled(args, map(jnp.asarray, flat(args)))))
    assert_same(row, results(row.call(ops, *args)), expected)


def assert_same(row, ours, expected):
    """Values, shapes and dtypes are Keras's."""
    assert len(ours) == len(expected)
    for a, b in zip(ours, expected):
        assert isinstance(a, ops.Tensor)
        assert str(a.dtype) == str(b.dtype)
        np.testing.assert_allclose(a, np.asarray(b), rtol=row.rtol, atol=2e-6)


def tape_gradients(row, args, wrt):
    """Outputs, and the gradients at some of the arrays, with those of ``upstream`` at the outputs."""
    with ops.GradientTape() as tape:
        tape.watch(wrt)
        y = results(row.call(ops, *args))
    kept = [(one, dy) for one, dy in zip(y, upstream(y)) if dy is not None]
    found = tape.gradient([one for one, _ in kept], wrt, [dy for _, dy in kept], unconnected_gradients="zero")
    return y, found


@pytest.mark.parametrize("row", first_of_each([row for row in SLOPED if row.keras], share=3))
def test_gradients_are_keras_s(row):
    """In every run some; differences prove those of all."""
    import jax

    args = row.arrays("float32")
    arrays = flat(args)
    at = [i for i, x in enumerate(arrays) if x.dtype.kind == "f"]

    def function(*some):
        every = list(arrays)
        for i, x in zip(at, some):
            every[i] = x
        return [one for one in results(theirs(row)(*refilled(args, every))) if one.dtype.kind == "f"]

    y, pull = jax.vjp(function, *(jax.numpy.asarray(arrays[i]) for i in at))
    expected = pull([jax.numpy.asarray(dy) for dy in upstream(y)])
    _, found = tape_gradients(row, args, [arrays[i] for i in at])
    for a, b in zip(found, expected if not row.apart else ()):
        assert a.dtype == np.float32
        np.testing.assert_allclose(a, np.asarray(b), rtol=max(2e-4, 10 * row.rtol), atol=2e-5)


@pytest.mark.parametrize("row", first_of_each([row for row in SLOPED if not row.given]))
def test_derivatives(row):
    args = row.arrays("float64")
    arrays = flat(args)
    wrt = [x for x in arrays if x.dtype.kind == "f"]
    y, found = tape_gradients(row, args, wrt)
    if row.name == "stop_gradient":
        assert not np.any(found[0])
        return
    if any(one.dtype == np.float32 for one in y):
        pytest.skip("differences of float32 are too coarse; its gradient is compared with JAX's")
    dys = upstream(y)
    for i, x in enumerate(arrays):
        if x.dtype.kind != "f":
            continue

        def loss(moved, i=i):
            y = results(row.call(ops, *refilled(args, [*arrays[:i], moved, *arrays[i + 1 :]])))
            return sum(float(np.sum(dy * one.numpy())) for one, dy in zip(y, dys) if dy is not None)

        mine = next(g for g, w in zip(found, wrt) if w is x)
        assert mine.dtype == np.float64
        assert mine.shape == x.shape
        assert_close(mine.numpy(), numeric_gradient(loss, x))


def recorded(row, unknown=False):
    """The outputs of the row's graph, its inputs, and their numbers."""
    args = row.arrays("float64" if "float32" in row.dtypes else row.dtypes[0])
    arrays = flat(args)
    batched = [unknown and draw.batched for draw in draws(row.args)]
    shapes = [(None, *x.shape[1:]) if b else x.shape for x, b in zip(arrays, batched)]
    symbols = [symbol(shape, x.dtype, b) for shape, x, b in zip(shapes, arrays, batched)]
    outputs = results(row.call(ops, *refilled(args, symbols)))
    return outputs, {(id(s.node), 0): x for s, x in zip(symbols, arrays)}, args


@pytest.mark.parametrize("row", first_of_each(SYMBOLIC))
def test_in_a_graph(row):
    """Shapes and dtypes are inferred, the batch keeps or mixes as it is said, operations are plain data."""
    computed = results(row.call(ops, *row.arrays("float64" if "float32" in row.dtypes else row.dtypes[0])))
    outputs, _, _ = recorded(row)
    assert_inferred(outputs, computed, unknown=False)
    for operation in (node.operation for node in nodes_of(outputs) if node.operation is not None):
        again = ops.get(json.loads(json.dumps(operation.encoded())))
        assert again == operation
        assert hash(again) == hash(operation)
    if not row.unknown:
        with pytest.raises(ValueError):
            recorded(row, unknown=True)
        return
    outputs, values, _ = recorded(row, unknown=True)
    assert_inferred(outputs, computed, unknown=True)
    assert_batch(outputs, values)


def assert_inferred(outputs, computed, unknown):
    assert len(outputs) == len(computed)
    for spec, y in zip(outputs, computed):
        if isinstance(spec, Recorded):  # else it depends on nothing
            spec = spec.spec
            assert spec.dtype == y.dtype
            assert len(spec.shape) == y.ndim
            assert all(m in (None, n) and (unknown or m == n) for m, n in zip(spec.shape, y.shape))


def assert_batch(outputs, values):
    """Rows that change places, and a batch with fewer of them, change nothing else where a batch is kept."""
    for node, xs, _ in Replay(outputs, values).ran:
        if not any(spec.batched for spec in node.specs):
            continue
        says = node.operation.batch(node.specs)
        assert all(spec.batched == (says == "keeps") for spec in node.outputs)
        shuffled = _kept(node, xs, lambda x: x[[3, 0, 4, 1, 2]]) and _kept(node, xs, lambda x: x[:3])
        if all(y.shape[:1] == (None,) or says == "keeps" for y in node.outputs) or not shuffled:
            assert (says == "keeps") == shuffled, f"{node.operation} says {says}"


@np.errstate(all="ignore")
def _kept(node, xs, choose):
    """Whether choosing rows before and after comes to the same."""
    before, _ = node.operation.forward(xs, np)
    try:
        # a first axis of unknown size goes along with rows: it has as many
        chosen = tuple(choose(x) if spec.shape[:1] == (None,) else x for x, spec in zip(xs, node.specs))
        after, _ = node.operation.forward(chosen, np)
    except (ValueError, IndexError):
        return False
    before, after = (y if isinstance(y, tuple) else (y,) for y in (before, after))
    if any(y.ndim == 0 or len(y) != 5 for y in before):
        return False
    return all(
        np.allclose(choose(a), b, equal_nan=True) if choose(a).shape == b.shape else False
        for a, b in zip(before, after)
    )


@pytest.mark.parametrize("row", first_of_each([row for row in SYMBOLIC if row.standard]))
def test_array_api_only(row):
    xp = pytest.importorskip("array_api_strict")
    outputs, values, _ = recorded(row)
    plain = Replay(outputs, values)
    strict = Replay(outputs, {key: xp.asarray(np.array(x)) for key, x in values.items()}, xp)
    ys = [plain.value(output) for output in plain.outputs]
    with np.errstate(all="ignore"):
        theirs = [strict.value(output) for output in strict.outputs]
        dys = upstream([np.asarray(y) for y in ys])
        ours = plain.gradients(dys)
        found = strict.gradients([None if dy is None else xp.asarray(dy) for dy in dys])
    for a, b in zip(ys, theirs):
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-10, atol=1e-12)
    for key in values:
        assert (key in ours) == (key in found)
        if key in ours:
            np.testing.assert_allclose(np.asarray(ours[key]), np.asarray(found[key]), rtol=1e-10, atol=1e-12)


def test_every_function_and_operation_has_a_row():
    public = {name for name in ops.__all__ if inspect.isfunction(getattr(ops, name))}
    public |= {f"image.{name}" for name in ops.image.__all__}
    rows = {row.name for row in OPS}
    assert not public - rows - set(ROWLESS), "give them rows in tests/cases/ops"
    assert not rows & set(ROWLESS)
    assert rows <= public
    seen = {type(node.operation) for row in SYMBOLIC for node in nodes_of(recorded(row)[0])}
    elsewhere = subclasses(Draw) | subclasses(AsRows) | {AcrossBatch, OfRows, Sized}  # in test_random
    elsewhere |= {KeptRows, OwnGradient, SegmentSum}  # in test_loops, test_as_people_write, test_rows_and_whole_numbers
    unseen = {kind for kind in subclasses(ops.Operation) if not abstract(kind)} - seen - elsewhere
    assert not unseen  # test_random has the two that are left out


def subclasses(kind):
    found = [one for one in kind.__subclasses__() if one.__module__.startswith("clarinet.ops")]
    return set(found).union(*map(subclasses, found)) if found else set()


def abstract(kind):
    """Whether it only holds what others have in common."""
    return kind.__name__.startswith("_") or bool(kind.__subclasses__())


#: What has no row, and where it is tested.
ROWLESS = {
    "apply": "what all functions do",
    **dict.fromkeys(
        ("cond", "switch", "while_loop", "fori_loop", "scan", "associative_scan"), "takes functions: test_control"
    ),
    **dict.fromkeys(
        ("map", "vectorized_map", "vectorize", "custom_gradient"), "takes functions: test_control, test_tape"
    ),
    "image.elastic_transform": "is random: test_random",
    **dict.fromkeys(
        ("shape", "ndim", "size", "dtype", "is_tensor", "convert_to_numpy"), "gives no tensor: test_tensors"
    ),
}


@pytest.mark.parametrize("space", ["", "image", "linalg"])
def test_names_and_signatures_are_keras_s(space):
    """Every public function of ``keras.ops`` is there with the same arguments and defaults, or known as absent."""
    import keras

    theirs = getattr(keras.ops, space) if space else keras.ops
    ours = getattr(ops, space) if space else ops
    wanted = {name for name in dir(theirs) if name[0] != "_" and callable(getattr(theirs, name))}
    absent = {name for name in wanted if advice_for(f"ops.{name}") is not None}
    assert absent == {name for name in wanted if not hasattr(ours, name)}
    assert len(absent) <= 5
    for name in wanted - absent:
        assert arguments(getattr(ours, name)) == arguments(getattr(theirs, name)), name


def arguments(function):
    """Names and defaults."""
    return [(p.name, p.default) for p in inspect.signature(function).parameters.values() if p.kind != p.VAR_KEYWORD]
