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


#: Where ``Resize`` puts the pixels as layers here do: their centres.
_CENTRES = ("half_pixel", "pytorch_half_pixel")


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
    """Resize by whole factors: every entry repeated, or pictures between the centres of pixels."""
    scales = fixed(x[2], "scales") if len(x) > 2 and x[2] is not None else np.array([])
    taken = settled(x[0])
    if len(x) > 3 and x[3] is not None:
        scales = np.array([1 if b is None else a / b for a, b in zip(fixed(x[3], "sizes").tolist(), taken.shape)])
    mode, place = step.get("mode", "nearest"), step.get("coordinate_transformation_mode", "half_pixel")
    if not scales.size or scales[0] != 1 or not np.array_equal(scales, np.round(scales)) or scales.min() < 1:
        raise ValueError(f"the factors {scales.tolist()}; expected whole numbers of at least 1, and 1 for the rows")
    factors = scales.astype(int).tolist()
    if mode == "linear" and place in _CENTRES and len(factors) == 4 and factors[1] == 1:
        layer = layers.UpSampling2D((factors[2], factors[3]), data_format=FIRST, interpolation="bilinear")
        return r.use(step, layer, taken)
    if mode != "nearest":
        raise ValueError(f"mode={mode!r} with {place!r}; expected nearest, or linear of pictures with half_pixel")
    for axis, factor in enumerate(factors):
        taken = ops.repeat(taken, factor, axis=axis) if factor > 1 else taken
    return taken


def depth_to_space(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """Channels become pixels, a block of them each."""
    taken, size = settled(x[0]), int(step.get("blocksize"))
    channels, height, width = (fixed_size(each) for each in taken.shape[1:])
    if size < 1 or channels % size**2:
        raise ValueError(f"{channels} channels; expected a multiple of {size}²")
    deep = channels // size**2
    crd = step.get("mode", "DCR") == "CRD"
    parts = (deep, size, size, height, width) if crd else (size, size, deep, height, width)
    order = (0, 1, 4, 2, 5, 3) if crd else (0, 3, 4, 1, 5, 2)
    moved = ops.transpose(ops.reshape(taken, (-1, *parts)), order)
    return ops.reshape(moved, (-1, deep, height * size, width * size))


def space_to_depth(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """Blocks of pixels become channels."""
    taken, size = settled(x[0]), int(step.get("blocksize"))
    channels, height, width = (fixed_size(each) for each in taken.shape[1:])
    if size < 1 or height % size or width % size:
        raise ValueError(f"pictures of {height} x {width}; expected multiples of {size}")
    parts = (channels, height // size, size, width // size, size)
    moved = ops.transpose(ops.reshape(taken, (-1, *parts)), (0, 3, 5, 1, 2, 4))
    return ops.reshape(moved, (-1, channels * size**2, height // size, width // size))


def fixed_size(size: int | None) -> int:
    """A size that is known.

    Raises:
        ValueError: it is not.
    """
    if size is None:
        raise ValueError("pictures of unknown size")
    return size
