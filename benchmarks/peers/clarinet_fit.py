"""Clarinet as its guide writes it, on the engine that the row names."""

from __future__ import annotations

import clarinet

from .keras_shaped import KerasShaped


class Peer(KerasShaped):
    """``engine`` is ``"native"``, ``"reference"`` or ``"jax"``."""

    def __init__(self, engine: str = "native") -> None:
        super().__init__(clarinet, {"engine": engine})
