"""Classes written for Keras are refused in one line where Clarinet would never call what they define."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import initializers, layers, losses, metrics, ops, optimizers
from clarinet.layers.parts import flatten_parts
from clarinet.problems import ClarinetWarning


class OneWay(layers.Layer):
    def forward(self, params: Any, state: Any, x: Any, ctx: Any) -> Any:
        return x, None, {}


class Blind(metrics.Metric):
    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        pass


class Halved(losses.MeanSquaredError):
    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        return 0.5


class Squared(losses.MeanSquaredError):
    def values(self, y_true: Any, y_pred: Any, xp: Any = np) -> Any:
        return abs(y_true - y_pred)[..., 0]


class Twice(layers.Dense):
    def forward(self, params: Any, state: Any, x: Any, ctx: Any) -> Any:
        y, cache, new = super().forward(params, state, x, ctx)
        return 2 * y, cache, new

    def backward(self, params: Any, cache: Any, dy: Any) -> Any:
        return super().backward(params, cache, 2 * dy)


class Descent(optimizers.Optimizer):
    def apply_gradients(self, pairs: Any) -> None:
        pass


class Constant(optimizers.schedules.LearningRateSchedule):
    def get_config(self) -> dict[str, Any]:
        return {}


def model(name: str) -> type[clarinet.Sequential]:
    return type("Mine", (clarinet.Sequential,), {name: lambda self, *args: None})


REFUSALS: list[tuple[Callable[[], Any], str]] = [
    (OneWay, r"OneWay: a layer of your own has to define backward\(self, params, cache, dy\)"),
    (Blind, r"Blind: a metric of your own has to define result\(self\)"),
    (Halved, "Halved.__call__ is never called"),
    (Squared, "Squared has values of its own but not gradient"),
    (lambda: flatten_parts(Twice(3, "tanh")), "Twice.forward is not what runs: .* its parts, Twice, Activation"),
    (Descent, "Descent.apply_gradients is never called"),
    (Constant, r"Constant: a schedule of your own has to define __call__\(self, step\)"),
    *(
        (lambda name=name: model(name)([layers.Dense(1)]), f"Mine.{name} is never called")
        for name in ("call", "make_train_function", "make_test_function")
    ),
]


@pytest.mark.parametrize(("make", "message"), REFUSALS, ids=[message.split(" ")[0] for _, message in REFUSALS])
def test_what_would_be_ignored_is_refused_when_it_is_made(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(TypeError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_a_class_of_ones_own_with_everything_defined_is_taken() -> None:
    class Ten(initializers.Initializer):
        def values(self, shape: Any, key: Any) -> Any:
            return np.full(shape, 10.0)

    class Double(layers.Layer):
        def forward(self, params: Any, state: Any, x: Any, ctx: Any) -> Any:
            return 2 * x, None, {}

        def backward(self, params: Any, cache: Any, dy: Any) -> Any:
            return 2 * dy, {}

    class Mine(clarinet.Sequential):
        def describe(self) -> int:
            return len(self.layers)

    mine = Mine([clarinet.Input((2,)), Double(), layers.Dense(1, kernel_initializer=Ten())])
    assert mine.describe() == 2
    assert mine.predict(np.ones((1, 2), np.float32)).tolist() == [[40.0]]
    assert "Ten()" in repr(Ten())


OLD = [
    (lambda: optimizers.Adam(lr=0.1), "use learning_rate"),
    (lambda: layers.Dense(3, init="he_normal"), "use kernel_initializer"),
    (lambda: layers.Dense(output_dim=3), "use units"),
    (lambda: layers.Dense(3, W_regularizer="l2"), "use kernel_regularizer"),
    (lambda: layers.Conv2D(3, 3, border_mode="same"), "use padding"),
    (lambda: layers.Conv2D(3, 3, subsample=2), "use strides"),
    (lambda: layers.Dropout(p=0.5), "use rate"),
    (lambda: optimizers.schedules.ExponentialDecay(decay=0.1), "choose one of"),
    (lambda: optimizers.SGD(weights=1), "choose one of"),
    (lambda: layers.Embedding(7, 2, init="uniform"), "use embeddings_initializer"),
    (lambda: layers.Embedding(7, 2, W_regularizer="l2"), "use embeddings_regularizer"),
    (lambda: layers.PReLU(init="zeros"), "use alpha_initializer"),
    (lambda: layers.UpSampling2D(border_mode="same"), "choose one of"),
    (lambda: layers.Dense(3, W_constraint="maxnorm"), "use kernel_constraint"),
    (lambda: layers.GaussianNoise(sigma=0.1), "use stddev"),
    (lambda: layers.GRU(3, inner_activation="relu"), "use recurrent_activation"),
    (lambda: layers.Dense(3, unitz=3), "did you mean 'units'"),
]


@pytest.mark.parametrize(("make", "message"), OLD, ids=[message for _, message in OLD])
def test_old_names_lead_to_what_means_the_same(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(TypeError) as caught:
        make()
    assert message in str(caught.value)
    assert "did you mean 'weight_decay'" not in str(caught.value)


def test_a_weight_that_is_computed_with_before_it_meets_the_input_is_trained() -> None:
    class Squared(layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.w = self.add_weight(shape=(input_shape[-1], 1), initializer="ones", name="w")

        def call(self, inputs: Any) -> Any:
            return ops.matmul(inputs, ops.square(self.w))

    model = clarinet.Sequential([clarinet.Input((2,)), Squared()])
    model.compile(clarinet.optimizers.SGD(0.1), "mse")
    model.fit(np.eye(2, dtype=np.float32), np.zeros((2, 1), np.float32), batch_size=2, verbose=0)
    # the mean of w**4 over two rows: its slope at 1 is 4 / 2
    np.testing.assert_allclose(model.get_weights()[0], [[0.8], [0.8]], rtol=1e-6)


ACCEPTED: list[tuple[Callable[[], Any], str]] = [
    (lambda: optimizers.SGD(decay=1e-6), "decay is ignored, as Keras ignores it; .*InverseTimeDecay"),
    (lambda: layers.LeakyReLU(alpha=0.1), "alpha is now called negative_slope"),
    (
        lambda: layers.Embedding(9, 3, input_length=4),
        "input_length is ignored, as Keras ignores it; the shape",
    ),
]


@pytest.mark.parametrize(("make", "message"), ACCEPTED, ids=[message.split(" ")[0] for _, message in ACCEPTED])
def test_old_names_that_keras_accepts_are_accepted_with_a_warning(make: Callable[[], Any], message: str) -> None:
    with pytest.warns(ClarinetWarning, match=message) as warned:
        made = make()
    assert [str(one.filename) for one in warned] == [__file__], "at the line that has the old name"
    assert getattr(made, "negative_slope", 0.1) == 0.1
