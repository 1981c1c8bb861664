"""Operations that have a native form of their own name, and those that are written with others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clarinet import ops
from clarinet.engines.lowering.weights import NoForm
from clarinet.ops import arithmetic, comparisons, distributions, elementwise, exponentials, reductions, trigonometry
from clarinet.ops.operation import Operation
from clarinet.philox import drop_threshold

#: Functions entry by entry, by their native names.
MAPS: dict[type[Operation], str] = {
    arithmetic.Add: "add",
    arithmetic.Divide: "divide",
    arithmetic.FloorDivide: "floor_divide",
    arithmetic.Hypot: "hypot",
    arithmetic.Logaddexp: "logaddexp",
    arithmetic.Maximum: "maximum",
    arithmetic.Minimum: "minimum",
    arithmetic.Mod: "mod",
    arithmetic.Multiply: "multiply",
    arithmetic.Power: "power",
    arithmetic.Subtract: "subtract",
    comparisons.Equal: "equal",
    comparisons.Greater: "greater",
    comparisons.GreaterEqual: "greater_equal",
    comparisons.Isfinite: "isfinite",
    comparisons.Isinf: "isinf",
    comparisons.Isnan: "isnan",
    comparisons.LogicalAnd: "logical_and",
    comparisons.LogicalNot: "logical_not",
    comparisons.LogicalOr: "logical_or",
    comparisons.LogicalXor: "logical_xor",
    comparisons.NotEqual: "not_equal",
    comparisons.Where: "where",
    elementwise.Absolute: "absolute",
    elementwise.Ceil: "ceil",
    elementwise.Floor: "floor",
    elementwise.Negative: "negative",
    elementwise.Reciprocal: "reciprocal",
    elementwise.Rsqrt: "rsqrt",
    elementwise.Sign: "sign",
    elementwise.Sqrt: "sqrt",
    elementwise.Square: "square",
    elementwise.Trunc: "trunc",
    exponentials.Erf: "erf",
    exponentials.Exp2: "exp2",
    exponentials.Expm1: "expm1",
    exponentials.Log: "log",
    exponentials.Log10: "log10",
    exponentials.Log1p: "log1p",
    exponentials.Log2: "log2",
    trigonometry.Arccos: "arccos",
    trigonometry.Arcsin: "arcsin",
    trigonometry.Arctan: "arctan",
    trigonometry.Cos: "cos",
    trigonometry.Cosh: "cosh",
    trigonometry.Sin: "sin",
    trigonometry.Sinh: "sinh",
    trigonometry.Tan: "tan",
}
#: Reductions by their native names.
REDUCTIONS: dict[type[Operation], str] = {
    reductions.AllTrue: "reduce_min",
    reductions.AnyTrue: "reduce_max",
    reductions.Max: "reduce_max",
    reductions.Mean: "reduce_mean",
    reductions.Min: "reduce_min",
    reductions.Sum: "reduce_sum",
}


def _whole(draw: distributions.Whole) -> tuple[str, float]:
    if draw.limit > 2**24:
        raise NoForm(f"{draw.name} beyond 2**24 has no native form")
    return "whole", draw.limit


#: Native name and parameter of each distribution.
DRAWS: dict[type[Operation], Callable[[Any], tuple[str, float]]] = {
    distributions.Gumbel: lambda draw: ("gumbel", 0.0),
    distributions.Keep: lambda draw: ("keep", drop_threshold(draw.rate)),
    distributions.Normal: lambda draw: ("normal", 0.0),
    distributions.Uniform: lambda draw: ("uniform", 0.0),
    distributions.Whole: _whole,
}


def _var(operation: Any, x: Any) -> Any:
    return ops.mean(ops.square(x - ops.mean(x, operation.axis, True)), operation.axis, operation.keepdims)


def _logsumexp(operation: Any, x: Any) -> Any:
    top = ops.stop_gradient(ops.max(x, operation.axis, True))
    whole = ops.log(ops.sum(ops.exp(x - top), operation.axis, True)) + top
    return whole if operation.keepdims else ops.sum(whole, operation.axis)  # of one number


def _round(operation: Any, x: Any) -> Any:
    return ops.round(x * 10.0**operation.decimals) / 10.0**operation.decimals


#: Operations that are written with others.
WRITTEN: dict[type[Operation], Callable[..., Any]] = {
    elementwise.Round: _round,
    reductions.Logsumexp: _logsumexp,
    reductions.Var: _var,
}
