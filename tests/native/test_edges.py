"""Native against reference at the limits: axes of size one, equal numbers, single rows, rates of zero."""

from itertools import product

import numpy as np
import pytest

from clarinet import activations, layers, losses, optimizers
from clarinet.engines import Data
from tests import cases
from tests.native.running import ISAS, Work, assert_close

RNG = np.random.default_rng(3)


@pytest.fixture(autouse=True)
def _same_numbers():
    """Each test draws the same numbers, whichever tests ran before it."""
    RNG.bit_generator.state = np.random.default_rng(3).bit_generator.state


def numbers(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def counts(*shape):
    """Small whole numbers, many of them equal."""
    return RNG.integers(-1, 2, shape).astype(np.float32)


ALONG_AN_AXIS = {
    "softmax": layers.Softmax,
    "log-softmax": lambda axis: layers.Activation(activations.LogSoftmax(axis)),
    "batch-normalization": lambda axis: layers.BatchNormalization(axis, epsilon=0.1),
    "layer-normalization": lambda axis: layers.LayerNormalization(axis, epsilon=0.1),
    "group-normalization": lambda axis: layers.GroupNormalization(-1, axis, epsilon=0.1),
    "normalization": lambda axis: layers.Normalization(axis, mean=0.5, variance=2.0),
    "prelu": lambda axis: layers.PReLU("he_normal", shared_axes=[axis]),
    "concatenate": lambda axis: layers.Parallel([[], [layers.Rescaling(2.0)]], "concatenate", axis=axis),
}
SHAPES = [(5, 1), (1, 5), (1, 1), (3, 1, 1), (1, 3, 1), (1, 1, 3), (2, 1, 3), (2, 3, 1), (2, 3, 4)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", ALONG_AN_AXIS)
def test_every_axis_whatever_the_sizes(kind, shape):
    for axis in range(1, len(shape) + 1):
        work = Work(
            lambda a=axis: [layers.Rescaling(1.5), ALONG_AN_AXIS[kind](a), layers.Flatten(), layers.Dense(2)],
            "mse",
            Data(numbers(9, *shape), numbers(9, 2)),
            rate=0.02,
        )
        assert_close(work.run(ISAS[0], 2), work.run())


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("axis", [3, -3])
def test_an_axis_that_samples_have_not(name, axis):
    kind = {"softmax": activations.Softmax, "log_softmax": activations.LogSoftmax}[name]
    work = Work(lambda: [layers.Activation(kind(axis))], "mse", Data(numbers(2, 3, 4), numbers(2, 3, 4)))
    for isa in (None, ISAS[0]):
        with pytest.raises(ValueError, match=rf"{name}: samples of shape \(3, 4\) have no axis {axis}"):
            work.run(isa)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("case", [case for case in cases.CHAINED if case.inputs == "numbers"], ids=repr)
def test_layers_where_numbers_are_equal(case, isa):
    """Where a maximum is attained twice or a line bends, both engines send the gradient the same way."""
    work = Work(
        lambda: [
            layers.Dense(case.shape[-1], kernel_initializer="ones", use_bias=False),
            case.make(),
            layers.Flatten(),
            layers.Dense(2),
        ],
        "mse",
        Data(counts(8, *case.shape[:-1], 3), counts(8, 2)),
        epochs=1,
        rate=0.01,
    )
    assert_close(work.run(isa, 2), work.run(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("case", cases.ACTIVATIONS, ids=repr)
def test_activations_where_they_bend(case, isa):
    work = Work(
        lambda: [
            layers.Dense(3, kernel_initializer="ones", use_bias=False),
            layers.Activation(case.make()),
            layers.Dense(2),
        ],
        "mse",
        Data(3 * counts(8, 1), counts(8, 2)),
        epochs=1,
        rate=1e-4,
    )
    assert_close(work.run(isa, 2), work.run())


@pytest.mark.parametrize("behind_relu", [False, True])
def test_the_largest_of_a_sample_share_the_gradient_behind_a_convolution(behind_relu):
    work = Work(
        lambda: [
            layers.Conv2D(3, 1, kernel_initializer="ones", activation="relu" if behind_relu else None),
            layers.GlobalMaxPooling2D(),
            layers.Dense(2),
        ],
        "mse",
        Data(counts(8, 3, 4, 2), counts(8, 2)),
        rate=0.05,
    )
    for isa in ISAS:
        assert_close(work.run(isa, 2), work.run())


@pytest.mark.parametrize("isa", [None, *ISAS])
@pytest.mark.parametrize("shape", [(3,), (1, 3), (1, 1, 3)], ids=str)
def test_batch_normalization_of_a_single_row_gives_no_gradient(isa, shape):
    """Whatever the row is, it becomes beta: what comes before learns nothing, not even noise."""
    work = Work(
        lambda: [layers.Dense(19), layers.BatchNormalization(), layers.Flatten(), layers.Dense(2)],
        "mse",
        Data(numbers(1, *shape), numbers(1, 2)),
        rate=1e3,
        epochs=1,
    )
    assert np.array_equal(work.run(isa, 2).params[: 3 * 19], work.initial()[: 3 * 19])


@pytest.mark.parametrize("isa", [None, *ISAS])
def test_normalization_of_a_single_number_gives_no_gradient(isa):
    work = Work(
        lambda: [
            layers.Dense(1),
            layers.LayerNormalization(gamma_initializer="he_normal"),
            layers.Dense(4),
            layers.GroupNormalization(4, gamma_initializer="he_normal"),
            layers.Dense(2),
        ],
        "mse",
        Data(numbers(6, 3), numbers(6, 2)),
        rate=1e3,
        batch=6,
        epochs=1,
    )
    assert np.array_equal(work.run(isa, 2).params[:3], work.initial()[:3])


@pytest.mark.parametrize("isa", [None, *ISAS])
@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize(
    "maximum",
    [
        lambda: [layers.MaxPooling2D()],
        lambda: [layers.MaxPooling1D(4), layers.Reshape((1, 1, 1))],
        lambda: [layers.GlobalMaxPooling2D(keepdims=True)],
        lambda: [layers.Parallel([[layers.Rescaling(-1.0)], []], "maximum"), layers.AveragePooling2D()],
    ],
    ids=["pooling", "one axis", "global", "of two"],
)
def test_a_maximum_hides_no_nan(maximum, place, isa):
    x = np.array([[1.0, 5.0, -3.0, 2.0]], np.float32)
    x[0, place] = np.nan
    one_axis = isinstance(maximum()[0], layers.MaxPooling1D)
    x = x.reshape((1, 4, 1) if one_axis else (1, 2, 2, 1))
    work = Work(maximum, "mse", Data(x, np.zeros((1, 1, 1, 1), np.float32)), rate=0.0, epochs=1)
    assert np.isnan(work.run(isa).predictions).all()


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 3.0, 2.5])
def test_focal_loss_beyond_probabilities(gamma, isa):
    """What is missing to the right answer may be 0 or less than that; a power of it is what it is in NumPy."""
    z = np.array([[0.0], [1.0], [1.5], [-2.0], [0.3], [1.0]], np.float32)
    y = np.array([[0], [1], [1], [0], [1], [0]], np.float32)
    for loss in (losses.BinaryFocalCrossentropy(gamma=gamma), losses.BinaryFocalCrossentropy(True, gamma=gamma)):
        work = Work(lambda: [layers.Rescaling(1.0)], loss, Data(z, y), batch=6, rate=0.0, epochs=1)
        np.testing.assert_allclose(work.run(isa).losses, work.run().losses, rtol=1e-5)


EXTREMES = {
    "Adadelta": {"rho": (0.0, 1.0), "epsilon": (0.0, 1e-7)},
    "Adagrad": {"initial_accumulator_value": (0.0, 0.1), "epsilon": (0.0, 1e-7)},
    "Adam": {"beta_1": (0.0, 0.9), "beta_2": (0.0, 0.999), "epsilon": (0.0, 1e-7), "amsgrad": (False, True)},
    "AdamW": {"weight_decay": (0.0, 0.01)},
    "Adamax": {"beta_1": (0.0, 0.9), "beta_2": (0.0, 1.0), "epsilon": (0.0, 1e-7)},
    "Ftrl": {
        "learning_rate_power": (0.0, -0.5, -0.3),
        "initial_accumulator_value": (0.0, 0.1),
        "l1_regularization_strength": (0.0, 0.1),
        "beta": (0.0, 1.0),
    },
    "Lion": {"beta_1": (0.5, 1.0), "beta_2": (0.0, 1.0)},
    "Nadam": {"beta_1": (0.0, 0.9), "beta_2": (0.0, 0.999), "epsilon": (0.0, 1e-7)},
    "RMSprop": {"rho": (0.0, 0.9, 1.0), "momentum": (0.0, 1.0), "epsilon": (1e-7,), "centered": (False, True)},
    "SGD": {"momentum": (0.0, 1.0), "nesterov": (False, True)},
}


@pytest.mark.parametrize("rate", [0.0, 1e-42, 0.01])
@pytest.mark.parametrize("kind", EXTREMES)
def test_optimizers_at_the_limits_of_their_arguments(kind, rate):
    """One input is always 0, so that some gradients are: what is 0 / 0 must be so on both engines."""
    x, y = numbers(6, 3), numbers(6, 2)
    x[:, 1] = 0
    for values in product(*EXTREMES[kind].values()):
        settings = dict(zip(EXTREMES[kind], values))
        work = Work(
            lambda: [layers.Dense(2)],
            "mse",
            Data(x, y),
            optimizer=lambda s=settings: getattr(optimizers, kind)(**s),
            rate=rate,
        )
        expected = work.run()
        for isa in ISAS:
            ours = work.run(isa, 2)
            np.testing.assert_allclose(ours.params, expected.params, 1e-4, 1e-6, err_msg=str(settings))
            for name, slot in expected.slots.items():
                np.testing.assert_allclose(ours.slots[name], slot, 1e-4, 1e-6, err_msg=f"{settings} {name}")


@pytest.mark.parametrize("isa", [None, *ISAS])
@pytest.mark.parametrize("kind", EXTREMES)
def test_a_rate_of_zero_leaves_the_weights(kind, isa):
    work = Work(
        lambda: [layers.Dense(2)], "mse", Data(numbers(6, 3), numbers(6, 2)), getattr(optimizers, kind), rate=0.0
    )
    assert np.array_equal(work.run(isa, 1).params, work.initial())
