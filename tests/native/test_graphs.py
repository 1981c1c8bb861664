"""Several inputs and outputs: native against reference, the same bits on any number of threads and in halves."""

from dataclasses import dataclass, fields, replace

import numpy as np
import pytest

from clarinet import Input, layers, losses, metrics, optimizers
from clarinet.engines import Data, NativeEngine, ReferenceEngine, Steps
from clarinet.engines.base import one_or_all
from clarinet.graph import making
from clarinet.layers.merge import Merge
from clarinet.making_plans import Judgement
from clarinet.optimizers import OptimizerState
from tests.native.graphs import NETWORKS, Graph, GraphWork, ids, mse, numbers, outputs, work
from tests.native.running import ISAS, assert_close, assert_same_bits

EVERY = pytest.mark.parametrize("name", NETWORKS)
THREADS = (1, 2, 3, 5)


def engines(name, threads=2):
    """The same network for both engines, each with weights of its own."""
    found = []
    for kind, settings in ((ReferenceEngine, {}), (NativeEngine, {"threads": threads})):
        model = work(name).model()
        state = OptimizerState.new(model.optimizer, model.store.layout, np.float32)
        found.append(kind(model.make_plan(), model.store, state, **settings))
    return found


@EVERY
@pytest.mark.parametrize("isa", ISAS)
def test_engines_agree(name, isa):
    """37 rows in batches of 8."""
    expected = work(name).run()
    for threads in (1, 3):
        assert_close(work(name).run(isa, threads), expected, rtol=3e-4, atol=3e-5)


@EVERY
@pytest.mark.parametrize("isa", ISAS)
def test_bits_do_not_depend_on_threads_chunks_and_statistics(name, isa):
    alone = work(name).run(isa, 1)
    for threads in THREADS:
        assert_same_bits(work(name).run(isa, threads), alone)
        assert_same_bits(work(name, chunk=2, stats_every=3).run(isa, threads), alone)


@EVERY
@pytest.mark.parametrize(
    "optimizer",
    [
        optimizers.SGD(0.1, momentum=0.9),
        optimizers.SGD(0.1, clipnorm=0.2),
        optimizers.AdamW(global_clipnorm=0.2),
        optimizers.RMSprop(centered=True, use_ema=True),
    ],
    ids=["momentum", "clipnorm", "decay-and-clipping", "average"],
)
def test_optimizers(name, optimizer):
    """What has no gradient is moved all the same: by momentum, decay and penalties."""
    expected = work(name, optimizer=optimizer, epochs=1).run()
    alone = work(name, optimizer=optimizer, epochs=1).run(ISAS[0], 1)
    assert_close(alone, expected, rtol=1e-3, atol=1e-4)
    for threads in (2, 5):
        assert_same_bits(work(name, optimizer=optimizer, epochs=1).run(ISAS[0], threads), alone)


@EVERY
def test_layer_statistics(name):
    expected = work(name, stats_every=2, epochs=1).run()
    for threads in (1, 3):
        ours = work(name, stats_every=2, epochs=1).run(ISAS[0], threads)
        assert len(ours.layers) == len(expected.layers) > 0
        for mine, theirs in zip(ours.layers, expected.layers):
            a, b = ([getattr(s, f) for f in s.__slots__] for s in (mine, theirs))
            np.testing.assert_allclose(np.array(a, float), np.array(b, float), rtol=2e-3, atol=1e-5)


# Halves.


def loss_gradients(plan, rows, found):
    """Of the batch's loss at every output; 0 where there is none. Engines agree on its bits for squares of columns that
    are a power of 2."""
    dys = []
    for output, y, weight, z in zip(plan.outputs, rows.ys, rows.weights, found, strict=True):
        dys.append(np.zeros_like(z))
        if output.loss is not None:
            each = np.ones(z.shape[:-1], z.dtype) if weight is None else weight
            shares = output.loss.shares(each) * np.float32(output.weight)
            dys[-1] = output.loss.gradient(y, z) * shares[..., None]
    return dys


@dataclass
class Halves(GraphWork):
    """The same work, each step in halves."""

    at_inputs: bool = False

    def _train(self, engine):
        n = len(self.data)
        for epoch in range(self.epochs):
            order = engine.permutation(epoch, n)
            for first in range(0, n, self.batch):
                rows = self.data.rows(order[first : min(n, first + self.batch)])
                found, handle = engine.forward(one_or_all(rows.xs), training=True)
                found = found if isinstance(found, tuple) else (found,)
                dys = one_or_all(loss_gradients(engine.plan, rows, found))
                gradient = engine.backward(handle, dys, self.at_inputs)
                engine.apply(gradient[0] if self.at_inputs else gradient, self.rate)
        return [np.zeros(0, np.float32)], []


