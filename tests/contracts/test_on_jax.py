"""Every layer, activation, loss, optimizer, metric, penalty, constraint and operation on JAX, beside the reference."""

import numpy as np
import pytest

from clarinet import layers, regularizers
from clarinet.engines import Data, JaxEngine, ReferenceEngine
from tests import cases
from tests.native.running import Work, assert_close, between, coming_first
from tests.native.test_operations import BATCHED, LEFT_OUT, WITH_WEIGHTS, halves, model_of
from tests.native.test_parity import labels, numbers, rate

jax = pytest.importorskip("jax")


@pytest.fixture(autouse=True)
def _compiled_fast():
    """Compiling is what takes the time here, so the programs are not optimised much."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def rows(every, *names):
    """Some rows, those with other names slow tests."""
    return pytest.mark.parametrize(
        "case",
        [pytest.param(c, id=str(c), marks=() if str(c) in names else pytest.mark.slow) for c in every],
    )


def assert_same(work, **tolerances):
    assert_close(work.run(kind=JaxEngine), work.run(), **tolerances)


@rows([case for case in cases.CHAINED if case.inputs == "numbers"], "batch-normalization")
def test_layers(case):
    assert_same(between(case, 8, numbers, metrics=["mae"], rate=rate(case), epochs=1), rtol=1e-4, atol=1e-5)


@rows(cases.CHAINED, "embedding")
def test_layers_that_come_first(case):
    assert_same(coming_first(case, 8, numbers, rate=rate(case), epochs=1), rtol=1e-4, atol=1e-5)


@rows(cases.ACTIVATIONS)
def test_activations(case):
    stack = lambda: [layers.Dense(6), layers.Activation(case.make()), layers.Dense(2)]  # noqa: E731
    assert_same(Work(stack, "mse", Data(2 * numbers(8, 5), numbers(8, 2)), rate=1e-4, epochs=1))


@rows(cases.LOSSES)
def test_losses(case):
    """With weights and without; a last batch that is smaller; a value for each time."""
    ending = "sigmoid" if case.predictions == "chances" else None
    weight = np.random.default_rng(1).uniform(0, 2, 9).astype(np.float32)
    stack = lambda: [layers.Dense(4, ending)]  # noqa: E731
    for own in (weight, None):
        assert_same(Work(stack, case.make(), Data(numbers(9, 5), labels(case.targets, 9), own), epochs=1))
    y = np.stack([labels(case.targets, 3) for _ in range(8)])
    assert_same(Work(stack, case.make(), Data(numbers(8, 3, 5), y, weight[:8]), epochs=1))


@rows(cases.OPTIMIZERS, "adam")
def test_optimizers(case):
    if case.make().full_batch:
        model = Work(lambda: [layers.Dense(2)], "mse", Data(numbers(4, 3), numbers(4, 2)), case.make).model()
        assert "minimises in Python" in JaxEngine.supports(model.make_plan())
        return
    stack = lambda: [  # noqa: E731
        layers.Dense(33, "tanh", kernel_regularizer=regularizers.L1L2(0.002, 0.01), bias_regularizer="l2"),
        layers.Dense(5, "tanh", trainable=False),
        layers.Dense(3),
    ]
    work = Work(stack, "mse", Data(numbers(24, 7), numbers(24, 3)), case.make, batch=8, epochs=3, rate=0.01)
    assert_same(work, rtol=1e-4, atol=1e-5)


@rows(cases.METRICS, "auc")
def test_metrics(case):
    loss = cases.LOSS_OF_TARGETS[case.targets]
    weight = np.random.default_rng(1).uniform(0, 2, 20).astype(np.float32)
    stack = lambda: [layers.Dense(4, "sigmoid" if case.targets == "binary" else "softmax")]  # noqa: E731
    own = {"metrics": lambda: [case.make()], "weighted_metrics": lambda: [case.make()]}
    assert_same(Work(stack, loss, Data(numbers(20, 5), labels(case.targets, 20), weight), epochs=1, **own))


@rows(cases.REGULARIZERS)
def test_regularizers(case):
    stack = lambda: [layers.Dense(4, kernel_regularizer=case.make())]  # noqa: E731
    assert_same(Work(stack, "mse", Data(numbers(8, 5), numbers(8, 4)), epochs=1))


@rows(cases.CONSTRAINTS)
def test_constraints(case):
    stack = lambda: [layers.Dense(4, kernel_constraint=case.make())]  # noqa: E731
    assert_same(Work(stack, "mse", Data(numbers(8, 5), numbers(8, 4)), epochs=1, rate=0.5))


@rows(WITH_WEIGHTS, "twofold")
def test_operations_in_layers_of_ones_own(case):
    data = Data(numbers(8, 3, 4), numbers(8, 2))
    stack = lambda: [layers.Dense(4), WITH_WEIGHTS[case](), layers.Flatten(), layers.Dense(2)]  # noqa: E731
    assert_same(Work(stack, "mse", data, rate=0.002, epochs=1), rtol=2e-4, atol=2e-5)


@rows(sorted({row.name for row in BATCHED if row not in LEFT_OUT}), "einsum")
def test_operations(case):
    """Every row of a function: outputs, and gradients at inputs."""
    for row in (row for row in BATCHED if row.name == case and row not in LEFT_OUT):
        model, xs = model_of(row)
        plan = model.make_plan()
        assert JaxEngine.supports(plan) is None, row
        found, expected = (halves(kind(plan, model.store), xs) for kind in (JaxEngine, ReferenceEngine))
        for ours, theirs in zip(found, expected, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5, err_msg=repr(row))
