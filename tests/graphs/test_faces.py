"""Whatever takes a model does with every graph what it promises, or says clearly why it cannot.

A row for every public function that takes a model, over the graphs in :mod:`tests.graphs.zoo`: a new function enrols
with a row, a new graph with a function there.
"""

import copy
import inspect
import pickle
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest

import clarinet
from clarinet import callbacks, doctor, glass, models, plots, runs, utils
from clarinet.graph import adds_loss
from tests.graphs.zoo import GRAPHS


class Given(NamedTuple):
    """A graph and a folder."""

    name: str
    model: clarinet.Model
    x: Any
    y: Any
    folder: Path

    @property
    def several(self) -> bool:
        return len(self.model.output_names) > 1


def some(rows: Any, n: int) -> Any:
    """The first rows, in whatever structure."""
    if isinstance(rows, dict):
        return {name: some(own, n) for name, own in rows.items()}
    return [some(own, n) for own in rows] if isinstance(rows, list) else rows[:n]


def flat(answer: Any) -> list[np.ndarray]:
    """The arrays of a prediction."""
    parts = answer.values() if isinstance(answer, dict) else answer if isinstance(answer, list) else [answer]
    return [np.asarray(part) for part in parts]


def predictions(given: Given, model: Any = None) -> list[np.ndarray]:
    return flat((model or given.model).predict(given.x, verbose=0))


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


# What each does.


def summary(given: Given) -> None:
    lines: list[str] = []
    given.model.summary(print_fn=lines.append)
    text = "\n".join(lines)
    connected = not given.model.is_chain
    assert ("Connected to" in text) is connected and all(layer.name in text for layer in given.model.layers)
    assert f"{given.model.count_params():,}" in text
    assert ("Connected to" in given.model._repr_html_()) is connected


def trace(given: Given) -> None:
    """The step that it shows is the one that training makes, and what it predicts is what the model predicts."""
    model, x, y = given.model, some(given.x, 5), some(given.y, 5)
    seen, shown = glass.trace(model, x, training=False), flat(model.predict(x, verbose=0))
    names = model.output_names if isinstance(model.predict(x, verbose=0), dict) else None
    order = range(len(shown)) if names is None else [names.index(n) for n in model.predict(x, verbose=0)]
    for at, prediction in zip(order, shown, strict=True):
        np.testing.assert_allclose(seen.outputs[at].prediction, prediction, rtol=1e-5, atol=1e-6)
    step = glass.trace(model, x, y)
    after = copy.deepcopy(model)
    loss = after.train_on_batch(x, y)
    np.testing.assert_allclose(step.loss, np.ravel(loss)[0], rtol=1e-5)
    moved = {v.path: v.numpy() - old for v, old in zip(after.weights, model.get_weights(), strict=True) if not v.state}
    found = {name: w for layer in step.layers for name, w in weights_of(layer) if w.update is not None}
    assert {path.partition("/")[2] for path in moved} == {name.rpartition("/")[2] for name in found}
    for path, change in moved.items():
        mine = [w.update for name, w in found.items() if f"/{name.replace(':2', '')}".endswith(f"/{path}")]
        assert any(np.shape(u) == change.shape and np.allclose(u, change, atol=1e-6) for u in mine), path
    assert len(step.arrays()) == len([*step.quantities()]), "two arrays of one name"
    assert step.model in str(step) and step.model in step._repr_html_()


def weights_of(layer: Any) -> Iterator[tuple[str, Any]]:
    yield from ((f"{layer.name}/{name}", weight) for name, weight in layer.weights.items())
    for inner in layer.layers:
        yield from weights_of(inner)


