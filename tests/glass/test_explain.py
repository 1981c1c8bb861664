"""What explain writes: sums that add up to the digit shown, numbers that are the trace's."""

import re
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clarinet
from clarinet import glass, layers, optimizers
from clarinet.glass.equations import Term, equation
from clarinet.glass.sums import add_up, chain, number, places_for, shown
from clarinet.glass.weighted import meetings, products
from tests.glass.test_trace import X, Y, compiled, dense_model
from tests.properties import examples

NUMBER = r"−?\d+(?:\.\d+)?(?:·10⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)?"
NOTE = r"(?: \([^()]*\))?"
SUM = re.compile(rf"(?:= |: )({NUMBER}{NOTE}(?: [+−] {NUMBER}{NOTE})+) = ({NUMBER})(?= |$|;|,)")
LOWERED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def read(text):
    mantissa, _, power = text.replace("−", "-").partition("·10")
    return Decimal(mantissa).scaleb(int(power.translate(LOWERED)) if power else 0)


def sums_in(text):
    """Every sum of plain numbers in a text: (terms, total)."""
    found = []
    for line in text.splitlines():
        for left, total in SUM.findall(line):
            parts = re.findall(rf"(?:^|([+−]) )({NUMBER})", re.sub(r" \([^()]*\)", "", left))
            found.append(([-read(n) if sign == "−" else read(n) for sign, n in parts], read(total)))
    return found


def assert_adds_up(text, least=1):
    found = sums_in(text)
    assert len(found) >= least, text
    for terms, total in found:
        assert sum(terms) == total, text


sizes = st.floats(-1e6, 1e6) | st.floats(-1e-6, 1e-6) | st.floats(-1, 1)


@given(st.lists(sizes, min_size=1, max_size=30), st.integers(0, 20))
def test_rounded_terms_add_up(terms, places):
    total = float(np.sum(np.array(terms, np.float64)))
    rounded = add_up(terms, total, places)
    assert sum(rounded.terms) == rounded.total
    assert abs(Decimal(rounded.total) - Decimal(total).scaleb(places)) <= Decimal("0.5")
    for term, units in zip(terms, rounded.terms, strict=False):
        assert abs(units - Decimal(term).scaleb(places)) <= 1


@given(st.lists(sizes, min_size=2, max_size=20), st.integers(1, 8), st.integers(1, 12))
def test_equations_add_up_as_they_are_written(terms, digits, most):
    text = equation("z", [Term(t, f"x{i}") for i, t in enumerate(terms)], sum(terms), digits, most)
    assert_adds_up(text)


@given(sizes)
def test_numbers_are_right_to_the_last_digit(value):
    rounded = add_up([], value, 5)
    assert abs(read(shown(rounded.total, 5)) - Decimal(value)) <= Decimal("0.000005")
    exact = Decimal(value)
    assert abs(read(number(value, 4)) - exact) <= max(Decimal("0.00005"), Decimal("0.0005") * abs(exact))


def test_a_total_that_is_further_off_says_so():
    assert equation("z", [Term(0.5, "a"), Term(0.25, "b")], 0.7600, 2, 8).endswith(
        "0.50 + 0.25 + 0.01 (rounding) = 0.76"
    )


@examples(30)
@given(
    st.integers(0, 2**32), st.sampled_from([1e-6, 1e-2, 1.0, 30.0]), st.integers(1, 6), st.sampled_from(["f4", "f8"])
)
def test_every_sum_of_a_network_adds_up(seed, scale, digits, kind):
    rng = np.random.default_rng(seed)
    dtype = {"f4": "float32", "f8": "float64"}[kind]
    hidden = layers.Dense(4, "tanh", kernel_regularizer="l2", activity_regularizer="l1")
    model = compiled([hidden, layers.Dense(3, "softmax")], (12,), "adam", "mse", dtype=dtype)
    model.set_weights([scale * rng.normal(size=w.shape) for w in model.get_weights()])
    trace = glass.trace(model, rng.normal(size=(3, 12)), Y[:3])
    for layer, unit in ((0, 3), (1, 2)):
        assert_adds_up(glass.explain(trace, layer, unit, row=1, digits=digits, most=5), least=6)


