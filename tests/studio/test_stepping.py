"""What the room Step through tells: every number is the trace's, whatever the network; and what it refuses."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import glass, layers
from clarinet.glass.captions import brief
from clarinet.runs import Store
from clarinet.studio.answering import plain
from clarinet.studio.choices import ACTIVATIONS, Choices
from clarinet.studio.examples import EXAMPLES
from clarinet.studio.opened import Opened, of_choices, of_example, of_run
from clarinet.studio.stepping import Stepper
from tests.studio.conftest import HOSTILE, HOSTILE_NAME


def dense(random: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    size = int(random.integers(1, 90))
    sizes = random.integers(1, 20, int(random.integers(0, 3)))
    hidden = [layers.Dense(int(units), str(random.choice(ACTIVATIONS))) for units in sizes]
    return [*hidden, *([layers.Dropout(0.3)] if hidden and random.random() < 0.3 else [])], (size,)


def picture(random: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    normal = layers.BatchNormalization() if random.random() < 0.5 else layers.LayerNormalization()
    pool = layers.MaxPooling2D(2) if random.random() < 0.5 else layers.AveragePooling2D(2)
    stack = [layers.Conv2D(int(random.integers(1, 4)), 3, activation="relu"), pool, normal, layers.Flatten()]
    return stack, (6, int(random.integers(5, 9)), int(random.integers(1, 3)))


def sequence(random: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    kinds = (layers.SimpleRNN, layers.GRU, layers.LSTM)
    return [layers.Embedding(9, 3), kinds[int(random.integers(3))](int(random.integers(1, 5)))], (5,)


def opened(seed: int) -> Opened:
    """A network, rows and labels of some kind."""
    random = np.random.default_rng(seed)
    kind = random.choice(3, p=[0.8, 0.1, 0.1])
    stack, shape = (dense, picture, sequence)[int(kind)](random)
    classes = int(random.integers(1, 12))
    clarinet.utils.set_random_seed(seed)
    last = layers.Dense(classes, "softmax" if classes > 1 else "linear")
    model = clarinet.Sequential([layers.Input(shape), *stack, last])
    rates = {"SGD": 0.1, "Adam": 0.01, "RMSprop": 0.01}
    name = str(random.choice([*rates]))
    loss = "sparse_categorical_crossentropy" if classes > 1 else "mse"
    model.compile(getattr(clarinet.optimizers, name)(rates[name]), loss)
    x = random.integers(0, 9, (3, *shape)) if kind == 2 else random.normal(size=(3, *shape)).astype(np.float32)
    y = random.integers(0, classes, 3) if classes > 1 else random.normal(size=3)
    return Opened(model, x, y)


def shape_of(trace: Any, known: Any, spot: Any) -> tuple[int, ...]:
    """The shape in which a spot's unit has its place."""
    return tuple((known[spot["layer"]].a if spot["layer"] in known else trace.x).shape[1:])


def check(stepper: Stepper, row: int) -> None:
    """All that is told of a row, against a trace of its own."""
    own = stepper.opened
    one = slice(row, row + 1)
    trace = glass.trace(own.model, own.x[one], None if own.y is None else own.y[one])  # type: ignore[index]
    made, first = (json.loads(json.dumps(plain(told))) for told in stepper.row(row, 0))
    assert made["loss"] == trace.loss
    known = {layer.name: layer for layer in trace.layers}
    seen = 0
    for at in range(len(made["moments"])):
        moment = first if at == 0 else json.loads(json.dumps(plain(stepper.moment(at))))
        for spot in moment["units"]:
            place, layer = (0, *spot["unit"]), known.get(spot["layer"])
            value = float(trace.x[place] if layer is None else layer.a[place])
            assert spot["value"] in (None, value)
            seen += spot["value"] is not None
            if spot["delta"] is not None:
                layer = known[spot["delta_of"]]
                dz: Any = layer.dz if layer.dz is not None else layer.da
                assert spot["delta"] == float(
                    dz.ravel()[np.ravel_multi_index(place, (1, *shape_of(trace, known, spot)))]
                )
        for tie in moment["ties"]:
            kernel = known[tie["layer"]].weights["kernel"]
            numbers: Any = kernel.update if moment["stage"] == "update" else kernel.value
            assert tie["value"] == float(numbers[tuple(tie["at"])])
        texts = [shape["text"] for shape in (*moment["shapes"], *moment["arriving"]) if shape.get("role") == "on"]
        assert texts == [] or set(texts) <= {
            brief(spot["value"]) for spot in moment["units"] if spot["value"] is not None
        }
    assert seen
    for name, layer in known.items():
        unit = [size - 1 for size in layer.a.shape[1:]]
        told = stepper.unit(name, unit)
        assert told["text"] == glass.explain(trace, name, unit)
        for weight in told["weights"]:  # type: ignore[attr-defined]
            place = tuple(weight["at"])
            of = layer.weights[weight["name"]]
            assert weight["value"] == float(of.value[place])
            for what in ("gradient", "update"):
                array = getattr(of, what)
                assert weight[what] == (None if array is None else float(array[place]))


@pytest.mark.slow
@pytest.mark.parametrize("begin", range(0, 200, 20))
def test_every_number_is_the_traces(begin: int) -> None:
    for seed in range(begin, begin + 20):
        check(Stepper(opened(seed)), seed % 3)