def explain(given: Given) -> None:
    step = glass.trace(given.model, some(given.x, 2), some(given.y, 2))
    every = [layer for own in step.layers for layer in (own, *own.layers) if not own.layer.is_model or layer is not own]
    summing = [layer for layer in every if getattr(layer.layer, "weighted_sum", "") in ("dense", "window")]
    assert summing
    for layer in summing:
        text = glass.explain(step, layer.name, (0,) * (layer.a.ndim - 1))
        assert text.startswith(f"{layer.name} (") and "z = " in text and "dL/d" in text
        if layer.output is not None and "/" not in layer.name:
            assert step.outputs[layer.output].loss_function.name in text or "l of the row" in text or "l = " in text
    for layer in every:  # merges, operations, normalisation, models
        text = glass.explain(step, layer.name, (0,) * (layer.a.ndim - 1))
        assert "Forward" in text and (layer.da is None or "dL/da = " in text or "dL/dz = " in text)


def film(given: Given) -> None:
    """A moment for everything that computes, and no text that is outside the picture."""
    pytest.importorskip("matplotlib")
    from clarinet.glass.boxes import FLOOR
    from clarinet.glass.scene import scene
    from clarinet.glass.shapes import WIDTH, Box, Label
    from clarinet.glass.tracing import loss_after
    from clarinet.glass.wiring import leaves

    x, y = some(given.x, 1), some(given.y, 1)
    step, after = glass.trace(given.model, x, y), loss_after(given.model, x, y)
    made = scene(given.model, step, after, 0, 6)
    forward = [moment for moment in made.moments if moment.title.startswith("Forward")]
    assert len(forward) == len(list(leaves(step.layers)))
    assert all(moment.lines for moment in made.moments[:-1])
    for shape in (shape for moment in made.moments for shape in (*moment.shapes, *moment.arriving)):
        if isinstance(shape, Label):
            assert 0 < shape.x < WIDTH and 0 < shape.y < FLOOR
        elif isinstance(shape, Box):
            assert shape.x > 0 and shape.x + shape.width < WIDTH and shape.y > 0 and shape.y + shape.height <= FLOOR
    assert not (given.folder / "step.svg").exists()


def network(given: Given) -> None:
    for x in (None, some(given.x, 1)):
        axes = plots.network(given.model, x).axes[0]
        texts = [text.get_text() for text in axes.texts]
        assert {*given.model.input_names, *given.model.output_names} <= set(texts)
        uses = [node.operator.name for node in given.model.network.nodes if hasattr(node.operator, "specs") is False]
        assert sum(text.startswith("output") for text in texts) == len(given.model.output_names)
        assert all(name in texts for name in uses if "constant" not in name)
        for one, other in inspect_boxes(axes):
            assert not one.overlaps(other), "two boxes lie on each other"


def inspect_boxes(axes: Any) -> Iterator[tuple[Any, Any]]:
    from matplotlib.patches import FancyBboxPatch

    boxes = [patch.get_extents() for patch in axes.patches if isinstance(patch, FancyBboxPatch)]
    yield from ((a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])


def weights(given: Given) -> None:
    assert plots.weights(given.model).axes


def activations(given: Given) -> None:
    titles = [ax.get_title() for ax in plots.activations(given.model, given.x).axes]
    assert any(given.model.layers[-1].name in title for title in titles)
    for own in glass.trace(given.model, given.x, training=False).layers:
        if own.layer in given.model.layers and own.a.ndim == 2 and ":" not in own.name:
            image = plots.activations(given.model, given.x, own.name).axes[0].images[0]
            np.testing.assert_allclose(image.get_array(), own.a, rtol=1e-6)


def gradient_flow(given: Given) -> None:
    ticks = [tick.get_text() for tick in plots.gradient_flow(given.model, given.x, given.y).axes[0].get_xticklabels()]
    assert len(ticks) == len(glass.trace(given.model, given.x, training=False).layers)


