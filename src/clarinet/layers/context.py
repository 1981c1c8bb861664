"""The things that a layer's forward pass may depend on besides its inputs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from clarinet.philox import Key
from clarinet.types import Array, Namespace


@dataclass(frozen=True)
class Context:
    """The things that a forward pass may depend on besides its inputs.

    Attributes:
        training: True while training; dropout and batch statistics look at it.
        key: names the random numbers of this layer on this step.
        xp: array namespace (NumPy, or another one that follows the array API standard).
        mask: for layers that use one (``uses_mask``): which steps of the input count, truth values without its last
            axis; None: all.
    """

    training: bool = False
    key: Key = field(default_factory=lambda: Key(0))
    xp: Namespace = np
    mask: Array | None = None
