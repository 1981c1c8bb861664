"""The devices that JAX computes on, and what lies where."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

from clarinet.types import Array

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


def in_64_bits(function: Callable[P, R]) -> Callable[P, R]:
    """A function that JAX has all types of numbers in, as NumPy has: sums of 64 bits beside weights of 32."""

    @wraps(function)
    def wide(*args: P.args, **settings: P.kwargs) -> R:
        import jax

        with jax.enable_x64(True):
            return function(*args, **settings)

    return wide


class Places:
    """All devices of JAX's, or the one that its setting ``jax_default_device`` names.

    Each batch is divided among them by its rows where these can be; weights are on all of them. It is still one step
    on the whole batch: XLA adds up over devices, and over processes, what a step adds up over rows.

    Attributes:
        several: whether other processes compute too, which have to run the same programs in the same order.
    """

    def __init__(self) -> None:
        import jax
        from jax.sharding import Mesh, NamedSharding, PartitionSpec

        chosen: Any = jax.config.jax_default_device
        chosen = jax.devices(chosen)[0] if isinstance(chosen, str) else chosen
        self.devices = tuple(jax.devices() if chosen is None else [chosen])
        self.several = len({device.process_index for device in self.devices}) > 1
        mesh = Mesh(np.array(self.devices), ("rows",))
        self.everywhere = NamedSharding(mesh, PartitionSpec())
        self._divided = NamedSharding(mesh, PartitionSpec(None, "rows"))

    def on_all(self, tree: T) -> T:
        """NumPy's arrays in a structure, each on every device."""
        return self._put(tree, self.everywhere)

    def by_rows(self, tree: T, rows: int) -> T:
        """Arrays (batches, rows, …), their rows divided among devices where that comes out even."""
        return self._put(tree, self.everywhere if rows % len(self.devices) else self._divided)

    def _put(self, tree: T, sharding: Any) -> T:
        import jax

        if not self.several:
            return jax.device_put(tree, sharding)  # type: ignore[no-any-return]

        def own_part(array: Array) -> object:
            return jax.make_array_from_callback(array.shape, sharding, lambda index: array[index])

        return jax.tree.map(own_part, tree)  # type: ignore[no-any-return]

    def fetched(self, tree: T) -> T:
        """NumPy's arrays in the place of JAX's."""
        import jax

        return jax.device_get(tree)  # type: ignore[no-any-return]