@pytest.mark.parametrize("name", ["two-inputs", "read-on", "dead-ends", "passed-through", "twins"])
@pytest.mark.parametrize("at_inputs", [False, True])
def test_halves_end_in_the_same_bits(name, at_inputs):
    whole = work(name)
    halves = Halves(**{f.name: getattr(whole, f.name) for f in fields(whole)}, at_inputs=at_inputs)
    for isa, threads in [(None, 1), *((isa, threads) for isa in ISAS for threads in (1, 3))]:
        expected, ours = whole.run(isa, threads), halves.run(isa, threads)
        for field in ("params", "state", "predictions"):
            assert getattr(ours, field).tobytes() == getattr(expected, field).tobytes(), (field, isa, threads)
        assert ours.evaluation == expected.evaluation


@EVERY
@pytest.mark.parametrize("training", [False, True])
def test_gradients_from_all_outputs_to_all_inputs(name, training):
    """A caller's gradient counts at outputs without a loss too; training goes on as if nobody had asked."""
    reference, native = engines(name)
    xs = one_or_all(NETWORKS[name][2].rows(slice(0, 9)).xs)
    found = []
    for engine in (reference, native):
        ys, handle = engine.forward(xs, training)
        ys = ys if isinstance(ys, tuple) else (ys,)
        dys = tuple(numbers(*y.shape) for y in ys)
        flat, dxs = engine.backward(handle, one_or_all(dys), wrt_inputs=True)
        found.append([*ys, *(dxs if isinstance(dxs, tuple) else (dxs,)), flat])
        engine.apply(flat, 0.01)
    for theirs, ours in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-3, atol=2e-4)
    data = NETWORKS[name][2]
    steps = Steps(None, 0, len(data), 8, np.full(5, 0.01), None)
    losses = [engine.train(data, steps).losses for engine in (reference, native)]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-3)


def test_an_input_that_leads_nowhere_has_a_gradient_of_zero():
    a, b = Input((3,)), Input((2,))
    model = Graph([a, b], [layers.Dense(2)(a)])
    engine = NativeEngine(model.make_plan(), model.store)
    y, handle = engine.forward((numbers(4, 3), numbers(4, 2)))
    _, (da, db) = engine.backward(handle, y, wrt_inputs=True)
    assert da.any() and not db.any() and db.shape == (4, 2)


# Data.


def test_inputs_of_every_kind():
    """Bytes, numbers of twice the length, rows apart from each other; in another order, from memory and from copies."""
    words, a, b = NETWORKS["twins"][2].xs
    data = NETWORKS["twins"][2]
    expected = work("twins").run(ISAS[0], 2)
    for xs in (
        (words.astype(np.uint8), a.astype(np.float64), np.repeat(b, 2, axis=0)[::2]),
        (words.astype(np.int32), np.asfortranarray(a), b.astype(">f4")),
    ):
        ours = replace(work("twins"), data=Data(xs, data.ys))
        assert_same_bits(ours.run(ISAS[0], 2), expected)
        assert_same_bits(replace(ours, chunk=2).run(ISAS[0], 3), expected)


def test_more_shuffled_rows_than_the_cache_holds():
    """They are asked for before they are read, those of each input; one input is read where it lies."""
    rng = np.random.default_rng(0)
    data = Data(
        tuple(rng.normal(size=(1500, n)).astype(np.float32) for n in (140, 300)),
        (rng.integers(0, 2, (1500, 1)), rng.normal(size=(1500, 1)).astype(np.float32)),
    )
    large = replace(work("wide-and-deep"), data=data, batch=64, epochs=1, rate=0.001)
    alone = large.run(ISAS[0], 1)
    assert_close(alone, large.run(), rtol=1e-3, atol=1e-4)
    for threads in (2, 3):
        assert_same_bits(large.run(ISAS[0], threads), alone)
    copied = replace(large, data=Data(tuple(x.astype(np.float64) for x in data.xs), data.ys))
    assert_same_bits(copied.run(ISAS[0], 2), alone)


def test_labels_that_nothing_looks_at_are_left_alone():
    data = NETWORKS["dead-ends"][2]
    ours = replace(work("dead-ends"), data=Data(data.xs, (*data.ys[:2], np.array(["a text"] * len(data)))))
    assert_same_bits(ours.run(ISAS[0], 2), work("dead-ends").run(ISAS[0], 2))


def test_no_rows_and_single_rows():
    for engine in engines("three-outputs"):
        assert [y.shape for y in engine.predict(numbers(0, 6), 4)] == [(0, 3), (0, 1), (0, 2)]
    all_at_once, one_by_one = (
        [np.concatenate(ys) for ys in zip(*(engine.predict(rows, 4) for rows in parts))]
        for engine in engines("three-outputs")[1:]
        for parts in ([numbers(9, 6)], [row[None] for row in numbers(9, 6)])
    )
    for a, b in zip(all_at_once, one_by_one, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)


