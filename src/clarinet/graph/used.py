"""What a node may use besides layers, models and operations."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

from clarinet.types import Array
from clarinet.variables import Variable


@dataclass(frozen=True)
class Argument:
    """What a function, or the ``call`` of a layer, is given in the place of numbers.

    Attributes:
        name: of the argument.
    """

    name: str


@dataclass(frozen=True, eq=False)
class Constant:
    """Numbers that are part of a network and never change."""

    value: Array

    name: ClassVar[str] = "constant"


@dataclass(frozen=True, eq=False)
class Update:
    """The change of a weight to what a tensor is; the weight is read as it was before the step.

    Attributes:
        variable: the weight.
    """

    variable: Variable

    name: ClassVar[str] = "assign"


class Loop(Protocol):
    """A network that is repeated."""

    @property
    def name(self) -> str: ...


class Losing(Protocol):
    """A layer or model that adds to the loss."""

    name: str

    def add_loss(self, loss: object, /) -> None: ...


@dataclass(frozen=True, eq=False)
class AddedLoss:
    """What a layer adds to the loss.

    Attributes:
        owner: the layer or model; held weakly.
    """

    owner: Callable[[], Losing | None]

    name: ClassVar[str] = "add_loss"

    def __reduce__(self) -> tuple[object, ...]:
        """A copy adds to the loss of the owner's copy."""
        return _added_loss, (self.owner(),)


def _added_loss(owner: Losing | None) -> AddedLoss:
    return AddedLoss(_nobody if owner is None else weakref.ref(owner))


def _nobody() -> None:
    """In place of a reference to an owner that is gone."""


@dataclass(frozen=True, eq=False)
class Choice:
    """Of two tensors the first in training, and the second in use."""

    name: ClassVar[str] = "choice"
