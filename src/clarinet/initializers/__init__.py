"""The initial values of weights. Every initializer is called as ``initializer(shape, dtype="float32", key=None)``.

Random ones draw from the model's :class:`clarinet.philox.Key`, unless they have their own ``seed``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from clarinet import aliases
from clarinet.configurable import exported, resolve
from clarinet.fields import Field
from clarinet.initializers.base import Function, Initializer
from clarinet.initializers.constant import STFT, Constant, Identity, Ones, Zeros
from clarinet.initializers.distributions import Orthogonal, RandomNormal, RandomUniform, TruncatedNormal
from clarinet.initializers.scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
)
from clarinet.names import public

__all__ = [
    "STFT",
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


#: An initializer, or a form that :func:`get` accepts.
InitializerLike = Initializer | type[Initializer] | str | Mapping[str, object] | Callable[..., object] | None


def get(identifier: object) -> Initializer:
    """The initializer that a name such as ``"glorot_uniform"``, an object, a class, a function of shape and dtype, or a
    configuration stands for."""
    short = {"uniform": RandomUniform, "normal": RandomNormal, "one": Ones, "zero": Zeros}  # as in Keras
    known = exported(globals(), Initializer) | short
    return resolve(identifier, Initializer, known, Function)


class InitializerField(Field[InitializerLike, Initializer]):
    """The initializer of a weight; None is ``"glorot_uniform"``, as for :meth:`clarinet.layers.Layer.add_weight`."""

    def convert(self, value: InitializerLike, owner: object) -> Initializer:
        return get("glorot_uniform" if value is None else value)
