"""The data that a model was trained on, and how pictures become its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Required, TypedDict

import numpy as np

from clarinet.types import Array, Config

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

#: Data sets by name.
NAMED = ("mnist", "fashion_mnist", "cifar10")
#: Layers that rescale pixels, so that a model which begins with one takes them as they are.
_SCALING = ("constants", "data", "batch")


class About(TypedDict, total=False):
    """The data of a model, as :mod:`clarinet.cli` keeps them in the model's metadata.

    Attributes:
        kind: a name in NAMED, ``"table"``, ``"images"`` or ``"unknown"``.
        classes: their names; empty for regression.
        size, color: height and width of pictures; ``"grayscale"`` or ``"rgb"``.
        fit: how pictures came to that size, as for :func:`clarinet.datasets.load_images`; absent: stretched.
        coding: how a table's columns became numbers, see :class:`clarinet.datasets.TableCoding`.
        trained_on: a mark of the rows.
        scores: how well it does on rows that were not trained on, by measure.
    """

    kind: Required[str]
    classes: Required[list[str]]
    size: list[int]
    color: str
    fit: str
    coding: Config
    trained_on: object
    scores: dict[str, float]


def describe(model: Trainable) -> About:
    """The data that the model was trained on; guessed from its input's shape if this command did not make it."""
    about = model.metadata.get("data")
    if about is not None:
        return _checked(about)
    shape = model.sample_shape or ()
    if shape in ((784,), (28, 28), (28, 28, 1)):
        return {"kind": "mnist", "classes": [str(i) for i in range((model.prediction_shape or (10,))[-1])]}
    if len(shape) in (2, 3) and (len(shape) == 2 or shape[-1] in (1, 3)):
        color = "rgb" if shape[-1] == 3 and len(shape) == 3 else "grayscale"
        return {"kind": "images", "classes": [], "size": list(shape[:2]), "color": color, "fit": "stretch"}
    return {"kind": "unknown", "classes": []}


def _checked(about: object) -> About:
    """A model file's description of its data, if it makes sense: the file may come from anywhere."""
    known = about if isinstance(about, dict) else {}
    classes, kind = known.get("classes"), known.get("kind")
    sound = isinstance(classes, list) and all(isinstance(name, str) for name in classes)
    sound = sound and (kind in NAMED or (kind == "images" and _sound_pictures(known)) or kind == "table")
    if not sound or (kind == "table" and not isinstance(known.get("coding"), dict)):
        raise ValueError(
            "the model's metadata do not make sense: expected metadata['data'] as clarinet train writes it"
        )
    # Names go to the terminal: control characters in them could rewrite what it shows.
    names = [name if name.isprintable() else ascii(name) for name in known["classes"]]
    found = About(kind=known["kind"], classes=names, trained_on=known.get("trained_on"))
    scores = known.get("scores")
    if isinstance(scores, dict) and all(isinstance(n, str) and isinstance(v, float) for n, v in scores.items()):
        found["scores"] = {name if name.isprintable() else ascii(name): value for name, value in scores.items()}
    if kind == "images":
        found["size"], found["color"] = known["size"], known["color"]
        found["fit"] = known.get("fit", "stretch")
    if kind == "table":
        found["coding"] = known["coding"]
    return found


def _sound_pictures(about: Mapping[str, object]) -> bool:
    """Whether the size and the colours of pictures make sense."""
    size = about.get("size")
    sides = isinstance(size, list) and len(size) == 2 and all(type(n) is int and 0 < n < 10_000 for n in size)
    fits = about.get("fit", "stretch") in ("letterbox", "stretch")
    return sides and fits and about.get("color") in ("grayscale", "rgb")


def as_inputs(model: Trainable, pixels: Array) -> Array:
    """Pictures in the shape that the model takes; from 0 to 1 unless the model scales them itself.

    Raises:
        ValueError: the pictures have another number of pixels.
    """
    wanted = model.sample_shape
    assert wanted is not None
    if pixels[0].size != int(np.prod(wanted)):
        raise ValueError(f"the pictures have shape {pixels.shape[1:]}, the model takes {wanted}")
    shaped = pixels.reshape(len(pixels), *wanted)
    return shaped if takes_bytes(model) else shaped.astype(np.float32) / 255


def takes_bytes(model: Trainable) -> bool:
    """Whether the model takes pixels from 0 to 255, which it then scales itself, rather than from 0 to 1."""
    return any(layer.rescales_by in _SCALING for layer in model.layers[:2])
