"""ONNX's operators as layers and operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import cast

import numpy as np

from clarinet import layers, ops
from clarinet.activations import Celu, Gelu
from clarinet.exchange.from_onnx import classical, flattened, joining, weighted, windows
from clarinet.exchange.from_onnx.joining import alike
from clarinet.exchange.from_onnx.protos import MOST_NUMBERS, Step, dtype_of
from clarinet.exchange.from_onnx.reading import NotNumbers, Reader, Value
from clarinet.exchange.from_onnx.turned import Turned, settled, turned
from clarinet.exchange.from_onnx.weighted import fixed, is_fixed
from clarinet.types import AnyTensor, Array

#: Reads a node, given what it takes.
_Read = Callable[..., object]
FAR = 2**31


def all_fixed(x: Sequence[object]) -> bool:
    """Whether nothing is computed from inputs."""
    return all(value is None or is_fixed(value) for value in x)


def _numbers(function: Callable[..., object], constant: Callable[..., object] | None = None) -> _Read:
    """An operation; of fixed numbers NumPy's function, which keeps whole numbers and unknown sizes."""

    def read(r: Reader, step: Step, x: Sequence[Value]) -> object:
        if all_fixed(x):
            r.check_room(np.broadcast_shapes(*(np.shape(cast(Array, value)) for value in x if value is not None)))
            if constant is not None:
                return np.asarray(constant(*x))
        taken = [settled(value) for value in x if value is not None]
        if len(taken) > 1:
            taken = alike(taken)
        found = function(*taken)
        return np.asarray(found) if all_fixed(x) else found

    return read


def _layer(make: Callable[[Step], layers.Layer]) -> _Read:
    def read(r: Reader, step: Step, x: Sequence[Value]) -> object:
        value = x[0]
        if isinstance(value, Turned):
            return Turned(r.use(step, make(step), value.base), value.order)
        return r.use(step, make(step), value)

    return read


def _activation(name: str) -> _Read:
    return _layer(lambda step: layers.Activation(name))


def _softmax(kind: str) -> _Read:
    def read(r: Reader, step: Step, x: Sequence[Value]) -> object:
        taken = settled(x[0])
        function = ops.softmax if kind == "softmax" else ops.log_softmax
        axis = int(step.get("axis", -1))
        if axis in (-1, len(taken.shape) - 1):
            return r.use(step, layers.Activation(kind), taken)
        return function(taken, axis=axis)

    return read


def _clip(r: Reader, step: Step, x: Sequence[Value]) -> object:
    ends: list[Value | None] = [*x[1:], None, None]
    low = step.get("min") if ends[0] is None else float(fixed(ends[0], "min"))
    high = step.get("max") if ends[1] is None else float(fixed(ends[1], "max"))
    y = settled(x[0])
    y = y if low is None else ops.maximum(y, float(low))
    return y if high is None else ops.minimum(y, float(high))


# Shapes.


