"""A training step, taken apart for one page: the film's pictures one by one, and what is behind every number of them.

All numbers are those of :func:`clarinet.glass.trace`; the pictures are those that :func:`clarinet.glass.film` writes.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from clarinet import Model, glass
from clarinet.data_adapters import provenance
from clarinet.datasets.digits import from_ink
from clarinet.glass.boxes import FLOOR
from clarinet.glass.records import LayerTrace
from clarinet.glass.scene import scene
from clarinet.glass.shapes import WIDTH, Moment, Picture, Shape
from clarinet.glass.tracing import loss_after
from clarinet.glass.weight_text import behind, explain_weight
from clarinet.studio.choices import whole
from clarinet.studio.opened import Opened
from clarinet.studio.words import Refusal, _
from clarinet.types import Array

#: Units of a layer that are drawn: how many may be asked for.
FEWEST, MOST = 3, 12
#: Weights behind a unit that are listed, of each of its layer's weights.
_WEIGHTS = 12
#: Pixels of a side of a drawing, at most.
_DRAWING = 280
#: Steps that a page has taken, at most.
_MOST_TAKEN = 2_000
#: Pictures of a step: what an address may ask for, which then is the last one.
_MOST_PICTURES = 1_000_000

Told = dict[str, object]


class Stepper:
    """Steps through what was opened.

    Args:
        opened: model and rows.
        taken: rows whose steps are made first, one after the other.

    Raises:
        ValueError: there is no such row, or it has no label.

    Example:
        >>> from clarinet.studio.choices import Choices
        >>> from clarinet.studio.opened import of_choices
        >>> stepper = Stepper(of_choices(Choices(data="xor"), 20, None, None))
        >>> made, first = stepper.row(0, 0)
        >>> first["title"], made["moments"][1]["title"]
        ('A network of 2 – 4 – 2 – 1 units', 'One example goes in')
    """

    def __init__(self, opened: Opened, taken: object = ()) -> None:
        self.opened, self._most = opened, 6
        self._row: int | None = None
        if not isinstance(taken, (list, tuple)) or len(taken) > _MOST_TAKEN:
            raise Refusal(_("taken: expected up to {most} rows"), most=f"{_MOST_TAKEN:,}")
        for row in taken:
            self._choose(row)
            self._take()

    def about(self) -> Told:
        """What does not change from row to row."""
        model, classes = self.opened.model, self.opened.classes
        return {
            "kind": "opened",
            "rows": len(self.opened.x),
            "classes": list(classes),
            "draw": self.opened.can_draw,
            "judged": model.loss is not None,
            "name": model.name,
            "parameters": model.count_params(),
        }

    def obey(self, command: Mapping[str, object]) -> Iterator[Told]:
        """Do what the page says, and tell what has come of it.

        Raises:
            ValueError, TypeError: it makes no sense; the message says why.
        """
        what = command.get("do")
        if what == "row":
            self._most = whole("most", command.get("most", self._most), FEWEST, MOST)
            yield from self.row(command.get("row"), command.get("at", 0))
        elif what == "drawn":
            self._draw(command.get("ink"), command.get("label"))
            yield from self._begin(command.get("at", 0))
        elif what == "take":
            self._take()
            yield from self._begin(0)
        elif what == "show":
            yield self.moment(command.get("at"))
        elif what == "unit":
            yield self.unit(command.get("layer"), command.get("unit"))
        elif what == "weight":
            yield self.weight(command.get("layer"), command.get("name"), command.get("index"))
        else:
            raise Refusal(_("unknown command {command}"), command=f"{what!r:.40}")

    # Which row.

    def row(self, row: object, at: object) -> Iterator[Told]:
        """Another row: what its step consists of, and one picture of it.

        Raises:
            ValueError, TypeError: there is no such row or picture.
        """
        self._choose(row)
        yield from self._begin(at)

    def _choose(self, row: object) -> None:
        count = len(self.opened.x)
        if not count:
            raise Refusal(_("there are no rows; draw a digit"))
        number = whole("row", row, 0, count - 1)
        self._row, one = number, slice(number, number + 1)
        self._x, self._y = self.opened.x[one], _some(self.opened.y, one)

    def _draw(self, given: object, label: object) -> None:
        """A drawing as a row; without a label there is no loss.

        Raises:
            ValueError: it is none.
        """
        if not self.opened.can_draw:
            raise Refusal(_("this network does not take pictures of 28 × 28 pixels"))
        ink = _ink(given)
        self._x, self._row, self._y = provenance.as_inputs(self.opened.model, from_ink(ink)[None]), None, None
        if label is not None and self.opened.model.loss is not None:
            classes = int((self.opened.model.prediction_shape or (10,))[-1])
            own = whole("label", label, 0, classes - 1)
            known = self.opened.y
            hot = isinstance(known, np.ndarray) and known.shape[1:] == (classes,) and classes > 1
            self._y = np.eye(classes)[[own]] if hot else np.array([own])

    def _take(self) -> None:
        """Make the step that was shown."""
        if self._y is None:
            raise Refusal(_("without a label there is no step to take"))
        model = self.opened.model
        assert isinstance(model, Model)
        model.train_on_batch(self._x, self._y)

    # What is shown.

    def _begin(self, at: object) -> Iterator[Told]:
        model = self.opened.model
        self.trace = glass.trace(model, self._x, self._y)
        after = loss_after(model, self._x, self._y) if self._y is not None else None
        self.scene = scene(model, self.trace, after, 0, self._most)
        self._layers = {layer.name: layer for layer in _walk(self.trace.layers)}
        yield {
            "kind": "scene",
            "row": self._row,
            "label": self._label(),
            "said": self._answer(),
            "loss": self.trace.loss,
            "loss_after": after,
            "step": self.trace.step,
            "size": [WIDTH, FLOOR],
            "ground": [*map(encoded, self.scene.ground)],
            "moments": [{"title": m.title, "stage": m.stage, "layer": m.layer} for m in self.scene.moments],
            "layers": [
                {"name": layer.name, "kind": layer.kind, "shape": list(layer.a.shape[1:])}
                for layer in self._layers.values()
                if layer.a.shape[:1] == (1,)
            ],
        }
        last = len(self.scene.moments) - 1
        yield self.moment(min(whole("at", at, 0, _MOST_PICTURES), last))

    def _label(self) -> object:
        """The row's label in words or numbers."""
        if self._y is None or isinstance(self._y, Mapping):
            return None
        value = np.asarray(self._y[0]).ravel()
        classes = self.opened.classes
        if len(value) > 1:
            return value.tolist() if len(value) != len(classes) else classes[int(value.argmax())]
        named = float(value[0]).is_integer() and 0 <= value[0] < len(classes)
        return classes[int(value[0])] if named else float(value[0])

    def _answer(self) -> object:
        """What the network says of the row, likewise."""
        said, classes = np.ravel(self.trace.prediction[0]), self.opened.classes
        if len(said) == len(classes) > 1:
            return classes[int(said.argmax())]
        if len(said) == 1 and len(classes) == 2:
            return classes[int(said[0] > 0.5)]
        return float(said[0]) if len(said) == 1 else None

    def moment(self, at: object) -> Told:
        """One picture, with its caption and the numbers in it.

        Raises:
            ValueError, TypeError: there is none.
        """
        number = whole("at", at, 0, len(self.scene.moments) - 1)
        moment = self.scene.moments[number]
        return {
            "kind": "moment",
            "at": number,
            "title": moment.title,
            "lines": list(moment.lines),
            "stage": moment.stage,
            "layer": moment.layer,
            "seconds": moment.seconds,
            "shapes": [*map(encoded, moment.shapes)],
            "arriving": [*map(encoded, moment.arriving)],
            "flows": [list(flow) for flow in moment.flows],
            **numbers_of(moment),
        }

    # What is behind a number.

    def unit(self, layer: object, unit: object) -> Told:
        """How a unit comes to its number, with the weights behind it.

        Raises:
            ValueError, TypeError: there is no such unit.
        """
        name, place = self._place(layer, unit)
        if name not in self._layers:
            sizes = self.trace.x.shape[1:]
            index = tuple(whole("unit", part, 0, size - 1) for part, size in zip(place, sizes, strict=True))
            value = float(self.trace.x[(0, *index)])
            return {
                "kind": "said",
                "of": [name, list(index)],
                "text": f"{name}{list(index)} = {value:.6g}",
                "weights": [],
            }
        text = glass.explain(self.trace, name, place)
        found = behind(self.trace, name, place, _WEIGHTS)
        weights = [one._asdict() for one in found]
        return {"kind": "said", "of": [name, list(place)], "text": text, "weights": weights}

    def _place(self, layer: object, unit: object) -> tuple[str, tuple[Any, ...]]:
        if not isinstance(layer, str) or not isinstance(unit, list) or len(unit) > 16:
            raise Refusal(_("unit: expected the name of a layer, and a list of whole numbers"))
        if layer not in self._layers and (layer not in self.opened.model.input_names and layer != "input"):
            raise Refusal(_("there is no layer {layer}"), layer=f"{layer!r:.80}")
        if layer not in self._layers and len(unit) != self.trace.x.ndim - 1:
            raise Refusal(_("unit: a row of the input has shape {shape}"), shape=str(self.trace.x.shape[1:]))
        return layer, tuple(unit)

    def weight(self, layer: object, name: object, index: object) -> Told:
        """How a weight comes to its gradient and its update.

        Raises:
            ValueError, TypeError: there is no such weight.
        """
        if not isinstance(layer, str) or not isinstance(name, str) or not isinstance(index, list):
            raise Refusal(_("weight: expected the names of a layer and a weight, and a list of whole numbers"))
        text = explain_weight(self.trace, layer, name, index)
        weight = self._layers[layer].weights[name]
        at = tuple(index)
        parts = {"value": weight.value, "gradient": weight.gradient, "update": weight.update}
        numbers = {what: None if array is None else float(array[at]) for what, array in parts.items()}
        return {"kind": "weight", "of": [layer, name, index], "text": text, **numbers}


