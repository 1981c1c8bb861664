"""The base class of activations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clarinet.arrays import namespace
from clarinet.configurable import Value, abstract
from clarinet.names import snake_case
from clarinet.types import Array, Json, Namespace


@dataclass(eq=False, repr=False)
class Activation(Value):
    """Base class: a function of one array and its derivative. Instances are pure configuration."""

    kind: ClassVar[str] = "activation"
    goes_with: ClassVar[Mapping[str, str]] = {"forward": "backward"}
    #: What outputs are read as: ``"probability"`` (each of a question of its own), ``"distribution"`` (of one class
    #: that is right), ``"log-distribution"``, or ``"values"``.
    outputs: ClassVar[str] = "values"
    #: The two values near which outputs count as saturated; None: they are not counted.
    saturates_at: ClassVar[tuple[float, float] | None] = None
    #: Whether it is 0 below 0 and the identity above, where no setting says otherwise.
    rectifies: ClassVar[bool] = False
    #: Whether its ``function`` is one of tensors, which a network of operations stands for.
    traces: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """The name that ``Dense(activation=...)`` takes."""
        return snake_case(type(self).__name__)

    if not TYPE_CHECKING:  # where the class's own name is meant

        @property
        def __name__(self) -> str:
            """The same: in Keras it is a function."""
            return self.name

    @abstract
    def forward(self, z: Array, xp: Namespace = np) -> Array:
        """The activation, of the shape of ``z``."""
        raise NotImplementedError

    @abstract
    def backward(self, dy: Array, z: Array, a: Array, xp: Namespace = np) -> Array:
        """The gradient of the loss at ``z``, given the one at ``a = forward(z)``."""
        raise NotImplementedError

    def check_shape(self, shape: tuple[int, ...]) -> None:
        """Raise ValueError if samples of this shape do not suit the function."""

    def __call__(self, x: object, **changes: object) -> Array:
        """Apply the function to an array or a tensor, e.g. ``leaky_relu(x, negative_slope=0.1)``."""
        own = replace(self, **changes) if changes else self
        if hasattr(x, "_keras_mask") or hasattr(x, "assign_add"):  # a tensor or a weight, which may have a derivative
            return own.of_tensor(x)
        x = np.asarray(x)
        x = x if x.dtype.kind == "f" else x.astype(np.float32)
        return own.forward(x, namespace(x))

    def of_tensor(self, x: object) -> Array:
        """The same as an operation of :mod:`clarinet.ops`, which defines it."""
        raise NotImplementedError

    def encoded(self) -> Json:
        """The plain name where all settings are the defaults."""
        return self.name if self == type(self)() else super().encoded()