def _sizes(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """The sizes of a tensor; None for those that are not known."""
    if isinstance(x[0], np.ndarray):
        sizes: Sequence[int | None] = x[0].shape
    else:
        sizes = tuple(x[0].shape)
    found = np.empty(len(sizes), object)
    found[:] = list(sizes)
    found = found[step.get("start", 0) : step.get("end")]
    return found.astype(np.int64) if None not in sizes else found


def _reshape(r: Reader, step: Step, x: Sequence[Value]) -> object:
    wanted = fixed(x[1], "the shape").tolist() if len(x) > 1 else step.get("shape")
    if isinstance(x[0], np.ndarray):
        return x[0].reshape([own if size == 0 else size for size, own in zip(wanted, [*x[0].shape, *wanted])])
    if isinstance(x[0], Turned):
        merged = x[0].merged(wanted)
        if merged is not None:
            return merged
    taken = settled(x[0])
    shape = [taken.shape[i] if size == 0 else size for i, size in enumerate(wanted)]
    return ops.reshape(taken, _with_rows(r, taken, shape))


def _with_rows(r: Reader, taken: AnyTensor, shape: list[int | None]) -> tuple[int | None, ...]:
    """A shape whose first size is that of the rows, where the file fixes how many they are and the rest says so."""
    if shape and shape[0] in r.batches and taken.shape[0] is None:
        rest, own = shape[1:], taken.shape[1:]
        if -1 in rest or (None not in rest and None not in own and prod(rest) == prod(own)):  # type: ignore[arg-type]
            shape = [None, *rest]
    if shape and shape[0] is None and None not in shape[1:] and -1 not in shape[1:]:
        shape = [-1, *shape[1:]]
    return tuple(shape)


def _transpose(r: Reader, step: Step, x: Sequence[Value]) -> object:
    order = list(step.get("perm", range(len(x[0].shape))[::-1]))
    if sorted(order) != list(range(len(x[0].shape))):
        raise ValueError(f"perm={order}; expected each of the {len(x[0].shape)} axes once")
    if isinstance(x[0], np.ndarray):
        return x[0].transpose(order)
    return x[0].transposed(order) if isinstance(x[0], Turned) else turned(x[0], order)


def _axes(step: Step, x: Sequence[Value], rank: int) -> list[int]:
    given = step.get("axes") if len(x) < 2 or x[1] is None else fixed(x[1], "axes").tolist()
    return [int(axis) % rank for axis in (range(rank) if given is None else given)]


def _squeeze(r: Reader, step: Step, x: Sequence[Value]) -> object:
    sizes = x[0].shape
    axes = _axes(step, x, len(sizes))
    axes = axes if len(x) > 1 or step.get("axes") else [i for i, size in enumerate(sizes) if size == 1]
    if isinstance(x[0], np.ndarray):
        return np.squeeze(x[0], tuple(axes))
    return x[0].squeezed(axes) if isinstance(x[0], Turned) else ops.squeeze(x[0], axis=tuple(axes))


def _unsqueeze(r: Reader, step: Step, x: Sequence[Value]) -> object:
    given = step.get("axes") if len(x) < 2 else fixed(x[1], "axes").ravel().tolist()
    if isinstance(x[0], np.ndarray):
        return np.expand_dims(x[0], tuple(given))
    return ops.expand_dims(settled(x[0]), axis=tuple(given))


def _slice(r: Reader, step: Step, x: Sequence[Value]) -> object:
    if len(x) == 1:
        firsts, lasts, axes, strides = step.get("starts"), step.get("ends"), step.get("axes"), None
    else:
        rest = [None if v is None else fixed(v, "a place").tolist() for v in [*x[1:], None, None][:4]]
        firsts, lasts, axes, strides = rest
    axes = range(len(firsts)) if axes is None else axes
    strides = [1] * len(firsts) if strides is None else strides
    cuts = {
        int(axis) % len(x[0].shape): slice(*_ends(first, last, by))
        for axis, first, last, by in zip(axes, firsts, lasts, strides, strict=True)
    }
    if isinstance(x[0], Turned):
        return x[0].cut(cuts)
    key = tuple(cuts.get(axis, slice(None)) for axis in range(len(x[0].shape)))
    return x[0][key]


def _ends(first: int, last: int, by: int) -> tuple[int | None, int | None, int]:
    """A slice without the places that only mean an end."""
    begin = None if abs(first) >= FAR or (by < 0 and first == -1) or (by > 0 and first == 0) else first
    return begin, None if abs(last) >= FAR else last, by


def _expand(r: Reader, step: Step, x: Sequence[Value]) -> object:
    shape = [1 if size is None else size for size in fixed(x[1], "the shape").tolist()]
    r.check_room(shape)
    if isinstance(x[0], np.ndarray):
        return np.broadcast_to(x[0], np.broadcast_shapes(x[0].shape, tuple(shape)))
    return settled(x[0]) * np.ones(shape, np.float32)


def _filled(r: Reader, step: Step, x: Sequence[Value]) -> object:
    shape = [1 if size is None else int(size) for size in fixed(x[0], "the shape").tolist()]
    r.check_room(shape)
    value = step.get("value")
    return np.full(shape, 0.0 if value is None else value.ravel()[0], np.float32 if value is None else value.dtype)


def _range(r: Reader, step: Step, x: Sequence[Value]) -> object:
    first, last, by = (fixed(v, "a number").item() for v in x)
    r.check_room([int(max(0, (last - first) / by)) + 1])
    return np.arange(first, last, by, dtype=cast(Array, x[0]).dtype)


def _check_sizes(shape: Sequence[int]) -> None:
    if prod(shape) > MOST_NUMBERS or any(size < 0 for size in shape):
        raise ValueError(f"the shape {tuple(shape)}; expected sizes of at least 0, and {MOST_NUMBERS} numbers at most")


def _pad(r: Reader, step: Step, x: Sequence[Value]) -> object:
    mode = step.get("mode", "constant")
    if mode not in ("constant", "edge", "reflect", "wrap") or (len(x) > 3 and x[3] is not None):
        raise ValueError(f"mode={mode!r}, or axes; expected constant, edge, reflect or wrap, and no axes")
    pads = step.get("pads") if len(x) < 2 else fixed(x[1], "pads").tolist()
    value = float(fixed(x[2], "the value")) if len(x) > 2 and x[2] is not None else float(step.get("value", 0.0))
    taken, rank = settled(x[0]), len(pads) // 2
    widths = [[pads[i], pads[i + rank]] for i in range(rank)]
    _check_sizes([(size or 1) + sum(map(abs, pair)) for size, pair in zip(taken.shape, widths, strict=True)])
    return ops.pad(taken, widths, mode, **({"constant_values": value} if mode == "constant" else {}))


def _cast(r: Reader, step: Step, x: Sequence[Value]) -> object:
    dtype = dtype_of(step.get("to"))
    if dtype.kind not in "fiub":
        raise NotNumbers
    if isinstance(x[0], np.ndarray):
        return x[0] if x[0].dtype == object and dtype.kind in "iu" else x[0].astype(dtype)
    dtype = np.dtype({8: np.int32}.get(dtype.itemsize, dtype) if dtype.kind in "iu" else dtype)
    return ops.cast(settled(x[0]), "float32" if dtype.kind == "f" else str(dtype))


# Reductions and pooling.


def _reduced(function: Callable[..., object]) -> _Read:
    def read(r: Reader, step: Step, x: Sequence[Value]) -> object:
        if len(x) > 1 and x[1] is not None and fixed(x[1], "axes").size == 0 and step.get("noop_with_empty_axes", 0):
            return x[0]
        axes = _axes(step, x, len(x[0].shape))
        found = function(settled(x[0]), axis=tuple(axes), keepdims=bool(step.get("keepdims", 1)))
        return np.asarray(found) if all_fixed(x) else found

    return read


def _hard_sigmoid(r: Reader, step: Step, x: Sequence[Value]) -> object:
    return ops.clip(settled(x[0]) * step.get("alpha", 0.2) + step.get("beta", 0.5), 0.0, 1.0)


def _tiled(r: Reader, step: Step, x: Sequence[Value]) -> object:
    repeats = [int(n) for n in fixed(x[1], "repeats").tolist()]
    _check_sizes([(size or 1) * n for size, n in zip(x[0].shape, repeats, strict=True)])
    return ops.tile(settled(x[0]), repeats)


def _identity(r: Reader, step: Step, x: Sequence[Value]) -> object:
    return x[0]


def _constant(r: Reader, step: Step, x: Sequence[Value]) -> object:
    (value,) = step.settings.values()
    return value if isinstance(value, np.ndarray) else np.array(value, np.int64 if isinstance(value, int) else None)


def _einsum(r: Reader, step: Step, x: Sequence[Value]) -> object:
    if all_fixed(x):
        raise ValueError("all that it takes are numbers of the file; export a file with constants folded")
    return ops.einsum(step.get("equation"), *(settled(v) for v in x))


def _power(a: AnyTensor, b: AnyTensor) -> object:
    return ops.square(a) if is_fixed(b) and np.all(np.asarray(b) == 2) else ops.power(a, b)


def _quotient(a: AnyTensor, b: AnyTensor) -> object:
    """Of whole numbers without what is left over, towards zero."""
    whole = all(np.dtype(each.dtype).kind in "iu" for each in (a, b))
    return ops.cast(ops.trunc(ops.divide(a, b)), "int32") if whole else ops.divide(a, b)


def _divided(a: Array, b: Array) -> object:
    return a // b if a.dtype.kind in "iuO" else a / b


def _both(pick: Callable[..., object]) -> Callable[..., object]:
    """A function of two for any number."""

    def read(*taken: object) -> object:
        found = taken[0]
        for each in taken[1:]:
            found = pick(found, each)
        return found

    return read


def _mean_of(*taken: AnyTensor) -> object:
    return cast(AnyTensor, _both(ops.add)(*taken)) / float(len(taken))


_NP_BINARY = {"Add": np.add, "Mul": np.multiply, "Sub": np.subtract, "Max": np.maximum, "Min": np.minimum}
#: How each operator is read.
OPERATORS: dict[str, _Read] = {
    **{name: _numbers(getattr(ops, own)) for name, own in {
        "Abs": "abs", "Acos": "arccos", "Acosh": "arccosh", "And": "logical_and", "Asin": "arcsin", "Asinh": "arcsinh",
        "Atan": "arctan", "Atanh": "arctanh", "Ceil": "ceil", "Cos": "cos", "Cosh": "cosh", "Equal": "equal",
        "Erf": "erf", "Exp": "exp", "Floor": "floor", "Greater": "greater", "GreaterOrEqual": "greater_equal",
        "IsInf": "isinf", "IsNaN": "isnan", "Less": "less", "LessOrEqual": "less_equal", "Log": "log",
        "Neg": "negative",
        "Not": "logical_not", "Or": "logical_or", "Reciprocal": "reciprocal", "Round": "round", "Sign": "sign",
        "Sin": "sin", "Sinh": "sinh", "Sqrt": "sqrt", "Tan": "tan", "Where": "where", "Xor": "logical_xor",
    }.items()},
    **{name: _numbers(_both(getattr(ops, own)), _both(_NP_BINARY[name])) for name, own in {
        "Add": "add", "Mul": "multiply", "Sub": "subtract", "Max": "maximum", "Min": "minimum"}.items()},
    **{name: _activation(own) for name, own in {
        "Relu": "relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "Softplus": "softplus", "Softsign": "softsign",
        "Mish": "mish", "HardSwish": "hard_silu"}.items()},
    "ArgMax": classical.greatest,
    **dict.fromkeys(("Identity", "ZipMap"), _identity),
    **dict.fromkeys(("GRU", "LSTM", "RNN"), weighted.recurrent),
    **dict.fromkeys(("GroupNormalization", "InstanceNormalization"), weighted.group_normalization),
    "ArrayFeatureExtractor": classical.chosen_columns,
    "AveragePool": windows.pool("mean"),
    "BatchNormalization": weighted.batch_normalization,
    "Binarizer": classical.binarizer,
    "Cast": _cast,
    "Celu": _layer(lambda step: layers.Activation(Celu(step.get("alpha", 1.0)))),
    "Clip": _clip,
    "Concat": joining.concatenate,
    "Constant": _constant,
    "ConstantOfShape": _filled,
    "Conv": weighted.convolution,
    "ConvTranspose": weighted.transposed,
    "DepthToSpace": windows.depth_to_space,
    "Div": _numbers(_quotient, _divided),
    "Dropout": _layer(lambda step: layers.Dropout(min(float(step.get("ratio", 0.5)), 0.99))),
    "Einsum": _einsum,
    "Elu": _layer(lambda step: layers.ELU(step.get("alpha", 1.0))),
    "Expand": _expand,
    "Flatten": flattened.flatten,
    "Gather": weighted.gather,
    "Gelu": _layer(lambda step: layers.Activation(Gelu(approximate=step.get("approximate", "none") == "tanh"))),
    "Gemm": weighted.gemm,
    "GlobalAveragePool": windows.pooled_whole("mean"),
    "GlobalMaxPool": windows.pooled_whole("max"),
    "HardSigmoid": _hard_sigmoid,
    "Imputer": classical.imputer,
    "LabelEncoder": classical.encoder,
    "LayerNormalization": weighted.layer_normalization,
    "LeakyRelu": _layer(lambda step: layers.LeakyReLU(step.get("alpha", 0.01))),
    "LinearClassifier": classical.linear_classifier,
    "LinearRegressor": classical.linear_regressor,
    "LogSoftmax": _softmax("log_softmax"),
    "LpNormalization": classical.normalizer,
    "MatMul": weighted.matmul,
    "MaxPool": windows.pool("max"),
    "Mean": _numbers(_mean_of),
    "Mod": _numbers(ops.mod, np.mod),
    "Normalizer": classical.normalizer,
    "OneHotEncoder": classical.one_hot,
    "PRelu": weighted.prelu,
    "Pad": _pad,
    "Pow": _numbers(_power),
    "Range": _range,
    "ReduceL2": _reduced(lambda v, axis, keepdims: ops.sqrt(ops.sum(v * v, axis=axis, keepdims=keepdims))),
    "ReduceLogSumExp": _reduced(ops.logsumexp),
    "ReduceMax": _reduced(ops.max),
    "ReduceMean": _reduced(ops.mean),
    "ReduceMin": _reduced(ops.min),
    "ReduceProd": _reduced(ops.prod),
    "ReduceSum": _reduced(ops.sum),
    "Reshape": _reshape,
    "Resize": windows.resize,
    "Scaler": classical.scaler,
    "Selu": _activation("selu"),
    "Shape": _sizes,
    "Slice": _slice,
    "Softmax": _softmax("softmax"),
    "SpaceToDepth": windows.space_to_depth,
    "Split": joining.split,
    "Squeeze": _squeeze,
    "Sum": _numbers(_both(ops.add)),
    "Tile": _tiled,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}  # fmt: skip