def _walk(layers: tuple[LayerTrace, ...]) -> Iterator[LayerTrace]:
    for layer in layers:
        yield layer
        yield from _walk(layer.layers)


def _some(y: Any, rows: slice) -> Any:
    """The labels of some rows."""
    if isinstance(y, Mapping):
        return {name: own[rows] for name, own in y.items()}
    return None if y is None else y[rows]


def _ink(given: object) -> Array:
    """A drawing that came as text: a byte for each pixel of a square.

    Raises:
        ValueError: it is none, or empty.
    """
    try:
        pixels = np.frombuffer(base64.b64decode(given if isinstance(given, str) else "", validate=True), np.uint8)
    except ValueError:
        pixels = np.empty(0, np.uint8)
    side = int(len(pixels) ** 0.5)
    if not 8 <= side <= _DRAWING or side * side != len(pixels):
        raise Refusal(_("ink: expected the bytes of a square of up to {most} pixels a side"), most=_DRAWING)
    if not pixels.any():
        raise Refusal(_("the drawing is empty; draw a digit first"))
    return pixels.reshape(side, side).astype(np.float64) / 255


def encoded(shape: Shape) -> dict[str, object]:
    """A shape for the page."""
    found: dict[str, object] = {"is": type(shape).__name__.lower(), **shape._asdict()}
    if isinstance(shape, Picture):
        pixels = np.ascontiguousarray(shape.pixels, np.uint8)
        found["pixels"] = base64.b64encode(pixels.tobytes()).decode()
        found["sides"] = list(pixels.shape)
    own = found.get("of")
    if own is not None:
        found["of"] = own._asdict()  # type: ignore[attr-defined]
    return found


def numbers_of(moment: Moment) -> Told:
    """The numbers of a picture as rows of tables: of its units, and of the weights whose lines stand out."""
    spots, ties = {}, []
    for shape in (*moment.shapes, *moment.arriving):
        own = getattr(shape, "of", None)
        if own is None:
            continue
        if hasattr(own, "unit"):
            shown = shape.level is not None  # type: ignore[union-attr]
            if shown or (own.layer, own.unit) not in spots:
                spots[own.layer, own.unit] = own if shown else own._replace(value=None)
        elif shape.role != "erase":  # type: ignore[union-attr]
            ties.append(own)
    return {"units": [spot._asdict() for spot in spots.values()], "ties": [tie._asdict() for tie in ties]}
