"""Operators with weights of the file as layers that have them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import numpy as np

from clarinet import activations, layers, ops
from clarinet.exchange.from_onnx.protos import Step
from clarinet.exchange.from_onnx.reading import Reader, Value
from clarinet.exchange.from_onnx.turned import Turned, settled
from clarinet.types import AnyTensor, Array

FIRST = "channels_first"
_CONVOLUTIONS = (layers.Conv1D, layers.Conv2D, layers.Conv3D)
_TRANSPOSED = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)


def fixed(value: Value | None, what: str) -> Array:
    """Numbers of the file.

    Raises:
        ValueError: they are computed.
    """
    if not isinstance(value, np.ndarray):
        raise ValueError(f"{what} is computed by other nodes; expected numbers of the file")
    return value


def is_fixed(value: object) -> bool:
    """Whether it is numbers of the file."""
    return isinstance(value, np.ndarray)


# Products.


def matmul(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """Dense, together with an addition of a bias that alone takes what it gives."""
    if is_fixed(x[0]) and is_fixed(x[1]):
        first, second = cast(Array, x[0]), cast(Array, x[1])
        r.check_room([*first.shape[:-1], *second.shape[-1:]])
        return np.matmul(first, second)
    if is_fixed(x[0]) or not is_fixed(x[1]) or cast(Array, x[1]).ndim != 2:
        return ops.matmul(settled(x[0]), settled(x[1]))
    kernel, taken = cast(Array, x[1]), settled(x[0])
    user = r.only_user(step)
    bias = _bias_of(r, user, step, kernel.shape[1])
    layer = layers.Dense(kernel.shape[1], use_bias=bias is not None)
    found = r.use(step, layer, taken, weights=[kernel] if bias is None else [kernel, bias])
    if bias is not None and user is not None:
        r.settle(user, found)
    return found


def _bias_of(r: Reader, user: Step | None, step: Step, units: int) -> Array | None:
    if user is None or user.operator != "Add" or len(user.takes) != 2:
        return None
    other = r.values.get(next((name for name in user.takes if name != step.gives[0]), ""))
    if not isinstance(other, np.ndarray) or other.size != units or other.shape[-1:] != (units,):
        return None
    return other.reshape(units)


def gemm(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """``alpha A B + beta C``; Dense where B is fixed."""
    if step.get("transA", 0) or is_fixed(x[0]) or not is_fixed(x[1]):
        raise ValueError("a product that is not of a tensor and fixed numbers")
    kernel = cast(Array, x[1]).T if step.get("transB", 0) else cast(Array, x[1])
    kernel = kernel * np.float32(step.get("alpha", 1.0))
    weights = [kernel]
    if len(x) > 2 and x[2] is not None:
        bias = fixed(x[2], "C") * np.float32(step.get("beta", 1.0))
        weights.append(np.broadcast_to(bias.reshape(-1), (kernel.shape[1],)))
    return r.use(step, layers.Dense(kernel.shape[1], use_bias=len(weights) > 1), settled(x[0]), weights=weights)


# Windows.


def pads_of(step: Step, rank: int) -> list[tuple[int, int]] | str:
    """Entries before and after each axis, or ``"same"``."""
    auto = step.get("auto_pad", "NOTSET")
    if auto in ("SAME_UPPER", "VALID"):
        return "same" if auto == "SAME_UPPER" else [(0, 0)] * rank
    if auto != "NOTSET":
        raise ValueError(f"auto_pad={auto!r}")
    pads = step.get("pads", [0] * 2 * rank)
    return [(int(pads[i]), int(pads[i + rank])) for i in range(rank)]


def numbers_of(step: Step, name: str, rank: int) -> tuple[int, ...]:
    """A setting with a number for each axis, by default 1."""
    return tuple(int(number) for number in step.get(name, [1] * rank))


def padded(x: AnyTensor, pads: Sequence[tuple[int, int]], value: float = 0.0) -> AnyTensor:
    """A number around the axes behind the channels."""
    if not any(map(any, pads)):
        return x
    return ops.pad(x, [[0, 0], [0, 0], *map(list, pads)], constant_values=value)


def convolution(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """Conv along one to three axes, channels behind the rows."""
    weight = fixed(x[1], "the kernel")
    rank = weight.ndim - 2
    strides, dilation = numbers_of(step, "strides", rank), numbers_of(step, "dilations", rank)
    pads, taken, padding = pads_of(step, rank), settled(x[0]), "valid"
    spans = [(size - 1) * gap for size, gap in zip(weight.shape[2:], dilation, strict=True)]
    if pads == "same" or (set(strides) == {1} and pads == [(s // 2, s - s // 2) for s in spans]):
        padding = "same"
    else:
        taken = padded(taken, cast("list[tuple[int, int]]", pads))
    layer = _CONVOLUTIONS[rank - 1](
        weight.shape[0],
        weight.shape[2:],
        strides=strides,
        padding=padding,
        dilation_rate=dilation,
        groups=int(step.get("group", 1)),
        use_bias=len(x) > 2 and x[2] is not None,
        data_format=FIRST,
    )
    kernel = np.moveaxis(weight, (0, 1), (-1, -2))
    return r.use(step, layer, taken, weights=[kernel, *(fixed(b, "the bias") for b in x[2:3] if b is not None)])


def transposed(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """ConvTranspose: the whole of it, and then without what pads cut off."""
    weight = fixed(x[1], "the kernel")
    rank, group = weight.ndim - 2, int(step.get("group", 1))
    pads = pads_of(step, rank)
    if group != 1 or pads == "same" or "output_shape" in step.settings:
        raise ValueError("groups, auto_pad or output_shape of a transposed convolution")
    more = tuple(int(number) for number in step.get("output_padding", [0] * rank))
    layer = _TRANSPOSED[rank - 1](
        weight.shape[1],
        weight.shape[2:],
        strides=numbers_of(step, "strides", rank),
        output_padding=tuple(more),
        dilation_rate=numbers_of(step, "dilations", rank),
        use_bias=len(x) > 2 and x[2] is not None,
        data_format=FIRST,
    )
    kernel = np.moveaxis(weight, (0, 1), (-1, -2))
    y = r.use(step, layer, settled(x[0]), weights=[kernel, *(fixed(b, "the bias") for b in x[2:3] if b is not None)])
    cuts = tuple(slice(before, -after or None) for before, after in cast("list[tuple[int, int]]", pads))
    return y[(slice(None), slice(None), *cuts)] if any(map(any, pads)) else y


# Tables and normalisations.


def gather(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """Rows of a table as Embedding; else entries at places."""
    axis = int(step.get("axis", 0))
    if is_fixed(x[0]) and not is_fixed(x[1]) and cast(Array, x[0]).ndim == 2 and not axis:
        table = cast(Array, x[0])
        return r.use(step, layers.Embedding(*table.shape), settled(x[1]), weights=[table])
    if isinstance(x[0], Turned) and is_fixed(x[1]):
        return x[0].gathered(cast(Array, x[1]), axis)
    if is_fixed(x[0]) and is_fixed(x[1]):
        r.check_room([cast(Array, x[0]).size // max(x[0].shape[axis] or 1, 1) * cast(Array, x[1]).size])
    places = x[1].astype(np.int64) if isinstance(x[1], np.ndarray) else ops.cast(settled(x[1]), "int32")
    return ops.take(settled(x[0]), places, axis=axis)


def batch_normalization(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """With the file's statistics."""
    weights = [fixed(each, "a weight") for each in x[1:5]]
    momentum = float(step.get("momentum", 0.9))
    layer = layers.BatchNormalization(axis=1, epsilon=float(step.get("epsilon", 1e-5)), momentum=momentum)
    return r.use(step, layer, settled(x[0]), weights=weights)


