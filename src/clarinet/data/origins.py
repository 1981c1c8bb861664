"""What a model was trained on, and how pictures become its inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

#: Data sets by name.
NAMED = ("mnist", "fashion_mnist", "cifar10")
#: What layers bring pixels to another range by, so that a model which begins with one takes them as they are.
_SCALING = ("constants", "data", "batch")


def describe(model: Trainable) -> dict[str, Any]:
    """What the model was trained on; guessed from its input's shape where it was not made by this command."""
    about = model.metadata.get("data")
    if about is not None:
        return _checked(about)
    shape = model.input_shape or ()
    if shape in ((784,), (28, 28), (28, 28, 1)):
        return {"kind": "mnist", "classes": [str(i) for i in range((model.output_shape or (10,))[-1])]}
    if len(shape) in (2, 3) and (len(shape) == 2 or shape[-1] in (1, 3)):
        color = "rgb" if shape[-1] == 3 and len(shape) == 3 else "grayscale"
        return {"kind": "images", "classes": [], "size": list(shape[:2]), "color": color}
    return {"kind": "unknown", "classes": []}


def _checked(about: Any) -> dict[str, Any]:
    """A model file's word for what it was trained on, if it makes sense: the file may be anybody's."""
    sound = isinstance(about, dict) and about.get("kind") in (*NAMED, "table", "images")
    classes = about.get("classes") if sound else None
    sound = sound and isinstance(classes, list) and all(isinstance(name, str) for name in classes)
    if sound and about["kind"] == "images":
        size = about.get("size")
        sound = (
            isinstance(size, list) and len(size) == 2 and all(type(side) is int and 0 < side < 10_000 for side in size)
        )
        sound = sound and about.get("color") in ("grayscale", "rgb")
    if not sound or (about["kind"] == "table" and not isinstance(about.get("coding"), dict)):
        raise ValueError(
            "the model's metadata do not make sense: expected metadata['data'] as clarinet train writes it"
        )
    # Names go to the terminal: control characters in them could rewrite what it shows.
    return {**about, "classes": [name if name.isprintable() else ascii(name) for name in about["classes"]]}


def as_inputs(model: Trainable, pixels: Array) -> Array:
    """Pictures in the shape that the model takes; from 0 to 1 unless the model scales them itself.

    Raises:
        ValueError: the pictures have another number of pixels.
    """
    wanted = model.input_shape
    assert wanted is not None
    if pixels[0].size != int(np.prod(wanted)):
        raise ValueError(f"the pictures have shape {pixels.shape[1:]}, the model takes {wanted}")
    shaped = pixels.reshape(len(pixels), *wanted)
    return shaped if takes_bytes(model) else shaped.astype(np.float32) / 255


def takes_bytes(model: Trainable) -> bool:
    """Whether the model takes pixels from 0 to 255, which it then scales itself, rather than from 0 to 1."""
    return any(layer.rescales_by in _SCALING for layer in model.layers[:2])
