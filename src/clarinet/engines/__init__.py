"""Engines run a plan: ``native`` in C++ on all cores, ``reference`` in NumPy, in plain sight."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from clarinet.engines.base import Data, Engine, Steps
from clarinet.engines.devices import open_device
from clarinet.engines.native import NativeEngine
from clarinet.engines.reference import ReferenceEngine

if TYPE_CHECKING:
    from clarinet.plan import Plan

CHOICES = ("auto", "native", "reference")

__all__ = ["CHOICES", "Data", "Engine", "NativeEngine", "ReferenceEngine", "Steps", "choose", "open_device"]


def choose(plan: Plan, requested: str = "auto", device: str | None = None) -> tuple[Callable[..., Engine], str]:
    """The engine for a plan, and why.

    Args:
        plan: what is to be run.
        requested: ``"auto"`` takes native where every operation has a native form; ``"native"`` insists on it.
        device: where the reference engine is to compute; the native one uses the processor alone. None: no matter.

    Raises:
        ValueError: native was asked for and cannot run the plan; the message says why.
    """
    if requested == "reference" and device is None:
        return ReferenceEngine, "asked for with engine='reference'"
    if device is not None:
        return partial(ReferenceEngine, device=device), f"asked for with device={device!r}"
    obstacle = NativeEngine.supports(plan)
    if obstacle is None:
        return NativeEngine, "every operation has a native form"
    if requested == "native":
        raise ValueError(f"engine='native' cannot run this model: {obstacle}; use engine='auto' or 'reference'")
    return ReferenceEngine, obstacle
