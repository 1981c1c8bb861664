"""Training follows Keras step by step: every layer, activation, loss and optimizer; weights, label shapes, metrics."""

import math
import warnings

import numpy as np
import pytest

import clarinet
from clarinet.engines.lowering.objectives import METRICS as NATIVE_METRICS
from tests.cases import (
    ACTIVATIONS,
    AUTHORED,
    CHAINED,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    REGULARIZERS,
    SCHEDULES,
    inputs,
    one_in_three,
)
from tests.cases.authored import IMAGE
from tests.keras_parity.following import ENGINES, Program, assert_follows

# Keras 3.15 itself warns under NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

RNG = np.random.default_rng(0)
ROWS = 58
X = RNG.normal(size=(ROWS, 3)).astype(np.float32)
NUMBERS = (X[:, :1] * X[:, 1:2] - X[:, 2:] + 0.1 * RNG.normal(size=(ROWS, 1))).astype(np.float32)
IDS = np.digitize(X[:, 0] + 0.3 * RNG.normal(size=ROWS), [-0.8, 0.0, 0.8])
ONE_HOT = np.eye(4, dtype=np.float32)[IDS]
YES_NO = (X[:, 0] > 0).astype(np.float32)
WEIGHTS = RNG.uniform(0, 2, ROWS).astype(np.float32)
CLASS_WEIGHTS = {0: 0.5, 1: 2.0, 2: 1.0, 3: 0.25}


def ours_or_theirs(case):
    """``case.make`` for Clarinet, ``case.keras`` for Keras."""
    return lambda k: case.make() if k is clarinet else case.keras(k)


def of_layers(cases):
    """Several layers in one model, each between two dense ones: compiling in Keras is what takes the time."""

    def layers(k):
        stack = []
        for number, case in enumerate(cases):
            if number or case.inputs == "numbers":
                stack += [k.layers.Dense(math.prod(case.shape)), k.layers.Reshape(case.shape)]
            flat = k.layers.Flatten()
            if case.id.startswith("einsum"):  # of which Keras does not know all sizes
                flat = k.layers.Reshape((math.prod(case.make().output_shape(case.shape)),))
            stack += [ours_or_theirs(case)(k), flat]
        return [*stack, k.layers.Dense(1)]

    name = "layers-" + "-".join(case.id for case in cases)
    x = X if cases[0].inputs == "numbers" else inputs(cases[0], ROWS)
    products = any(case.id.startswith(("multiply", "dot")) for case in cases)  # which amplify rounding
    settings = {"tolerance": 2e-4} if products else {}  # our two engines differ by 5e-5 behind some of them
    rate = 0.001 if products else 0.005
    return Program(name, layers, x, NUMBERS, lambda k: "mse", optimizer=lambda k: k.optimizers.SGD(rate), **settings)


def groups(cases, size):
    """Rows that Keras has too, some at a time, those with a native form apart; those that come first in a model alone.

    They are dealt out like cards: several of a kind in a row, such as residuals, amplify what rounding differs in.
    """
    cases = [case for case in cases if case.keras is not None]
    first, later = ([c for c in cases if (c.inputs == "numbers") is kind] for kind in (False, True))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="layer .* does not support masking")  # behind them stands Flatten
        native = {case.id for case in later if of_layers([case]).model(clarinet).engine == "native"}
    dealt = []
    for hand in ([c for c in later if (c.id in native) is kind] for kind in (True, False)):
        count = math.ceil(len(hand) / size)
        dealt += [hand[start::count] for start in range(count)]
    return [*([case] for case in first), *dealt]


def of_activations(cases):
    """One Dense for each, one after another."""

    def layers(k):
        functions = [case.make() if k is clarinet else case.keras(k) for case in cases]
        return [*(k.layers.Dense(4, activation=f) for f in functions), k.layers.Dense(1)]

    name = "activations-" + "-".join(case.id for case in cases)
    return Program(name, layers, X, NUMBERS, lambda k: "mse")


