"""A training that goes on as it is told: a step, an epoch, until it is paused; and what it has come to."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from clarinet import Model, Sequential
from clarinet.events import ChunkEnd, EpochEnd, StepEnd
from clarinet.studio.choices import Choices, check_rate
from clarinet.studio.program import Facts, Length, fit_arguments, load_data, make_model, program
from clarinet.training.held import FitEvents
from clarinet.types import Array

#: No training in a page is as long: it goes on until it is paused.
_EPOCHS = 1_000_000_000
#: Points of a curve, at most; where there are twice as many, every second one is left out.
POINTS = 1_000


class Trainer:
    """A model as it was chosen, and its training.

    Args:
        chosen: what was chosen.
        folder: of the table's file.

    Raises:
        ValueError, OSError, ImportError: data or network cannot be; the message says why.

    Example:
        >>> trainer = Trainer(Choices(points=40, batch=8))
        >>> trainer.take_step()
        >>> trainer.length
        Length(steps=1, epoch=4, rates=())
    """

    def __init__(self, chosen: Choices, folder: Path | None = None) -> None:
        self.chosen = chosen
        if folder is not None:
            os.chdir(folder)  # the program names the file without its folder
        self._names: dict[str, object] = {}
        # What runs is the text that the page shows. It is made of checked numbers, known words and quoted texts.
        exec(f"import clarinet\nfrom clarinet import layers\n{load_data(chosen)}", self._names)
        self.x, self.y = np.asarray(self._names["x"]), np.asarray(self._names["y"])
        self.facts = self._facts()
        self.model = self._names["model"] = self.anew()
        model = self.model
        self.inside = Model(model.inputs, [layer.output for layer in model.layers])
        self.rates: list[tuple[int, float]] = []
        self.curves = Curves()
        self.steps, self._loss = 0, math.nan
        given = f"{fit_arguments(chosen)}, epochs={_EPOCHS}, verbose=0, stats_every=0"
        exec(f"events = model.fit_events({given})", self._names)
        events = self._names["events"]
        assert isinstance(events, FitEvents)
        self._events = events
        self._epoch_steps = math.ceil(self.rows / min(chosen.batch, self.rows))

    def _facts(self) -> Facts:
        table = self._names.get("table")
        inputs = tuple(int(size) for size in self.x.shape[1:])
        if getattr(table, "task", "classification") == "regression":
            return Facts("numbers", 1, inputs)
        classes = int(self.y.max()) + 1
        return Facts("two classes" if classes == 2 else "classes", classes, inputs)

    @property
    def rows(self) -> int:
        """Rows that are trained on; the last fifth is for validation, where that has no set of its own."""
        return len(self.x) if "validation" in self._names else math.floor(len(self.x) * 0.8)

    @property
    def validation(self) -> tuple[Array, Array]:
        """The rows that are not trained on."""
        own = self._names.get("validation")
        if isinstance(own, tuple):
            return own[0], own[1]
        return self.x[self.rows :], self.y[self.rows :]

    @property
    def feature_names(self) -> list[str]:
        """What the inputs are called."""
        table = self._names.get("table")
        named = getattr(table, "feature_names", None) or [
            f"x{number + 1}" for number in range(math.prod(self.facts.inputs))
        ]
        return [str(name) for name in named]

    @property
    def class_names(self) -> list[str]:
        """What the classes are called; none for numbers."""
        table = self._names.get("table")
        named = getattr(table, "classes", None) or range(self.facts.classes)
        return [] if self.facts.task == "numbers" else [str(name) for name in named]

    @property
    def report(self) -> str:
        """How a table was read; empty for other data."""
        return str(getattr(self._names.get("table"), "report", ""))

    @property
    def length(self) -> Length:
        """How long was trained, in steps."""
        return Length(self.steps, self._epoch_steps, tuple(self.rates))

    @property
    def epoch(self) -> int:
        """Epochs that are over."""
        return self.steps // self._epoch_steps

    @property
    def loss(self) -> float:
        """Of the last step."""
        return self._loss

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        return self.rates[-1][1] if self.rates else self.chosen.rate

    def program(self) -> str:
        """The Python program that comes to the same weights."""
        return program(self.chosen, self.facts, self.length)

    def anew(self) -> Sequential:
        """The same model, compiled and untrained."""
        names = dict(self._names)
        exec(make_model(self.chosen, self.facts), names)
        model = names["model"]
        assert isinstance(model, Sequential)
        return model

    # Training.

    def take_step(self) -> None:
        """Train for a single step; after the last of an epoch, validate."""
        self._events.every_step = True
        self._until(StepEnd)
        if self.steps % self._epoch_steps == 0:
            self._until(EpochEnd)

    def take_chunk(self) -> None:
        """Train for a tenth of a second, at most to the end of the epoch."""
        self._events.every_step = False
        self._until(ChunkEnd)
        if self.steps % self._epoch_steps == 0:
            self._until(EpochEnd)

    def go_toward(self, steps: int) -> None:
        """One part of the way to so many steps: a step, or a chunk where that does not lead beyond."""
        left, epoch = steps - self.steps, self._epoch_steps
        if left < epoch - self.steps % epoch:  # a chunk may go on to the end of the epoch
            self.take_step()
        else:
            self.take_chunk()

    def _until(self, kind: type[ChunkEnd | StepEnd | EpochEnd]) -> None:
        for event in self._events:
            if isinstance(event, ChunkEnd):
                losses = event.chunk.losses
                self.steps += len(losses)
                self._loss = float(losses[-1])
            elif isinstance(event, EpochEnd):
                self.curves.add(event.epoch + 1, event.logs)
            if isinstance(event, kind):
                return

    def set_rate(self, rate: object) -> None:
        """Another learning rate from the next step on.

        Raises:
            ValueError: it is none.
        """
        value = check_rate(rate)
        if value == self.rate:
            return
        assert self.model.optimizer is not None
        self.model.optimizer.learning_rate = value
        if self.rates and self.rates[-1][0] == self.steps:
            self.rates.pop()
        if value != self.rate:
            self.rates.append((self.steps, value))

    def close(self) -> None:
        """End the training."""
        self._events.close()


class Curves:
    """The numbers of epochs, thinned so that they stay few however long is trained.

    Example:
        >>> curves = Curves()
        >>> for epoch in range(1, 3 * POINTS):
        ...     curves.add(epoch, {"loss": 1.0})
        >>> len(curves.epochs) <= 2 * POINTS, curves.epochs[:3]
        (True, [1, 3, 5])
    """

    def __init__(self) -> None:
        self.epochs: list[int] = []
        self.values: dict[str, list[float]] = {}
        self._every, self._sent = 1, 0

    def add(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Keep an epoch's numbers, if it is one of those that are kept."""
        if (epoch - 1) % self._every:
            return
        self.epochs.append(epoch)
        for name, value in logs.items():
            self.values.setdefault(name, []).append(float(value))
        if len(self.epochs) >= 2 * POINTS:
            self._every *= 2
            del self.epochs[1::2]
            for values in self.values.values():
                del values[1::2]
            self._sent = 0

    def news(self) -> dict[str, object]:
        """What was added since the last call: from which place on, the epochs, and the values by name."""
        begin, self._sent = self._sent, len(self.epochs)
        values = {name: values[begin:] for name, values in self.values.items()}
        return {"from": begin, "epochs": self.epochs[begin:], "values": values}

    def all(self) -> None:
        """Have all told again by the next :meth:`news`."""
        self._sent = 0
