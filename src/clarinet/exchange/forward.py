"""A model's forward pass as data: operations and weights, which pages and files in C compute predictions from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet import activations, layers
from clarinet.layers.activity import ActivityRegularization
from clarinet.layers.channels import MoveChannels
from clarinet.layers.convolution import Convolution
from clarinet.layers.convolution_transpose import ConvolutionTranspose
from clarinet.layers.dropout import Noise
from clarinet.layers.framing import ZeroPadding2D
from clarinet.layers.geometry import margins
from clarinet.layers.global_pooling import _GlobalAveragePooling, _GlobalMaxPooling
from clarinet.layers.merge import Merge
from clarinet.layers.pooling import _AveragePooling, _MaxPooling
from clarinet.layers.resampling import _Resampling
from clarinet.layers.reshape import Flatten, Reshape
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.plan import Op
    from clarinet.trainable import Trainable

Settings = dict[str, object]
#: Writes one operation from it, its layer, its weights, and those of all; None where the layer has no form.
Describe = Callable[..., Settings | None]


class Weights:
    """Arrays one after another as float32; each is known by where it begins and how many numbers it has."""

    def __init__(self) -> None:
        self._arrays: list[Array] = []
        self._size = 0

    def add(self, array: object) -> list[int]:
        """Append an array; returns ``[offset, size]``."""
        flat = np.asarray(array, "<f4").ravel()
        place = [self._size, flat.size]
        self._arrays.append(flat)
        self._size += flat.size
        return place

    def tobytes(self) -> bytes:
        """All of them, little-endian."""
        return b"".join(array.tobytes() for array in self._arrays)


def forward_pass(
    model: Trainable,
    what: str = "export_html",
    where: str = "in a page",
    more: Mapping[type, Describe] | None = None,
    prepared: bool = False,
) -> tuple[list[Settings], bytes]:
    """The operations of a prediction, and the weights that they name.

    Args:
        model: built.
        what: the caller's name, with which messages begin.
        where: where they run.
        more: operations that have a form there alone, by the class of their layer.
        prepared: whether what runs once on data, such as a lookup of words, is done there before.

    Returns:
        One dictionary an operation: ``do`` (a function of ``network.js``), ``from`` (the tensors it takes: 0 is the
        input, ``i + 1`` the output of operation ``i``), ``size`` (numbers in its output) and its settings; and the
        weights, little-endian float32.

    Raises:
        ValueError: layers or activations without a form; all of them are named.
    """
    plan = model.make_plan()
    early = plan.preparation is not None and not prepared
    if len(plan.input_shapes) != 1 or len(plan.outputs) != 1 or early or not plan.sizes_known:
        raise ValueError(
            f"{what}: expected a model with one input of numbers, whose sizes are known, and one output; received "
            f"{len(model.input_names)} and {len(plan.outputs)}, samples of shape {model.sample_shape}"
        )
    ops = [*plan.ops, *((plan.output,) if plan.output else ())]
    weights, found, strange = Weights(), [], []
    for op in ops:
        own = {s.name: model.store.view(s) for s in (*op.weights, *op.state)}
        settings = _settings(op, own, weights, more or {})
        if settings is None:
            strange.append(f"{model.layers[op.layer].name} ({_what(op)})")
        else:
            sources = [*op.sources, *([op.mask] if op.mask is not None else [])]
            found.append({"from": sources, "size": prod(op.output_shape), **settings})
    if strange:
        raise ValueError(
            f"{what}: {', '.join(dict.fromkeys(strange))} cannot run {where}; export a model without, or use "
            "clarinet draw or model.export('net.onnx'), which take more layers"
        )
    return found, weights.tobytes()


def _what(op: Op) -> str:
    function = op.spec.pure_activation
    return op.kind if function is None else f"activation {function.name}"


def _settings(op: Op, own: dict[str, Array], weights: Weights, more: Mapping[type, Describe]) -> Settings | None:
    """One operation for ``network.js``; None if it has no form there."""
    special = more.get(type(op.spec))
    if op.mask is not None and special is None:
        return None
    describe = (
        special
        or _EXACT.get(type(op.spec))
        or next((_FAMILIES[c] for c in type(op.spec).__mro__ if c in _FAMILIES), None)
    )
    return None if describe is None else describe(op, op.spec, own, weights)


def _same(op: Op, spec: object, own: dict[str, Array], weights: Weights) -> Settings:
    return {"do": "same"}


def _no_form(op: Op, spec: object, own: dict[str, Array], weights: Weights) -> None:
    return None


def _dense(op: Op, spec: Any, own: dict[str, Array], weights: Weights) -> Settings:
    inputs = op.input_shape[-1]
    return {"do": "dense", "inputs": inputs, "units": spec.units, **_stored(own, weights)}


def _stored(own: dict[str, Array], weights: Weights) -> Settings:
    return {name: weights.add(array) for name, array in own.items()}


def _sliding(op: Op, window: Any, strides: Any, dilation: Any, padding: str) -> Settings:
    """A window's geometry; sequences are pictures of one row."""
    edges = margins(op.input_shape[:-1], window, strides, dilation, padding)
    one = (1,) * (3 - len(op.input_shape))
    return {
        "input": [*one, *op.input_shape],
        "output": [*one, *op.output_shape],
        "window": [*one, *window],
        "strides": [*one, *strides],
        "dilation": [*one, *dilation],
        "before": [*(0 for _ in one), *(edge[0] for edge in edges)],
    }