def ending(case):
    """The last activation of a model whose predictions suit a loss or metric."""
    return {
        ("one-hot", "chances"): "softmax",
        ("ids", "chances"): "softmax",
        ("binary", "chances"): "sigmoid",
    }.get((case.targets, case.predictions))


TARGETS = {
    "numbers": np.repeat(NUMBERS, 4, axis=1) + X[:, :1],
    "binary": (ONE_HOT + ONE_HOT[::-1]).clip(0, 1),
    "one-hot": ONE_HOT,
    "ids": IDS,
}


def of_loss(case, weight=None):
    return Program(
        f"loss-{case.id}{'' if weight is None else '-weighted'}",
        lambda k: [k.layers.Dense(4, activation=ending(case))],
        X,
        TARGETS[case.targets],
        ours_or_theirs(case),
        optimizer=lambda k: k.optimizers.SGD({"mse-sum": 0.01, "mape": 0.001}.get(case.id, 0.1)),
        fitting={} if weight is None else {"sample_weight": weight},
    )


def of_metrics(cases):
    """All metrics for one kind of targets and predictions in one model."""

    def metrics(k):
        made = [case.make() if k is clarinet else case.keras(k) for case in cases]
        for case, metric in zip(cases, made):
            metric.name = case.id  # several have the same default
        return made

    first = cases[0]
    loss = {"ids": SPARSE, "one-hot": CATEGORICAL, "binary": BINARY}.get(first.targets, "mse")
    return Program(
        f"metrics-{first.targets}-{first.predictions}-{first.id}",
        lambda k: [k.layers.Dense(4, activation=ending(first))],
        X,
        TARGETS[first.targets],
        lambda k: loss if ending(first) else "mse",
        metrics=metrics,
    )


def metrics_by_kind():
    """Rows that Keras has too, those with a native form apart.

    R2Score and overlaps fail in a compiled step of Keras on JAX, and correlations give NaN there.
    """
    groups = {}
    for case in METRICS:
        if case.keras is not None and not any(name in case.id for name in ("r2-score", "iou", "correlation")):
            native = type(case.make()) in NATIVE_METRICS
            groups.setdefault((case.targets, case.predictions, native), []).append(case)
    return list(groups.values())


def of_schedule(case):
    return Program(
        f"schedule-{case.id}",
        lambda k: [k.layers.Dense(1)],
        X,
        NUMBERS,
        lambda k: "mse",
        optimizer=lambda k: k.optimizers.SGD(ours_or_theirs(case)(k), momentum=0.5),
    )


def of_regularizers(cases):
    """Each on a kernel, a bias and what a layer gives, where it can be."""

    def layers(k):
        stack = []
        for case in cases:
            made = ours_or_theirs(case)(k)
            flat = {} if "orthogonal" in case.id else {"bias_regularizer": made, "activity_regularizer": made}
            stack.append(k.layers.Dense(4, activation="tanh", kernel_regularizer=made, **flat))
        return [*stack, k.layers.Dense(1)]

    return Program("regularizers-" + "-".join(case.id for case in cases), layers, X, NUMBERS, lambda k: "mse")


def of_optimizer(case):
    return Program(
        f"optimizer-{case.id}",
        lambda k: [k.layers.Dense(5, activation="tanh"), k.layers.Dense(1, name="last")],
        X,
        NUMBERS,
        lambda k: "mse",
        optimizer=ours_or_theirs(case),
    )


def classifier(name, y, units, ending, loss, **more):
    return Program(
        name,
        lambda k: [k.layers.Dense(6, activation="tanh"), k.layers.Dense(units, activation=ending)],
        X,
        y,
        lambda k: loss,
        held_out=13,
        **more,
    )


BOTH_KINDS = {"metrics": ["accuracy", "mse"], "weighted_metrics": ["accuracy", "mae"]}
SPARSE, CATEGORICAL, BINARY = "sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy"
BY_CLASS = {"class_weight": CLASS_WEIGHTS}
BY_ANSWER = {"class_weight": {0: 3.0, 1: 0.5}}
BY_ROW = {"sample_weight": WEIGHTS, "validation_batch_size": 5}

