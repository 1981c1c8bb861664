"""Are the derivatives right? Central differences against the results of ``backward`` and ``gradient``."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from clarinet.activations import Activation
from clarinet.configurable import check_number
from clarinet.data_adapters import as_array, label_form, rows_for
from clarinet.engines import ReferenceEngine
from clarinet.layers.base import Layer, check_positive_int, check_shape
from clarinet.layers.context import Context
from clarinet.losses import Loss
from clarinet.model import Model
from clarinet.philox import Key
from clarinet.regularizers import Regularizer
from clarinet.training.prepare import build_for, validate_and_prepare
from clarinet.types import Array

#: Distance of the two points of a difference: its error is about 1e-10 of the function's third derivative, and 1e-11 of
#: its value by rounding.
_STEP = 1e-5
_CLASSES = 4


@dataclass(frozen=True)
class GradientCheck:
    """One array whose gradient was compared.

    Attributes:
        name: ``"input"``, or the weight's.
        shape: of the array.
        checked: how many of its entries were compared.
        error: ``|g - d| / |g + d|`` with Euclidean norms, ``g`` the gradient under test and ``d`` the differences.
            Below a thousandth of the function's own value ``|g + d|`` counts as that much: there differences are
            rounding.
        worst: index of the entry where they differ most.
        given, difference: the two numbers there.
        passed: whether ``error`` is at most the tolerance.
        note: errors other than in the numbers, e.g. a gradient of another shape; empty otherwise.
    """

    name: str
    shape: tuple[int, ...]
    checked: int
    error: float
    worst: tuple[int, ...]
    given: float
    difference: float
    passed: bool
    note: str = ""


@dataclass(frozen=True)
class GradientReport:
    """The result of :func:`check_gradients`; true if everything passed, and prints as a table.

    Attributes:
        subject: the object that was checked.
        checks: one for each array.
        tolerance: the largest error that passes.
    """

    subject: str
    checks: tuple[GradientCheck, ...]
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether every gradient is right."""
        return all(check.passed for check in self.checks)

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        rows = [("gradient of", "shape", "checked", "error", "worst entry: given, by differences", "")]
        for c in self.checks:
            at = f"{list(c.worst)}: {c.given:.6g}, {c.difference:.6g}"
            rows.append((c.name, str(c.shape), str(c.checked), f"{c.error:.1e}", c.note or at, _VERDICT[c.passed]))
        widths = [max(len(row[i]) for row in rows) for i in range(6)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        verdict = "all right" if self.passed else "WRONG"
        return "\n".join([f"{self.subject}: {verdict} (tolerance {self.tolerance:g})", *lines])


_VERDICT = {True: "right", False: "WRONG"}


def check_gradients(
    thing: object,
    x: object = None,
    y: object = None,
    *,
    input_shape: object = None,
    rows: int = 4,
    training: bool = True,
    most: int = 100,
    tolerance: float = 1e-6,
    seed: int = 0,
    raise_on_failure: bool = False,
) -> GradientReport:
    """Compare derivatives with central differences ``(f(w + h) - f(w - h)) / 2h`` in float64.

    For a layer the gradients of its input and weights are checked on a random linear function of its output, for an
    activation that of its input, for a loss that of the predictions, for a regularizer that of the weight, for a
    compiled model those of all trained weights of the loss, penalties included. Weights and state of a layer are its
    own if it is built, else random. Nothing is changed. Where a function has a kink within 1e-5 of a number, like ReLU
    at 0, the two disagree and neither is wrong: check on other numbers.

    Args:
        thing: a layer, activation, loss, regularizer or compiled model, of Clarinet or of your own.
        x: input rows of a layer or model; the predictions for a loss; the numbers for an activation or regularizer.
            Default: random numbers, for a loss between 0 and 1; a model needs them.
        y: the targets of a loss or model. Default for a loss: random, as the loss takes them; a model needs them.
        input_shape: of one sample, for a layer that is in no model.
        rows: of the random numbers; default 4.
        training: whether a layer computes as while training (default True) or in inference.
        most: entries of each array that are compared, drawn at random where there are more; default 100.
        tolerance: largest ``|g - d| / |g + d|`` that passes; default 1e-6.
        seed: of the random numbers; default 0.
        raise_on_failure: raise instead of returning a report that did not pass.

    Returns:
        GradientReport: true where all is right; ``print`` it for a table.

    Raises:
        TypeError, ValueError: something that has no gradients, a model without data, numbers that do not fit.
        AssertionError: with ``raise_on_failure``, the report, where something is wrong.

    Example:
        >>> import numpy as np
        >>> from clarinet import check_gradients, losses
        >>> def quartic(t, p):
        ...     return np.mean((p - t) ** 4, axis=-1)
        >>> bool(check_gradients(losses.Custom(quartic, lambda t, p: 4 * (p - t) ** 3 / p.shape[-1])))
        True
        >>> bool(check_gradients(losses.Custom(quartic, lambda t, p: 4 * (p - t) ** 3)))
        False
    """
    rows, most = check_positive_int(rows, "check_gradients: rows"), check_positive_int(most, "check_gradients: most")
    check_number(tolerance, "check_gradients: tolerance", low=0)
    rng = np.random.default_rng(seed)
    given = None if x is None or isinstance(thing, Model) else _numbers(x, "x")
    if isinstance(thing, Model):
        arrays = _of_model(thing, x, y)
    elif isinstance(thing, Layer):
        arrays = _of_layer(thing, given, input_shape, rows, training, rng)
    elif isinstance(thing, Loss):
        arrays = _of_loss(thing, given, y, rows, rng)
    elif isinstance(thing, Activation):
        arrays = _of_activation(thing, given, rows, rng)
    elif isinstance(thing, Regularizer) or (callable(thing) and hasattr(thing, "gradient")):
        arrays = _of_regularizer(thing, given, rng)
    else:
        raise TypeError(
            f"check_gradients: expected a layer, activation, loss, regularizer or compiled model, received {thing!r}; "
            "pass a function with its derivative as losses.Custom(...) or activations.Custom(...)"
        )
    with np.errstate(all="ignore"):
        checks = tuple(_compare(*array, most, tolerance, rng) for array in arrays)
    report = GradientReport(_described(thing), checks, tolerance)
    if raise_on_failure and not report:
        raise AssertionError(str(report))
    return report


def _described(thing: object) -> str:
    return f"model {thing.name!r}" if isinstance(thing, Model) else repr(thing)


def _numbers(values: object, what: str) -> Array:
    """Finite numbers as float64."""
    array = as_array(values, what).astype(np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"check_gradients: {what} holds NaN or infinite numbers; expected finite ones")
    return array


# The comparisons: name, array, function of the array in its present state, its gradient.

Arrays = Iterator[tuple[str, Array, Callable[[], float], Array | None]]


def _of_layer(
    layer: Layer, x: Array | None, input_shape: object, rows: int, training: bool, rng: np.random.Generator
) -> Arrays:
    shape = _input_shape(layer, x, input_shape)
    x = rng.normal(size=(rows, *shape)) if x is None else x
    if x.shape[1:] != shape:
        raise ValueError(f"check_gradients: x has rows of shape {x.shape[1:]}, the layer takes {shape}")
    dy = rng.normal(size=(len(x), *layer.output_shape(shape)))
    params, state = _weights(layer, shape, rng)
    ctx = Context(training, Key(0, step=1))

    def function() -> float:
        y, _, _ = layer.forward(params, state, x, ctx)
        return float(np.sum(dy * y)) + float(layer.penalty(y))

    _, cache, _ = layer.forward(params, state, x, ctx)
    dx, grads = layer.backward(params, cache, dy)  # type: ignore[arg-type]  # its own
    assert not isinstance(dx, tuple)  # it has one input
    yield "input", x, function, dx
    for name, w in params.items():
        yield name, w, function, grads.get(name)


def _input_shape(layer: Layer, x: Array | None, input_shape: object) -> tuple[int, ...]:
    if input_shape is not None:
        return check_shape(input_shape, "check_gradients: input_shape")
    if layer._build_spec is not None and layer._build_spec.input_shape is not None:
        return layer._build_spec.input_shape
    if x is not None or layer.input_shape is not None:
        return x.shape[1:] if x is not None else layer.input_shape  # type: ignore[return-value]
    raise ValueError(
        f"check_gradients: {layer!r} is in no model, so the shape of its input is not known; pass input_shape=(4,) or x"
    )


def _weights(
    layer: Layer, shape: tuple[int, ...], rng: np.random.Generator
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Weights and state in float64: the layer's own, or random ones about where they begin."""
    specs = layer.weight_specs(shape), layer.state_specs(shape)
    if layer.built:
        own = layer.named_weights()
        found = [{w.name: np.array(own[w.name], np.float64) for w in group} for group in specs]
    else:
        key = Key(0)
        found = [{w.name: w.draw(np.float64, key) for w in group} for group in specs]
        found[0] = {name: w + 0.3 * rng.normal(size=w.shape) for name, w in found[0].items()}
    return found[0], found[1]


def _of_activation(activation: Activation, z: Array | None, rows: int, rng: np.random.Generator) -> Arrays:
    z = 2 * rng.normal(size=(rows, _CLASSES)) if z is None else z
    dy = rng.normal(size=z.shape)
    gradient = activation.backward(dy, z, activation.forward(z))
    yield "input", z, lambda: float(np.sum(dy * activation.forward(z))), gradient


def _of_regularizer(regularizer: Any, w: Array | None, rng: np.random.Generator) -> Arrays:
    w = rng.normal(size=(5, _CLASSES)) if w is None else w
    yield "weight", w, lambda: float(regularizer(w)), regularizer.gradient(w)


def _of_loss(loss: Loss, p: Array | None, y: object, rows: int, rng: np.random.Generator) -> Arrays:
    p = rng.uniform(0.05, 0.95, (rows, _CLASSES)) if p is None else p
    if y is None:
        ids, form = rng.integers(0, p.shape[-1], p.shape[:-1]), label_form(loss)
        hot = np.eye(p.shape[-1])[ids]
        targets = ids if form == "ids" else hot if form == "one-hot" else rng.uniform(0.05, 0.95, p.shape)
    else:
        targets = as_array(y, "y")
    share = rng.uniform(0.5, 1.5, np.shape(loss.values(targets, p)))
    yield (
        "predictions",
        p,
        lambda: float(np.sum(share * loss.values(targets, p))),
        loss.gradient(targets, p) * share[..., None],
    )


def _of_model(model: Model, x: object, y: object) -> Arrays:
    if x is None or y is None:
        raise ValueError("check_gradients: a model is checked on data; pass x and y, some rows are enough")
    if model.loss is None:
        raise ValueError("check_gradients: the model has no loss; call model.compile(loss='mse') or another loss first")
    clone = copy.deepcopy(model)
    xs, ys, _ = rows_for(clone, x, y)
    build_for(clone, xs)
    losses, weights = clone._compiled_losses, clone._loss_weights
    clone.compile(clone.optimizer, losses, loss_weights=weights, engine="reference", dtype="float64")
    data = validate_and_prepare(clone, xs, ys, None, None)
    engine = clone.engine_for()
    assert isinstance(engine, ReferenceEngine)
    gradients = engine.gradients(data).by_weight
    named = {s.offset: f"{clone.layers[s.layer].name}/{s.name}" for s in clone.store.layout.segments}
    for op, segment in engine.plan.trainable:
        w = clone.store.view(segment)
        yield named[segment.offset], w, lambda: engine.gradients(data).loss, gradients[op.index].get(segment.name)


# The comparison.


def _compare(
    name: str,
    array: Array,
    function: Callable[[], float],
    gradient: Array | None,
    most: int,
    tolerance: float,
    rng: np.random.Generator,
) -> GradientCheck:
    if gradient is None or np.shape(gradient) != array.shape:
        what = "no gradient" if gradient is None else f"a gradient of shape {np.shape(gradient)}"
        return GradientCheck(name, array.shape, 0, np.inf, (), np.nan, np.nan, False, f"backward gave {what}")
    places = np.arange(array.size) if array.size <= most else np.sort(rng.choice(array.size, most, replace=False))
    given = np.asarray(gradient, np.float64).reshape(-1)[places]
    differences = np.array([_difference(function, array, np.unravel_index(i, array.shape)) for i in places])
    apart, together = np.linalg.norm(given - differences), np.linalg.norm(given + differences)
    scale = max(float(together), 1e-3 * abs(function()))
    error = float(apart) / scale if scale else float(apart)
    k = int(np.argmax(np.nan_to_num(np.abs(given - differences), nan=np.inf))) if len(places) else 0
    worst = tuple(int(i) for i in np.unravel_index(places[k], array.shape)) if len(places) else ()
    numbers = (float(given[k]), float(differences[k])) if len(places) else (0.0, 0.0)
    return GradientCheck(name, array.shape, len(places), error, worst, *numbers, isfinite(error) and error <= tolerance)


def _difference(function: Callable[[], float], array: Array, index: Any) -> float:
    """The central difference at one entry, which is put back."""
    before = array[index]
    array[index] = before + _STEP
    above = function()
    array[index] = before - _STEP
    below = function()
    array[index] = before
    return (above - below) / (2 * _STEP)
