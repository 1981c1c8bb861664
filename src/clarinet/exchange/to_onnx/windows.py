"""Convolutions and pooling: ONNX has the channels behind the batch, Clarinet's layers have them last."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from clarinet import layers
from clarinet.exchange.to_onnx.building import Graph, NoForm, Value
from clarinet.layers.convolution import Convolution
from clarinet.layers.convolution_transpose import ConvolutionTranspose
from clarinet.layers.geometry import margins
from clarinet.layers.global_pooling import _GlobalPooling
from clarinet.layers.pooling import _Pooling
from clarinet.layers.resampling import _Resampling
from clarinet.sizes import known
from clarinet.types import Array, Shape

if TYPE_CHECKING:
    from clarinet.plan import Op

_Sized = layers.UpSampling1D | layers.UpSampling2D | layers.UpSampling3D
_Padding = layers.ZeroPadding1D | layers.ZeroPadding2D | layers.ZeroPadding3D
_Cropping = layers.Cropping1D | layers.Cropping2D | layers.Cropping3D
Weights = dict[str, Array]
#: Writes a layer's operation, of the layer, its weights and what it takes.
Write = Callable[..., Value]


def channels_first(g: Graph, x: Value, axes: int) -> Value:
    """The channels behind the batch, of a tensor with so many axes between."""
    return g.transpose(x, (0, axes + 1, *range(1, axes + 1)))


def channels_last(g: Graph, x: Value, axes: int) -> Value:
    """The other way round."""
    return g.transpose(x, (0, *range(2, axes + 2), 1))


def _window(spatial: Shape, window: Shape, strides: Shape, dilation: Shape, padding: str) -> dict[str, Any]:
    """The settings of a window that slides over samples of these sizes."""
    settings: dict[str, Any] = {"kernel_shape": [*window], "strides": [*strides]}
    if any(step > 1 for step in dilation):
        settings["dilations"] = [*dilation]
    if padding == "same" and not known(spatial):
        return settings | {"auto_pad": "SAME_UPPER"}
    sizes = tuple(0 if padding != "same" else size for size in spatial)
    before, after = zip(*margins(sizes, window, strides, dilation, padding), strict=True)
    return settings | ({"pads": [*before, *after]} if any((*before, *after)) else {})


def convolution(g: Graph, op: Op, spec: Convolution, own: Weights, x: list[Value]) -> Value:
    """Plain, grouped and depthwise ones, along any number of axes."""
    rank, channels = spec.rank, op.input_shape[-1]
    groups = spec.groups_of(channels)
    kernel = own["kernel"].reshape(*spec.window, channels // groups, -1).transpose(rank + 1, rank, *range(rank))
    settings = _window(op.input_shape[:-1], spec.window, spec.strides, spec.dilation_rate, spec.padding)
    taken = [channels_first(g, x[0], rank), *_weights(g, kernel, own)]
    return channels_last(g, g.add("Conv", *taken, group=groups, **settings), rank)


def _weights(g: Graph, kernel: Array, own: Weights) -> list[Value]:
    found = [g.constant(kernel, name=f"{g.scope}/kernel")]
    return found + ([g.constant(own["bias"], name=f"{g.scope}/bias")] if "bias" in own else [])


def transposed(g: Graph, op: Op, spec: ConvolutionTranspose, own: Weights, x: list[Value]) -> Value:
    """Transposed convolutions; what they cut off and add does not depend on the size."""
    rank, probe = spec.rank, (9,) * spec.rank
    sizes, edges = spec.around(probe)
    spans = [(reach - 1) * step + 1 for reach, step in zip(spec.window, spec.dilation_rate)]
    least = [(9 - 1) * stride + span for stride, span in zip(spec.strides, spans)]
    more = [size + sum(edge) - own_size for size, edge, own_size in zip(sizes, edges, least)]
    befores, afters = zip(*edges, strict=True)
    settings: dict[str, Any] = {"kernel_shape": [*spec.window], "strides": [*spec.strides]}
    settings |= {"dilations": [*spec.dilation_rate], "pads": [*befores, *afters], "output_padding": more}
    kernel = own["kernel"].transpose(rank + 1, rank, *range(rank))
    taken = [channels_first(g, x[0], rank), *_weights(g, kernel, own)]
    return channels_last(g, g.add("ConvTranspose", *taken, **settings), rank)


def pooling(kind: str) -> Write:
    """The largest entry, or the mean, of each window; what padding adds does not count."""

    def write(g: Graph, op: Op, spec: _Pooling, own: Weights, x: list[Value]) -> Value:
        settings = _window(op.input_shape[:-1], spec.pool_size, spec.strides, (1,) * spec.rank, spec.padding)
        return channels_last(g, g.add(kind, channels_first(g, x[0], spec.rank), **settings), spec.rank)

    return write


def whole(kind: str) -> Write:
    """One number for each channel, by a reduction."""

    def write(g: Graph, op: Op, spec: _GlobalPooling, own: Weights, x: list[Value]) -> Value:
        if op.mask is not None:
            return _mean_of_kept(g, spec, *x)
        return g.reduced(kind, x[0], range(1, spec.rank + 1), spec.keepdims)

    return write


def _mean_of_kept(g: Graph, spec: _GlobalPooling, x: Value, mask: Value) -> Value:
    kept = g.unsqueeze(g.floats(mask), [2])
    count = g.add("Max", g.reduced("ReduceSum", kept, [1], spec.keepdims), g.number(1.0))
    return g.add("Div", g.reduced("ReduceSum", g.add("Mul", x, kept), [1], spec.keepdims), count)


# Sizes of pictures.


def resampled(g: Graph, op: Op, spec: _Resampling, own: Weights, x: list[Value]) -> Value:
    """Rows and columns each times a matrix."""
    spatial = op.input_shape[:-1]
    if not known(spatial):
        raise NoForm("interpolation of pictures whose size is not known")
    rows, columns = (np.asarray(matrix, np.float32) for matrix in spec.matrices(spatial))
    wide = g.add("MatMul", g.constant(columns), x[0])
    tall = g.add("MatMul", g.constant(rows), g.reshape(wide, (0, spatial[0], len(columns) * op.input_shape[-1])))
    return g.reshape(tall, (0, *op.output_shape))


def upsampled(
    g: Graph,
    op: Op,
    spec: _Sized,
    own: Weights,
    x: list[Value],
) -> Value:
    """Every entry repeated, along each axis between the rows and the channels."""
    if getattr(spec, "interpolation", "nearest") != "nearest":
        return resampled(g, op, cast(_Resampling, spec), own, x)
    sizes = spec.size if isinstance(spec.size, tuple) else (spec.size,)
    scales = g.constant(np.array([1, *sizes, 1], np.float32))
    how: Any = {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
    return g.add("Resize", x[0], None, scales, **how)


def padded(
    g: Graph,
    op: Op,
    spec: _Padding,
    own: Weights,
    x: list[Value],
) -> Value:
    """Zeros around it."""
    return g.padded(x[0], [(0, 0), *_pairs(spec.padding), (0, 0)])


def cropped(g: Graph, op: Op, spec: _Cropping, own: Weights, x: list[Value]) -> Value:
    """Without its margins."""
    pairs = enumerate(_pairs(spec.cropping), 1)
    return g.cut(x[0], {axis: (before, -after or None, 1) for axis, (before, after) in pairs if before or after})


def _pairs(widths: object) -> list[tuple[int, int]]:
    """Before and after each axis; of a single axis they are written without a pair around."""
    given = np.asarray(widths).reshape(-1, 2).tolist()
    return [(int(before), int(after)) for before, after in given]