def _score(plot: Callable[..., Any], given: Given, of: type[Exception] = ValueError) -> None:
    """A plot of one answer to each row: drawn, or refused with what to do."""
    model = given.model
    if given.several:
        with pytest.raises(of, match=r"has several outputs, .* Model\(model.input"):
            plot(model, given.x, given.y)
    elif given.name == "u_shaped":
        with pytest.raises(of, match="one answer to each row"):
            plot(model, given.x, given.y)
    elif given.name in ("nested", "custom"):
        with pytest.raises(of, match="needs a classifier"):
            plot(model, given.x, given.y)
    else:
        assert plot(model, given.x, given.y).axes


def confusion(given: Given) -> None:
    _score(plots.confusion, given)


def calibration(given: Given) -> None:
    _score(plots.calibration, given)


def shown_predictions(given: Given) -> None:
    if given.name in ("nested", "custom"):
        assert plots.predictions(given.model, given.x, given.y).axes
    else:
        _score(plots.predictions, given)


def history(given: Given) -> None:
    done = given.model.fit(given.x, given.y, epochs=2, verbose=0, validation_data=(given.x, given.y))
    assert plots.history(done).axes


def check_gradients(given: Given) -> None:
    report = clarinet.check_gradients(given.model, some(given.x, 3), some(given.y, 3), most=4)
    assert report, str(report)
    assert len(report.checks) == len(given.model.trainable_weights)


def find_learning_rate(given: Given) -> None:
    before = predictions(given)
    found = clarinet.find_learning_rate(given.model, given.x, given.y, steps=12, batch_size=8)
    assert len(found.losses) > 3 and same(before, predictions(given))


def run(given: Given) -> None:
    store = runs.Store(given.folder / "store")
    data = given.x, given.y
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if given.name == "custom" else "error")
        given.model.fit(*data, epochs=2, verbose=0, run=runs.Tracker("first", store=store))
    record = store.get("first")
    assert len(record.samples) == 16 and "loss" in record.summary
    if given.several:
        assert set(record.samples[0]["prediction"]) == set(given.model.output_names) == set(record.samples[0]["label"])
    page = record.to_html(given.folder / "run.html").read_text("utf-8")
    assert "Predictions" in page and all(name in page for name in given.model.output_names if given.several)
    if given.name != "custom":  # which holds Python functions
        verdict = runs.reproduce("first", *data, store=store)
        assert verdict.identical, str(verdict)
    packed = runs.pack(record, given.folder / "first.zip")
    assert runs.unpack(packed, store=runs.Store(given.folder / "other")).summary == record.summary


def resume(given: Given) -> None:
    """Held after an epoch and taken up by a program that begins anew: as if nothing had been."""
    whole, data = copy.deepcopy(given.model), {"x": given.x, "y": given.y, "verbose": 0}
    whole.fit(**data, epochs=3)
    given.model.fit(**data, epochs=1, run="held", checkpoint="epoch")
    again = GRAPHS[given.name]()[0]
    again.fit(**data, epochs=3, run="held", checkpoint="epoch", resume=True)
    assert same(predictions(given, whole), predictions(given, again))


def clone_model(given: Given) -> None:
    clone = models.clone_model(given.model)
    assert [w.shape for w in clone.get_weights()] == [w.shape for w in given.model.get_weights()]
    clone.set_weights(given.model.get_weights())
    assert same(predictions(given), predictions(given, clone))


def save_model(given: Given) -> None:
    path = given.folder / "kept.clarinet"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if given.name == "custom" else "error")
        given.model.save(path)
    again = models.load_model(path)
    assert same(predictions(given), predictions(given, again))
    assert again.optimizer is not None or given.name == "custom"


def watching_callbacks(given: Given) -> None:
    kept = given.folder / "best.weights.safetensors"
    given.model.fit(
        given.x,
        given.y,
        epochs=3,
        verbose=0,
        validation_data=(given.x, given.y),
        callbacks=[
            callbacks.ModelCheckpoint(kept, save_best_only=True, save_weights_only=True),
            callbacks.EarlyStopping(patience=1, restore_best_weights=True),
            callbacks.ReduceLROnPlateau(patience=1),
            callbacks.CSVLogger(given.folder / "log.csv"),
            callbacks.TerminateOnNaN(),
            callbacks.LearningRateScheduler(lambda epoch, rate: rate),
        ],
    )
    given.model.load_weights(kept)
    assert (given.folder / "log.csv").read_text("utf-8").count("\n") == 4


