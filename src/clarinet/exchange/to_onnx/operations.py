"""Operations of :mod:`clarinet.ops` in ONNX's operators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log, pi

import numpy as np

from clarinet.exchange.to_onnx.building import INT64, Graph, NoForm, Value
from clarinet.exchange.to_onnx.functions import activated
from clarinet.exchange.to_onnx.moving import MOVES
from clarinet.graph import Constant, Network
from clarinet.ops import (
    arithmetic,
    basic,
    comparisons,
    creation,
    cumulative,
    elementwise,
    exponentials,
    linear,
    ordering,
    reductions,
    trigonometry,
)
from clarinet.ops.activated import Activated
from clarinet.ops.attention import DotProductAttention
from clarinet.ops.dtypes import BOOL
from clarinet.ops.einsum import Einsum
from clarinet.ops.operation import Operation, Truth
from clarinet.ops.specs import TensorSpec, place, places

Specs = Sequence[TensorSpec]
#: Writes an operation, given what is known of what it takes, and that.
_Write = Callable[..., Value | tuple[Value, ...]]

#: Operations that ONNX has, by its names.
NAMED: dict[type[Operation], str] = {
    arithmetic.Add: "Add",
    arithmetic.Divide: "Div",
    arithmetic.Maximum: "Max",
    arithmetic.Minimum: "Min",
    arithmetic.Multiply: "Mul",
    arithmetic.Power: "Pow",
    arithmetic.Subtract: "Sub",
    comparisons.Equal: "Equal",
    comparisons.LogicalAnd: "And",
    comparisons.LogicalNot: "Not",
    comparisons.LogicalOr: "Or",
    comparisons.LogicalXor: "Xor",
    comparisons.Isinf: "IsInf",
    comparisons.Isnan: "IsNaN",
    elementwise.Absolute: "Abs",
    elementwise.Ceil: "Ceil",
    elementwise.Floor: "Floor",
    elementwise.Negative: "Neg",
    elementwise.Reciprocal: "Reciprocal",
    elementwise.Sign: "Sign",
    elementwise.Sqrt: "Sqrt",
    exponentials.Erf: "Erf",
    exponentials.Log: "Log",
    linear.Matmul: "MatMul",
    trigonometry.Arccos: "Acos",
    trigonometry.Arccosh: "Acosh",
    trigonometry.Arcsin: "Asin",
    trigonometry.Arcsinh: "Asinh",
    trigonometry.Arctan: "Atan",
    trigonometry.Arctanh: "Atanh",
    trigonometry.Cos: "Cos",
    trigonometry.Cosh: "Cosh",
    trigonometry.Sin: "Sin",
    trigonometry.Sinh: "Sinh",
    trigonometry.Tan: "Tan",
}


def applied(g: Graph, operation: Operation, specs: Specs, taken: Sequence[Value]) -> tuple[Value, ...]:
    """The outputs of an operation.

    Raises:
        NoForm: it has none in ONNX.
    """
    inferred = operation.infer(specs)
    results = inferred if isinstance(inferred, tuple) else (inferred,)
    given = [g.cast(value, spec.dtype) for value, spec in zip(taken, specs, strict=True)]
    kind = type(operation)
    found: Value | tuple[Value, ...]
    if kind in NAMED:
        found = g.add(NAMED[kind], *given, dtype=BOOL if isinstance(operation, Truth) else None)
    elif (write := FORMS.get(kind) or MOVES.get(kind)) is not None:
        found = write(g, operation, specs, given)
    else:
        raise NoForm(f"the operation {operation.name}")
    every = found if isinstance(found, tuple) else (found,)
    return tuple(g.cast(value, spec.dtype) for value, spec in zip(every, results, strict=True))


def network(g: Graph, body: Network, taken: Sequence[Value]) -> list[Value]:
    """The outputs of a network of operations and constants that takes these values."""
    found = dict(zip(body.inputs, taken, strict=True))
    for node in body.nodes:
        if isinstance(node.operator, Constant):
            found[node.outputs[0]] = g.constant(node.operator.value)
            continue
        assert isinstance(node.operator, Operation)
        own = applied(g, node.operator, [t.spec for t in node.inputs], [found[t] for t in node.inputs])
        found.update(zip(node.outputs, own, strict=True))
    return [found[tensor] for tensor in body.outputs]


# Entry by entry.


def _compared(kind: str) -> _Write:
    def write(g: Graph, operation: object, specs: Specs, x: Sequence[Value]) -> Value:
        both = [g.cast(value, np.dtype(np.int32)) if value.dtype == BOOL else value for value in x]
        return g.add(kind, *both, dtype=BOOL)

    return write


def _floor_mod(g: Graph, operation: object, specs: Specs, x: Sequence[Value]) -> Value:
    a, b = x
    if specs[0].dtype.kind in "iu":
        return g.add("Mod", a, b)
    return g.add("Sub", a, g.add("Mul", g.add("Floor", g.add("Div", a, b)), b))


def _floor_divided(g: Graph, operation: object, specs: Specs, x: Sequence[Value]) -> Value:
    if specs[0].dtype.kind in "iu":
        rest = g.add("Mod", *x)
        return g.add("Div", g.add("Sub", x[0], rest), x[1])
    return g.add("Floor", g.add("Div", *x))


def _logaddexp(g: Graph, operation: object, specs: Specs, x: Sequence[Value]) -> Value:
    apart = g.add("Neg", g.add("Abs", g.add("Sub", *x)))
    return g.add("Add", g.add("Max", *x), g.add("Log", g.add("Add", g.add("Exp", apart), g.number(1.0, x[0]))))


def _arctan2(g: Graph, operation: object, specs: Specs, x: Sequence[Value]) -> Value:
    b, a = x
    nothing, half = g.number(0.0, a), g.number(pi / 2, a)
    right = g.add("Atan", g.add("Div", b, a))
    turn = g.add("Where", g.add("Less", b, nothing, dtype=BOOL), g.number(-pi, a), g.number(pi, a))
    left = g.add("Add", right, turn)
    sided = g.add("Where", g.add("Less", a, nothing, dtype=BOOL), left, right)
    upright = g.add("Mul", g.add("Sign", b), half)
    return g.add("Where", g.add("Equal", a, nothing, dtype=BOOL), upright, sided)


def _nan_to_num(g: Graph, operation: elementwise.NanToNum, specs: Specs, x: Sequence[Value]) -> Value:
    info = np.finfo(np.float32)
    ends = (operation.posinf, info.max), (operation.neginf, info.min)
    y = g.add("Where", g.add("IsNaN", x[0], dtype=BOOL), g.number(operation.nan), x[0])
    for sign, (given, most) in zip((1, 0), ends, strict=True):
        beyond = g.add("IsInf", y, dtype=BOOL, detect_positive=sign, detect_negative=1 - sign)
        y = g.add("Where", beyond, g.number(float(most) if given is None else given), y)
    return y


def _rounded(g: Graph, operation: elementwise.Round, specs: Specs, x: Sequence[Value]) -> Value:
    if not operation.decimals:
        return g.add("Round", x[0])
    scale = g.number(10.0**operation.decimals, x[0])
    return g.add("Div", g.add("Round", g.add("Mul", x[0], scale)), scale)


def _sinc(g: Graph, operation: object, specs: Specs, x: Sequence[Value]) -> Value:
    angle = g.add("Mul", x[0], g.number(pi))
    still = g.add("Equal", x[0], g.number(0.0), dtype=BOOL)
    return g.add("Where", still, g.number(1.0), g.add("Div", g.add("Sin", angle), angle))


def _chain(*kinds: str) -> _Write:
    """Operators one after the other."""

    def write(g: Graph, operation: object, specs: Specs, x: Sequence[Value]) -> Value:
        y = g.add(kinds[0], *x, dtype=BOOL if kinds[0] == "Equal" else None)
        for kind in kinds[1:]:
            y = g.add(kind, y)
        return y

    return write


def _of(make: Callable[[Graph, Value], Value]) -> _Write:
    """A function of one value."""
    return lambda g, operation, specs, x: make(g, x[0])


def _trunc(g: Graph, x: Value) -> Value:
    return g.add("Mul", g.add("Sign", x), g.add("Floor", g.add("Abs", x)))


def _is_finite(g: Graph, x: Value) -> Value:
    return g.add("Not", g.add("Or", g.add("IsInf", x, dtype=BOOL), g.add("IsNaN", x, dtype=BOOL)))


def _cbrt(g: Graph, x: Value) -> Value:
    return g.add("Mul", g.add("Sign", x), g.add("Pow", g.add("Abs", x), g.number(1 / 3, x)))


def _log_by(base: float) -> _Write:
    return _of(lambda g, x: g.add("Mul", g.add("Log", x), g.number(1 / log(base), x)))


# Reductions.


def _reduced(kind: str, truth: bool = False) -> _Write:
    def write(g: Graph, operation: reductions.Reduction, specs: Specs, x: Sequence[Value]) -> Value:
        axes = places(operation.axis, specs[0].rank, operation.name)
        own = g.cast(x[0], np.dtype(np.int32)) if x[0].dtype == BOOL else x[0]
        found = g.reduced(kind, own, axes, operation.keepdims)
        return g.cast(found, BOOL) if truth else found

    return write


def variance(g: Graph, x: Value, axes: Sequence[int], keepdims: bool = True) -> tuple[Value, Value]:
    """The mean square of what is away from the mean, and that."""
    away = g.add("Sub", x, g.reduced("ReduceMean", x, axes))
    return g.reduced("ReduceMean", g.add("Mul", away, away), axes, keepdims), away


def _var(g: Graph, operation: reductions.Var, specs: Specs, x: Sequence[Value]) -> Value:
    return variance(g, x[0], places(operation.axis, specs[0].rank, "var"), operation.keepdims)[0]


def _place(kind: str) -> _Write:
    def write(g: Graph, operation: reductions.Argmax | reductions.Argmin, specs: Specs, x: Sequence[Value]) -> Value:
        rank = specs[0].rank
        own = g.cast(x[0], np.dtype(np.int32)) if x[0].dtype == BOOL else x[0]
        if operation.axis is not None:
            axis = place(operation.axis[0], rank, operation.name)
            return g.add(kind, own, dtype=INT64, axis=axis, keepdims=int(operation.keepdims))
        found = g.add(kind, g.reshape(own, [-1]), dtype=INT64, axis=0, keepdims=0)
        return g.reshape(found, [1] * rank) if operation.keepdims else found

    return write


def _sorted(g: Graph, operation: ordering.Argsort, specs: Specs, x: Sequence[Value]) -> Value:
    axis = place(operation.axis, specs[0].rank, "argsort")
    count = g.shape(x[0], axis, axis + 1) if operation.count is None else g.ints([operation.count])
    settings = {"axis": axis, "largest": int(operation.descending)}
    return g.several("TopK", [x[0], count], [x[0].dtype, INT64], **settings)[1]


# Products.


def _einsum(g: Graph, operation: Einsum, specs: Specs, x: Sequence[Value]) -> Value:
    return g.add("Einsum", *x, equation=operation.subscripts.replace(" ", ""))


def _attention(g: Graph, operation: DotProductAttention, specs: Specs, x: Sequence[Value]) -> Value:
    """Of (n, steps, heads, size); the heads of the query share those of the key."""
    q, k, v = (g.transpose(each, (0, 2, 1, 3)) for each in x[:3])
    heads, shared = specs[0].shape[2] or 1, specs[1].shape[2] or 1
    if heads != shared:
        k, v = (g.add("Gather", each, g.ints(np.repeat(np.arange(shared), heads // shared)), axis=1) for each in (k, v))
    scores = g.add("MatMul", q, g.transpose(k, (0, 1, 3, 2)))
    scores = g.add("Mul", scores, g.number(operation.scale))
    masks = [*x[3:]]
    if operation.causal:
        masks.append(_past(g, x[0], x[1]))
    for mask in masks:
        scores = g.add("Where", mask, scores, g.number(-1e30))
    return g.transpose(g.add("MatMul", g.add("Softmax", scores, axis=-1), v), (0, 2, 1, 3))


def _past(g: Graph, query: Value, key: Value) -> Value:
    """Whether a key is not behind a query: (steps, steps)."""
    zero, one = g.constant(0, INT64), g.constant(1, INT64)
    own, other = (g.add("Range", zero, g.squeeze(g.shape(x, 1, 2), [0]), one) for x in (query, key))
    return g.add("GreaterOrEqual", g.unsqueeze(own, [1]), g.unsqueeze(other, [0]), dtype=BOOL)


def _filled(g: Graph, operation: creation.FullLike, specs: Specs, x: Sequence[Value]) -> Value:
    return g.add("Expand", g.constant(operation.value, np.dtype(operation.dtype)), g.shape(x[0]))


def _cumsum(g: Graph, operation: cumulative.Cumsum, specs: Specs, x: Sequence[Value]) -> Value:
    return g.add("CumSum", x[0], g.constant(place(operation.axis, specs[0].rank, "cumsum"), INT64))


#: Operations that are written with others.
FORMS: dict[type[Operation], _Write] = {
    Activated: lambda g, operation, specs, x: activated(g, operation.function, x[0]),
    DotProductAttention: _attention,
    Einsum: _einsum,
    arithmetic.Arctan2: _arctan2,
    arithmetic.FloorDivide: _floor_divided,
    arithmetic.Fmod: lambda g, operation, specs, x: g.add("Mod", *x, fmod=1),
    arithmetic.Hypot: lambda g, operation, specs, x: g.add("Sqrt", g.add("Add", *(g.add("Mul", a, a) for a in x))),
    arithmetic.Logaddexp: _logaddexp,
    arithmetic.Mod: _floor_mod,
    basic.Cast: lambda g, operation, specs, x: g.cast(x[0], np.dtype(operation.dtype)),
    comparisons.Greater: _compared("Greater"),
    comparisons.GreaterEqual: _compared("GreaterOrEqual"),
    comparisons.Isfinite: _of(_is_finite),
    comparisons.NotEqual: _chain("Equal", "Not"),
    comparisons.Signbit: _of(lambda g, x: g.add("Less", x, g.number(0.0, x), dtype=BOOL)),
    comparisons.Where: lambda g, operation, specs, x: g.add("Where", *x),
    creation.FullLike: _filled,
    cumulative.Cumsum: _cumsum,
    elementwise.Cbrt: _of(_cbrt),
    elementwise.NanToNum: _nan_to_num,
    elementwise.Round: _rounded,
    elementwise.Rsqrt: _chain("Sqrt", "Reciprocal"),
    elementwise.Square: _of(lambda g, x: g.add("Mul", x, x)),
    elementwise.Trunc: _of(_trunc),
    exponentials.Erfc: _of(lambda g, x: g.add("Sub", g.number(1.0), g.add("Erf", x))),
    exponentials.Exp2: _of(lambda g, x: g.add("Pow", g.number(2.0), x)),
    exponentials.Expm1: _of(lambda g, x: g.add("Sub", g.add("Exp", x), g.number(1.0))),
    exponentials.Log10: _log_by(10.0),
    exponentials.Log1p: _of(lambda g, x: g.add("Log", g.add("Add", x, g.number(1.0)))),
    exponentials.Log2: _log_by(2.0),
    ordering.Argsort: _sorted,
    reductions.AllTrue: _reduced("ReduceMin", True),
    reductions.AnyTrue: _reduced("ReduceMax", True),
    reductions.Argmax: _place("ArgMax"),
    reductions.Argmin: _place("ArgMin"),
    reductions.Logsumexp: _reduced("ReduceLogSumExp"),
    reductions.Max: _reduced("ReduceMax"),
    reductions.Mean: _reduced("ReduceMean"),
    reductions.Min: _reduced("ReduceMin"),
    reductions.Prod: _reduced("ReduceProd"),
    reductions.Sum: _reduced("ReduceSum"),
    reductions.Var: _var,
    trigonometry.Sinc: _of(lambda g, x: _sinc(g, None, (), [x])),
}
