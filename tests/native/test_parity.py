"""Native against reference: every layer, activation, loss, optimizer and metric, on every instruction set."""

import numpy as np
import pytest

from clarinet import activations, layers, losses, regularizers
from clarinet.engines import Data
from clarinet.metrics import R2Score
from tests import cases
from tests.native.running import ISAS, Work, assert_close, between, coming_first

RNG = np.random.default_rng(3)


@pytest.fixture(autouse=True)
def _same_numbers():
    """Each test draws the same numbers, whichever tests ran before it."""
    RNG.bit_generator.state = np.random.default_rng(3).bit_generator.state


def numbers(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def labels(kind, rows, columns=4):
    ids = RNG.integers(0, columns, rows)
    return {
        "numbers": numbers(rows, columns),
        "binary": RNG.integers(0, 2, (rows, columns)).astype(np.float32),
        "one-hot": np.eye(columns, dtype=np.float32)[ids],
        "ids": ids,
    }[kind]


def rate(case):
    """A learning rate: products of several tensors grow fast."""
    return 1e-4 if repr(case).startswith(("multiply", "dot")) else 0.02


@pytest.mark.every_row
@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("case", [case for case in cases.CHAINED if case.inputs == "numbers"], ids=repr)
def test_layers(case, isa):
    """11 rows in batches of 4, on more threads than rows."""
    work = between(case, 11, numbers, metrics=["mae"], rate=rate(case))
    expected = work.run()
    for threads in (1, 3, 5):
        assert_close(work.run(isa, threads), expected)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("case", cases.CHAINED, ids=repr)
def test_layers_that_come_first(case, isa):
    work = coming_first(case, 7, numbers, rate=rate(case))
    assert_close(work.run(isa, 2), work.run())


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("case", cases.ACTIVATIONS, ids=repr)
def test_activations(case, isa):
    work = Work(
        lambda: [layers.Dense(19), layers.Activation(case.make()), layers.Dense(2)],
        "mse",
        Data(2 * numbers(9, 5), numbers(9, 2)),
        rate=1e-4,  # exponentials grow
    )
    assert_close(work.run(isa, 2), work.run())


@pytest.mark.parametrize("case", cases.ACTIVATIONS, ids=repr)
def test_activations_far_out(case):
    """Values where exponentials overflow or vanish; one row so that softmax sees them together."""
    z = np.array([[0, -0.0, 1e-30, -1e-3, 0.3, -1, 5, -9, 17, -30, 60, -88, 100, -200, 1e4, -1e4]], np.float32)
    work = Work(lambda: [layers.Activation(case.make())], "mse", Data(z, z))
    for isa in ISAS:
        np.testing.assert_allclose(predict(work, isa), predict(work, None), rtol=1e-6, atol=2e-7)


@pytest.mark.parametrize("case", cases.ACTIVATIONS, ids=repr)
def test_activations_hide_no_nan(case):
    """What is no number must not look like one behind a layer."""
    z = np.array([[np.nan, 1.0, -1.0]], np.float32)
    work = Work(lambda: [layers.Activation(case.make())], "mse", Data(z, z))
    for isa in (None, *ISAS):
        assert np.isnan(predict(work, isa)[0, 0]), isa


def predict(work, isa):
    from clarinet.engines import NativeEngine, ReferenceEngine

    model = work.model()
    plan = model.make_plan(work.data.label_shapes)
    if unsupported_reason := NativeEngine.supports(plan):
        pytest.skip(unsupported_reason)
    engine = ReferenceEngine(plan, model.store) if isa is None else NativeEngine(plan, model.store, isa=isa)
    return engine.predict(work.data.x, 32)


BEFORE_A_LOSS = [
    pytest.param(case, activation, id=f"{case}-{activation}")
    for case in cases.LOSSES
    for activation in (("sigmoid", "softmax") if case.predictions == "chances" else (None,))
]


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize(("case", "activation"), BEFORE_A_LOSS)
def test_losses(case, activation, weighted, isa):
    for columns in (1, 4, 19):
        y = labels(case.targets, 13, columns)
        weight = RNG.uniform(0, 2, 13).astype(np.float32) if weighted else None
        work = Work(lambda c=columns: [layers.Dense(c, activation)], case.make(), Data(numbers(13, 5), y, weight))
        assert_close(work.run(isa, 3), work.run())


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("case", cases.LOSSES, ids=repr)
def test_losses_of_a_value_for_each_time(case, isa):
    y = np.stack([labels(case.targets, 3) for _ in range(9)])
    activation = "softmax" if case.predictions == "chances" else None
    weight = RNG.uniform(0, 2, 9).astype(np.float32)
    metrics = ["accuracy"] if case.targets in ("ids", "one-hot") else ["mae"]
    work = Work(lambda: [layers.Dense(4, activation)], case.make(), Data(numbers(9, 3, 5), y, weight), metrics=metrics)
    assert_close(work.run(isa, 2), work.run())


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("case", cases.OPTIMIZERS, ids=repr)
def test_optimizers(case, isa):
    """With penalties, a frozen layer, weights wider and narrower than a vector, and odd sizes."""
    work = Work(
        lambda: [
            layers.Dense(33, "tanh", kernel_regularizer=regularizers.L1L2(0.002, 0.01), bias_regularizer="l2"),
            layers.Dense(5, "tanh", trainable=False),
            layers.Dense(3),
        ],
        "mse",
        Data(numbers(26, 7), numbers(26, 3)),
        optimizer=case.make,
        batch=8,
        epochs=4,
        rate=0.01,
    )
    assert_close(work.run(isa, 2), work.run(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("case", cases.METRICS, ids=repr)
def test_metrics(case, isa):
    loss = cases.LOSS_OF_TARGETS[case.targets]
    y = labels(case.targets, 21, 4)
    weight = RNG.uniform(0, 2, 21).astype(np.float32)
    work = Work(
        lambda: [layers.Dense(4, "sigmoid" if case.targets == "binary" else "softmax")],
        loss,
        Data(numbers(21, 5), y, weight),
        metrics=lambda: [case.make()],
        weighted_metrics=lambda: [case.make()],
    )
    assert_close(work.run(isa, 3), work.run())


def test_layer_statistics():
    work = Work(
        lambda: [
            layers.Flatten(),
            layers.Dense(9, "relu", kernel_regularizer="l2"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Dense(6, "sigmoid", trainable=False),
            layers.Dense(4, "softmax"),
        ],
        "sparse_categorical_crossentropy",
        Data(numbers(23, 2, 3), labels("ids", 23)),
        optimizer="adam",
        stats_every=2,
        batch=5,
    )
    expected = work.run()
    for threads in (1, 3):
        ours = work.run(ISAS[0], threads)
        assert [(s.step, s.layer, s.finite) for s in ours.layers] == [
            (s.step, s.layer, s.finite) for s in expected.layers
        ]
        for mine, theirs in zip(ours.layers, expected.layers):
            a, b = ([getattr(s, f) for f in s.__slots__] for s in (mine, theirs))
            np.testing.assert_allclose(np.array(a, float), np.array(b, float), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("axis", [2, -2, 5])
def test_an_axis_that_samples_have_not_is_refused_before_memory_is_touched(axis):
    work = Work(lambda: [layers.Dense(3, activations.Softmax(axis))], "mse", Data(numbers(4, 2), numbers(4, 3)))
    for isa in (None, *ISAS):
        with pytest.raises(ValueError, match=f"have no axis {axis}"):
            work.run(isa)


@pytest.mark.parametrize(
    ("shape", "stack"),
    [
        ((2, 3, 4), lambda: [layers.Activation("gelu"), layers.Flatten()]),
        ((6,), lambda: [layers.Dense(12), layers.Reshape((3, 4))]),
        ((6, 4, 1), lambda: [layers.Conv2D(2, 2), layers.BatchNormalization(), layers.Flatten()]),
        ((3, 4), lambda: [layers.Flatten()]),
        ((3, 4), lambda: [layers.Dropout(0)]),
        ((12,), lambda: [layers.Reshape((3, 4)), layers.Dropout(0)]),
    ],
    ids=["flatten", "reshape", "convolution", "flatten-alone", "nothing", "reshape-alone"],
)
@pytest.mark.parametrize("loss", [losses.MeanSquaredError(reduction="sum"), "cosine_similarity", "categorical_hinge"])
def test_a_shape_given_last_counts_for_loss_and_metrics(shape, stack, loss):
    from clarinet import Input, Sequential

    output = Sequential([Input(shape), *stack()]).prediction_shape
    work = Work(
        stack,
        loss,
        Data(numbers(7, *shape), numbers(7, *output)),
        metrics=["mae", "cosine_similarity"],
        weighted_metrics=lambda: [R2Score(class_aggregation=None)],
        rate=0.01,
    )
    for isa in ISAS:
        assert_close(work.run(isa, 2), work.run())


@pytest.mark.parametrize("isa", [None, *ISAS])
def test_a_hinge_over_classes_hides_no_nan(isa):
    x, y = np.array([[1.0, np.nan, 2.0], [1.0, 0.0, 2.0]], np.float32), np.eye(3, dtype=np.float32)[:2]
    work = Work(
        lambda: [layers.Dense(3, trainable=False)], "categorical_hinge", Data(x, y), batch=1, epochs=1, shuffle=False
    )
    assert np.isnan(work.run(isa).losses).tolist() == [True, False]


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal_losses_of_large_logits_are_not_clipped(isa, gamma):
    z, y = np.linspace(-120, 120, 26, dtype=np.float32).reshape(13, 2), np.tile(np.float32([[1, 0]]), (13, 1))
    loss = losses.BinaryFocalCrossentropy(gamma=gamma, from_logits=True, label_smoothing=0.1)
    work = Work(lambda: [layers.Rescaling(1.0), layers.Dense(2)], loss, Data(z, y), batch=5, rate=0.001)
    assert_close(work.run(isa), work.run())
