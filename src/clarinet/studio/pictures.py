"""What the page draws of a network that is being trained, in numbers."""

from __future__ import annotations

import base64
import math
from typing import TYPE_CHECKING

import numpy as np

from clarinet.layers import Layer
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.studio.trainer import Trainer

#: Points of a side of the decision boundary, and of the small one of each unit.
SIDE, SMALL = 60, 20
#: Units of a layer that are drawn, and rows of the data.
MOST_UNITS, MOST_POINTS = 12, 1_200
#: Rows of pictures that are shown with their predictions.
SAMPLES = 12


class Pictures:
    """Makes the numbers of a trainer's pictures.

    Args:
        trainer: whose.
    """

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._plane = trainer.facts.inputs == (2,)
        self._dense = [(at, layer) for at, layer in enumerate(trainer.model.layers) if layer.weighted_sum == "dense"]
        if self._plane:
            self._box = _box(trainer.x)
            self._fine, self._coarse = _grid(self._box, SIDE), _grid(self._box, SMALL)

    def still(self) -> dict[str, object]:
        """What does not change while it is trained."""
        trainer = self._trainer
        found: dict[str, object] = {
            "task": trainer.facts.task,
            "classes": trainer.class_names,
            "features": trainer.feature_names[:MOST_UNITS],
            "inputs": math.prod(trainer.facts.inputs),
            "layers": [_units(layer) for _, layer in self._dense],
            "losses": list(trainer.facts.losses),
            "rows": trainer.rows,
            "validation_rows": len(trainer.validation[0]),
            "epoch_steps": trainer.length.epoch,
            "report": trainer.report,
            "parameters": trainer.model.count_params(),
        }
        if self._plane:
            found |= {"box": self._box, "side": SIDE, "small": SMALL, "points": self._points()}
        if len(trainer.facts.inputs) == 2:
            found["samples"] = self._samples()
        return found

    def _points(self) -> dict[str, object]:
        """Rows of the data, the first of those that are trained on, then those that are not."""
        trainer = self._trainer
        share = min(1.0, MOST_POINTS / len(trainer.x))
        kept = [*range(int(trainer.rows * share))]
        kept += range(trainer.rows, trainer.rows + int((len(trainer.x) - trainer.rows) * share))
        points, labels = trainer.x[kept].astype(np.float64), trainer.y[kept].astype(np.float64).reshape(len(kept))
        return {"x": points.round(4).tolist(), "y": labels.tolist(), "trained": int(trainer.rows * share)}

    def _samples(self) -> dict[str, object]:
        x, y = self._trainer.validation
        pixels = np.ascontiguousarray(x[:SAMPLES], np.uint8)
        return {"size": list(pixels.shape[1:]), "pixels": _text(pixels), "labels": y[:SAMPLES].tolist()}

    def now(self) -> dict[str, object]:
        """What the network is now."""
        found: dict[str, object] = {"weights": [self._weights(layer) for _, layer in self._dense]}
        if self._plane:
            found |= self._on_the_plane()
        if len(self._trainer.facts.inputs) == 2:
            found |= self._on_pictures()
        return found

    def _weights(self, layer: Layer) -> dict[str, object]:
        """Of the units that are drawn, from those of the layer before; of whole pictures none."""
        kernel, bias = (np.asarray(weight) for weight in layer.get_weights())
        inputs = 0 if len(kernel) > MOST_UNITS and layer is self._dense[0][1] else min(len(kernel), MOST_UNITS)
        return {
            "kernel": _short(kernel[:inputs, :MOST_UNITS]),
            "bias": _short(bias[:MOST_UNITS]),
        }

    def _on_the_plane(self) -> dict[str, object]:
        """Predictions at every place, and what every unit gives at some."""
        trainer = self._trainer
        answer = np.asarray(trainer.model.predict(self._fine, batch_size=SIDE * SIDE, verbose=0), np.float64)
        found: dict[str, object] = {}
        if trainer.facts.task == "classes":
            found["class"], found["sure"] = (
                _text(answer.argmax(axis=1).astype(np.uint8)),
                _bytes(answer.max(axis=1), 0, 1),
            )
        elif trainer.facts.task == "two classes":
            found["sure"] = _bytes(answer[:, 0], 0, 1)
        else:
            low, high = float(trainer.y.min()), float(trainer.y.max())
            found["sure"], found["range"] = _bytes(answer[:, 0], low, high), [low, high]
        given = trainer.inside.predict(self._coarse, batch_size=SMALL * SMALL, verbose=0)
        given = given if isinstance(given, list) else [given]
        found["units"] = [
            [_unit(np.asarray(given[at])[:, unit]) for unit in range(min(_units(layer), MOST_UNITS))]
            for at, layer in self._dense
        ]
        return found

    def _on_pictures(self) -> dict[str, object]:
        """The first units' weights as pictures, and predictions of a few rows."""
        trainer = self._trainer
        kernel = np.asarray(self._dense[0][1].get_weights()[0])[:, :MOST_UNITS].T
        largest = np.abs(kernel).max(axis=1, keepdims=True)
        answers = np.asarray(trainer.model.predict(trainer.validation[0][:SAMPLES], verbose=0))
        shown = [_bytes(row, -1, 1) for row in kernel / np.where(largest > 0, largest, 1)]
        said = [{"class": int(row.argmax()), "sure": round(float(row.max()), 3)} for row in answers]
        return {"kernels": shown, "answers": said}


def _units(layer: Layer) -> int:
    """How many units a layer has whose kernel is (inputs, units)."""
    return int(layer.get_weights()[0].shape[1])


def _box(x: Array) -> list[float]:
    """Lowest and highest of both coordinates, with a margin."""
    low, high = x.min(axis=0).astype(np.float64), x.max(axis=0).astype(np.float64)
    edge = np.where(high > low, 0.1 * (high - low), 1.0)
    return [float(value) for value in (low[0] - edge[0], high[0] + edge[0], low[1] - edge[1], high[1] + edge[1])]


def _grid(box: list[float], side: int) -> Array:
    """The middles of side × side parts of the box, from the upper left in rows."""
    share = (np.arange(side) + 0.5) / side
    across, up = box[0] + share * (box[1] - box[0]), box[3] - share * (box[3] - box[2])
    return np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2).astype(np.float32)


def _unit(values: Array) -> str:
    """A unit's activations, from minus to plus the largest."""
    largest = float(np.abs(values).max())
    return _bytes(values, -largest, largest) if math.isfinite(largest) and largest > 0 else _bytes(values * 0, -1, 1)


def _bytes(values: Array, low: float, high: float) -> str:
    """Numbers from low to high as bytes; what is not finite counts as the middle."""
    share = (np.nan_to_num(np.asarray(values, np.float64), nan=(low + high) / 2) - low) / ((high - low) or 1)
    return _text(np.clip(share * 255, 0, 255).round().astype(np.uint8))


def _text(values: Array) -> str:
    return base64.b64encode(values.tobytes()).decode()


def _short(values: Array) -> object:
    """Four significant digits of each number, which is more than is drawn."""
    return [_short(row) for row in values] if values.ndim > 1 else [float(f"{value:.4g}") for value in values.tolist()]
