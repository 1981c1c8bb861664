"""A trace: every array is what differences, plain NumPy or the step itself says, and the model stays as it was."""

import copy

import numpy as np
import pytest

import clarinet
from clarinet import glass, layers, optimizers
from clarinet.glass import formulas
from clarinet.layers.context import Context
from clarinet.philox import Key, Stream
from tests.cases import CHAINED, LOSSES, OPTIMIZERS, example, inputs
from tests.contracts.derivatives import assert_close


def compiled(stack, shape, optimizer="sgd", loss="mse", **settings):
    clarinet.utils.set_random_seed(3)
    model = clarinet.Sequential([layers.Input(shape), *stack])
    model.compile(optimizer, loss, **{"dtype": "float64", **settings})
    rng = np.random.default_rng(8)
    for layer in model.layers:  # biases that are not zero, running statistics that are positive
        layer.set_weights([np.abs(w + 0.2 * rng.normal(size=w.shape)) if (w >= 0).all() else w for w in layer.weights])
    return model


def dense_model(**settings):
    return compiled([layers.Dense(4, "sigmoid"), layers.Dropout(0.3), layers.Dense(3, "softmax")], (5,), **settings)


X = np.random.default_rng(4).normal(size=(6, 5))
Y = np.eye(3)[[0, 2, 1, 1, 0, 2]]


def loss_from(model, number=0, value=X):
    """The loss of a training step in which tensor ``number`` has these values, one operation after another."""
    plan, store, step = model.make_plan(), model.store, 1
    tensors, penalty = [value if number == 0 else X], 0.0
    for op in plan.ops:
        taken = tuple(tensors[s] for s in op.sources)
        context = Context(True, Key(plan.seed, Stream.DROPOUT, step=step, layer=op.index))
        params = {s.name: s.view(store.params) for s in op.weights}
        state = {s.name: s.view(store.state) for s in op.state}
        y, _, _ = op.spec.forward(params, state, taken if op.spec.merges else taken[0], context)
        penalty += op.spec.penalty(y)
        tensors.append(value if number == op.index + 1 else y)
    return plan.loss(Y, tensors[-1]) + penalty


def differences(function, array, count=2, step=1e-6):
    """Some entries' central differences, and where they are."""
    rng = np.random.default_rng(array.size)
    places = [np.unravel_index(i, array.shape) for i in rng.choice(array.size, min(count, array.size), replace=False)]
    found = []
    for place in places:
        before = array[place]
        array[place] = before + step
        above = function()
        array[place] = before - step
        below = function()
        array[place] = before
        found.append((above - below) / (2 * step))
    return places, np.array(found)


@pytest.mark.parametrize("case", CHAINED, ids=repr)
def test_gradients_of_every_layer_are_differences_of_the_loss(case):
    model = compiled([case.make(), layers.Flatten(), layers.Dense(2, "tanh")], case.shape)
    x = inputs(case, 4, np.float64)
    y = np.random.default_rng(1).normal(size=(4, 2))
    seen = glass.trace(model, x, y)
    assert len(seen.layers) == len(model.layers)
    assert seen.layers[0].x.shape == x.shape
    np.testing.assert_array_equal(seen.layers[0].a, seen.layers[1].x)
    _check_weights(model, model.layers[0], _all_weights(seen.layers[0]), lambda: glass.trace(model, x, y).loss)


def _all_weights(traced):
    """The layer's weights and those of the layers within it, in the layer's order."""
    inner = [w for child in traced.layers for w in _all_weights(child)]
    return [*traced.weights.values(), *inner]


def _check_weights(model, layer, weights, loss):
    views = [variable.view() for variable in layer.weights if not variable.state]
    trained = [w for w in weights if w.gradient is not None]
    assert len(trained) == len(views)
    for view in views:
        (own,) = [w for w in trained if w.value.shape == view.shape and np.array_equal(w.value, view)] or [None]
        places, numeric = differences(loss, view)
        assert_close(np.array([own.gradient[place] for place in places]), numeric)


