"""A model as what its file would hold, so that an estimator's pickle holds nothing but plain data."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from clarinet.model import Model
from clarinet.saving.models import contents_of, of_contents


def packed(model: Model) -> dict[str, bytes]:
    """The parts of a model's file.

    Raises:
        TypeError: a layer that holds a Python function.

    Example:
        >>> import clarinet
        >>> model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1)])
        >>> bool((unpacked(packed(model)).get_weights()[0] == model.get_weights()[0]).all())
        True
    """
    return contents_of(model)


def unpacked(content: dict[str, bytes]) -> Model:
    """The inverse of :func:`packed`.

    Raises:
        ModelFileError: these are no such parts.
    """
    return cast(Model, of_contents(content, Path("the estimator's model")))