WEIGHTED = [
    classifier("class-weights-ids", IDS, 4, "softmax", SPARSE, fitting=BY_CLASS),
    classifier("class-weights-one-hot", ONE_HOT, 4, "softmax", CATEGORICAL, fitting=BY_CLASS, compiling=BOTH_KINDS),
    classifier("class-weights-binary", YES_NO[:, None], 1, "sigmoid", BINARY, fitting=BY_ANSWER),
    classifier("class-weights-binary-flat", YES_NO, 1, "sigmoid", BINARY, fitting=BY_ANSWER),
    classifier("sample-weights-ids", IDS, 4, "softmax", SPARSE, fitting=BY_ROW, compiling={
        "metrics": ["accuracy", SPARSE], "weighted_metrics": ["accuracy"]}),
    classifier("sample-weights-one-hot", ONE_HOT, 4, "softmax", CATEGORICAL, fitting=BY_ROW, compiling=BOTH_KINDS),
    classifier("sample-weights-binary", YES_NO[:, None], 1, "sigmoid", BINARY, fitting=BY_ROW, compiling=BOTH_KINDS),
]  # fmt: skip

DIGITS = clarinet.datasets.mnist.load_data()[0]

# 45 rows in batches of 8, then 13 in batches of 5: what a penalty on activities is divided by is each batch's own rows.
PENALISED = [
    Program(
        "activity-penalties-of-ragged-batches",
        lambda k: [
            k.layers.Dense(5, activation="tanh", activity_regularizer=k.regularizers.L1L2(0.02, 0.05)),
            k.layers.ActivityRegularization(l2=0.1),
            k.layers.Dense(4, activation="softmax", activity_regularizer="l2"),
        ],
        X,
        IDS,
        lambda k: SPARSE,
        compiling={"metrics": ["accuracy"]},
        fitting={"validation_batch_size": 5},
        held_out=13,
    ),
]

LABELS = [
    Program(
        "tutorial-network",
        lambda k: [
            k.layers.Dense(128, activation="relu"),
            k.layers.Dense(64, activation="relu"),
            k.layers.Dense(10, activation="softmax"),
        ],
        DIGITS[0][:ROWS].reshape(ROWS, 784).astype(np.float32) / 255,
        DIGITS[1][:ROWS],
        lambda k: SPARSE,
        optimizer=lambda k: k.optimizers.Adam(),
        compiling={"metrics": ["accuracy"]},
        tolerance=1e-4,
    ),
    classifier("labels-bool-flat", YES_NO.astype(bool), 1, "sigmoid", BINARY, compiling={"metrics": ["accuracy"]}),
    classifier("labels-column-of-ids", IDS[:, None], 4, "softmax", SPARSE, compiling={"metrics": ["accuracy"]}),
    classifier("labels-numbers-flat", NUMBERS[:, 0], 1, None, "mse", compiling={"metrics": ["mae", "mse"]}),
    classifier("labels-many-binary", (ONE_HOT + ONE_HOT[::-1]).clip(0, 1), 4, "sigmoid", BINARY, compiling={
        "metrics": ["accuracy", "binary_accuracy"]}),
    classifier("pair-softmax-mse", ONE_HOT, 4, "softmax", "mse", compiling={"metrics": ["accuracy"]}),
    classifier("pair-softmax-binary", ONE_HOT, 4, "softmax", BINARY),
    classifier("pair-sigmoid-categorical", ONE_HOT, 4, "sigmoid", CATEGORICAL),
    classifier("pair-sigmoid-sparse", IDS, 4, "sigmoid", SPARSE),
    Program(
        "sequence-of-ids",
        lambda k: [k.layers.Dense(6, activation="tanh"), k.layers.Dense(4, activation="softmax")],
        RNG.normal(size=(ROWS, 5, 3)).astype(np.float32),
        RNG.integers(0, 4, (ROWS, 5)),
        lambda k: SPARSE,
        compiling={"metrics": ["accuracy"]},
    ),
    Program(
        "frozen-layer-with-penalty",
        lambda k: [
            k.layers.Dense(5, activation="relu", kernel_regularizer="l2", trainable=False),
            k.layers.Dense(5, activation="elu", kernel_regularizer=k.regularizers.L1(0.03), bias_regularizer="l2"),
            k.layers.Dense(1),
        ],
        X,
        NUMBERS,
        lambda k: "mse",
        optimizer=lambda k: k.optimizers.SGD(0.05, weight_decay=0.1, global_clipnorm=0.5),
    ),
    Program(
        "images-normalised",
        lambda k: [
            k.layers.Rescaling(1 / 255),
            k.layers.Flatten(),
            k.layers.Dense(8, use_bias=False),
            k.layers.BatchNormalization(momentum=0.9),
            k.layers.ReLU(),
            k.layers.Dropout(0.0),
            k.layers.Dense(4, activation="softmax"),
        ],
        RNG.integers(0, 256, (ROWS, 4, 4, 1)).astype(np.float32),
        IDS,
        lambda k: SPARSE,
        optimizer=lambda k: k.optimizers.SGD(0.05, 0.9),
        compiling={"metrics": ["accuracy"]},
        tolerance=1e-4,
    ),
]  # fmt: skip

