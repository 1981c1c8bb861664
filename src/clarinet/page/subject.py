"""Facts about a model that its page needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from clarinet.data_adapters.provenance import describe, takes_bytes
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

#: Height, width and channels of the pictures of a data set.
_SIZES = {"mnist": (28, 28, 1), "fashion_mnist": (28, 28, 1), "cifar10": (32, 32, 3)}
_DIGITS = tuple("0123456789")
#: The kind of a model's answer, by the kind of its last activation's outputs.
_MEANINGS = {"distribution": "probabilities", "probability": "probabilities", "log-distribution": "logarithms"}


@dataclass(frozen=True)
class Subject:
    """How a drawing becomes the model's input, and its output an answer.

    Attributes:
        title: the model's name.
        kind: its training data, e.g. ``"mnist"``, into whose form drawings are converted.
        height, width, channels: of its pictures, in pixels.
        light: whether its pictures are light on dark.
        photos: whether a photo may take the place of a drawing.
        fit: how a photo comes to the size, as for :func:`clarinet.datasets.load_images`.
        scale: factor for pixels from 0 to 255.
        classes: their names, one for each number in the answer (two for a single probability); empty where the answer
            is a number.
        answer: ``"probabilities"``, ``"logits"``, ``"logarithms"`` (of probabilities) or ``"values"``.
        exclusive: whether exactly one of the classes is right.
        parameters: how many weights the model has.
    """

    title: str
    kind: str
    height: int
    width: int
    channels: int
    light: bool
    photos: bool
    fit: str
    scale: float
    classes: tuple[str, ...]
    answer: str
    exclusive: bool
    parameters: int

    @property
    def reads_digits(self) -> bool:
        """Whether each of its classes is one of the ten digits: then a drawing may hold several, or none."""
        return self.kind == "mnist" and self.classes == _DIGITS and self.exclusive and self.answer != "values"

    def inputs(self, model: Trainable, pixels: object) -> Array:
        """One row for ``model.predict`` from the pixels (height × width, grey or with the picture's channels, from 0 to
        255) that the page sends.

        Raises:
            ValueError: another number of pixels, or numbers out of range.
        """
        given, count = np.asarray(pixels, np.float32), self.height * self.width
        sizes = ((count,), (count * self.channels,))
        if given.shape not in sizes or not ((given >= 0) & (given <= 255)).all():
            raise ValueError(f"expected {count} pixels from 0 to 255")
        every = np.broadcast_to(given.reshape(count, -1), (count, self.channels)) * np.float32(self.scale)
        return every.reshape(1, *(model.sample_shape or ()))


def subject_of(
    model: Trainable, what: str, class_names: Iterable[str] | None = None, largest: float | None = None
) -> Subject:
    """The facts about a model.

    Args:
        model: built.
        what: the caller's name, with which messages begin.
        class_names: one for each class; default: those saved with the model, else numbers.
        largest: the value of a white pixel as the model was trained with it; default: 255 where the model scales its
            input itself, else 1.

    Raises:
        ValueError: its input is not a picture; names that do not fit its output.
    """
    about = describe(model)
    if about["kind"] in ("table", "unknown"):
        trained = "was trained on a table" if about["kind"] == "table" else "does not describe its inputs"
        raise ValueError(
            f"{what}: expected a model of pictures, but {model.name!r} {trained} and takes rows of shape "
            f"{model.sample_shape}; a model of pictures takes e.g. (28, 28), (28, 28, 1) or (784,)"
        )
    height, width, channels = _SIZES.get(about["kind"]) or (*about["size"], 3 if about["color"] == "rgb" else 1)
    if prod(model.sample_shape or ()) != height * width * channels:
        raise ValueError(
            f"{what}: the model was trained on pictures of {height} x {width} x {channels}, but takes rows of shape "
            f"{model.sample_shape}"
        )
    answer, exclusive = meaning(model)
    return Subject(
        title=model.name,
        kind=about["kind"],
        height=height,
        width=width,
        channels=channels,
        light=about["kind"] in ("mnist", "fashion_mnist"),
        photos=about["kind"] in ("images", "cifar10"),
        fit=about.get("fit", "stretch"),
        scale=1.0 if (takes_bytes(model) if largest is None else largest > 1) else 1 / 255,
        classes=names_of(model, what, about["classes"], class_names, answer),
        answer=answer,
        exclusive=exclusive,
        parameters=model.count_params(),
    )


def meaning(model: Trainable) -> tuple[str, bool]:
    """The kind of the model's output, and whether exactly one class is right."""
    plan = model.make_plan()
    last = plan.output or plan.ops[-1]
    function = last.spec.pure_activation
    one = prod(last.output_shape) == 1
    logits = bool(getattr(model.loss, "from_logits", False))
    outputs = getattr(function, "outputs", "")
    several = outputs == "probability" or (logits and model.loss is not None and model.loss.labels == "binary")
    return _MEANINGS.get(outputs, "logits" if logits else "values"), one or not several


def names_of(
    model: Trainable, what: str, known: list[str], class_names: Iterable[str] | None, answer: str
) -> tuple[str, ...]:
    """One name for each bar.

    Raises:
        ValueError: names that are given and do not fit.
    """
    given = class_names is not None
    names = known if class_names is None else [str(name) for name in class_names]
    outputs = prod(model.prediction_shape or (1,))
    if outputs == 1 and answer == "values":
        return ()
    bars = 2 if outputs == 1 else outputs
    if len(names) == bars:
        return tuple(names)
    if given:
        raise ValueError(f"{what}: the model has {bars} classes, received {len(names)} class_names")
    return tuple(str(number) for number in range(bars))