def test_refusals():
    _, native = engines("three-outputs")
    data = NETWORKS["three-outputs"][2]
    steps = Steps(None, 0, 8, 8, np.full(1, 0.01), None)
    kind, chance, amount = data.ys
    with pytest.raises(ValueError, match="the loss needs labels"):
        native.train(Data(data.xs, (kind, None, amount)), steps)
    with pytest.raises(ValueError, match="y_true has shape"):
        native.train(Data(data.xs, (kind, chance, numbers(len(data), 3))), steps)
    with pytest.raises(ValueError, match="differ in length"):
        native.train(Data(data.xs, (kind, chance, amount[:-1])), steps)
    _, native = engines("two-inputs")
    with pytest.raises(ValueError, match="inputs differ in length"):
        native.predict((numbers(4, 5), numbers(3, 3)), 4)
    with pytest.raises(ValueError, match="an array for each input"):
        native.predict(numbers(4, 5), 4)
    with pytest.raises(ValueError, match="expected an array for each output"):
        native._core.predict((numbers(4, 5), numbers(4, 3)), 4, 0, 0, ())
    with pytest.raises(ValueError, match="does not have the shape"):
        native._core.predict((numbers(4, 5), numbers(4, 3)), 4, 0, 0, (np.empty((4, 3), np.float32),))


# Sums, and what has no native form.


def test_sums_go_on_from_those_of_either_engine():
    data = NETWORKS["three-outputs"][2]
    half, rest = data.rows(slice(0, 16)), data.rows(slice(16, None))
    for before in engines("three-outputs"):
        before.evaluate(half, 8)
        for after in engines("three-outputs"):
            after.resume(before.running())
            after.evaluate(rest, 8)
            whole = engines("three-outputs")[1]
            whole.evaluate(data, 8)
            ours, expected = after.results(), whole.results()
            assert list(ours) == list(expected)
            np.testing.assert_allclose(list(ours.values()), list(expected.values()), rtol=1e-4)
    names = ["loss", "kind_loss", "chance_loss", "amount_loss"]
    assert list(expected)[:4] == names and "amount_mean_absolute_error" in list(expected)


def unsupported_reason(inputs, results, judgements):
    return NativeEngine.supports(Graph(inputs, results, judgements, optimizers.SGD()).make_plan())


def test_what_has_no_native_form():
    a = Input((4,))
    normal = layers.BatchNormalization()
    with making(updates=[]):  # as within a call, where what is said holds
        once = normal(a, training=True)
    twice = normal(once)
    assert "used several times and with training=True" in unsupported_reason([a], [twice], [mse()])
    matrix = Judgement(None, metrics=[metrics.ConfusionMatrix(3)], name="b")
    h = layers.Dense(3)(a)
    assert "no native form where there is no loss" in unsupported_reason(
        [a], [layers.Dense(2)(h), h], [mse(name="a"), matrix]
    )
    own = Judgement(losses.Custom(lambda t, p: t, lambda t, p: p, name="custom"), name="b")
    assert "the loss 'custom'" in unsupported_reason([a], [layers.Dense(2)(h), h], [mse(name="a"), own])
    mixed = Judgement(losses.SparseCategoricalCrossentropy(), metrics=[metrics.CategoricalAccuracy()])
    assert "labels in the form that the loss takes" in unsupported_reason(
        [a], [layers.Activation("softmax")(h)], [mixed]
    )


def test_class_ids_without_a_loss():
    """The metrics of an output that is not trained on say what its labels are."""

    def stack():
        a = Input((4,))
        h = layers.Dense(5, "tanh")(a)
        return [a], [layers.Dense(2)(h), layers.Dense(3, "softmax")(h)]

    def judgements():
        return [mse(name="a"), Judgement(None, 1.0, [metrics.SparseCategoricalAccuracy()], name="b")]

    data = Data(numbers(21, 4), (numbers(21, 2), ids(3, 21)))
    ours = GraphWork(stack, judgements, data)
    for threads in (1, 3):
        assert_close(ours.run(ISAS[0], threads), ours.run())


def test_a_single_loss_may_have_a_weight():
    def stack():
        a, b = Input((5,)), Input((5,))
        return [a, b], [layers.Dense(2)(Merge("maximum")([a, b]))]

    data = Data(outputs((5,), (5,)), *outputs((2,)))
    runs = [GraphWork(stack, lambda: [mse(0.5)], data, rate=0.1), GraphWork(stack, lambda: [mse()], data, rate=0.05)]
    for isa in (None, *ISAS):
        a, b = (run.run(isa) for run in runs)
        np.testing.assert_allclose(a.params, b.params, rtol=1e-5)
        np.testing.assert_allclose(2 * a.losses, b.losses, rtol=1e-5)
