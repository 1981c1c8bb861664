"""A film of a graph: a box for everything that computes, joined as the data run; its numbers are the trace's."""

import re
from itertools import pairwise

import numpy as np
import pytest

import clarinet
from clarinet import glass, layers, ops
from clarinet.glass.boxes import Boxes, clipped
from clarinet.glass.captions import brief
from clarinet.glass.scene import scene
from clarinet.glass.shapes import Box, Label
from clarinet.glass.wiring import edges_of, parts_of
from tests.glass.test_explain import assert_adds_up

pytest.importorskip("matplotlib")

X = [np.array([[0.5, -1.0, 0.25, 0.8]]), np.array([[1.0, 0.1, -0.4]])]
Y = [np.array([[1.0]]), np.array([2])]


@pytest.fixture(scope="module")
def model():
    """Two inputs and outputs, a layer and a model that are used twice, a merge and an operation."""
    clarinet.utils.set_random_seed(0)
    a, b, x = clarinet.Input((4,), name="a"), clarinet.Input((3,), name="b"), clarinet.Input((3,))
    shared = layers.Dense(3, activation="tanh", name="shared")
    inner = clarinet.Model(x, layers.Dense(2, name="low")(x), name="encoder")
    left, right = shared(layers.Dense(3, name="left")(a)), shared(b)
    both = layers.Concatenate(name="both")([inner(left), inner(right)])
    price = layers.Dense(1, name="price")(left * ops.sigmoid(right))
    kind = layers.Dense(3, activation="softmax", name="kind")(both)
    model = clarinet.Model([a, b], [price, kind], name="houses")
    losses = ["mse", "sparse_categorical_crossentropy"]
    model.compile(clarinet.optimizers.SGD(0.1), losses, loss_weights=[1.0, 0.5])
    return model


@pytest.fixture(scope="module")
def drawn(model):
    return scene(model, glass.trace(model, X, Y), 0.2, 0, 6)


def test_boxes_are_joined_as_the_data_run(model):
    trace = glass.trace(model, X, Y)
    parts = parts_of(trace, model.input_names, 0, 6)
    names = [part.name for part in parts]
    found = {(names[a], names[b]) for a, b in edges_of(trace, parts)}
    inner = [name for name in names if name.startswith("encoder")]
    assert len(inner) == 2
    assert found == {
        ("a", "left"), ("left", "shared"), ("b", "shared:2"), ("shared", inner[0]), ("shared:2", inner[1]),
        (inner[0], "both"), (inner[1], "both"), ("shared:2", "sigmoid"), ("shared", "multiply"),
        ("sigmoid", "multiply"), ("multiply", "price"), ("both", "kind"),
    }  # fmt: skip


def test_moments_follow_each_other(drawn):
    titles = [moment.title for moment in drawn.moments]
    assert titles[0] == "A network of 2 inputs, 10 steps and 2 outputs"
    forward = [title.split(":", 1)[1] for title in titles if title.startswith("Forward")]
    back = [title.split(" of ", 1)[1] for title in titles if title.startswith("Back")]
    assert sorted(map(str.strip, forward)) == sorted(back)
    assert [title.split(":")[0] for title in titles[12:15]] == [
        "The loss of price",
        "The loss of kind",
        "The whole loss",
    ]
    assert sum(title == "New weights of shared" for title in titles) == 1
    assert titles[-1].startswith("The same example again: loss ")


def test_captions_add_up(drawn):
    text = "\n".join(" ".join(moment.lines) for moment in drawn.moments)
    assert_adds_up(text.replace("   ", " ").replace("  =", " ="), least=8)
    assert "a = x0 (shared) · x1 (sigmoid)" not in text  # numbers are written out, names where they help
    assert ", for 2 uses together" in text


def test_numbers_and_deltas_are_those_of_the_trace(model, drawn):
    trace = glass.trace(model, X, Y)
    layer = next(own for own in trace.layers if own.name == "kind")
    moment = next(moment for moment in drawn.moments if moment.title.startswith("Back: δ = dL/dz of kind"))
    labels = [shape for shape in (*moment.shapes, *moment.arriving) if isinstance(shape, Label)]
    said = [label.text for label in labels if label.role == "on"], [label.text for label in labels]
    assert {brief(float(value)) for value in layer.a[0]} <= set(said[0])
    assert {brief(float(value)) for value in layer.dz[0]} <= {label.text for label in labels if label.role == "delta"}


def test_dots_run_to_what_takes_and_back(drawn):
    forward = next(moment for moment in drawn.moments if moment.title.startswith("Forward: multiply"))
    back = next(moment for moment in drawn.moments if "of left" in moment.title and moment.title.startswith("Back"))
    assert len(forward.flows) >= 2
    assert all(flow.x0 < flow.x1 for flow in forward.flows)
    assert back.flows
    assert all(flow.x0 > flow.x1 for flow in back.flows)


def test_the_loss_after_the_step_is_that_of_a_step(model, tmp_path):
    text = glass.film(model, (X, Y), tmp_path / "step.svg", theme="dark").read_text(encoding="utf-8")
    before, after = map(float, re.search(r"loss ([\d.]+) → ([\d.]+)", text).groups())
    clone = clarinet.models.clone_model(model)
    clone.set_weights(model.get_weights())
    clone.compile(clarinet.optimizers.SGD(0.1), ["mse", "sparse_categorical_crossentropy"], loss_weights=[1.0, 0.5])
    assert clone.train_on_batch(X, Y)[0] == pytest.approx(before, abs=2e-5)
    assert clone.evaluate(X, Y, verbose=0)[0] == pytest.approx(after, abs=2e-5)


@pytest.mark.parametrize("depth, wide", [(14, 1), (3, 9)])
def test_a_large_graph_stays_readable(depth, wide):
    """The view follows what happens: every box that a moment is about is in the picture, in its full size."""
    x = clarinet.Input((2,))
    branches = []
    for _ in range(wide):
        h = x
        for _ in range(depth):
            h = layers.Dense(2)(h)
        branches.append(h)
    model = clarinet.Model(x, layers.Add()(branches) if wide > 1 else branches[0] + x)
    trace = glass.trace(model, [[0.5, 1.0]])
    parts = parts_of(trace, model.input_names, 0, 6)
    boxes = Boxes(parts, edges_of(trace, parts))
    for number in range(len(parts)):
        view = boxes.around([number])
        assert view.scale > 0.8
        assert boxes.sees(view, number)
    made = scene(model, trace, None, 0, 6)
    for moment in made.moments[2:]:
        assert [shape.ring for shape in moment.shapes if isinstance(shape, Box)].count(True) == 1


def test_boxes_do_not_overlap(model):
    trace = glass.trace(model, X, Y)
    parts = parts_of(trace, model.input_names, 0, 6)
    boxes = Boxes(parts, edges_of(trace, parts))
    columns = {}
    for number, (x, y) in enumerate(boxes.corners):
        columns.setdefault(x, []).append((y, y + boxes.high[number]))
    assert all(one[1] < other[0] for own in columns.values() for one, other in pairwise(sorted(own)))


def test_lines_end_at_the_edge():
    assert clipped(-10, 5, 10, 5) == (0, 5, 10, 5)
    assert clipped(5, -9, 5, -1) is None


@pytest.mark.parametrize("ending", ["gif", "html"])
def test_other_endings(model, tmp_path, ending):
    path = glass.film(model, (X, Y), tmp_path / f"step.{ending}", speed=40, theme="light")
    assert path.stat().st_size > 10_000