def _convolution(op: Op, spec: Any, own: dict[str, Array], weights: Weights) -> Settings | None:
    if spec.rank > 2:
        return None
    place = _sliding(op, spec.window, spec.strides, spec.dilation_rate, spec.padding)
    return {"do": "convolve", **place, "groups": spec.groups_of(op.input_shape[-1]), **_stored(own, weights)}


def _pooling(mean: bool) -> Describe:
    def described(op: Op, spec: Any, own: dict[str, Array], weights: Weights) -> Settings | None:
        if spec.rank > 2:
            return None
        place = _sliding(op, spec.pool_size, spec.strides, (1,) * spec.rank, spec.padding)
        return {"do": "pool", "mean": mean, **place}

    return described


def _global_pooling(mean: bool) -> Describe:
    return lambda op, spec, own, weights: _pooled_whole(op, mean)


def _pooled_whole(op: Op, mean: bool) -> Settings:
    places, channels = prod(op.input_shape[:-1]), op.input_shape[-1]
    place = {"input": [1, places, channels], "output": [1, 1, channels], "window": [1, places]}
    still = {"strides": [1, 1], "dilation": [1, 1], "before": [0, 0]}
    return {"do": "pool", "mean": mean, **place, **still}


def _resampling(op: Op, spec: Any, own: dict[str, Array], weights: Weights) -> Settings:
    rows, columns = spec.matrices(op.input_shape[:-1])
    return _by_matrices(op, rows, columns, weights)


def _zero_padding(op: Op, spec: Any, own: dict[str, Array], weights: Weights) -> Settings:
    sides = zip(op.input_shape, op.output_shape, spec.padding)
    rows, columns = (np.eye(new, old, -before) for old, new, (before, _) in sides)
    return _by_matrices(op, rows, columns, weights)


def _by_matrices(op: Op, rows: Array, columns: Array, weights: Weights) -> Settings:
    place = {"input": list(op.input_shape), "output": list(op.output_shape)}
    return {"do": "resample", **place, "rows": weights.add(rows), "columns": weights.add(columns)}


def _affine(op: Op, weights: Weights, mean: Any, factor: Any, offset: Any) -> Settings:
    """``(x - mean) * factor + offset``, each repeated from the last axis on."""

    def whole(values: object) -> list[int]:
        return weights.add(np.broadcast_to(np.asarray(values, np.float64), shape))

    ranks = [np.ndim(values) for values in (mean, factor, offset)]
    shape = op.input_shape[len(op.input_shape) - max(ranks) :]
    return {"do": "affine", "mean": whole(mean), "factor": whole(factor), "offset": whole(offset)}


def _rescaling(op: Op, spec: Any, own: dict[str, Array], weights: Weights) -> Settings:
    return _affine(op, weights, 0.0, spec.scale, spec.offset)


def _batch_normalization(op: Op, spec: Any, own: dict[str, Array], weights: Weights) -> Settings:
    after = len(op.input_shape) - spec._axis_of(len(op.input_shape) + 1)  # axes after that of the features
    own = {name: array.astype(np.float64).reshape(-1, *(1,) * after) for name, array in own.items()}
    factor = own.get("gamma", 1.0) / np.sqrt(own["moving_variance"] + spec.epsilon)
    return _affine(op, weights, own["moving_mean"], factor, own.get("beta", 0.0))


def _normalization(op: Op, spec: Any, own: dict[str, Array], weights: Weights) -> Settings:
    shape = spec.statistics_shape(op.input_shape)
    kept = spec._kept(len(op.input_shape) + 1)
    wide = [size if axis in kept else 1 for axis, size in enumerate(op.input_shape, 1)]
    own = own | spec.given
    mean, variance = own["mean"], own["variance"]
    mean, variance = (np.broadcast_to(v, shape).astype(np.float64).reshape(wide) for v in (mean, variance))
    deviation = np.maximum(np.sqrt(variance), 1e-7)
    if spec.invert:
        return _affine(op, weights, 0.0, deviation, mean)
    return _affine(op, weights, mean, 1 / deviation, 0.0)


