"""``tf.test``: whether there is a graphics processor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clarinet import aliases
from clarinet.names import public

__all__ = ["gpu_device_name", "is_built_with_cuda", "is_built_with_gpu_support", "is_gpu_available"]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


def gpu_device_name() -> str:
    """An empty text: models run on the processor."""
    return ""


def is_gpu_available(cuda_only: bool = False, min_cuda_compute_capability: object = None) -> bool:
    """False: models run on the processor."""
    return False


def is_built_with_cuda() -> bool:
    """False."""
    return False


def is_built_with_gpu_support() -> bool:
    """False."""
    return False