@pytest.mark.parametrize("loss", ["mse", "categorical_crossentropy"])
def test_deltas_are_differences_of_the_loss(loss):
    dense = layers.Dense(5, "relu", activity_regularizer="l2")
    stack = [dense, layers.Dropout(0.3), layers.Residual([layers.Dense(5, "tanh")]), layers.Dense(3, "softmax")]
    model = compiled(stack, (5,), loss=loss)
    seen = glass.trace(model, X, Y)
    first, dropped, residual, last = seen.layers
    tensors = [first.x, first.z, first.a, first.a, dropped.a, residual.layers[0].z, residual.layers[0].a, residual.a]
    deltas = [first.dx, first.dz, first.da, dropped.dx, dropped.da, residual.layers[0].dz, residual.layers[0].da]
    deltas.append(residual.da)
    for number, (tensor, delta) in enumerate(zip(tensors, deltas, strict=True)):
        value = tensor.copy()
        places, numeric = differences(lambda n=number, v=value: loss_from(model, n, v), value)
        assert_close(np.array([delta[place] for place in places]), numeric)
    np.testing.assert_array_equal(last.x, residual.a)
    np.testing.assert_allclose(last.dx, residual.da)


def test_dense_network_recomputed_in_numpy():
    model = dense_model(loss="mse", optimizer=optimizers.SGD(0.1))
    seen = glass.trace(model, X, Y)
    hidden, dropped, last = seen.layers
    (w1, b1), (w2, b2) = model.layers[0].get_weights(), model.layers[2].get_weights()
    z1 = X @ w1 + b1
    a1 = 1 / (1 + np.exp(-z1))
    keep = Key(model.seed, Stream.DROPOUT, step=1, layer=2).keep(a1.size, 0.3).reshape(a1.shape) / 0.7
    z2 = (a1 * keep) @ w2 + b2
    p = np.exp(z2) / np.exp(z2).sum(1, keepdims=True)
    da2 = 2 * (p - Y) / 3 / 6
    dz2 = p * (da2 - (da2 * p).sum(1, keepdims=True))
    da1 = dz2 @ w2.T * keep
    dz1 = da1 * a1 * (1 - a1)
    pairs = [
        (hidden.z, z1), (hidden.a, a1), (dropped.a, a1 * keep), (last.z, z2), (last.a, p), (last.da, da2),
        (last.dz, dz2), (dropped.da, dz2 @ w2.T), (hidden.da, da1), (hidden.dz, dz1), (hidden.dx, dz1 @ w1.T),
        (hidden.weights["kernel"].gradient, X.T @ dz1), (hidden.weights["bias"].gradient, dz1.sum(0)),
        (last.weights["kernel"].gradient, (a1 * keep).T @ dz2), (last.weights["bias"].update, -0.1 * dz2.sum(0)),
        (hidden.weights["kernel"].update, -0.1 * X.T @ dz1), (seen.losses, np.mean((p - Y) ** 2, axis=1)),
    ]  # fmt: skip
    for ours, theirs in pairs:
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-14)
    assert seen.loss == pytest.approx(np.mean((p - Y) ** 2))


def test_the_loss_takes_in_the_activation():
    model = dense_model(loss="categorical_crossentropy")
    last = glass.trace(model, X, Y).layers[2]
    assert last.absorbed
    np.testing.assert_allclose(last.dz, (last.a - Y) / 6, atol=1e-15)
    np.testing.assert_allclose(last.da, (1 - Y / last.a) / 6)  # the loss divides by the sum of all shares
    np.testing.assert_allclose(last.layer.activation.backward(last.da, last.z, last.a), last.dz, atol=1e-15)


