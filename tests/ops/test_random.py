"""Random numbers: their distributions; at once, in layers and on tapes; what seeds, generators and None mean."""

import numpy as np
import pytest

import clarinet
from clarinet import layers, ops, random
from clarinet.ops.distributions import Draw
from clarinet.philox import Key

N = 40_000
#: Of each function: how to call it, and mean and standard deviation of its distribution.
DISTRIBUTIONS = {
    "normal": (lambda seed: random.normal((N,), 1.0, 2.0, seed=seed), 1.0, 2.0),
    "truncated_normal": (lambda seed: random.truncated_normal((N,), 1.0, 2.0, seed=seed), 1.0, 2 * 0.8796),
    "uniform": (lambda seed: random.uniform((N,), -1.0, 3.0, seed=seed), 1.0, 4 / 12**0.5),
    "randint": (lambda seed: random.randint((N,), -3, 3, seed=seed), -0.5, (35 / 12) ** 0.5),
    "categorical": (lambda seed: random.categorical(np.log([[0.2, 0.3, 0.5]]), N, seed=seed), 1.3, 0.61**0.5),
    "dropout": (lambda seed: random.dropout(np.ones(N, np.float32), 0.2, seed=seed), 1.0, 0.5),
    "gamma": (lambda seed: random.gamma((N,), 2.5, seed=seed), 2.5, 2.5**0.5),
    "gamma_below_one": (lambda seed: random.gamma((N,), 0.3, seed=seed), 0.3, 0.3**0.5),
    "beta": (lambda seed: random.beta((N,), 2.0, [3.0], seed=seed), 0.4, 0.2),
    "binomial": (lambda seed: random.binomial((N,), 9, 0.25, seed=seed), 2.25, 1.299),
    "shuffle": (lambda seed: random.shuffle(np.arange(N), seed=seed), (N - 1) / 2, N / 12**0.5),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_distributions(name):
    draw, mean, deviation = DISTRIBUTIONS[name]
    numbers = draw(5).numpy().ravel()
    assert abs(numbers.mean() - mean) < 4 * deviation / N**0.5
    assert abs(numbers.std() / deviation - 1) < 0.03
    assert np.array_equal(draw(5), draw(5))
    assert not np.array_equal(draw(5), draw(6))
    generator = random.SeedGenerator(5)
    assert not np.array_equal(draw(generator), draw(generator))
    assert np.array_equal(draw(random.SeedGenerator(5)), draw(random.SeedGenerator(5)))
    clarinet.utils.set_random_seed(3)
    first = draw(None)
    assert not np.array_equal(first, draw(None))
    clarinet.utils.set_random_seed(3)
    assert np.array_equal(first, draw(None))


def test_ranges_shapes_and_dtypes():
    assert np.abs(random.truncated_normal((N,), seed=1)).max() < 2
    for dtype in ("float16", "float32", "float64"):
        numbers = random.uniform((N,), dtype=dtype, seed=1)
        assert numbers.dtype == dtype and numbers.min() >= 0 and numbers.max() < 1
    assert set(random.randint((N,), 2, 5, dtype="uint8", seed=1).tolist()) == {2, 3, 4}
    mask = random.dropout(np.ones((4, 50)), 0.5, noise_shape=(None, 1), seed=1)
    assert (mask == mask[:, :1]).all()
    rows = random.shuffle(np.arange(60).reshape(20, 3), seed=1)
    assert np.array_equal(np.sort(rows, axis=0), np.arange(60).reshape(20, 3))


@pytest.mark.parametrize("kind", Draw.__subclasses__(), ids=lambda kind: kind.__name__)
def test_traced_numbers_are_those_of_numpy(kind):
    """``jax.jit`` of a step takes the step's number as it is."""
    jax = pytest.importorskip("jax")
    jnp = jax.numpy
    parameters = {"Gamma": [np.float32([0.5, 3])], "Beta": [np.float32([2, 3]), np.float32(4)]}
    parameters["Binomial"] = [np.array([3, 7]), np.float32(0.4)]
    own = parameters.get(kind.__name__, [])
    dtype = {"Keep": "bool", "Whole": "int32"}.get(kind.__name__, "float32")
    settings = {"Binomial": {"most": 7}, "Whole": {"limit": 77}}.get(kind.__name__, {})
    operation = kind((None, 2), dtype, **settings)
    xs = [*own, np.zeros((5, 3), np.float32)]
    ours, _ = operation.keyed(Key(9, step=4, layer=3)).forward(tuple(xs))

    def forward(number):
        return operation.keyed(Key(9, step=number, layer=3)).forward(tuple(map(jnp.asarray, xs)), jnp)[0]

    np.testing.assert_allclose(ours, np.asarray(jax.jit(forward)(jnp.uint32(4))), rtol=2e-4, atol=1e-5)
    assert ops.get(operation.encoded()) == operation


class Noisy(layers.Layer):
    """Two draws of one generator, which are different ones, in a batch of any size."""

    def __init__(self, seed=1337, **settings):
        super().__init__(**settings)
        self.generator = random.SeedGenerator(seed)

    def call(self, x):
        shape = ops.shape(x)
        noise = random.normal((shape[0], 2), seed=self.generator)
        other = random.normal((shape[0], 2), stddev=0.5, seed=self.generator)
        return ops.concatenate([x, noise, other, random.uniform((1, 1)) + 0 * x[:, :1]], axis=-1)


def built(seed=None, **settings):
    inputs = clarinet.Input((3,))
    return clarinet.Model(inputs, Noisy(**settings)(inputs))


def test_a_layer_draws_new_numbers_whenever_it_runs():
    model, x = built(), np.ones((64, 3), np.float32)
    first, second = model.predict(x), model.predict(x)
    for columns in (slice(3, 5), slice(5, 7), slice(7, 8)):
        assert not np.allclose(first[:, columns], second[:, columns])
    assert not np.allclose(first[:, 3:5], 2 * first[:, 5:7])
    assert 0.7 < first[:, 3:5].std() < 1.3 and 0.3 < first[:, 5:7].std() < 0.7
    assert len(np.unique(model.predict(x, batch_size=16)[:, 3])) == 64
    called = model(x), model(x)
    assert not np.allclose(called[0][:, 3:], called[1][:, 3:])
    assert np.array_equal(called[0][:, :3], x)


def test_training_with_noise_follows_from_the_seed_alone():
    def history(seed):
        inputs = clarinet.Input((3,))
        model = clarinet.Model(inputs, layers.Dense(1)(Noisy(None)(inputs)))
        model.compile("sgd", "mse")
        return model.fit(np.ones((32, 3)), np.ones(32), epochs=3, batch_size=8, seed=seed, verbose=0).history["loss"]

    assert history(1) == history(1)
    assert history(1) != history(2)


def test_gradients_flow_to_mean_and_deviation():
    mean, deviation = ops.convert_to_tensor([1.0, 2.0]), ops.convert_to_tensor(3.0)
    with ops.GradientTape() as tape:
        tape.watch([mean, deviation])
        y = ops.sum(random.normal((5, 2), mean, deviation, seed=4))
    by_mean, by_deviation = tape.gradient(y, [mean, deviation])
    assert by_mean.tolist() == [5.0, 5.0]
    np.testing.assert_allclose(by_deviation, np.sum(random.normal((5, 2), seed=4)), rtol=1e-5)


class Rows(layers.Layer):
    """What stands for the rows of the batch, as real programs write it."""

    def build(self, input_shape):
        self.token = self.add_weight((1, 1, 4), "ones", name="token")

    def call(self, x):
        rows = ops.shape(x)[0]
        tokens = ops.broadcast_to(self.token, (rows, 1, 4))
        tiled, repeated = ops.tile(self.token, (rows, 2, 1)), ops.repeat(self.token, rows, axis=0)
        return ops.concatenate(
            [tokens, tiled, repeated, x, ops.zeros((rows, 1, 4)), ops.full((rows, 1, 4), 7.0)], axis=1
        )


class Numbered(layers.Layer):
    """Rows by their numbers, which are known of a whole batch alone."""

    def call(self, x):
        rows = ops.shape(x)[0]
        return x + ops.expand_dims(ops.cast(ops.arange(rows), "float32") + ops.sum(ops.eye(rows), axis=1), -1)


def test_rows_of_the_batch_have_a_name_in_call():
    inputs = clarinet.Input((1, 4))
    model = clarinet.Model(inputs, Rows()(inputs))
    x = np.full((3, 1, 4), 5, np.float32)
    expected = np.array([1, 1, 1, 1, 5, 0, 7])[None, :, None]
    np.testing.assert_array_equal(model.predict(x), np.broadcast_to(expected, (3, 7, 4)))
    inner = clarinet.Input((1,))
    numbered = clarinet.Model(inner, Numbered()(inner)).predict(np.zeros((3, 1)))
    assert numbered.ravel().tolist() == [1, 2, 3]
    model.compile("sgd", "mse")
    model.fit(x, np.zeros((3, 7, 4)), verbose=0)
    assert not np.any(model.get_weights()[0] == 1)


class Positions(layers.Layer):
    """An embedding of the numbers of the steps, which have no rows of the batch."""

    def __init__(self, **settings):
        super().__init__(**settings)
        self.embedding = layers.Embedding(6, 2)
        self.inner = layers.Dense(2, use_bias=False)

    def call(self, x):
        positions = ops.arange(ops.shape(x)[1])
        folded = self.inner(ops.reshape(x, (-1, 2)))  # every step by itself
        return x + self.embedding(positions) + ops.reshape(folded, (ops.shape(x)[0], ops.shape(x)[1], -1))


def test_layers_take_tensors_without_rows():
    inputs = clarinet.Input((6, 2))
    own = Positions()
    model = clarinet.Model(inputs, own(inputs))
    x = np.random.default_rng(0).normal(size=(5, 6, 2)).astype(np.float32)
    table, kernel = (np.asarray(w) for w in model.get_weights())
    np.testing.assert_allclose(model.predict(x), x + table + x @ kernel, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(own(x), x + table + x @ kernel, rtol=1e-5, atol=1e-6)
    model.compile(clarinet.optimizers.SGD(0.1), "mse")
    y = np.zeros((5, 6, 2), np.float32)
    model.fit(x, y, batch_size=5, verbose=0)
    dy = 2 * (x + table + x @ kernel) / y.size
    found = model.get_weights()
    np.testing.assert_allclose(found[0], table - 0.1 * dy.sum(axis=0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found[1], kernel - 0.1 * np.einsum("bti,btj->ij", x, dy), rtol=1e-4, atol=1e-6)
    with pytest.raises(ValueError, match="no rows of the batch"):
        layers.Add()([inputs, ops.reshape(inputs, (-1, 2))])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: random.normal((None, 2)), "rows of the batch"),
        (lambda: random.normal((2,), dtype="int32"), "randint"),
        (lambda: random.normal((2,), seed="a"), "a SeedGenerator or None"),
        (lambda: random.SeedGenerator(0.5), "whole number or None"),
        (lambda: random.randint((2,), 3, 3), "minval below maxval"),
        (lambda: random.categorical([1.0], 2), r"shape \(n, classes\)"),
        (lambda: random.dropout([1.0], 1.5), "at most 1"),
        (lambda: random.binomial((2,), 10**6, 0.5), "100000"),
        (lambda: ops.zeros((None, 2)), "zeros_like"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_loss_that_draws_is_refused():
    model = clarinet.Sequential([clarinet.Input((2,)), layers.Dense(1)])
    model.compile("sgd", lambda y, p: ops.mean((y - p) ** 2 + random.normal((1,))))
    with pytest.raises(ValueError, match="random numbers"):
        model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)


def test_elastic_transform():
    images = np.random.default_rng(0).random((2, 12, 10, 3)).astype("float32")
    found = ops.image.elastic_transform(images, alpha=3.0, sigma=2.0, seed=1)
    assert found.shape == images.shape and found.dtype == np.float32
    assert np.array_equal(found, ops.image.elastic_transform(images, alpha=3.0, sigma=2.0, seed=1))
    assert not np.allclose(found, images)
    np.testing.assert_allclose(ops.image.elastic_transform(images, alpha=0.0, seed=1), images, atol=1e-6)
    first = ops.image.elastic_transform(np.moveaxis(images, -1, 1), 3.0, 2.0, seed=1, data_format="channels_first")
    np.testing.assert_allclose(np.moveaxis(first, 1, -1), found, atol=1e-6)
