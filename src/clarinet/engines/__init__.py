"""Engines run a plan: ``native`` in C++ on all cores, ``reference`` in NumPy, in plain sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clarinet.engines.base import Data, Engine, Steps
from clarinet.engines.native import NativeEngine
from clarinet.engines.reference import ReferenceEngine

if TYPE_CHECKING:
    from clarinet.plan import Plan

CHOICES = ("auto", "native", "reference")

__all__ = ["CHOICES", "Data", "Engine", "NativeEngine", "ReferenceEngine", "Steps", "choose"]


def choose(plan: Plan, requested: str = "auto") -> tuple[type[Engine], str]:
    """The engine for a plan, and why.

    Args:
        plan: what is to be run.
        requested: ``"auto"`` takes native where every operation has a native form; ``"native"`` insists on it.

    Raises:
        ValueError: native was asked for and cannot run the plan; the message says why.
    """
    if requested == "reference":
        return ReferenceEngine, "asked for with engine='reference'"
    obstacle = NativeEngine.supports(plan)
    if obstacle is None:
        return NativeEngine, "every operation has a native form"
    if requested == "native":
        raise ValueError(f"engine='native' cannot run this model: {obstacle}; use engine='auto' or 'reference'")
    return ReferenceEngine, obstacle
