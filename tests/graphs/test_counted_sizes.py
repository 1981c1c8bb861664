"""Sizes that are not known before there are numbers, counted with as programs for Keras do."""

import numpy as np
import pytest

import clarinet
from clarinet import Input, layers, losses, ops

RNG = np.random.default_rng(0)
TABLE = RNG.normal(size=(9, 4)).astype(np.float32)


def mean_by_hand(ops, x):
    return ops.sum(x, axis=1, keepdims=True) / ops.cast(ops.shape(x)[1], "float32")


def numbered_steps(ops, x):
    steps = ops.shape(x)[1]
    places = ops.cast(ops.arange(steps), "float32") / steps
    return x + ops.expand_dims(places, -1) * ops.cast(steps - 1, x.dtype)


def causal(ops, x):
    steps = ops.shape(x)[1]
    i, j = ops.expand_dims(ops.arange(steps), 1), ops.arange(steps)
    scores = ops.matmul(x, ops.transpose(x, (0, 2, 1)))
    return ops.matmul(ops.softmax(ops.where(i >= j, scores, -1e9)), x)


def lower_triangle(ops, x):
    steps = ops.shape(x)[1]
    return ops.matmul(ops.tril(ops.ones((steps, steps))) / ops.sqrt(ops.cast(steps, "float32")), x)