@pytest.mark.parametrize("case", OPTIMIZERS, ids=repr)
def test_the_update_is_the_step_that_follows(case):
    model = dense_model(optimizer=case.make(), engine="reference", loss="categorical_crossentropy")
    model.train_on_batch(X, Y)  # momentum and moving averages that are not zero
    seen = glass.trace(model, X, Y)
    again = glass.trace(model, X, Y)
    model.reset_metrics()
    result = model.train_on_batch(X, Y)
    assert result == pytest.approx(seen.loss, rel=1e-12) or isinstance(case.make(), optimizers.BFGS)
    after = [w for layer in seen.layers for t in layer.weights.values() for w in [t.value + t.update]]
    for now, then in zip(model.get_weights(), after, strict=True):
        np.testing.assert_allclose(now, then, rtol=1e-14, atol=1e-15)
    for name, array in seen.arrays().items():
        np.testing.assert_array_equal(array, again.arrays()[name])


def test_clipped_gradients_and_the_penalties_share():
    hidden = layers.Dense(4, "relu", kernel_regularizer="l2", bias_regularizer="l1")
    model = compiled([hidden, layers.Dense(3)], (5,), optimizer=optimizers.SGD(0.5, global_clipnorm=0.1))
    seen = glass.trace(model, X, Y)
    kernel, bias = (seen.layers[0].weights[name] for name in ("kernel", "bias"))
    np.testing.assert_allclose(kernel.penalty, 0.02 * kernel.value)
    np.testing.assert_allclose(bias.penalty, 0.01 * np.sign(bias.value))
    data_only = seen.layers[0].x.T @ seen.layers[0].dz
    np.testing.assert_allclose(kernel.gradient, data_only + kernel.penalty)
    assert seen.penalty == pytest.approx(0.01 * np.sum(kernel.value**2) + 0.01 * np.sum(np.abs(bias.value)))
    every = [w for layer in seen.layers for w in layer.weights.values()]
    assert np.sqrt(sum(np.sum(w.clipped**2) for w in every)) == pytest.approx(0.1)
    np.testing.assert_allclose(kernel.update, -0.5 * kernel.clipped)
    assert every[-1].penalty is None
    assert "dense/kernel/clipped" in seen.arrays()


@pytest.mark.parametrize("case", LOSSES, ids=repr)
def test_every_loss(case):
    targets, _ = example(case, np.float64, rows=6)
    model = compiled([layers.Dense(4, "sigmoid")], (5,), loss=case.make())
    if model.loss.reduction == "none":
        pytest.skip("a loss that is not reduced trains nothing")
    weights = np.array([1.0, 0.5, 2.0, 0.0, 1.0, 1.0])
    seen = glass.trace(model, X, targets, sample_weight=weights)
    assert seen.loss == pytest.approx(float(np.sum(seen.losses * seen.shares)))
    assert seen.loss == pytest.approx(model.evaluate(X, targets, sample_weight=weights), rel=1e-9)
    view = model.store.layout.segments[0].view(model.store.params)
    places, numeric = differences(lambda: glass.trace(model, X, targets, sample_weight=weights).loss, view)
    given = seen.layers[0].weights["kernel"].gradient
    assert_close(np.array([given[place] for place in places]), numeric)


