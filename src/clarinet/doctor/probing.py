"""Properties of functions and layers, found by trying them out: names say nothing about settings or own layers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from clarinet.engines.reference import ReferenceEngine
from clarinet.layers.context import Context
from clarinet.trainable import model_class
from clarinet.types import Array, Shape

#: Samples that a layer is tried on; the rounding of single precision.
_SAMPLES, _ROUNDING = 4, 1e-4
#: Inputs that show a function's range: its outputs there no longer grow, or grow without limit.
_FAR, _FARTHER = 100.0, 1000.0


def bends(engine: ReferenceEngine, layers: range) -> bool:
    """Whether any of these layers is not a linear map, apart from their kernels.

    Args:
        engine: of an untrained model.
        layers: their numbers, the first one that of a layer with a kernel.
    """
    return any(not _linear(engine, op) for op in engine.plan.ops if op.layer in layers and not _has_kernel(op))


def _has_kernel(op: Any) -> bool:
    return any("kernel" in segment.name for segment in op.weights)


def _linear(engine: ReferenceEngine, op: Any) -> bool:
    """Whether it is linear, up to a constant; False if it takes no floats."""
    params, state = ({s.name: engine.store.view(s) for s in own} for own in (op.weights, op.state))
    rng = np.random.default_rng(0)
    a, b = ([rng.normal(0, 2, (_SAMPLES, *shape)) for shape in op.input_shapes] for _ in range(2))

    def run(*inputs: Array) -> Array:
        x: Any = tuple(x.astype(np.float32) for x in inputs)
        return np.asarray(op.spec.forward(params, state, x if op.spec.merges else x[0], Context())[0], np.float64)

    try:
        both, none = run(*(x + y for x, y in zip(a, b))), run(*(0 * x for x in a))
        apart = run(*a) + run(*b)
    except (TypeError, ValueError, IndexError):
        return False
    return bool(np.allclose(both + none, apart, rtol=_ROUNDING, atol=_ROUNDING * (1 + np.abs(apart).max())))


def span(function: object) -> tuple[float, float] | None:
    """The least and the largest that an activation can give; None if trying it out does not show it."""
    with np.errstate(all="ignore"):
        try:
            near, far = (_extremes(function, limit) for limit in (_FAR, _FARTHER))
        except (TypeError, ValueError, IndexError):
            return None
    endless = [abs(b) > 1.5 * abs(a) + 1 for a, b in zip(near, far)]
    ends = min(near[0], far[0]), max(near[1], far[1])
    low, high = (float(np.copysign(np.inf, b)) if more else round(b, 3) + 0.0 for b, more in zip(ends, endless))
    return (low, high) if low <= high else None


def _extremes(function: Any, limit: float) -> tuple[float, float]:
    """Over pairs (z, -z), so that functions of several numbers, such as softmax, show their ends too."""
    z = np.linspace(-limit, limit, 20001)
    values = np.asarray(function.forward(np.stack([z, -z], axis=1)), np.float64)
    return float(np.nanmin(values)), float(np.nanmax(values))


def stretch(layers: Iterable[object], shape: Shape) -> tuple[float, float]:
    """Offset and factor of layers that shift and multiply their inputs; 0 and 1 for any other layers.

    Args:
        layers: detached copies, the last ones of a model.
        shape: of the first one's input.
    """
    own = list(layers)
    if not own or not shape:
        return 0.0, 1.0
    model = model_class()(own)
    model.build((None, *shape))
    steps = np.arange(3, dtype=np.float32).reshape(3, *[1] * len(shape)) + np.zeros(shape, np.float32)
    given = np.asarray(ReferenceEngine(model.make_plan(), model.store).run_forward(steps)[0], np.float64).reshape(3, -1)
    offset, factor = given[0], given[1] - given[0]
    alike = np.ptp(offset) <= _ROUNDING * (1 + abs(offset[0])) and np.ptp(factor) <= _ROUNDING * (1 + abs(factor[0]))
    straight = np.allclose(given[2], offset + 2 * factor, rtol=_ROUNDING, atol=_ROUNDING)
    return (float(offset[0]), float(factor[0])) if alike and straight and factor[0] else (0.0, 1.0)