# SpectralNormalization in use is not that of Keras, see tests/layers/test_spectral.py; images spread to the whole range
# amplify rounding, see tests/layers/test_image_layers.py.
OF_OPERATIONS = [case for case in AUTHORED if not case.id.startswith("spectral") and case.shape != IMAGE]

PROGRAMS = [
    *(of_layers(cases) for cases in groups(CHAINED, 5)),
    *(of_layers(cases) for cases in groups(OF_OPERATIONS, 5)),
    *(of_activations(ACTIVATIONS[first : first + 4]) for first in range(0, len(ACTIVATIONS), 4)),
    *(of_loss(case) for case in LOSSES),
    *(of_loss(case, WEIGHTS) for case in LOSSES if case.id in ("mae", "mse-sum", "mse-mean-with-sample-weight")),
    *(of_optimizer(case) for case in OPTIMIZERS),
    *(of_schedule(case) for case in SCHEDULES if case.keras is not None),
    *(of_regularizers(cases) for cases in (REGULARIZERS[:3], REGULARIZERS[3:])),
    *(of_metrics(cases) for cases in metrics_by_kind()),
    *WEIGHTED,
    *LABELS,
    *PENALISED,
]


@pytest.mark.parametrize("engine", ENGINES)
def test_layers_of_operations(engine):
    def layers(k):
        shared = [k.layers.Dense(6, "tanh"), k.layers.Reshape((2, 3)), k.layers.UnitNormalization([1, 2])]
        return [
            *shared,
            k.layers.RMSNormalization(),
            k.layers.Flatten(),
            k.layers.UnitNormalization(),
            k.layers.Dense(1),
        ]

    assert_follows(Program("of operations", layers, X, NUMBERS, lambda k: "mse"), engine)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("program", one_in_three(PROGRAMS))
def test_training_follows_keras(program, engine):
    assert_follows(program, engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_both_kinds_of_weights_multiply(engine):
    """Keras refuses them together."""
    program = classifier("", IDS, 4, "softmax", SPARSE, compiling={"weighted_metrics": ["accuracy"]})
    product = WEIGHTS * np.array([CLASS_WEIGHTS[i] for i in IDS], np.float32)
    histories = []
    for weights in ({"sample_weight": WEIGHTS, "class_weight": CLASS_WEIGHTS}, {"sample_weight": product}):
        clarinet.utils.set_random_seed(0)
        model = program.model(clarinet, engine="auto" if engine == "native" else engine)
        histories.append(model.fit(X, IDS, epochs=2, verbose=0, **weights).history)
    assert histories[0] == histories[1]
