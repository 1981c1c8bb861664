"""Losses on a tape: a loss is one operation, whose derivative is the loss's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from clarinet.ops.creation import full_like
from clarinet.ops.dispatch import apply, floats, shape_of
from clarinet.ops.operation import Gradients, Operation, Wanted
from clarinet.ops.specs import Batch, TensorSpec, is_symbolic
from clarinet.ops.structures import leaves
from clarinet.ops.tape import ACTIVE
from clarinet.ops.tensor import Tensor
from clarinet.types import AnyTensor, Array, Json, Namespace, TensorLike
from clarinet.variables import Variable


class Judge(Protocol):
    """A loss, as far as its operation needs it; :class:`clarinet.losses.Loss` explains each part."""

    name: str
    reduction: str | None

    @property
    def of_difference(self) -> bool: ...

    def values(self, y_true: Array, y_pred: Array, xp: Namespace = ...) -> Array: ...

    def shares(self, weight: Array, xp: Namespace = ...) -> Array: ...

    def weighed(self, y_true: Array, values: Array, weight: object, xp: Namespace = ...) -> Array: ...

    def pull(self, y_true: Array, y_pred: Array, dl: Array, xp: Namespace = ...) -> Array: ...
    def pull_targets(self, y_true: Array, y_pred: Array, dl: Array, xp: Namespace = ...) -> Array | None: ...


#: Of a batch: targets; predictions, or the gradient in their place where there are no shares; shares; what came in.
Kept = tuple[Array, Array, Array | None, tuple[Array, ...]]


#: Functions that give the loss of a batch, and its gradient at the predictions, of a loss, targets, predictions and
#: perhaps weights; None where there is no native form. :mod:`clarinet.engines.judging` adds one.
NATIVE: list[Callable[[Judge, Array, Array, Array | None], tuple[float, Array] | None]] = []


def _natively(loss: Judge, y_true: Array, y_pred: Array, weight: Array | None) -> tuple[float, Array] | None:
    found = (make(loss, y_true, y_pred, weight) for make in NATIVE)
    return next((each for each in found if each is not None), None)


@dataclass(eq=False, repr=False)
class Judged(Operation):
    """The loss of a batch, or of each sample where the loss's ``reduction`` is ``"none"``.

    It takes targets, predictions and perhaps weights.
    """

    arity = None

    loss: Judge

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        y_true, y_pred, *weight = xs
        found = _natively(self.loss, y_true, y_pred, weight[0] if weight else None) if xp is np else None
        if found is not None:
            return np.asarray(found[0], np.float32), (y_true, found[1], None, xs)
        values = self.loss.values(y_true, y_pred, xp)
        weights = self.loss.weighed(y_true, values, weight[0] if weight else None, xp)
        if self.loss.reduction == "none":
            return values * weights, (y_true, y_pred, weights, xs)
        shares = self.loss.shares(weights, xp)
        return xp.sum(values * shares), (y_true, y_pred, shares, xs)

    def partial(self, cache: Kept, dy: Array, wanted: Wanted, xp: Namespace = np) -> Gradients:
        y_true, y_pred, shares, xs = cache  # the gradient in place of predictions where there are no shares
        if any(wanted[2:]):
            raise RuntimeError(f"tape.gradient: {self.loss.name} has no gradient at sample_weight; multiply yourself")
        slope = y_pred * dy if shares is None else self.loss.pull(y_true, y_pred, shares * dy, xp)
        back = self._at_targets(slope, xs, dy, xp) if wanted[0] else None
        return (back, slope, *(None for _ in wanted[2:]))

    def _at_targets(self, slope: Array, xs: tuple[Array, ...], dy: Array, xp: Namespace) -> Array:
        y_true, y_pred, *weight = xs
        if self.loss.of_difference:
            return xp.reshape(-slope, y_true.shape)
        weights = self.loss.weighed(y_true, self.loss.values(y_true, y_pred, xp), weight[0] if weight else None, xp)
        shares = weights if self.loss.reduction == "none" else self.loss.shares(weights, xp)
        own = self.loss.pull_targets(y_true, y_pred, shares * dy, xp)
        if own is None:
            raise RuntimeError(
                f"tape.gradient: {self.loss.name} has no gradient at its targets (y_true), which depend on what is "
                "asked for: use ops.stop_gradient(y_true), or write the loss with functions of clarinet.ops"
            )
        return xp.reshape(own, y_true.shape)

    def backward(self, cache: Kept, dy: Array, xp: Namespace = np) -> Gradients:
        return self.partial(cache, dy, (False, True), xp)

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        return "keeps" if self.loss.reduction == "none" and all(spec.batched for spec in specs) else "mixes"

    def encoded(self) -> Json:
        raise TypeError(
            f"it calls the loss {self.loss.name!r}, which a file does not keep within a network; write it with "
            "functions of clarinet.ops, or keep its weights with save_weights"
        )

    def result(self, *specs: TensorSpec) -> TensorSpec:
        shape = specs[1].shape[:-1] if self.loss.reduction == "none" else ()
        return TensorSpec(shape, specs[1].dtype)


def follows(*values: TensorLike) -> bool:
    """Whether a tape may want to know of a loss of these, or one is a tensor."""
    return bool(ACTIVE.tapes) or any(isinstance(one, (Tensor, Variable)) or is_symbolic(one) for one in leaves(values))


def judged(loss: Judge, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike = None) -> AnyTensor:
    """The loss of a batch, or the values of its samples, as a tensor that tapes remember."""
    y_pred = floats(y_pred)
    if isinstance(y_true, (int, float)) and shape_of(y_pred):  # one number is the target of all
        y_true = full_like(y_pred, y_true)
    given = (y_true, y_pred, *(() if sample_weight is None else (sample_weight,)))
    judge: Judged = type.__call__(Judged, loss)  # without a look at names of arguments, at every step
    return apply(judge, *given)
