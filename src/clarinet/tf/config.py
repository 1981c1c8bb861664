"""``tf.config``: questions about devices, of which there is the processor alone, and settings that change nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, NamedTuple

from clarinet import aliases
from clarinet.names import public

__all__ = [
    "PhysicalDevice",
    "experimental",
    "functions_run_eagerly",
    "get_visible_devices",
    "list_logical_devices",
    "list_physical_devices",
    "optimizer",
    "run_functions_eagerly",
    "set_visible_devices",
    "threading",
]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


class PhysicalDevice(NamedTuple):
    """A device as TensorFlow lists it."""

    name: str
    device_type: str


def list_physical_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """The processor; no device of another type.

    Example:
        >>> list_physical_devices("GPU")
        []
    """
    return [PhysicalDevice("/physical_device:CPU:0", "CPU")] if device_type in (None, "CPU") else []


list_logical_devices = get_visible_devices = list_physical_devices


def _nothing(*_: object, **__: object) -> None:
    """Nothing: it is about devices and graphs that Clarinet does not have."""


def functions_run_eagerly() -> bool:
    """True: a function decorated with ``tf.function`` runs as it is."""
    return True


run_functions_eagerly = set_visible_devices = _nothing
experimental = SimpleNamespace(
    **dict.fromkeys(("enable_op_determinism", "enable_tensor_float_32_execution", "set_memory_growth"), _nothing),
    list_physical_devices=list_physical_devices,
)
optimizer = SimpleNamespace(**dict.fromkeys(("set_experimental_options", "set_jit"), _nothing))
threading = SimpleNamespace(
    **dict.fromkeys(("set_inter_op_parallelism_threads", "set_intra_op_parallelism_threads"), _nothing)
)
