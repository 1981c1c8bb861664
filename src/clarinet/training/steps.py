"""What a step is where a model says so itself: ``train_step`` and all that it is made of. They become the model's
methods."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from inspect import signature
from typing import Protocol, cast

from clarinet.data_adapters.structures import arranged
from clarinet.layers.attributes import attributes_of
from clarinet.layers.handle import Handle
from clarinet.losses import Loss
from clarinet.metrics import Mean, Metric
from clarinet.metrics.compiled import CompileMetrics
from clarinet.ops import structures
from clarinet.ops import sum as total
from clarinet.ops.tape import GradientTape
from clarinet.problems import shown
from clarinet.trainable import Trainable
from clarinet.types import AnyTensor, Scalar, TensorLike


class Stepped(Trainable, Protocol):
    """A model, as far as its steps in Python need it; :class:`clarinet.Model` documents each of these."""

    _loss_tracker: Mean
    _compile_metrics: CompileMetrics | None
    _compiled_losses: list[Loss | None]
    _loss_weights: list[float]

    def __call__(self, *inputs: TensorLike, training: bool | None = None) -> AnyTensor: ...

    @property
    def losses(self) -> list[AnyTensor]: ...

    @property
    def metrics(self) -> list[Metric]: ...

    @property
    def _connected(self) -> bool: ...

    @property
    def compute_loss(self) -> Callable[..., AnyTensor]: ...

    @property
    def compute_metrics(self) -> Callable[..., dict[str, object]]: ...

    def get_metrics_result(self) -> dict[str, Scalar]: ...

    def _output_trackers(self, outputs: int) -> list[Mean | None]: ...


#: Methods with which a model says itself what a step is.
OWN_STEPS = ("train_step", "test_step", "predict_step", "compute_loss", "compute_metrics", "metrics")


def train_step(self: Stepped, data: TensorLike) -> dict[str, object]:
    """One update on one batch, as ``fit`` runs it where a model has a step of its own.

    A subclass may override it, or what it calls: :meth:`compute_loss` and :meth:`compute_metrics`. It is called for
    every batch, with numbers; gradients come from a :class:`clarinet.GradientTape`.

    Args:
        data: ``x``, ``(x, y)`` or ``(x, y, sample_weight)``, of tensors.

    Returns:
        What logs and history show, by name.

    Example:
        >>> import numpy as np, clarinet
        >>> class Careful(clarinet.Sequential):
        ...     def train_step(self, data):
        ...         x, y = data
        ...         with clarinet.GradientTape() as tape:
        ...             loss = self.compute_loss(y=y, y_pred=self(x, training=True))
        ...         gradients = tape.gradient(loss, self.trainable_variables)
        ...         self.optimizer.apply([0.5 * g for g in gradients], self.trainable_variables)
        ...         return {"loss": loss}
        >>> model = Careful([clarinet.Input((2,)), clarinet.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> sorted(model.train_step((np.ones((8, 2)), np.ones((8, 1)))))
        ['loss']
    """
    x, y, sample_weight = unpacked(data)
    with GradientTape() as tape:
        y_pred = self(x, training=True)
        loss = _loss(self, x, y, y_pred, sample_weight, True)
    self._loss_tracker.update_state(loss, sample_weight=_rows(x))
    variables = self.trainable_variables
    assert self.optimizer is not None
    self.optimizer.apply(tape.gradient(loss, variables), variables)
    return self.compute_metrics(x, y, y_pred, sample_weight)


def test_step(self: Stepped, data: TensorLike) -> dict[str, object]:
    """Loss and metrics of one batch, as ``evaluate`` and validation run it; as :meth:`train_step`."""
    x, y, sample_weight = unpacked(data)
    y_pred = self(x, training=False)
    loss = _loss(self, x, y, y_pred, sample_weight, False)
    self._loss_tracker.update_state(loss, sample_weight=_rows(x))
    return self.compute_metrics(x, y, y_pred, sample_weight)


def predict_step(self: Stepped, data: TensorLike) -> AnyTensor:
    """Predictions for one batch, as ``predict`` runs it; as :meth:`train_step`."""
    return self(unpacked(data)[0], training=False)


def _loss(
    self: Stepped, x: TensorLike, y: TensorLike, y_pred: TensorLike, weight: TensorLike, training: bool
) -> AnyTensor:
    """What :meth:`compute_loss` gives, which may have been written before it was told ``training``."""
    compute = self.compute_loss
    if "training" in signature(compute).parameters:
        return compute(x, y, y_pred, weight, training=training)
    return compute(x, y, y_pred, weight)


def _rows(x: TensorLike) -> int:
    return len(cast(Sized, next(structures.leaves(x))))


def compute_loss(
    self: Stepped,
    x: TensorLike = None,
    y: TensorLike = None,
    y_pred: TensorLike = None,
    sample_weight: TensorLike = None,
    training: bool = True,
) -> AnyTensor:
    """The loss of one batch: those of ``compile``, weighted, and all of ``model.losses``.

    Args:
        x, y, sample_weight: the batch.
        y_pred: what the model gave for it.
        training: whether it is part of a training step.

    Raises:
        ValueError: there is no loss at all.
    """
    found = [*_compiled_losses(self, y, y_pred, sample_weight), *map(_summed, self.losses)]
    if not found:
        raise ValueError(f"model {self.name!r}: no loss to compute; give compile a loss, or use add_loss in a layer")
    return sum(found[1:], start=found[0])


def _summed(loss: TensorLike) -> AnyTensor:
    return total(loss)


def _compiled_losses(
    self: Stepped, y: TensorLike, y_pred: TensorLike, sample_weight: TensorLike
) -> Iterator[AnyTensor]:
    """What the losses of ``compile`` give, each times its weight; each is noted where there are several."""
    if all(loss is None for loss in self._compiled_losses):
        return
    if y is None:
        raise ValueError(f"model {self.name!r}: the loss of compile needs labels, received None for y")
    trues, preds, weights = for_outputs(self, y, y_pred, sample_weight)
    losses = self._compiled_losses if len(self._compiled_losses) == len(preds) else self._compiled_losses * len(preds)
    shares = self._loss_weights if len(self._loss_weights) == len(losses) else [1.0] * len(losses)
    trackers = self._output_trackers(len(losses))
    for loss, share, own, pred, weight, tracker in zip(losses, shares, trues, preds, weights, trackers, strict=True):
        if loss is None or own is None:
            continue
        value = cast(AnyTensor, loss(own, pred, weight))
        if tracker is not None:
            tracker.update_state(value, sample_weight=_rows(pred))
        yield value if share == 1.0 else value * share


def for_outputs(
    self: Stepped, y: TensorLike, y_pred: TensorLike, sample_weight: TensorLike
) -> tuple[list[object], list[object], list[object]]:
    """Labels, predictions and weights of each output, in order."""
    preds: list[object] = [*structures.leaves(y_pred)]
    names = self.output_names if self._connected and len(preds) > 1 else [str(i) for i in range(len(preds))]
    if isinstance(y_pred, Mapping) and len(preds) > 1:
        names = sorted(y_pred)
    trues = _arranged(y, names, "y")
    weights = _arranged(sample_weight, names, "sample_weight")
    return trues, preds, weights


def _arranged(given: TensorLike, names: Sequence[str], what: str) -> list[object]:
    if given is None or (what == "sample_weight" and not isinstance(given, (list, tuple, Mapping))):
        return [given] * len(names)
    if len(names) > 1:
        return arranged(given, names, what, "outputs", lacks=True)
    return [*structures.leaves(given)][:1]


def compute_metrics(
    self: Stepped, x: TensorLike, y: TensorLike, y_pred: TensorLike, sample_weight: TensorLike = None
) -> dict[str, object]:
    """Add one batch to the metrics of ``compile``, and give the results of all metrics by name.

    Args:
        x, y, sample_weight: the batch.
        y_pred: what the model gave for it.
    """
    if self._compile_metrics is not None and y is not None:
        trues, preds, weights = for_outputs(self, y, y_pred, sample_weight)
        alone = len(preds) == 1
        batch = (trues[0], preds[0], weights[0]) if alone else (trues, preds, weights)
        self._compile_metrics.update_state(*batch)
    return dict(self.get_metrics_result())


def results(metrics: Sequence[Metric]) -> dict[str, Scalar]:
    """What some metrics give, by name."""
    found: dict[str, Scalar] = {}
    for metric in metrics:
        result: Scalar | dict[str, Scalar] = metric.result()
        found |= result if isinstance(result, dict) else {metric.name: result}
    return found


def own_metrics(holder: Handle) -> Iterator[Metric]:
    """The metrics that a model, and the layers within it, have as attributes; models within keep theirs."""
    for value in attributes_of(holder).values():
        yield from _metrics_in(value)
    for child in holder.children:
        if not child.is_model:
            yield from own_metrics(child)


def _metrics_in(value: object) -> Iterator[Metric]:
    if isinstance(value, Metric):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _metrics_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _metrics_in(item)


def unpacked(data: TensorLike) -> tuple[object, object, object]:
    """``x``, ``y`` and the weights of a batch; None for those that are not there.

    Raises:
        ValueError: something else.
    """
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(f"expected x, (x, y) or (x, y, sample_weight), received {shown(data)}")
    x, *rest = *data, None, None
    return x, rest[0], rest[1]


def packed(x: object, y: object, sample_weight: object) -> object:
    """What a step is given: ``x``, ``(x, y)`` or ``(x, y, sample_weight)``, as many as there are."""
    if sample_weight is not None:
        return x, y, sample_weight
    if y is not None:
        return x, y
    return (x,) if isinstance(x, tuple) else x


__all__ = ["compute_loss", "compute_metrics", "predict_step", "test_step", "train_step"]