def save_weights(given: Given) -> None:
    before = predictions(given)
    given.model.save_weights(given.folder / "kept.weights.safetensors")
    given.model.set_weights([np.zeros_like(w) for w in given.model.get_weights()])
    given.model.load_weights(given.folder / "kept.weights.safetensors")
    assert same(before, predictions(given))


def copies(given: Given) -> None:
    before = predictions(given)
    for clone in (copy.deepcopy(given.model), *([] if given.name == "custom" else [pickle_of(given.model)])):
        clone.fit(given.x, given.y, epochs=1, verbose=0)
        assert not same(before, predictions(given, clone)) and same(before, predictions(given))


def pickle_of(model: clarinet.Model) -> clarinet.Model:
    return pickle.loads(pickle.dumps(model))


def examine(given: Given) -> None:
    """The doctor looks at graphs of every kind and watches their trainings; those that add to their loss it watches."""
    before = given.model.get_weights()
    if adds_loss(given.model.network):
        with pytest.raises(ValueError, match="in which layers add to the loss"):
            doctor.examine(given.model, given.x, given.y)
    else:
        report = doctor.examine(given.model, given.x, given.y, budget="quick")
        assert "fit_refuses" not in {finding.kind for finding in report.findings}
    assert same(before, given.model.get_weights())
    given.model.fit(given.x, given.y, epochs=1, verbose=0, callbacks=[doctor.Doctor(quiet=True)])
    assert given.model.doctor_report is not None


FACES: dict[str, Callable[[Given], None]] = {
    "Model.summary": summary,
    "Model.copies": copies,
    "Model.save_weights": save_weights,
    "callbacks": watching_callbacks,
    "check_gradients": check_gradients,
    "doctor": examine,
    "find_learning_rate": find_learning_rate,
    "models.clone_model": clone_model,
    "models.save_model": save_model,
    "glass.explain": explain,
    "glass.film": film,
    "glass.trace": trace,
    "plots.activations": activations,
    "plots.calibration": calibration,
    "plots.confusion": confusion,
    "plots.gradient_flow": gradient_flow,
    "plots.history": history,
    "plots.network": network,
    "plots.predictions": shown_predictions,
    "plots.weights": weights,
    "runs": run,
    "runs.resume": resume,
}

#: Functions of these modules that take a model, and are tried elsewhere or are of chains alone.
ELSEWHERE = {
    "plots.boundary": "of models of two columns",
    "plots.importance": "of models of columns",
    "plots.samples": "of data",
}


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("face", FACES)
def test_every_graph_has_every_face(face: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    clarinet.utils.set_random_seed(11)
    FACES[face](Given(name, *GRAPHS[name](), tmp_path))
    if face.startswith("plots"):
        import matplotlib.pyplot as plt

        plt.close("all")


def takes_a_model(module: ModuleType) -> Iterator[str]:
    """The public functions of a module that have an argument ``model``, or take one first."""
    short = module.__name__.rpartition(".")[2]
    for name in module.__all__:
        function = getattr(module, name)
        if inspect.isfunction(function) and "model" in inspect.signature(function).parameters:
            yield f"{short}.{name}"


@pytest.mark.parametrize("module", [plots, glass, doctor, runs, utils, models])
def test_a_new_function_enrols(module: ModuleType) -> None:
    missing = [n for n in takes_a_model(module) if n not in {*FACES, *ELSEWHERE} and not n.startswith("doctor")]
    assert not missing, f"a row in FACES for {missing}"