@pytest.mark.parametrize("seed", range(5))
def test_numbers_are_the_traces(seed: int) -> None:
    check(Stepper(opened(seed)), 1)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_have_the_traces_numbers(name: str) -> None:
    check(Stepper(of_example(name)), 7)


def test_a_weight_is_written_out_and_its_step_can_be_taken() -> None:
    stepper = Stepper(of_choices(Choices(data="moons"), 5, None, None))
    list(stepper.row(3, 0))
    told: Any = stepper.weight("dense", "kernel", [1, 2])
    before = np.array(stepper.opened.model.layers[0].get_weights()[0])
    assert told["value"] == float(before[1, 2])
    assert "dL/dW[1, 2]" in told["text"]
    assert "by Adam" in told["text"]
    made, _ = stepper.obey({"do": "take"})
    after = np.array(stepper.opened.model.layers[0].get_weights()[0])
    assert np.allclose(after[1, 2], before[1, 2] + told["update"], rtol=1e-5)
    again = Stepper(of_choices(Choices(data="moons"), 5, None, None), [3])
    assert next(iter(again.row(3, 0)))["loss"] == made["loss"]


def test_large_layers_show_the_picture_the_target_and_what_is_said() -> None:
    stepper = Stepper(of_choices(Choices(data="mnist", hidden=((30, "relu"),)), 40, None, None))
    for row in range(4):
        made, _ = stepper.row(row, 0)
        assert any(shape["is"] == "picture" for shape in made["ground"])  # type: ignore[attr-defined]
        titles: Any = made["moments"]
        at = next(at for at, one in enumerate(titles) if one["stage"] == "loss")
        units: Any = [one for one in stepper.moment(at)["units"] if one["layer"] == "dense_1"]  # type: ignore[attr-defined]
        assert [one["unit"][0] for one in units if one["target"] == 1] == [int(str(made["label"]))]
        assert int(str(made["said"])) in [one["unit"][0] for one in units]


def test_a_drawn_digit_with_and_without_a_label() -> None:
    stepper = Stepper(of_choices(Choices(data="mnist", hidden=((8, "relu"),)), 10, None, None))
    ink = np.zeros((40, 40), np.uint8)
    ink[8:32, 18:22] = 255
    text = base64.b64encode(ink.tobytes()).decode()
    made, _ = stepper.obey({"do": "drawn", "ink": text, "label": 1})
    assert made["label"] == "1"
    assert made["row"] is None
    assert made["loss"] is not None
    made, _ = stepper.obey({"do": "drawn", "ink": text, "label": None})
    assert made["loss"] is None
    with pytest.raises(ValueError, match="without a label"):
        list(stepper.obey({"do": "take"}))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Runs of a model, of a model with hostile names, and of none."""
    store = Store(tmp_path_factory.mktemp("kept"))
    x = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    model = clarinet.Sequential([layers.Input((3,)), layers.Dense(2, "softmax", name="<b>answer</b>")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    with store.start(HOSTILE_NAME, notes=HOSTILE) as run:
        model.fit(x, x[:, 0] > 0, verbose=0, run=run)
    with store.start("numbers alone") as run:
        run.log({"loss": 1.0})
    return store


def test_a_run_has_its_own_rows(kept: Store) -> None:
    own = of_run(kept, 1)
    assert own.x.shape == (16, 3)
    check(Stepper(own), 5)
    with pytest.raises(ValueError, match="no model yet"):
        of_run(kept, 2)


def test_a_checkpoint_does_where_there_is_no_model_yet(tmp_path: Any) -> None:
    store = Store(tmp_path)
    model = clarinet.Sequential([layers.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.ones((8, 3), np.float32)
    with store.start("going on") as run:
        model.fit(x, x[:, 0], verbose=0, run=run, checkpoint="epoch")
        run.file("model.clarinet").unlink()
    check(Stepper(of_run(store, 1)), 2)


REFUSED: list[tuple[dict[str, object], str]] = [
    ({"do": "row", "row": 500}, "row"),
    ({"do": "row", "row": "x"}, "row"),
    ({"do": "row", "row": 0, "most": 500}, "most"),
    ({"do": "show", "at": 10_000}, "at"),
    ({"do": "show", "at": -1}, "at"),
    ({"do": "unit", "layer": "nothing", "unit": [0]}, "no layer"),
    ({"do": "unit", "layer": "dense", "unit": [9]}, "unit"),
    ({"do": "unit", "layer": "dense", "unit": "0"}, "unit"),
    ({"do": "unit", "layer": "input", "unit": [7]}, "unit"),
    ({"do": "weight", "layer": "dense", "name": "kernel", "index": [0]}, "shape"),
    ({"do": "weight", "layer": "dense", "name": "x", "index": [0, 0]}, "no weight"),
    ({"do": "drawn", "ink": ""}, "28"),
    ({"do": "dance"}, "unknown command"),
]


@pytest.mark.parametrize(("command", "words"), REFUSED, ids=[str(number) for number in range(len(REFUSED))])
def test_what_makes_no_sense_is_refused(command: dict[str, object], words: str) -> None:
    stepper = Stepper(of_choices(Choices(data="xor", points=20), 0, None, None))
    list(stepper.row(0, 0))
    with pytest.raises((ValueError, TypeError), match=words):
        list(stepper.obey(command))
