"""``predict``, its batch-wise form, and the call of a model on arrays. They become the model's methods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet import checks
from clarinet import data as data_module
from clarinet.engines import ReferenceEngine
from clarinet.layers.handle import leaf_layers
from clarinet.settings import BATCH_SIZE
from clarinet.training.callback import CallbackList
from clarinet.training.prepare import as_list, build_for
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

#: Rows per call of an engine when predicting; results do not depend on it.
PREDICT_BATCH = 256


def predict(
    self: Trainable,
    x: object,
    batch_size: int | None = None,
    verbose: object = 0,
    steps: int | None = None,
    callbacks: object = None,
) -> Array:
    """Predictions (n, *output_shape) in inference mode.

    Args:
        x: rows (n, *input_shape), or a source of batches.
        batch_size: rows per pass; changes nothing but memory.
        verbose: accepted for Keras programs; predicting is too quick for a bar.
        steps: batches to use at most; default all.
        callbacks: their ``on_predict_begin`` and ``on_predict_end`` are called.

    Raises:
        ValueError, TypeError: the rows do not have the model's input shape.
    """
    if batch_size is not None or steps is not None or callbacks is not None or verbose != 0:
        return _predict_as_asked(self, locals())
    if type(x) is not np.ndarray and data_module.is_batches(x):
        return np.concatenate([_predict_rows(self, rows) for rows in _pieces(x, None, PREDICT_BATCH)])
    return _predict_rows(self, x)


def _predict_rows(self: Trainable, x: object, batch_size: int | None = None) -> Array:
    rows = x if type(x) is np.ndarray else data_module.as_array(x, "x")
    plain = rows is x and rows.shape[1:] == self.input_shape and rows.dtype.kind in "fiub"
    if not plain or checks.lookup(self) is not None:
        rows = data_module.as_array(rows, "x")
        build_for(self, rows)
        checks.raise_first(checks.check_input(self, rows))
    return _in_original_units(self, self.engine_for().predict(rows, batch_size or PREDICT_BATCH))


def _in_original_units(self: Trainable, y: Array) -> Array:
    return y if self.target is None else self.target.inverse(y)


def _predict_as_asked(self: Trainable, arguments: dict[str, Any]) -> Array:
    """Predictions with arguments other than the default ones."""
    checks.raise_first(checks.check_predict_arguments(arguments))
    x = arguments["x"]
    batch_size, steps = (None if arguments[n] is None else int(arguments[n]) for n in ("batch_size", "steps"))
    watchers = CallbackList(as_list(arguments["callbacks"]), self, {})
    watchers.on_predict_begin()
    outputs = []
    if watchers.wants_predict_batches or data_module.is_batches(x):
        for number, piece in enumerate(_pieces(x, steps, batch_size or BATCH_SIZE)):
            watchers.on_predict_batch_begin(number)
            outputs.append(_predict_rows(self, piece, batch_size))
            watchers.on_predict_batch_end(number, {"outputs": outputs[-1]})
    else:
        rows = x if steps is None else data_module.as_array(x, "x")[: steps * (batch_size or BATCH_SIZE)]
        outputs.append(_predict_rows(self, rows, batch_size))
    watchers.on_predict_end()
    return np.concatenate(outputs)


def _pieces(x: object, steps: int | None, size: int) -> Iterator[Array]:
    """The inputs batch by batch; rows that are no source of batches in batches of this size, at least one."""
    if data_module.is_batches(x):
        batches = data_module.Batches(x, steps, labels=False, anew=True)
        batches.peek()  # raises if there is none
        yield from (rows for rows, _, _ in batches)
    else:
        rows = data_module.as_array(x, "x")
        count = max(1, -(-len(rows) // size))
        yield from (rows[i * size : (i + 1) * size] for i in range(count if steps is None else min(steps, count)))


def predict_on_batch(self: Trainable, x: object) -> Array:
    """Predictions for one batch, an array of rows (n, *input_shape)."""
    return _predict_rows(self, x)


def call(self: Trainable, x: object, training: bool | None = None) -> Array:
    """Predictions for an array; with ``training=True`` as in a training step: dropout drops, batch statistics are used.

    Every such call draws new random numbers, which follow from the model's seed and the number of the call.

    Args:
        x: rows (n, *input_shape).
        training: whether layers behave as in training; nothing is updated. None (default): layers that augment do, as
            in Keras, and all others behave as in inference.

    Raises:
        TypeError, ValueError: the rows do not have the model's input shape, or ``training`` is something else.
    """
    if training is not None:
        checks.raise_first(checks.check_arguments({"training": training}))
    if not training and not (training is None and _augments(self)):
        return _predict_rows(self, x)
    rows = data_module.as_array(x, "x")
    build_for(self, rows)
    checks.raise_first(checks.check_input(self, rows))
    self._calls += 1
    engine = ReferenceEngine(self.make_plan(), self.store, self.optimizer_state)
    return _in_original_units(self, engine.predict_training(rows, training, self._calls))


def _augments(self: Trainable) -> bool:
    return any(leaf.trains_when_called for layer in self.layers for leaf, *_ in leaf_layers(layer))


__all__ = ["call", "predict", "predict_on_batch"]
