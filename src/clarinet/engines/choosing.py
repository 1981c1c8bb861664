"""Which engine runs a model: the first that can, or the one that was asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from clarinet.engines.any_sizes import AnySizes, CountedSizes
from clarinet.engines.base import Engine
from clarinet.engines.native import NativeEngine
from clarinet.engines.on_jax import AnySizesOnJax, JaxEngine
from clarinet.engines.reference import ReferenceEngine

if TYPE_CHECKING:
    from clarinet.plan import Plan

#: All engines; the first that can runs a model. A new one is a file and a row here; what stands behind the reference
#: engine, which runs everything, runs what asks for it.
ENGINES: tuple[type[Engine], ...] = (
    NativeEngine, AnySizes, CountedSizes, ReferenceEngine,
    JaxEngine, AnySizesOnJax,
)  # fmt: skip


def choices() -> tuple[str, ...]:
    """The values of ``compile(engine=...)``."""
    return ("auto", *dict.fromkeys(engine.name for engine in ENGINES))


def choose(plan: Plan, requested: str = "auto", device: str | None = None) -> tuple[Callable[..., Engine], str]:
    """The engine for a plan, and why.

    Args:
        plan: the plan to run.
        requested: ``"auto"`` takes the first of :data:`ENGINES` that can; a name insists on that one.
        device: where to compute, for the engines that take one; None: no matter.

    Raises:
        ValueError: no such engine can run the plan; the message says why.
    """
    refusals = []
    for engine in ENGINES:
        if requested not in ("auto", engine.name) or (device is not None and not engine.takes_devices):
            continue
        if not engine.suits(plan):
            continue
        refusal = engine.supports(plan)
        if refusal is not None:
            refusals.append(refusal)
        elif device is not None:
            make: Callable[..., Engine] = engine
            return partial(make, device=device), f"asked for with device={device!r}"
        else:
            return engine, "; ".join(refusals) or engine.why or f"asked for with engine={requested!r}"
    raise ValueError(
        f"engine={requested!r} cannot run this model: {'; '.join(refusals)}; use engine='auto' or 'reference'"
    )