def _layer_normalization(op: Op, spec: Any, own: dict[str, Array], weights: Weights) -> Settings | None:
    rank = len(op.input_shape) + 1
    axes = spec.axes(rank)
    if axes != tuple(range(rank - len(axes), rank)):
        return None
    return {"do": "standardise", "epsilon": spec.epsilon, **_runs(op, axes[0] - 1, weights, own)}


def _runs(op: Op, first: int, weights: Weights, own: dict[str, Array]) -> Settings:
    """How many numbers the axes from ``first`` on hold, and the factor and offset for each of them."""
    size = prod(op.input_shape[first:])
    gamma, beta = own.get("gamma", np.ones(size)), own.get("beta", np.zeros(size))
    return {"run": size, "gamma": weights.add(gamma), "beta": weights.add(beta)}


def _group_normalization(op: Op, spec: Any, own: dict[str, Array], weights: Weights) -> Settings | None:
    channels = op.input_shape[-1]
    if spec._axis_of(len(op.input_shape) + 1) != len(op.input_shape):
        return None
    groups = {"channels": channels, "groups": spec.groups_of(channels)}
    return {"do": "standardiseGroups", "epsilon": spec.epsilon, **groups, **_runs(op, -1, weights, own)}


def _permute(op: Op, spec: Any, own: dict[str, Array], weights: Weights) -> Settings:
    return _reordered(op, [axis - 1 for axis in spec.dims])


def _move_channels(op: Op, spec: Any, own: dict[str, Array], weights: Weights) -> Settings:
    return _reordered(op, spec.order(len(op.input_shape)))


def _reordered(op: Op, order: Iterable[int]) -> Settings:
    strides = [prod(op.input_shape[axis + 1 :]) for axis in order]
    return {"do": "permute", "shape": list(op.output_shape), "strides": strides}


def _prelu(op: Op, spec: object, own: dict[str, Array], weights: Weights) -> Settings:
    return {"do": "prelu", "alpha": weights.add(np.broadcast_to(own["alpha"], op.input_shape))}


def _merge(op: Op, spec: Any, own: dict[str, Array], weights: Weights) -> Settings:
    runs, inputs = spec.runs(op.input_shapes), range(len(op.input_shapes))
    if spec.merge == "concatenate":
        return {"do": "concatenate", "runs": [runs[str(j)] for j in inputs]}
    settings: Settings = {"do": "merge", "merge": spec.merge}
    if not runs:
        return settings
    return settings | {"shape": runs["sizes"], "strides": [_strides(runs["sizes"], runs[str(j)]) for j in inputs]}


def _strides(sizes: list[int], has: list[bool]) -> list[int]:
    """From one entry to the next along axes of these sizes, in an array that has some of them."""
    own = [size if there else 1 for size, there in zip(sizes, has, strict=True)]
    return [prod(own[axis + 1 :]) if there else 0 for axis, there in enumerate(has)]


def _activation(op: Op, spec: Any, own: dict[str, Array], weights: Weights) -> Settings | None:
    function = spec.pure_activation
    known = {type(getattr(activations, name)) for name in activations.__all__ if name[0].islower()}
    if type(function) not in known:
        return None
    settings: Settings = {"do": "activate", "name": function.name, **vars(function)}
    axis = settings.get("axis")
    if isinstance(axis, int):  # counts the batch as 0
        axis += len(op.input_shape) + 1 if axis < 0 else 0
        settings |= {"length": op.input_shape[axis - 1], "stride": prod(op.input_shape[axis:])}
    return settings


#: Operations of these classes and of classes made from them.
_FAMILIES: dict[type, Describe] = {
    ActivityRegularization: _same,
    Convolution: _convolution,
    ConvolutionTranspose: _no_form,
    Flatten: _same,
    Noise: _same,  # drawn in training alone
    Reshape: _same,
    ZeroPadding2D: _zero_padding,
    _AveragePooling: _pooling(mean=True),
    _GlobalAveragePooling: _global_pooling(mean=True),
    _GlobalMaxPooling: _global_pooling(mean=False),
    _MaxPooling: _pooling(mean=False),
    _Resampling: _resampling,
}
#: Operations of these classes alone.
_EXACT: dict[type, Describe] = {
    layers.Activation: _activation,
    layers.BatchNormalization: _batch_normalization,
    layers.Dense: _dense,
    layers.GroupNormalization: _group_normalization,
    layers.LayerNormalization: _layer_normalization,
    layers.Normalization: _normalization,
    layers.PReLU: _prelu,
    layers.Permute: _permute,
    layers.Rescaling: _rescaling,
    Merge: _merge,
    MoveChannels: _move_channels,
}
