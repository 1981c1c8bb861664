"""``check_gradients`` says yes to what is right and names what is wrong."""

from dataclasses import dataclass

import numpy as np
import pytest

from clarinet import Input, Sequential, activations, check_gradients, layers, losses, regularizers
from clarinet.layers import Dense
from clarinet.layers.base import Layer
from clarinet.params import Weight
from tests import cases

RNG = np.random.default_rng(0)


@dataclass(eq=False, repr=False)
class Scale(Layer):
    """``y = s x``, with a derivative that may be wrong."""

    wrong: str = ""

    def weight_specs(self, input_shape):
        from clarinet import initializers

        return (Weight("scale", input_shape, initializers.get("ones")),)

    def forward(self, params, state, x, ctx):
        return x * params["scale"], x, {}

    def backward(self, params, cache, dy):
        ds = np.sum(dy * cache, axis=0)
        return {
            "": (dy * params["scale"], {"scale": ds}),
            "input": (dy, {"scale": ds}),
            "weight": (dy * params["scale"], {"scale": -ds}),
            "shape": (dy * params["scale"], {"scale": dy * cache}),
            "missing": (dy * params["scale"], {}),
        }[self.wrong]


@pytest.mark.parametrize("case", [c for c in cases.LAYERS if c.id in ("dense-tanh", "residual-shortcut")], ids=repr)
def test_layers_of_clarinet(case):
    report = check_gradients(case.make(), input_shape=case.shape)
    assert report, report
    assert report.checks[0].name == "input"


@pytest.mark.parametrize("wrong", ["", "input", "weight", "shape", "missing"])
def test_custom_layers(wrong):
    report = check_gradients(Scale(wrong), input_shape=(3,))
    assert report.passed == (wrong == "")
    assert [c.name for c in report.checks if not c.passed] == {"": [], "input": ["input"]}.get(wrong, ["scale"])
    if wrong == "weight":
        worst = report.checks[1]
        assert worst.given == pytest.approx(-worst.difference, rel=1e-6)
        assert "WRONG" in str(report) and f"{worst.given:.6g}" in str(report)
    if wrong == "missing":
        assert "no gradient" in str(report)
        with pytest.raises(AssertionError, match="backward gave no gradient"):
            check_gradients(Scale(wrong), input_shape=(3,), raise_on_failure=True)


@pytest.mark.parametrize("case", [*cases.LOSSES, *cases.ACTIVATIONS, *cases.REGULARIZERS], ids=repr)
def test_all_functions(case):
    report = check_gradients(case.make())
    assert report, report


def test_custom_functions():
    assert check_gradients(activations.Custom(np.sin, np.cos))
    assert not check_gradients(activations.Custom(np.sin, np.sin))
    assert check_gradients(losses.Custom(lambda t, p: np.sum((p - t) ** 4, -1), lambda t, p: 4 * (p - t) ** 3))
    assert not check_gradients(losses.Custom(lambda t, p: np.sum((p - t) ** 4, -1), lambda t, p: 3 * (p - t) ** 3))


def test_models():
    model = Sequential(
        [
            Input((3,)),
            Dense(120, "tanh", kernel_regularizer="l2"),
            layers.Residual([layers.BatchNormalization(), Dense(120, trainable=False)]),
            layers.Dropout(0.3),
            Dense(4, "softmax", activity_regularizer=regularizers.L1L2(0.1, 0.1)),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    x, ids = RNG.normal(size=(7, 3)).astype(np.float32), RNG.integers(0, 4, 7)
    before = model.get_weights()
    report = check_gradients(model, x, ids, most=12)
    assert report, report
    names = [c.name for c in report.checks]
    assert names[:4] == ["dense/kernel", "dense/bias", "residual/0.gamma", "residual/0.beta"] and len(names) == 6
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights()))
    wrong = Sequential([Input((3,)), Scale("weight"), Dense(4, "softmax")])
    wrong.compile("adam", "sparse_categorical_crossentropy")
    assert [c.name for c in check_gradients(wrong, x, ids).checks if not c.passed] == ["scale/scale"]


def test_a_layer_in_a_model_is_checked_with_its_weights():
    model = Sequential([Input((3,)), Dense(4), layers.BatchNormalization(), Scale("weight")])
    assert [c.shape for c in check_gradients(model.layers[1], training=False).checks] == [(4, 4), (4,), (4,)]
    assert not check_gradients(model.layers[2]).checks[1].passed


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((lambda x: x,), TypeError, "expected a layer, activation, loss, regularizer or compiled model"),
        ((Dense(3),), ValueError, r"pass input_shape=\(4,\) or x"),
        ((Dense(3), [[np.nan]]), ValueError, "x holds NaN"),
        ((Sequential([Input((3,)), Dense(2)]),), ValueError, "pass x and y"),
        ((Sequential([Input((3,)), Dense(2)]), [[1, 2, 3]], [[1, 2]]), ValueError, "has no loss"),
    ],
)
def test_bad_input_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        check_gradients(*arguments)
    with pytest.raises(ValueError, match="rows"):
        check_gradients(Dense(3), input_shape=(3,), rows=0)
    with pytest.raises(ValueError, match="x has rows of shape"):
        check_gradients(Dense(3), np.ones((4, 2)), input_shape=(3,))
