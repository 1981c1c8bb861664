"""Transformed targets: trained on f(y), predicted and judged in the units of y."""

import json

import numpy as np
import pytest

import clarinet
from clarinet import TransformedTarget, losses, metrics

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3)).astype(np.float32)
Y = (4e4 + 9e3 * X[:, :1] - 2e3 * X[:, 1:2]).astype(np.float32)
TWO = np.concatenate([Y, 0.01 * X[:, 2:] + 5], axis=1)
CENTER, SCALE = Y[:48].astype(float).mean(), Y[:48].astype(float).std()
engines = pytest.mark.parametrize("engine", ["reference", "native"])


def network(target, outputs=1, engine="auto", loss="mse", **compiling):
    clarinet.utils.set_random_seed(3)
    layers = [clarinet.Input((3,)), clarinet.layers.Dense(4, activation="tanh"), clarinet.layers.Dense(outputs)]
    model = clarinet.Sequential(layers)
    model.compile(clarinet.optimizers.SGD(0.1), loss, target=target, engine=engine, **compiling)
    return model


def train(model, y, **more):
    return model.fit(X, y, epochs=3, batch_size=8, verbose=0, validation_split=0.2, **more).history


@engines
def test_trains_as_on_targets_transformed_by_hand(engine):
    ours = network("standard", engine=engine, metrics=["mae", "mse", metrics.RootMeanSquaredError()])
    plain = network(None, engine=engine, metrics=["mae", "mse", metrics.RootMeanSquaredError()])
    history, expected = train(ours, Y), train(plain, (Y - CENTER) / SCALE)
    assert ours.engine == engine
    for name, power in {"loss": 0, "mae": 1, "mse": 2, "root_mean_squared_error": 1}.items():
        for prefix in ("", "val_"):
            values = np.array(expected[prefix + name]) * SCALE**power
            np.testing.assert_allclose(history[prefix + name], values, rtol=1e-4)
    np.testing.assert_allclose(ours.predict(X), plain.predict(X) * SCALE + CENTER, rtol=1e-5)
    np.testing.assert_array_equal(ours(X), ours.predict(X))
    np.testing.assert_allclose(ours(X, training=True), ours.predict(X), rtol=1e-6)
    judged = ours.evaluate(X, Y[:, 0], return_dict=True)  # of shape (n,) as well
    assert judged["mae"] == pytest.approx(np.abs(ours.predict(X) - Y).mean(), rel=1e-5)


@pytest.mark.parametrize("transform", ["standard", "minmax", "log", "log1p", (np.sqrt, np.square)])
def test_errors_are_in_original_units_whatever_the_transform(transform):
    own = metrics.Custom("worst", function=lambda t, p: np.abs(t - p).max(axis=-1))
    model = network(transform, 2, metrics=["mae", "mape", own])
    train(model, TWO)
    p = model.predict(X).astype(float)
    judged = model.evaluate(X, TWO, return_dict=True)
    assert model.engine == "reference"  # two scales, or none
    assert judged["mae"] == pytest.approx(np.abs(p - TWO).mean(), rel=1e-5)
    assert judged["mape"] == pytest.approx((100 * np.abs(p - TWO) / TWO).mean(), rel=1e-4)
    assert judged["worst"] == pytest.approx(np.abs(p - TWO).max(axis=-1).mean(), rel=1e-5)


@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])
def test_without_metrics_the_loss_is_one(loss):
    model = network("standard", loss=loss)
    history = train(model, Y)
    name = losses.get(loss).name
    assert set(history) == {"loss", name, "val_loss", f"val_{name}"}
    assert model.evaluate(X, Y)[1] == pytest.approx(losses.get(loss)(Y, model.predict(X)), rel=1e-4)


def test_the_transform_is_saved_with_the_model(tmp_path):
    model = network("standard", metrics=["mae"])
    train(model, Y)
    model.save(tmp_path / "model.clarinet")
    clone = clarinet.models.load_model(tmp_path / "model.clarinet")
    np.testing.assert_array_equal(clone.predict(X), model.predict(X))
    assert clone.evaluate(X, Y) == model.evaluate(X, Y)
    assert TransformedTarget.from_config(json.loads(json.dumps(model.target.get_config()))).scale == model.target.scale
    history = train(clone, Y)
    assert history["mae"] == train(model, Y)["mae"]


def test_a_second_fit_keeps_the_transform():
    model = network("minmax")
    train(model, Y)
    before = model.target.get_config()
    train(model, Y * 3)
    assert model.target.get_config() == before


def test_batches_need_a_transform_that_knows_its_numbers():
    model = network("standard", metrics=["mae"])
    with pytest.raises(ValueError, match=r"target: the transform 'standard' has seen no targets.*model.target.adapt"):
        model.train_on_batch(X, Y)
    with pytest.raises(ValueError, match="has seen no targets"):
        model.predict(X)
    model.target.adapt(Y)
    model.train_on_batch(X, Y)
    model.fit(iter([(X, Y)] * 3), steps_per_epoch=3, verbose=0)
    assert model.predict(X).mean() > 1000


def test_constant_targets_are_only_shifted():
    model = network("standard")
    model.target.adapt(np.full((5, 1), 7.0))
    assert model.target.forward(np.full((2, 1), 7.0)).tolist() == [[0.0], [0.0]]


def compiled(target, loss="mse"):
    return lambda: network(target, loss=loss)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (compiled("standart"), ValueError, "target: unknown transform 'standart': did you mean 'standard'"),
        (compiled(3), TypeError, "target: expected one of .* or a pair of functions .*, received 3"),
        (compiled("log", "sparse_categorical_crossentropy"), ValueError, "is for classes, which are not transformed"),
        (
            lambda: train(network("log"), Y - Y.min()),
            ValueError,
            "transform of row .* of y, .*, is not a finite.*log1p",
        ),
        (lambda: train(network((lambda y: y.sum(), np.exp)), Y), ValueError, "shape .*, expected that of y"),
    ],
)
def test_what_has_no_meaning_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_functions_are_not_saved(tmp_path):
    with pytest.raises(TypeError, match="cannot be saved"):
        network((np.sqrt, np.square)).save(tmp_path / "model.clarinet")
    assert not list(tmp_path.iterdir())
