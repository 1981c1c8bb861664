"""Settings that all layers have, for functions that make one."""

from __future__ import annotations

from typing import TypedDict

from clarinet.types import Shape


class Options(TypedDict, total=False):
    """Settings that all layers have, by name; see :class:`clarinet.layers.Layer`."""

    name: str
    trainable: bool
    input_shape: Shape | None
    input_dim: int | None
