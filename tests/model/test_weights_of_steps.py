"""Weights of the steps of sequences and of the pixels of images follow Keras, in training and evaluation, on both
engines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import clarinet
from clarinet import glass, layers
from clarinet.engines import Data
from tests.graphs.differences import assert_gradients
from tests.native.running import ISAS, Work, assert_close, assert_same_bits

RNG = np.random.default_rng(11)
ROWS, STEPS = 20, 5
CURVES = RNG.normal(size=(ROWS, STEPS, 3)).astype(np.float32)
WORDS = RNG.integers(1, 7, size=(ROWS, STEPS))
TAGS = RNG.integers(0, 4, size=(ROWS, STEPS))
TARGETS = RNG.normal(size=(ROWS, STEPS, 2)).astype(np.float32)
OF_STEPS = np.where(RNG.random((ROWS, STEPS)) < 0.3, 0, RNG.uniform(0.5, 2, (ROWS, STEPS))).astype(np.float32)
PICTURES = RNG.normal(size=(ROWS, 4, 3, 2)).astype(np.float32)
PIXELS = (PICTURES.sum(-1, keepdims=True) > 0).astype(np.float32)
OF_PIXELS = RNG.uniform(0, 2, (ROWS, 4, 3)).astype(np.float32)
ENDING_WORDS = np.where(np.arange(STEPS) < RNG.integers(1, STEPS + 1, ROWS)[:, None], WORDS, 0)


class Task(NamedTuple):
    """Layers behind an input, how they are compiled, and data with weights."""

    layers: Callable[[Any], list[Any]]
    loss: Callable[[Any], Any]
    x: Any
    y: Any
    weight: Any
    weighted: Callable[[Any], list[Any]] = lambda k: []
    metrics: tuple[str, ...] = ()

    def model(self, k: Any, **more: Any) -> Any:
        model = k.Sequential([k.Input(self.x.shape[1:]), *self.layers(k)])
        metrics = {"metrics": [*self.metrics], "weighted_metrics": self.weighted(k)}
        model.compile(k.optimizers.SGD(0.1), self.loss(k), **metrics, **more)
        return model


def curves(k: Any) -> list[Any]:
    return [k.layers.GRU(4, return_sequences=True), k.layers.Dense(2)]


def tagger(k: Any) -> list[Any]:
    return [k.layers.Embedding(7, 3), k.layers.SimpleRNN(4, return_sequences=True), k.layers.Dense(4, "softmax")]


def masked(k: Any) -> list[Any]:
    return [k.layers.Embedding(7, 3, mask_zero=True), k.layers.LSTM(4, return_sequences=True), k.layers.Dense(2)]


def painter(k: Any) -> list[Any]:
    return [k.layers.Conv2D(3, 2, padding="same", activation="tanh"), k.layers.Conv2D(1, 1, activation="sigmoid")]


def cubes(k: Any) -> Any:
    def cubed(y_true: Any, y_pred: Any) -> Any:
        return k.ops.mean(k.ops.abs(y_true - y_pred), axis=-1) ** 3

    return cubed


TASKS: dict[str, Task] = {
    "curves": Task(curves, lambda k: "mse", CURVES, TARGETS, OF_STEPS, lambda k: ["mae"], ("mse",)),
    "function": Task(curves, cubes, CURVES, TARGETS, OF_STEPS, lambda k: [cubes(k)]),
    "tags": Task(
        tagger, lambda k: "sparse_categorical_crossentropy", WORDS, TAGS, OF_STEPS,
        lambda k: ["accuracy", k.metrics.SparseTopKCategoricalAccuracy(2)], ("accuracy",),
    ),
    "one-hot": Task(
        tagger, lambda k: "categorical_crossentropy", WORDS, np.eye(4, dtype=np.float32)[TAGS], OF_STEPS,
        lambda k: ["categorical_accuracy"],
    ),
    "mean of weights": Task(
        curves, lambda k: k.losses.Huber(0.5, reduction="mean_with_sample_weight"), CURVES, TARGETS, OF_STEPS
    ),
    "sum": Task(curves, lambda k: k.losses.MeanAbsoluteError(reduction="sum"), CURVES, TARGETS, OF_STEPS),
    "masked": Task(masked, lambda k: "mse", ENDING_WORDS, TARGETS, OF_STEPS),
    "masked mean": Task(
        masked, lambda k: k.losses.MeanSquaredError(reduction="mean_with_sample_weight"), ENDING_WORDS, TARGETS,
        OF_STEPS,
    ),
    "pixels": Task(
        painter, lambda k: "binary_crossentropy", PICTURES, PIXELS, OF_PIXELS,
        lambda k: ["binary_accuracy", k.metrics.Precision(name="p"), k.metrics.AUC(7, name="auc")],
    ),
}  # fmt: skip
FIT = {"batch_size": 6, "epochs": 2, "shuffle": False, "verbose": 0}
_ORACLE: dict[str, Any] = {}


def ran(task: Task, k: Any, start: list[np.ndarray] | None = None, **more: Any) -> dict[str, Any]:
    model = task.model(k, **more)
    model.set_weights(model.get_weights() if start is None else start)
    start = [np.array(w) for w in model.get_weights()]
    history = model.fit(task.x, task.y, sample_weight=task.weight, **FIT).history
    evaluated = model.evaluate(task.x, task.y, sample_weight=task.weight, batch_size=7, verbose=0, return_dict=True)
    renamed = {name.replace("_1", ""): values for name, values in history.items()}
    assert len(renamed) == len(history)
    return {"start": start, "history": history, "evaluated": evaluated, "weights": model.get_weights()}


def keras_ran(name: str) -> dict[str, Any]:
    if name not in _ORACLE:
        import keras

        keras.utils.set_random_seed(2)
        _ORACLE[name] = ran(TASKS[name], keras)
    return _ORACLE[name]


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
@pytest.mark.parametrize("engine", ["reference", "native"])
@pytest.mark.parametrize("name", TASKS)
def test_weights_of_steps_are_those_of_keras(name: str, engine: str) -> None:
    theirs = keras_ran(name)
    ours = ran(TASKS[name], clarinet, theirs["start"], engine=engine)
    for part in ("history", "evaluated"):
        assert set(ours[part]) == set(theirs[part])
        for which, value in theirs[part].items():
            np.testing.assert_allclose(ours[part][which], value, rtol=3e-5, atol=1e-6, err_msg=which)
    for mine, its in zip(ours["weights"], theirs["weights"], strict=True):
        np.testing.assert_allclose(mine, its, rtol=3e-5, atol=2e-6)


@pytest.mark.parametrize("name", ["curves", "masked mean", "tags", "pixels"])
def test_threads_and_instruction_sets_change_nothing(name: str) -> None:
    task = TASKS[name]
    work = Work(
        lambda: task.layers(clarinet),
        task.loss(clarinet),
        Data(task.x, task.y, task.weight),
        weighted_metrics=task.weighted(clarinet),
    )
    expected = work.run()
    for isa in ISAS:
        ours = work.run(isa, 1)
        assert_close(ours, expected, rtol=2e-4, atol=2e-5)
        assert_same_bits(work.run(isa, 3), ours)


def test_gradients_are_those_of_differences() -> None:
    task = TASKS["curves"]
    assert_gradients(task.model(clarinet, dtype="float64"), Data(task.x, task.y, task.weight))


def several() -> clarinet.Model:
    x = clarinet.Input((STEPS, 3))
    h = layers.GRU(4, return_sequences=True)(x)
    tags = layers.Dense(4, "softmax", name="tags")(h)
    model = clarinet.Model(x, {"size": layers.Dense(1, name="size")(layers.GlobalMaxPooling1D()(h)), "tags": tags})
    model.compile("sgd", {"size": "mse", "tags": "sparse_categorical_crossentropy"}, weighted_metrics={"tags": ["acc"]})
    return model


@pytest.mark.parametrize("engine", ["reference", "native"])
def test_each_output_has_weights_of_its_own_form(engine: str) -> None:
    """A weight for each step is the same as a row for each step, for a loss that is a mean of all."""
    model, sizes = several(), RNG.normal(size=(ROWS, 1)).astype(np.float32)
    model.compile(
        "sgd",
        {"size": "mse", "tags": "sparse_categorical_crossentropy"},
        weighted_metrics={"tags": ["acc"]},
        engine=engine,
    )
    of_rows = RNG.uniform(0, 2, ROWS).astype(np.float32)
    found = model.evaluate(
        CURVES, {"size": sizes, "tags": TAGS}, sample_weight={"size": of_rows, "tags": OF_STEPS}, return_dict=True
    )
    told = model.predict(CURVES, verbose=0)
    values = -np.log(np.take_along_axis(told["tags"], TAGS[..., None], -1)[..., 0])
    right = told["tags"].argmax(-1) == TAGS
    np.testing.assert_allclose(found["tags_loss"], (values * OF_STEPS).mean(), rtol=1e-5)
    np.testing.assert_allclose(found["size_loss"], ((told["size"] - sizes)[:, 0] ** 2 * of_rows).mean(), rtol=1e-5)
    np.testing.assert_allclose(found["tags_acc"], (right * OF_STEPS).sum() / OF_STEPS.sum(), rtol=1e-5)


@pytest.mark.parametrize("engine", ["reference", "native"])
def test_labels_of_steps_that_weigh_nothing_may_be_anything(engine: str) -> None:
    holes = np.where(OF_STEPS[..., None] == 0, np.nan, TARGETS)
    missing = np.where(OF_STEPS == 0, -1, TAGS)
    for name, y, y_with_holes in (("curves", TARGETS, holes), ("tags", TAGS, missing)):
        results = []
        for labels in (y, y_with_holes):
            model = TASKS[name]._replace(metrics=()).model(clarinet, engine=engine)
            model.seed = 4
            model.fit(TASKS[name].x, labels, sample_weight=OF_STEPS, **FIT)
            results.append([w.tobytes() for w in model.get_weights()])
        assert results[0] == results[1]


def test_weights_that_fit_nothing_are_refused() -> None:
    model = TASKS["curves"].model(clarinet)
    for shape in ((ROWS, STEPS + 1), (ROWS, STEPS, 2)):
        with pytest.raises(
            ValueError, match=r"one weight a row, shape \(20,\), or one for each of its steps, shape \(20, 5\)"
        ):
            model.fit(CURVES, TARGETS, sample_weight=np.ones(shape), verbose=0)
    flat = clarinet.Sequential([clarinet.Input((3,)), layers.Dense(2)])
    flat.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"expected one weight a row, shape \(20,\), received shape \(20, 2\)"):
        flat.fit(CURVES[:, 0], TARGETS[:, 0], sample_weight=np.ones((ROWS, 2)), verbose=0)


def test_what_else_takes_weights_takes_those_of_steps() -> None:
    task = TASKS["curves"]
    model = task.model(clarinet)
    whole = model.test_on_batch(task.x, task.y, task.weight, return_dict=True)
    step = glass.trace(model, task.x, task.y, sample_weight=task.weight)
    np.testing.assert_allclose(step.loss, whole["loss"], rtol=1e-6)
    np.testing.assert_allclose(step.outputs[0].shares, task.weight / task.weight.size, rtol=1e-6)
    batches = ((task.x[i : i + 5], task.y[i : i + 5], task.weight[i : i + 5]) for i in range(0, ROWS, 5))
    found = model.evaluate(batches, verbose=0, return_dict=True)
    np.testing.assert_allclose(found["loss"], whole["loss"], rtol=1e-5)
    model.fit(task.x, task.y, sample_weight=task.weight, validation_split=0.25, epochs=1, verbose=0)
