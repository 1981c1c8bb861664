"""Constraints, random numbers and losses of one's own natively: the reference's numbers, equal bits on all threads."""

import numpy as np
import pytest

from clarinet import constraints, layers, ops, random, regularizers
from clarinet.engines import Data
from tests import cases
from tests.native.running import ISAS, Work, assert_close, assert_same_bits


def numbers(*shape):
    return np.random.default_rng([len(shape), *shape]).normal(size=shape).astype(np.float32)


def assert_agree(work, isa):
    alone = work.run(isa, 1)
    assert_close(alone, work.run(), rtol=1e-4, atol=1e-5)
    for threads in (2, 3):
        assert_same_bits(work.run(isa, threads), alone)


def constrained(constraint, **settings):
    """On kernels of two axes, of which one is used twice, and recurrent ones."""
    own = {"kernel_constraint": constraint, "recurrent_constraint": constraint}
    return Work(
        lambda: [layers.Dense(7, kernel_constraint=constraint), layers.GRU(6, **own), layers.Dense(2)],
        "mse",
        Data(numbers(19, 4, 5), numbers(19, 2)),
        rate=0.3,
        **settings,
    )


class Ball(constraints.Constraint):
    def __init__(self, radius):
        self.radius = radius

    def __call__(self, w):
        length = ops.sqrt(ops.sum(ops.square(w), axis=0, keepdims=True))
        return ops.where(length > self.radius, w * (self.radius / (length + 1e-7)), w)


WRITTEN = {
    "class": Ball(0.5),
    "function": lambda w: ops.clip(w - ops.mean(w), -0.3, 0.3),
    "product": lambda w: w @ ops.softmax(w.T @ w, axis=0),
    "nothing": lambda w: w,
    "axes apart": constraints.UnitNorm([0, 2]),
}


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("name", ["class", "function", "product", "nothing"])
def test_constraints_that_are_operations(name, isa):
    assert_agree(constrained(WRITTEN[name], stats_every=1), isa)


def test_constraints_that_are_operations_on_a_kernel_of_three_axes():
    stack = lambda: [layers.Conv1D(3, 2, kernel_constraint=WRITTEN["axes apart"]), layers.Flatten(), layers.Dense(2)]  # noqa: E731
    assert_agree(Work(stack, "mse", Data(numbers(9, 5, 2), numbers(9, 2)), rate=0.3), ISAS[0])


@pytest.mark.parametrize("mode", ["rows", "columns"])
def test_orthogonal_penalties(mode):
    rule = regularizers.OrthogonalRegularizer(0.3, mode)
    stack = lambda: [layers.Dense(5, kernel_regularizer=rule), layers.Dense(2)]  # noqa: E731
    assert_agree(Work(stack, "mse", Data(numbers(19, 4), numbers(19, 2)), optimizer="adam"), ISAS[0])


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("case", cases.CONSTRAINTS, ids=repr)
def test_constraints(case, isa):
    assert_agree(constrained(case.make()), isa)


def test_moves_are_measured_behind_the_projection():
    work = constrained(constraints.MaxNorm(0.4), optimizer="adam", stats_every=1)
    ours, expected = work.run(ISAS[0], 2), work.run()
    assert_close(ours, expected, rtol=1e-3, atol=1e-4)
    for mine, its in zip(ours.layers, expected.layers, strict=True):
        assert mine.update_ratio == pytest.approx(its.update_ratio, rel=2e-3)


def test_a_shared_weight_is_projected_once():
    stack = lambda: [layers.Dense(5, kernel_constraint="unit_norm"), layers.Dense(5), layers.Dense(2)]  # noqa: E731
    assert_agree(Work(stack, "mse", Data(numbers(19, 5), numbers(19, 2)), ties=((1, 0),)), ISAS[0])


def test_a_convolution_is_held_by_its_filters():
    stack = lambda: [layers.Conv2D(4, 3, kernel_constraint=constraints.MaxNorm(0.3, [0, 1, 2])), layers.Flatten()]  # noqa: E731
    assert_agree(Work(stack, "mse", Data(numbers(9, 5, 5, 2), numbers(9, 36)), rate=0.3), ISAS[0])


class Noisy(layers.Layer):
    """Numbers of every distribution that has a native form, in training and in use."""

    def call(self, inputs):
        rows = ops.shape(inputs)[0]
        noise = random.normal((rows, 5)) + random.uniform((rows, 5)) + random.normal((5,), seed=3) * 0.1
        kept = random.dropout(inputs, 0.3) + ops.cast(random.randint((rows, 5), 0, 9), "float32") / 9
        chosen = ops.cast(random.categorical(inputs, 1), "float32")
        return kept + 0.3 * noise + 0.1 * chosen


class Penalised(layers.Layer):
    def call(self, inputs):
        self.add_loss(0.1 * ops.mean(ops.square(inputs)))
        self.add_loss(0.01 * ops.sum(ops.abs(inputs), axis=-1))
        return inputs


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize(
    "middle",
    [Noisy, Penalised, lambda: layers.Dense(5, "tanh", activity_regularizer=lambda y: 0.1 * ops.sum(ops.abs(y) ** 3))],
    ids=["noisy", "penalised", "function"],
)
def test_layers_of_ones_own(middle, isa):
    stack = lambda: [layers.Dense(5, "tanh"), middle(), layers.Dense(2)]  # noqa: E731
    assert_agree(Work(stack, "mse", Data(numbers(19, 4), numbers(19, 2)), optimizer="adam", batch=8), isa)
