"""Pooling and sizes of pictures, channels behind the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from clarinet import layers, ops
from clarinet.exchange.from_onnx.protos import Step
from clarinet.exchange.from_onnx.reading import Reader, Value
from clarinet.exchange.from_onnx.turned import settled
from clarinet.exchange.from_onnx.weighted import FIRST, fixed, numbers_of, padded, pads_of
from clarinet.types import AnyTensor, Array


def pool(kind: str) -> Callable[..., object]:
    """MaxPool or AveragePool along one to three axes."""
    made = {
        "max": (layers.MaxPooling1D, layers.MaxPooling2D, layers.MaxPooling3D),
        "mean": (layers.AveragePooling1D, layers.AveragePooling2D, layers.AveragePooling3D),
    }[kind]

    def read(r: Reader, step: Step, x: Sequence[Value]) -> object:
        taken, size = settled(x[0]), tuple(step.get("kernel_shape"))
        rank = len(size)
        if set(numbers_of(step, "dilations", rank)) != {1} or len(step.gives) > 1:
            raise ValueError("dilations, or places of maxima")
        strides = numbers_of(step, "strides", rank)
        pads = pads_of(step, rank)
        settings: Any = {"pool_size": size, "strides": strides, "data_format": FIRST}
        if pads == "same":
            return r.use(step, made[rank - 1](padding="same", **settings), taken)
        pairs = cast("list[tuple[int, int]]", pads)
        pairs = _with_rest(taken, size, strides, pairs) if step.get("ceil_mode", 0) else pairs
        whole = padded(taken, pairs, -1e30 if kind == "max" else 0.0)
        y = r.use(step, made[rank - 1](**settings), whole)
        if kind == "max" or pairs == [(0, 0)] * rank or (pairs == pads and step.get("count_include_pad", 0)):
            return y
        return y / _counted(step, made[rank - 1], settings, taken, pairs)

    return read


def _with_rest(
    taken: AnyTensor, size: Sequence[int], strides: Sequence[int], pads: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Pads with what a last window beyond the end needs."""
    found = []
    for length, reach, stride, (before, after) in zip(taken.shape[2:], size, strides, pads, strict=True):
        whole = cast(int, length) + before + after
        count = -(-(whole - reach) // stride) + 1
        count -= (count - 1) * stride >= cast(int, length) + before
        found.append((before, after + max((count - 1) * stride + reach - whole, 0)))
    return found


def _counted(
    step: Step, make: Callable[..., layers.Layer], settings: dict[str, object], taken: AnyTensor, pads: object
) -> Array:
    """Which share of each window counts."""
    if step.get("count_include_pad", 0):
        raise ValueError("count_include_pad with ceil_mode")
    ones = np.pad(
        np.ones([int(size or 1) for size in taken.shape[2:]], np.float32), cast("list[tuple[int, int]]", pads)
    )[None, None]
    layer = make(**settings)
    return np.asarray(layer(ones))


def pooled_whole(kind: str) -> Callable[..., object]:
    """GlobalMaxPool or GlobalAveragePool."""
    made = {
        "max": (layers.GlobalMaxPooling1D, layers.GlobalMaxPooling2D, layers.GlobalMaxPooling3D),
        "mean": (layers.GlobalAveragePooling1D, layers.GlobalAveragePooling2D, layers.GlobalAveragePooling3D),
    }[kind]

    def read(r: Reader, step: Step, x: Sequence[Value]) -> object:
        taken = settled(x[0])
        return r.use(step, made[len(taken.shape) - 3](keepdims=True, data_format=FIRST), taken)

    return read


def resize(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """Resize by whole factors, every entry repeated."""
    scales = fixed(x[2], "scales") if len(x) > 2 and x[2] is not None else np.array([])
    taken = settled(x[0])
    if len(x) > 3 and x[3] is not None:
        scales = np.array([1 if b is None else a / b for a, b in zip(fixed(x[3], "sizes").tolist(), taken.shape)])
    plain = step.get("mode", "nearest") == "nearest" and scales.size and np.array_equal(scales, np.round(scales))
    if not plain or scales[0] != 1:
        raise ValueError("interpolation, or a factor that is no whole number")
    for axis, factor in enumerate(scales.astype(int).tolist()):
        taken = ops.repeat(taken, factor, axis=axis) if factor > 1 else taken
    return taken