def everything(model):
    state = model.optimizer_state
    slots = {} if state is None else {name: slot.copy() for name, slot in state.slots.items()}
    return [*model.get_weights(), *slots.values(), state and state.step, model.seed, model.get_metrics_result()]


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_nothing_changes(engine):
    stack = [layers.Dense(4, "relu"), layers.BatchNormalization(), layers.Dropout(0.5), layers.Dense(3, "softmax")]
    model = compiled(
        stack, (5,), "adam", "categorical_crossentropy", dtype="float32", engine=engine, metrics=["accuracy"]
    )
    clone = copy.deepcopy(model)
    for trained in (model, clone):
        trained.fit(X, Y, epochs=2, batch_size=4, verbose=0)
    before = everything(model)
    glass.trace(model, X, Y)
    glass.trace(model, X, Y, training=False)
    glass.trace(model, X)
    for ours, earlier in zip(everything(model), before, strict=True):
        np.testing.assert_equal(ours, earlier)
    for trained in (model, clone):
        trained.fit(X, Y, epochs=2, batch_size=4, verbose=0)
    for ours, theirs in zip(model.get_weights(), clone.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_inference():
    model = dense_model(loss="mse")
    seen = glass.trace(model, X, Y, training=False)
    np.testing.assert_allclose(seen.prediction, model.predict(X))
    np.testing.assert_array_equal(seen.layers[1].a, seen.layers[0].a)
    assert seen.layers[0].weights["kernel"].update is None
    assert seen.layers[0].weights["kernel"].gradient is not None
    forward = glass.trace(model, X, training=False)
    assert forward.loss is None
    assert forward.layers[0].dz is None
    assert forward.layers[0].weights["kernel"].gradient is None
    uncompiled = clarinet.Sequential([layers.Input((5,)), layers.Dense(2)])
    np.testing.assert_allclose(glass.trace(uncompiled, X).prediction, uncompiled.predict(X), rtol=1e-6)


def test_one_example_is_a_batch_of_one():
    model = compiled([layers.Dense(3, "softmax")], (5,), loss="sparse_categorical_crossentropy")
    one, many = glass.trace(model, X[2], 1), glass.trace(model, X[2:3], [1])
    assert len(one) == 1
    assert one.loss == many.loss
    np.testing.assert_array_equal(one.layers[0].dz, many.layers[0].dz)


def test_transformed_targets():
    model = compiled([layers.Dense(1)], (5,), loss="mse", target="standard")
    y = 1000.0 + 50 * X[:, 0]
    with pytest.raises(ValueError, match="seen no targets"):
        glass.trace(model, X, y)
    model.target.adapt(y)
    seen = glass.trace(model, X, y)
    np.testing.assert_allclose(seen.y[:, 0], (y - y.mean()) / y.std())
    np.testing.assert_allclose(seen.prediction, model.predict(X))
    np.testing.assert_allclose(seen.layers[0].da, 2 * (seen.layers[0].a - seen.y) / 6)


def test_frozen_layers_take_no_update():
    model = dense_model(loss="mse")
    model.layers[0].trainable = False
    kernel = glass.trace(model, X, Y).layers[0].weights["kernel"]
    assert not kernel.trainable
    assert not kernel.update.any()


def test_a_container_holds_its_layers():
    model = compiled([layers.Parallel([[layers.Dense(2, "tanh"), layers.Dense(3)], []])], (5,))
    parallel = glass.trace(model, X).layers[0]
    assert [inner.name for inner in parallel.layers] == ["parallel/dense", "parallel/dense_1", "parallel/merge"]
    np.testing.assert_array_equal(parallel.x, X)
    np.testing.assert_array_equal(parallel.layers[1].x, parallel.layers[0].a)
    assert parallel.a.shape == (6, 8)


def test_table_and_names():
    model = compiled([layers.Dense(4, "sigmoid", name="<hidden>"), layers.Dense(3, "softmax")], (5,), loss="mse")
    seen = glass.trace(model, X, Y)
    text, html = str(seen), seen._repr_html_()
    for expected in ("z = x W + b", "a = sigmoid(z)", "dW = x^T dz", "6 rows, step 1, training", "learning rate 0.01"):
        assert expected in text
    assert "&lt;hidden&gt;/z" in html
    assert "<hidden>" not in html
    assert set(seen.arrays()) == {q.name for q in seen.quantities()}
    assert all(q.formula for q in seen.quantities())


@pytest.mark.parametrize("layer", [layers.Conv2D(2, 3), layers.LSTM(2), layers.Dropout(0.5), layers.ReLU()], ids=repr)
def test_formulas_stand_in_the_docstrings(layer):
    assert formulas.of_layer(layer)


def test_refused():
    model = dense_model(loss="mse")
    with pytest.raises(ValueError, match="5"):
        glass.trace(model, X[:, :4], Y)
    with pytest.raises(ValueError, match="not compiled"):
        glass.trace(clarinet.Sequential([layers.Input((5,)), layers.Dense(3)]), X, Y)
    with pytest.raises(ValueError, match="rows"):
        glass.trace(model, X, Y[:4])