def test_the_numbers_are_those_of_the_trace():
    model = compiled([layers.Dense(4, "sigmoid"), layers.Dense(3, "sigmoid")], (5,), optimizers.SGD(0.1))
    trace = glass.trace(model, X[:1], Y[:1])
    hidden, last = trace.layers
    text = glass.explain(trace, 0, 2, digits=6)
    for value in (hidden.z[0, 2], hidden.a[0, 2], hidden.dz[0, 2]):
        assert f"= {number(value, 6)}" in text
    back = [float(d * w) for d, w in zip(last.dz[0], last.weights["kernel"].value[2], strict=True)]
    places = places_for([*back, hidden.da[0, 2]], 6)
    rounded = add_up(back, hidden.da[0, 2], places)
    assert f"= {chain([shown(u, places) for u in rounded.terms])} = {shown(rounded.total, places)}" in text
    assert "dL/dW[4, 2] = " in text
    text = glass.explain(trace, 1, 0)
    assert f"l = Σ (a − t)² / 3 = {number(trace.loss, 4)}, mean_squared_error" in text
    assert f"2·({number(last.a[0, 0], 4)} − 1) / 3 = {number(last.da[0, 0], 4)}" in text


@pytest.mark.parametrize("loss, by", [("categorical_crossentropy", "(a − t) · share"), ("bce", "(a − t) / 3 · share")])
def test_loss_and_activation_in_one(loss, by):
    model = compiled([layers.Dense(3, "softmax" if by[-9] == ")" else "sigmoid")], (5,), loss=loss)
    assert by in glass.explain(glass.trace(model, X, Y), 0, 1)


