"""The loss of a network's output in words, with numbers for the common losses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from clarinet import activations, losses
from clarinet.glass import formulas
from clarinet.glass.equations import Term, equation
from clarinet.glass.records import LayerTrace, OutputTrace, Trace
from clarinet.glass.sums import factor, number, short
from clarinet.types import Array


def activation(layer: LayerTrace) -> activations.Activation:
    """The function between a layer's ``z`` and ``a``."""
    own = formulas.alone(layer.layer) or getattr(layer.layer, "activation", None)
    assert isinstance(own, activations.Activation)
    return own


def targets(output: OutputTrace, layer: LayerTrace) -> Array:
    """Targets in the shape of the predictions, as the loss makes them: one-hot, smoothed."""
    assert output.y is not None
    made = getattr(output.loss_function, "targets", None)
    return np.asarray(output.y if made is None else made(output.y, layer.a, np))


def loss(trace: Trace, output: OutputTrace, layer: LayerTrace, row: int, digits: int, most: int) -> Iterator[str]:
    """The loss of a row, written out, and its share in the batch's."""
    assert output.losses is not None and output.shares is not None and output.loss_function is not None
    value, function = output.losses[row], output.loss_function
    name = function.name
    if value.ndim:
        yield f"l of the row's {value.size} outputs: mean {number(value.mean(), digits)}, {name}"
        return
    a = layer.a[row]
    t = targets(output, layer)[row] if output.y is not None else a
    write = _WRITTEN.get(type(function))
    said = [] if write is None else write(_Row(layer, function, row, float(value), a, t, digits, most))
    yield from said or [f"l = {number(value, digits)}, {name}: {formulas.of_loss(function)}"]
    if len(trace) > 1 or output.shares[row] != 1:
        assert trace.loss is not None  # there are labels
        share = short(output.shares[row], digits)
        yield f"share of l in the batch's loss {share}; L = {number(trace.loss, digits)}"


class _Row(NamedTuple):
    """A row whose loss is written out: its number in the trace, its loss, outputs and targets."""

    layer: LayerTrace
    function: Any
    number: int
    value: float
    a: Array
    t: Array
    digits: int
    most: int


def _squares(row: _Row) -> list[str]:
    terms = [
        Term((float(p) - float(u)) ** 2, f"({number(p, row.digits)} − {factor(u, row.digits)})²")
        for p, u in zip(row.a, row.t)
    ]
    return [
        equation("Σ (a − t)²", terms, row.value * len(row.a), row.digits, row.most),
        f"l = Σ (a − t)² / {len(row.a)} = {number(row.value, row.digits)}, {row.function.name}",
    ]


def _surprises(row: _Row) -> list[str]:
    """For every output separately; None if outputs are logits or targets are not 0 and 1."""
    if row.function.from_logits or not set(np.ravel(row.t)) <= {0, 1}:
        return []
    each = _each(row.layer, row.function, row.a, row.t, row.number)
    chances = [number(p, row.digits) if u else f"(1 − {number(p, row.digits)})" for p, u in zip(row.a, row.t)]
    terms = [Term(float(c), f"−ln {chance}") for c, chance in zip(each, chances)]
    said = f"{number(row.value, row.digits)}, {row.function.name}: for each output, how unlikely its target was"
    return [equation("S", terms, row.value * len(row.a), row.digits, row.most), f"l = S / {len(row.a)} = {said}"]


def _surprise(row: _Row) -> list[str]:
    """For the right class; None if there is not exactly one, or the loss does not take these outputs."""
    if not row.layer.absorbed or sorted(row.t)[:-1] != [0] * (len(row.t) - 1) or max(row.t) != 1:
        return []
    own = int(np.argmax(row.t))
    chance, value = number(row.a[own], row.digits), number(row.value, row.digits)
    return [f"l = −ln a[{own}] = −ln {chance} = {value}, {row.function.name} of class {own}"]


#: Losses that are written out, of exactly these classes: a class made from one may compute something else.
_WRITTEN: dict[type, Callable[[_Row], list[str]]] = {
    losses.BinaryCrossentropy: _surprises,
    losses.CategoricalCrossentropy: _surprise,
    losses.MeanSquaredError: _squares,
    losses.SparseCategoricalCrossentropy: _surprise,
}


def _each(layer: LayerTrace, function: losses.Loss, a: Array, t: Array, row: int) -> Array:
    """The loss of every output separately, from the logits if training uses these."""
    fused = losses.absorb(activation(layer), function) if layer.absorbed else None
    if fused is None or layer.z is None:
        return function.values(t[:, None], a[:, None])
    return fused.values(t[:, None], layer.z[row][:, None])


def derivative(output: OutputTrace, layer: LayerTrace, at: tuple[int, ...], digits: int) -> str:
    """The loss's derivative at one output."""
    assert layer.da is not None and output.shares is not None and output.loss_function is not None
    da, a, t, k = layer.da[at], layer.a[at], targets(output, layer), layer.a.shape[-1]
    share = output.shares[at[:-1]]
    if output.loss_function.likelihood == "normal" and np.shape(t) == layer.a.shape:
        simple, text = _with_share(2 * (float(a) - float(t[at])) / k, share, digits)
        if np.isclose(simple, da, rtol=1e-4, atol=1e-12):
            difference = f"({number(a, digits)} − {factor(t[at], digits)})"
            return f"2 (a − t) / {k}{text[0]} = 2·{difference} / {k}{text[1]} = {number(da, digits)}"
    said = output.loss_function.name
    return f"{number(da, digits)}, the derivative of the loss, {said}, at this output"


def direct(output: OutputTrace, layer: LayerTrace, at: tuple[int, ...], digits: int) -> str:
    """The derivative at one logit where the loss takes in the activation: ``a - t``."""
    assert layer.dz is not None and output.shares is not None
    dz, a, t = layer.dz[at], layer.a[at], targets(output, layer)
    k = layer.a.shape[-1] if output.loss_function is not None and output.loss_function.likelihood == "bernoulli" else 1
    simple, text = _with_share((float(a) - float(t[at])) / k, output.shares[at[:-1]], digits)
    if not np.isclose(simple, dz, rtol=1e-3, atol=1e-7):
        return f"{number(dz, digits)}, of loss and activation in one"
    by = f" / {k}" if k > 1 else ""
    brackets = "()" if by or text[0] else ("", "")
    written = f"{brackets[0]}{number(a, digits)} − {factor(t[at], digits)}{brackets[1]}{by}{text[1]}"
    left = f"{brackets[0]}a − t{brackets[1]}{by}{text[0]}"
    return f"{left} = {written} = {number(dz, digits)}, of loss and activation in one"


def _with_share(simple: float, share: Any, digits: int) -> tuple[float, tuple[str, str]]:
    """A derivative times the row's share in the batch's loss; how that is written, in letters and in numbers."""
    if float(share) == 1:
        return simple, ("", "")
    return simple * float(share), (" · share", f"·{factor(share, digits)}")
