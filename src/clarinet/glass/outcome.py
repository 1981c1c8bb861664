"""What the loss says of a network's output, in numbers where it is one of the common ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from clarinet import activations, losses
from clarinet.glass import formulas
from clarinet.glass.equations import Term, equation
from clarinet.glass.records import LayerTrace, Trace
from clarinet.glass.sums import factor, number, short
from clarinet.params import Array

_OF_CLASSES = (losses.CategoricalCrossentropy, losses.SparseCategoricalCrossentropy)


def activation(layer: LayerTrace) -> activations.Activation:
    """The function between a layer's ``z`` and ``a``."""
    own = formulas.alone(layer.layer) or getattr(layer.layer, "activation", None)
    assert isinstance(own, activations.Activation)
    return own


def targets(trace: Trace, layer: LayerTrace) -> Array:
    """Targets in the shape of the predictions, as the loss makes them: one-hot, smoothed."""
    assert trace.y is not None
    made = getattr(trace.loss_function, "targets", None)
    return np.asarray(trace.y if made is None else made(trace.y, layer.a, np))


def loss(trace: Trace, layer: LayerTrace, row: int, digits: int, most: int) -> Iterator[str]:
    """The loss of a row, written out, and what it counts in the batch's."""
    assert trace.losses is not None and trace.shares is not None and trace.loss_function is not None
    value, function = trace.losses[row], trace.loss_function
    name = function.name
    if value.ndim:
        yield f"l of the row's {value.size} outputs: mean {number(value.mean(), digits)}, {name}"
        return
    a = layer.a[row]
    t = targets(trace, layer)[row] if trace.y is not None else a
    if type(function) is losses.MeanSquaredError:
        terms = [
            Term((float(p) - float(u)) ** 2, f"({number(p, digits)} − {factor(u, digits)})²") for p, u in zip(a, t)
        ]
        yield equation("Σ (a − t)²", terms, float(value) * len(a), digits, most)
        yield f"l = Σ (a − t)² / {len(a)} = {number(value, digits)}, {name}"
    elif isinstance(function, losses.BinaryCrossentropy) and not function.from_logits and set(np.ravel(t)) <= {0, 1}:
        each = _each(layer, function, a, t, row)
        chances = [number(p, digits) if u else f"(1 − {number(p, digits)})" for p, u in zip(a, t)]
        terms = [Term(float(c), f"−ln {chance}") for c, chance in zip(each, chances)]
        yield equation("S", terms, float(value) * len(a), digits, most)
        yield f"l = S / {len(a)} = {number(value, digits)}, {name}: for each output, how unlikely its target was"
    elif isinstance(function, _OF_CLASSES) and layer.absorbed and sorted(t)[:-1] == [0] * (len(t) - 1) and max(t) == 1:
        own = int(np.argmax(t))
        yield f"l = −ln a[{own}] = −ln {number(a[own], digits)} = {number(value, digits)}, {name} of class {own}"
    else:
        yield f"l = {number(value, digits)}, {name}: {formulas.of_loss(function)}"
    if len(trace) > 1 or trace.shares[row] != 1:
        share = short(trace.shares[row], digits)
        yield f"share of l in the batch's loss {share}; L = {number(trace.loss, digits)}"


def _each(layer: LayerTrace, function: losses.Loss, a: Array, t: Array, row: int) -> Array:
    """The loss of every output by itself, from the logits where training takes these."""
    fused = losses.absorb(activation(layer), function) if layer.absorbed else None
    if fused is None or layer.z is None:
        return function.values(t[:, None], a[:, None])
    return fused.values(t[:, None], layer.z[row][:, None])


def derivative(trace: Trace, layer: LayerTrace, at: tuple[int, ...], digits: int) -> str:
    """The loss's derivative at one output."""
    assert layer.da is not None and trace.shares is not None and trace.loss_function is not None
    da, a, t, k = layer.da[at], layer.a[at], targets(trace, layer), layer.a.shape[-1]
    share = trace.shares[at[:-1]]
    if type(trace.loss_function) is losses.MeanSquaredError and np.shape(t) == layer.a.shape:
        simple, text = _with_share(2 * (float(a) - float(t[at])) / k, share, digits)
        if np.isclose(simple, da, rtol=1e-4, atol=1e-12):
            difference = f"({number(a, digits)} − {factor(t[at], digits)})"
            return f"2 (a − t) / {k}{text[0]} = 2·{difference} / {k}{text[1]} = {number(da, digits)}"
    said = trace.loss_function.name
    return f"{number(da, digits)}, the derivative of the loss, {said}, at this output"


def direct(trace: Trace, layer: LayerTrace, at: tuple[int, ...], digits: int) -> str:
    """The derivative at one logit where the loss takes in the activation: ``a - t``."""
    assert layer.dz is not None and trace.shares is not None
    dz, a, t = layer.dz[at], layer.a[at], targets(trace, layer)
    k = layer.a.shape[-1] if isinstance(trace.loss_function, losses.BinaryCrossentropy) else 1
    simple, text = _with_share((float(a) - float(t[at])) / k, trace.shares[at[:-1]], digits)
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