CONVOLUTIONS = [
    (layers.Conv2D(4, 3, padding="same", strides=2), (6, 7, 2), (1, 3, 2)),
    (layers.Conv2D(4, (2, 3), dilation_rate=2, groups=2), (6, 7, 4), (3, 1, 3)),
    (layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same"), (5, 5, 3), (0, 4, 5)),
    (layers.Conv1D(3, 3, padding="causal"), (6, 2), (1, 2)),
    (layers.Dense(3), (4, 5), (2, 1)),
]


@pytest.mark.parametrize("layer, shape, unit", CONVOLUTIONS, ids=repr)
def test_weighted_sums_of_windows(layer, shape, unit):
    model = compiled([layer, layers.Flatten(), layers.Dense(3)], shape)
    x = np.random.default_rng(2).normal(size=(2, *shape))
    trace = glass.trace(model, x, Y[:2])
    first = trace.layers[0]
    kernel, bias = first.weights["kernel"], first.weights["bias"].value[unit[-1]]
    terms = products(first, 1, meetings(first, unit), kernel.value)
    assert terms.sum() + bias == pytest.approx(first.z[(1, *unit)])
    assert_adds_up(glass.explain(trace, 0, unit, row=1), least=4)
    assert "dL/da = " in glass.explain(trace, 0, unit)
    assert "passed back" not in glass.explain(trace, 0, unit)


def test_the_losses_in_numbers():
    model = compiled([layers.Dense(3, "sigmoid")], (5,), loss="bce")
    trace = glass.trace(model, X[:1], Y[:1])
    a = trace.layers[0].a[0]
    text = glass.explain(trace, 0, 0)
    assert f"S = −ln {a[0]:.4f} − ln (1 − {a[1]:.4f}) − ln (1 − {a[2]:.4f}) = " in text
    assert f"l = S / 3 = {trace.loss:.4f}, binary_crossentropy" in text
    assert_adds_up(text, least=7)
    model.layers[0].set_weights([np.full((5, 3), 1e4), np.zeros(3)])  # where 1 − a is 0
    assert "= 0 + 50000 + 50000 = 100000" in glass.explain(glass.trace(model, np.ones((1, 5)), Y[:1]), 0, 1)
    sparse = compiled([layers.Dense(3, "softmax")], (5,), loss="sparse_categorical_crossentropy")
    trace = glass.trace(sparse, X[:1], [2])
    assert f"l = −ln a[2] = −ln {trace.layers[0].a[0, 2]:.4f} = {trace.loss:.4f}" in glass.explain(trace)


def test_many_inputs_show_the_largest():
    model = compiled([layers.Dense(4, "relu"), layers.Dropout(0.5), layers.Dense(3)], (784,))
    text = glass.explain(glass.trace(model, np.random.default_rng(0).normal(size=(1, 784)), Y[:1]), 0, 1, most=3)
    assert "… (781 more)" in text
    assert "… and 781 more with smaller gradients" in text
    assert "passed back by dropout (Dropout)" in text
    assert_adds_up(text)


def test_activations_and_layers_within_containers():
    stack = [layers.Dense(4), layers.ReLU(), layers.Residual([layers.Dense(4, "tanh")]), layers.Dense(3)]
    trace = glass.trace(compiled(stack, (5,)), X, Y)
    assert "the output of the layer before" in glass.explain(trace, 1, 0)
    assert "residual/dense (Dense), unit 2" in glass.explain(trace, "residual/dense", 2)


def test_a_merge_says_which_one_it_is():
    branches = [[layers.Dense(2)], [layers.Dense(2)]]
    model = clarinet.Sequential([clarinet.Input((3,)), layers.Parallel(branches, merge="average", name="mean")])
    model.compile("sgd", "mse")
    trace = glass.trace(model, np.ones((4, 3)), np.ones((4, 2)))
    assert "mean/merge/a" in str(trace) and "y = (x_1 + ... + x_k) / k" in str(trace)
    assert "by y = (x_1 + ... + x_k) / k of its branches" in str(glass.explain(trace, "mean", 0))


def test_without_labels_there_is_no_way_back():
    model = clarinet.Sequential([layers.Input((5,)), layers.Dense(2)])
    text = glass.explain(glass.trace(model, X), 0, 1)
    assert "Backward" not in text
    assert "Weights" not in text


def test_numbers_that_are_none():
    model = dense_model(loss="mse")
    model.layers[0].set_weights([np.full((5, 4), np.inf), np.zeros(4)])
    assert "nan" in glass.explain(glass.trace(model, X, Y), 0, 0)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"layer": 5}, "the model has 3 layers, 0 to 2"),
        ({"layer": "dens"}, "no layer 'dens'.*dense"),
        ({"unit": 3}, "gives .3,. numbers a row"),
        ({"unit": (0, 1)}, "expected e.g. .0,."),
        ({"row": 6}, "the trace has 6 rows"),
        ({"digits": 0}, "digits"),
    ],
)
def test_refused(arguments, message):
    trace = glass.trace(dense_model(loss="mse"), X, Y)
    with pytest.raises(ValueError, match=message):
        glass.explain(trace, **arguments)


def test_layers_of_models_within_models():
    """All of them, down to the one whose activation the loss takes in."""
    inner = clarinet.Sequential(
        [layers.Dense(2, "tanh"), clarinet.Sequential([layers.Dense(1, "sigmoid")], name="end")]
    )
    model = clarinet.Sequential([clarinet.Input((3,)), layers.Dense(4), inner])
    model.compile("sgd", "binary_crossentropy")
    step = glass.trace(model, np.ones((2, 3)), np.ones(2))
    seen = [*step.layers]
    for layer in seen:
        assert "Backward" in glass.explain(step, layer.name)
        seen += layer.layers
    assert any(layer.absorbed and "/" in layer.name for layer in seen)