def heads(ops, x):
    batch, steps, width = ops.shape(x)
    split = ops.transpose(ops.reshape(x, (batch, steps, 2, width // 2)), (0, 2, 1, 3))
    folded = ops.reshape(split, (batch * 2, steps, width // 2))
    return ops.reshape(ops.transpose(ops.reshape(folded, (batch, 2, steps, -1)), (0, 2, 1, 3)), (batch, steps, width))


def pairs(ops, x):
    batch, steps, width = ops.shape(x)
    return ops.reshape(x[:, : steps // 2 * 2], (batch, steps // 2, 2 * width))


def halves(ops, x):
    half = ops.shape(x)[1] // 2
    return ops.concatenate([x[:, half:], x[:, :half]], axis=1)


def last_steps(ops, x):
    return ops.slice(x, (0, 0, 1), (ops.shape(x)[0], ops.shape(x)[1], 2))


def first_rows_of_a_table(ops, x):
    batch, steps, _ = ops.shape(x)
    return x * ops.convert_to_tensor(TABLE)[:steps] + ops.expand_dims(ops.convert_to_tensor(TABLE)[:batch], 1)


def mean_of_the_batch(ops, x):
    batch = ops.shape(x)[0]
    return x - ops.sum(x, axis=0, keepdims=True) / ops.cast(batch, "float32") * (1 + 1 / batch)


def contrasted(ops, x):
    batch = ops.shape(x)[0]
    rows = ops.reshape(x[:, 0], (batch, -1))
    scores = ops.matmul(rows, ops.transpose(rows)) - 1e9 * ops.eye(batch)
    return ops.sum(ops.softmax(scores) * ops.one_hot(ops.arange(batch), batch), axis=1, keepdims=True) + rows


def both_halves_of_the_batch(ops, x):
    batch = ops.shape(x)[0]
    return ops.concatenate([x[batch // 2 :], x[: batch // 2]], axis=0)


def padded(ops, x):
    batch, steps, width = ops.shape(x)
    return ops.concatenate([x, ops.zeros((batch, 12 - steps, width)), ops.full((batch, 1, width), steps)], axis=1)


def counted(ops, x):
    size = ops.size(x)
    return ops.sum(x * x) / size + x / (ops.shape(x)[2] + ops.shape(x)[1] % 3)


def repeated(ops, x):
    batch, steps, _ = ops.shape(x)
    mean = ops.mean(x, axis=1, keepdims=True)
    return (
        x - ops.repeat(mean, steps, axis=1) + ops.tile(mean, (1, steps, 1)) + ops.broadcast_to(mean, (batch, steps, 4))
    )


def rows_of_sizes(ops, x):
    batch, steps, _ = ops.shape(x)
    lengths = ops.cast([steps, steps - 1, 2 * steps, 1], "float32")
    return x * lengths + ops.linspace(0.0, 1.0, steps)[:, None] + ops.zeros((batch, 1, 1))


CALLS = [
    mean_by_hand, numbered_steps, causal, lower_triangle, heads, pairs, halves, last_steps, first_rows_of_a_table,
    mean_of_the_batch, contrasted, both_halves_of_the_batch, padded, counted, repeated, rows_of_sizes,
]  # fmt: skip


class Counting(layers.Layer):
    """A function of ops and a tensor, of what a Dense layer gives."""

    def __init__(self, function, **settings):
        super().__init__(**settings)
        self.function = function
        self.dense = layers.Dense(4, kernel_initializer="ones")

    def call(self, x):
        return self.function(ops, self.dense(x))


def built(function, engine, steps=None):
    inputs = Input((steps, 4))
    model = clarinet.Model(inputs, Counting(function)(inputs))
    model.compile(clarinet.optimizers.SGD(0.1), "mse", engine=engine)
    return model


SOME = (mean_by_hand, causal, first_rows_of_a_table, heads)


@pytest.mark.parametrize(
    "function", [pytest.param(f, marks=[] if f in SOME else pytest.mark.slow, id=f.__name__) for f in CALLS]
)
def test_numbers_are_keras_s(function, tmp_path):
    """Values are those of keras.ops; training is the same on both engines; a file keeps it."""
    from keras import ops as theirs

    models = [built(function, "auto"), built(function, "reference"), built(function, "auto", 5)]
    models[0].save(tmp_path / "m.clarinet")
    models.append(clarinet.models.load_model(tmp_path / "m.clarinet"))
    for steps in (5, 6):
        x = RNG.normal(size=(4, steps, 4)).astype(np.float32)
        y = x @ np.ones((4, 4), np.float32)
        expected = np.asarray(function(theirs, theirs.convert_to_tensor(y)))
        for number, model in enumerate(models):
            if number != 2 or steps == 5:
                found = model.predict(x, batch_size=4)
                assert found.shape == expected.shape
                np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5)
    for model in models[:2]:
        model.fit(x, np.zeros_like(expected), batch_size=4, epochs=2, seed=1, verbose=0)
    for ours, other in zip(models[0].get_weights(), models[1].get_weights(), strict=True):
        assert not np.all(ours == 1)
        np.testing.assert_allclose(ours, other, rtol=2e-4, atol=2e-5)


def test_a_slope_follows_the_sizes():
    model = built(causal, "reference")
    x = RNG.normal(size=(3, 5, 4)).astype(np.float32)
    with clarinet.GradientTape() as tape:
        loss = ops.sum(ops.square(model(x)))
    kernel = model.trainable_variables[0]
    found = np.asarray(tape.gradient(loss, kernel))
    start, step = kernel.numpy().copy(), 1e-2
    for place in ((0, 0), (2, 3)):
        ends = []
        for sign in (1, -1):
            moved = start.copy()
            moved[place] += sign * step
            kernel.assign(moved)
            ends.append(float(np.sum(np.square(model.predict(x).astype(np.float64)))))
        np.testing.assert_allclose(found[place], (ends[0] - ends[1]) / (2 * step), rtol=2e-2)


def test_losses_count_rows():
    from keras import ops as theirs

    def loss(y_true, y_pred, ops=ops):
        batch, width = ops.shape(y_pred)[0], ops.shape(y_pred)[1]
        flat = ops.reshape(y_pred - y_true, (batch * width,))
        return ops.sum(ops.square(flat)) / ops.cast(batch, "float32") + ops.mean(y_pred, axis=-1) / batch

    y_true, y_pred = RNG.normal(size=(2, 6, 3)).astype(np.float32)
    expected = np.mean(np.asarray(loss(*map(theirs.convert_to_tensor, (y_true, y_pred)), ops=theirs)))
    model = clarinet.Sequential([Input((3,)), layers.Rescaling(1.0)])
    model.compile("sgd", loss)
    np.testing.assert_allclose(model.evaluate(y_pred, y_true, batch_size=6, verbose=0), expected, rtol=1e-5)
    assert isinstance(losses.get(loss), losses.Loss)


def test_numbers_of_random_sizes_are_the_same_on_both_engines():
    class Noisy(layers.Layer):
        def call(self, x):
            batch, steps, width = ops.shape(x)
            return x + clarinet.random.normal((batch, steps, width)) + clarinet.random.uniform((steps, 1))

    found = []
    for engine in ("auto", "reference"):
        inputs = Input((None, 2))
        model = clarinet.Model(inputs, layers.Dense(1)(layers.Dropout(0.5)(Noisy()(inputs))))
        model.compile("sgd", "mse", engine=engine)
        x = np.ones((4, 3, 2), np.float32)
        found.append(model.fit(x, np.ones((4, 3, 1)), epochs=2, batch_size=2, seed=1, verbose=0).history["loss"])
    np.testing.assert_allclose(*found, rtol=1e-4)


def test_what_needs_a_number_now_says_so():
    size = ops.shape(Input((None, 3)))[1]
    for use in (lambda: range(size), lambda: size > 3, lambda: int(size), lambda: float(size / 2), lambda: size == 4):
        with pytest.raises(ValueError, match="is asked for as a number"):
            use()
    assert size == ops.shape(size.expression[1])[1] and size != "a"
    assert "not known" in repr(size)
    with pytest.raises(ValueError, match="no function"):
        ops.get({"class_name": "Sized", "config": {"function": "open", "arguments": "[[], {}]"}})
