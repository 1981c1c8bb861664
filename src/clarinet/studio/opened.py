"""A model and rows of its data: from the room Train, from a run, or an example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from clarinet import saving
from clarinet.data_adapters import provenance
from clarinet.datasets import mnist
from clarinet.runs import Store
from clarinet.runs.checkpoints import checkpoints_of
from clarinet.runs.tracker import MODEL
from clarinet.studio.choices import Choices, whole
from clarinet.studio.examples import EXAMPLES
from clarinet.studio.trainer import Trainer
from clarinet.studio.words import Refusal, _
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.runs import Run
    from clarinet.trainable import Trainable

#: Shapes of a row that a drawn digit fits.
_DRAWN = ((784,), (28, 28), (28, 28, 1))
_MOST_STEPS = 10_000_000


@dataclass(frozen=True, eq=False)
class Opened:
    """What is stepped through.

    Attributes:
        model: compiled, or only to look at its forward pass.
        x, y: rows of its data, and their labels; without rows x is empty, without labels y is None.
        classes: what the classes are called; empty where nobody knows.
        features: what the inputs are called, likewise.
    """

    model: Trainable
    x: Array
    y: Array | Mapping[str, Array] | None
    classes: tuple[str, ...] = ()
    features: tuple[str, ...] = ()

    @property
    def can_draw(self) -> bool:
        """Whether a drawn digit fits the model."""
        return self.model.sample_shape in _DRAWN


def of_choices(chosen: Choices, steps: object, folder: Path | None, kept: Path | None) -> Opened:
    """What was chosen in the room Train, after so many steps.

    Args:
        chosen: there.
        steps: of training.
        folder: of the table's file.
        kept: a file with the model as it was trained, if it is still there; else it is trained again.

    Raises:
        ValueError, OSError, ImportError: as :class:`Trainer`.
    """
    wanted = whole("steps", steps, 0, _MOST_STEPS)
    trainer = Trainer(chosen, folder)
    while kept is None and trainer.steps < wanted:
        trainer.go_toward(wanted)
    trainer.close()
    model = trainer.model if kept is None else saving.load(kept)
    return Opened(model, trainer.x, trainer.y, tuple(trainer.class_names), tuple(trainer.feature_names))


def of_example(name: object) -> Opened:
    """One of the examples.

    Raises:
        ValueError: there is no such example.
    """
    if name not in EXAMPLES:
        words = _("example: expected one of {known}, received {given}")
        raise Refusal(words, known=", ".join(EXAMPLES), given=f"{name!r:.40}")
    model, x, y = EXAMPLES[str(name)]()
    return Opened(model, x, y, tuple(map(str, range(10))) if name == "digits" else ())


def of_run(store: Store, id: object) -> Opened:
    """The model of a run as it was kept last, and the rows that the run has kept; of MNIST all rows.

    Raises:
        ValueError, OSError: no such run, no model in it, or nothing that can be stepped through.
    """
    run = store.get(whole("run", id, 0, 2**62))
    model = _model_of(run)
    if len(model.row_shapes) != 1:
        words = _("run {name}: its model has {count} inputs; a run keeps rows of one")
        raise Refusal(words, name=run.name, count=len(model.row_shapes))
    known = model.metadata.get("data")
    about = provenance.describe(model) if known is not None else None
    classes = tuple(about["classes"]) if about is not None else ()
    if about is not None and about["kind"] == "mnist":
        (x, y) = mnist.load_data()[1]
        return Opened(model, provenance.as_inputs(model, x), y, classes)
    samples = run.samples
    if not samples:
        opened = Opened(model, np.empty((0, *model.row_shapes[0])), None, classes)
        if not opened.can_draw:
            words = _("run {name} has kept no rows, so there is nothing to put into its model")
            raise Refusal(words, name=run.name)
        return opened
    x = np.array([sample["input"] for sample in samples])
    return Opened(model, x, _labels(model, [sample["label"] for sample in samples]), classes)


def _labels(model: Trainable, labels: list[object]) -> Array | Mapping[str, Array] | None:
    """The labels of a run's rows as ``fit`` took them."""
    first = labels[0]
    if any(label is None for label in labels) or model.loss is None:
        return None
    if isinstance(first, dict):
        return {name: np.array([label[name] for label in labels]) for name in first}  # type: ignore[index]
    found = np.array(labels)
    return found if model.target is None else np.asarray(model.target.inverse(found))


def _model_of(run: Run) -> Trainable:
    path = run.file(MODEL)
    if path.is_file():
        return saving.load(path)
    found = checkpoints_of(run).last()
    if found is None:
        words = _("run {name} has no model yet: one is kept at the end of its training, or before with {option}")
        raise Refusal(words, name=run.name, option="checkpoint=")
    return found.model()