def layer_normalization(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """Over the last axes."""
    taken = settled(x[0])
    axis, rank = int(step.get("axis", -1)), len(taken.shape)
    axes = list(range(axis % rank, rank))
    center = len(x) > 2 and x[2] is not None
    layer = layers.LayerNormalization(axis=axes, epsilon=float(step.get("epsilon", 1e-5)), center=center)
    return r.use(step, layer, taken, weights=[fixed(each, "a weight") for each in x[1:] if each is not None])


def group_normalization(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """Of groups of channels behind the rows; InstanceNormalization has one for each."""
    groups = int(step.get("num_groups", -1))
    weights = [fixed(each, "a weight") for each in x[1:3]]
    channels = settled(x[0]).shape[1] or 1
    weights = [np.repeat(w, channels // len(w)) if len(w) != channels else w for w in weights]
    layer = layers.GroupNormalization(groups, axis=1, epsilon=float(step.get("epsilon", 1e-5)))
    return r.use(step, layer, settled(x[0]), weights=weights)


def prelu(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """A slope for each channel, or one for each number."""
    slope, taken = fixed(x[1], "the slope"), settled(x[0])
    rank = len(taken.shape) - 1
    wide = slope.reshape((1,) * (rank - slope.ndim) + slope.shape) if slope.ndim <= rank else slope[0]
    shared = [axis + 1 for axis, size in enumerate(wide.shape) if size == 1 and taken.shape[axis + 1] != 1]
    return r.use(step, layers.PReLU(shared_axes=shared or None), taken, weights=[wide])


# Loops.

_LOOPS: dict[str, tuple[Callable[..., layers.Layer], tuple[int, ...], tuple[str, ...]]] = {
    "GRU": (layers.GRU, (0, 1, 2), ("Sigmoid", "Tanh")),
    "LSTM": (layers.LSTM, (0, 2, 3, 1), ("Sigmoid", "Tanh", "Tanh")),
    "RNN": (layers.SimpleRNN, (0,), ("Tanh",)),
}
_FUNCTIONS = {name: name for name in ("elu", "relu", "sigmoid", "softplus", "softsign", "tanh")}


def recurrent(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """GRU, LSTM and RNN: each direction a layer of its own."""
    weights, recurrent_weights = fixed(x[1], "W"), fixed(x[2], "R")
    bias = fixed(x[3], "B") if len(x) > 3 and x[3] is not None else None
    units, directions = recurrent_weights.shape[-1], weights.shape[0]
    if step.get("layout", 0) or "clip" in step.settings or (len(x) > 4 and x[4] is not None and not is_fixed(x[4])):
        raise ValueError("layout, clip or lengths of sequences")
    states = [each for each in x[5:] if each is not None and not (is_fixed(each) and not np.any(cast(Array, each)))]
    if states:
        raise ValueError("first states that are not zeros")
    turned = x[0] if isinstance(x[0], Turned) else Turned(settled(x[0]), (0, 1, 2))
    sequence = turned.base_of((1, 0, 2))
    backwards = [step.get("direction", "forward") == "reverse"] if directions == 1 else [False, True]
    every, lasts, cells = [], [], []
    for number, back in enumerate(backwards):
        layer = _loop(step, number, units, back, bias is not None)
        own = _gates(step, weights[number], recurrent_weights[number], None if bias is None else bias[number], units)
        found = r.use(step, layer, sequence, weights=own)
        outputs, last, *others = cast("tuple[AnyTensor, ...]", found)
        every.append(ops.flip(outputs, axis=1) if back else outputs)
        lasts.append(last)
        cells += others
    whole = ops.stack(every, axis=2)  # (rows, steps, directions, units)
    ends = [Turned(ops.stack(each, axis=1), (1, 0, 2)) for each in (lasts, cells) if each]
    return [Turned(whole, (1, 2, 0, 3)), *ends]


def _loop(step: Step, number: int, units: int, back: bool, bias: bool) -> layers.Layer:
    make, _, usual = _LOOPS[step.operator]
    names = list(step.get("activations", list(usual) * 2))[number * len(usual) :][: len(usual)]
    if not {name.lower() for name in names} <= _FUNCTIONS.keys() or set(step.get("activation_alpha", [1.0])) != {1.0}:
        raise ValueError(f"the activations {', '.join(names)}, or their alphas")
    functions = [activations.get(_FUNCTIONS[name.lower()]) for name in names]
    settings: dict[str, object] = {"activation": functions[-1], "use_bias": bias}
    settings |= {"recurrent_activation": functions[0]} if len(usual) > 1 else {}
    settings |= {"reset_after": bool(step.get("linear_before_reset", 0))} if step.operator == "GRU" else {}
    return make(units, return_sequences=True, return_state=True, go_backwards=back, **settings)


def _gates(step: Step, weights: Array, other: Array, bias: Array | None, units: int) -> list[Array]:
    order = _LOOPS[step.operator][1]

    def turned(rows: Array) -> Array:
        gates = rows.reshape(len(order), units, -1)[list(order)]
        return gates.reshape(len(order) * units, -1).T

    found = [turned(weights), turned(other)]
    if bias is None:
        return found
    both = [turned(half[:, None])[0] for half in np.split(bias, 2)]
    if step.operator != "GRU":
        return [*found, both[0] + both[1]]
    if step.get("linear_before_reset", 0):
        return [*found, np.stack(both)]
    return [*found, both[0] + both[1]]
