"""Optimizers written for Keras: ``build`` makes variables, ``update_step`` assigns to them."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import layers, ops, optimizers

X = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
Y = (X[:, :1] * X[:, 1:2]).astype(np.float32)


class ByHand(optimizers.Optimizer):
    """Adam as its paper has it, with settings of its own."""

    def __init__(self, learning_rate: float = 0.05, beta: float = 0.9, name: str = "by_hand", **settings: Any) -> None:
        super().__init__(learning_rate=learning_rate, name=name, **settings)
        self.beta = beta

    def build(self, variables: Any) -> None:
        if self.built:
            return
        super().build(variables)
        self.first = self.add_optimizer_variables(variables, "momentum")
        self.second = [self.add_variable_from_reference(v, name="velocity", initializer="zeros") for v in variables]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        step = ops.cast(self.iterations + 1, variable.dtype)
        m, v = (own[self._get_variable_index(variable)] for own in (self.first, self.second))
        self.assign_add(m, (gradient - m) * (1 - self.beta))
        self.assign_add(v, (ops.square(gradient) - v) * 0.001)
        rate = learning_rate * ops.sqrt(1 - ops.power(0.999, step)) / (1 - ops.power(self.beta, step))
        self.assign_sub(variable, rate * m / (ops.sqrt(v) + 1e-7))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta": self.beta}


class Signs(optimizers.Optimizer):
    """Without anything that is kept."""

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        self.assign(variable, variable - learning_rate * ops.sign(gradient))


def model(optimizer: Any) -> clarinet.Sequential:
    made = clarinet.Sequential([clarinet.Input((4,)), layers.Dense(3, "tanh"), layers.Dense(1)])
    made.set_weights([np.random.default_rng(1).normal(size=w.shape) for w in made.get_weights()])
    made.compile(optimizer, "mse")
    return made


def assert_alike(one: clarinet.Sequential, other: clarinet.Sequential) -> None:
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("settings", [{}, {"clipnorm": 0.1, "weight_decay": 0.01}, {"use_ema": True}], ids=repr)
def test_it_learns_as_the_librarys_own(settings: dict[str, Any]) -> None:
    own, ours = model(ByHand(**settings)), model(optimizers.Adam(0.05, **settings))
    for each in (own, ours):
        each.fit(X, Y, batch_size=5, epochs=2, shuffle=False, verbose=0)
        with clarinet.GradientTape() as tape:
            loss = ops.mean(ops.square(each(X) - Y))
        gradients = tape.gradient(loss, each.trainable_variables)
        each.optimizer.apply_gradients(zip(gradients, each.trainable_variables, strict=True))
    assert_alike(own, ours)
    assert own.engine_reason == "the optimizer 'by_hand' has no native form"
    assert int(own.optimizer.iterations) == 9
    assert len(own.optimizer.variables) == 2 * 4 + 4 * bool(settings.get("use_ema"))
    clone = copy.deepcopy(own)
    for each in (own, clone):
        each.fit(X, Y, batch_size=5, shuffle=False, verbose=0)
    assert_alike(own, clone)


def test_its_configuration_and_one_that_keeps_nothing() -> None:
    again = ByHand.from_config(ByHand(beta=0.5, weight_decay=0.1).get_config())
    assert (again.beta, again.weight_decay, again.name) == (0.5, 0.1, "by_hand")
    weight = clarinet.Variable([1.0, -1.0])
    Signs(0.25).apply([np.array([3.0, -0.5])], [weight])
    assert weight.numpy().tolist() == [0.75, -0.75]
    with pytest.raises(RuntimeError, match="add_variable_from_reference is for build"):
        again.add_variable_from_reference(weight, "more")


def test_a_learning_rate_may_be_assigned() -> None:
    optimizer = optimizers.SGD(0.5)
    optimizer.learning_rate.assign(optimizer.learning_rate * 0.5)
    assert optimizer.learning_rate == 0.25 and float(optimizer.learning_rate.numpy()) == 0.25
    optimizer.learning_rate = optimizer.learning_rate
    weight = clarinet.Variable([1.0])
    optimizer.apply([[1.0]], [weight])
    assert weight.numpy().tolist() == [0.75]
    assert optimizer.get_config()["learning_rate"] == 0.25


def test_a_scaled_loss_gives_the_update_of_the_loss():
    plain, scaled = (clarinet.optimizers.Adam(0.1, loss_scale_factor=scale) for scale in (None, 8.0))
    first, second = (clarinet.Variable([1.0, -2.0]) for _ in range(2))
    plain.apply([[0.5, 0.25]], [first])
    scaled.apply([scaled.scale_loss(np.array([0.5, 0.25], np.float32))], [second])
    np.testing.assert_array_equal(first.numpy(), second.numpy())
    assert float(scaled.scale_loss(2.0)) == 16.0 and float(plain.scale_loss(2.0)) == 2.0


def test_iterations_count_updates_where_gradients_are_accumulated():
    variable, optimizer = clarinet.Variable([1.0]), clarinet.optimizers.SGD(1.0, gradient_accumulation_steps=2)
    seen = []
    for gradient in (1.0, 3.0, 5.0, 7.0):
        optimizer.apply([[gradient]], [variable])
        seen.append((variable.numpy().item(), int(optimizer.iterations)))
    assert seen == [(1.0, 0), (-1.0, 1), (-1.0, 1), (-7.0, 2)]


def goes_on(base: Any) -> Any:
    """A class that does what the one of the library does, and counts."""

    class GoesOn(base):  # type: ignore[misc]
        def build(self, variables: Any) -> None:
            super().build(variables)
            self.counts = self.add_optimizer_variables(variables, "count")

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            self.assign_add(self.counts[self._get_variable_index(variable)], 1)
            super().update_step(gradient, variable, learning_rate)

    return GoesOn


@pytest.mark.parametrize(
    "base, settings",
    [
        (optimizers.SGD, {}),
        (optimizers.SGD, {"momentum": 0.9, "nesterov": True}),
        (optimizers.Adam, {"amsgrad": True, "weight_decay": 0.01}),
        (optimizers.Nadam, {"clipnorm": 0.5}),
        (optimizers.RMSprop, {"centered": True}),
        (optimizers.Adagrad, {"initial_accumulator_value": 0.3}),
    ],
    ids=["SGD", "momentum", "Adam", "Nadam", "RMSprop", "Adagrad"],
)
def test_a_subclass_goes_on_with_the_rule_of_the_library(base: Any, settings: dict[str, Any]) -> None:
    def trained(optimizer: Any) -> list[np.ndarray]:
        model = clarinet.Sequential([clarinet.Input((4,)), layers.Dense(5, "tanh"), layers.Dense(1)])
        model.compile(optimizer, "mse")
        model.fit(X, Y, batch_size=8, epochs=3, seed=3, verbose=0)
        return model.get_weights()

    own = goes_on(base)(0.05, **settings)
    assert own.slots[-1] == "count"
    assert len(own.slots) == 1 + len(base(0.05, **settings).slots)
    for mine, its in zip(trained(own), trained(base(0.05, **settings)), strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-5, atol=1e-6)


def test_the_rule_of_the_library_is_for_updates_alone() -> None:
    with pytest.raises(RuntimeError, match="update_step is called by apply and fit"):
        optimizers.SGD(0.1).update_step([1.0], clarinet.Variable([1.0]), 0.1)
