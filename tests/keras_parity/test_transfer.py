"""Layers of a trained model in a new one, frozen and then let loose, follow Keras."""

import numpy as np
import pytest

import clarinet
from tests.keras_parity.following import ENGINES

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

RNG = np.random.default_rng(2)
X = RNG.normal(size=(40, 5)).astype(np.float32)
IDS = (X[:, 0] > X[:, 1]).astype(int) + (X[:, 2] > 0)
NUMBERS = np.tanh(X[:, :1] - X[:, 3:4])
FIT = {"batch_size": 7, "shuffle": False, "verbose": 0}


def base(k):
    model = k.Sequential(
        [
            k.Input((5,)),
            k.layers.Dense(6, activation="relu", kernel_regularizer="l2"),
            k.layers.BatchNormalization(momentum=0.9),
            k.layers.Dense(4, activation="tanh"),
            k.layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(k.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    return model


def transferred(k, model, start, head, **compiling):
    """Train; take the head off; freeze the rest below a new head; train; thaw; train: the losses and weights of all."""
    found = []

    def fit(model, y, epochs=2):
        history = model.fit(X, y, epochs=epochs, **FIT)
        found.append([np.array(history.history["loss"]), *map(np.asarray, model.get_weights())])

    model.set_weights(start)
    fit(model, IDS)
    model.pop()
    new = k.Sequential([k.Input((5,)), *model.layers, k.layers.Dense(1)])
    new.layers[-1].set_weights(head)
    for layer in new.layers[:-1]:
        layer.trainable = False
    new.compile(k.optimizers.SGD(0.1), "mse", **compiling)
    fit(new, NUMBERS)
    for layer in new.layers[1:]:
        layer.trainable = True
    new.compile(k.optimizers.SGD(0.05, momentum=0.9), "mse", **compiling)
    fit(new, NUMBERS)
    return found


@pytest.fixture(scope="module")
def theirs():
    import keras

    keras.utils.set_random_seed(1)
    model = base(keras)
    start, head = model.get_weights(), [RNG.normal(size=(4, 1)).astype(np.float32), np.zeros(1, np.float32)]
    return start, head, transferred(keras, model, start, head)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("through_a_file", [False, True], ids=["in-memory", "file"])
def test_transfer_learning_follows_keras(theirs, engine, through_a_file, tmp_path):
    start, head, expected = theirs
    model = base(clarinet)
    if through_a_file:
        model.save(tmp_path / "base.clarinet")
        model = clarinet.models.load_model(tmp_path / "base.clarinet")
    ours = transferred(clarinet, model, start, head, engine=engine)
    for a, b in zip(ours, expected, strict=True):
        for mine, its in zip(a, b, strict=True):
            np.testing.assert_allclose(mine, its, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_popped_layer_keeps_its_weights(engine):
    model = base(clarinet)
    before = model.get_weights()
    layer = model.pop()
    assert model.output_shape == (None, 4)
    other = clarinet.Sequential([clarinet.Input((4,)), layer])
    for a, b in zip(other.get_weights(), before[-2:], strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(ValueError, match="no layers"):
        clarinet.Sequential([]).pop()
