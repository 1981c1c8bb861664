"""``predict`` and its batch-wise form. They become the model's methods."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard, cast

import numpy as np

from clarinet import checks, data_adapters
from clarinet.graph import fits
from clarinet.names import explained, refuse_unknown
from clarinet.ops.structures import leaves
from clarinet.settings import BATCH_SIZE
from clarinet.training import stepping
from clarinet.training.callback import CallbackList
from clarinet.training.prepare import as_list, build_for
from clarinet.types import Array, Arrays, Predictions, Shape

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

#: Rows per call of an engine when predicting; results do not depend on it.
PREDICT_BATCH = 256


@explained
def predict(
    self: Trainable,
    x: object,
    batch_size: int | None = None,
    verbose: object = 0,
    steps: int | None = None,
    callbacks: object = None,
    **unknown: object,
) -> Predictions:
    """Predictions (n, *output_shape) in inference mode.

    Args:
        x: rows (n, *input_shape), a source of batches, or files as for :meth:`fit`. A list, or a dictionary by name,
            where the model has several inputs.
        batch_size: rows per pass; changes nothing but memory.
        verbose: accepted for Keras programs; predicting is too quick for a bar.
        steps: batches to use at most; default all.
        callbacks: their ``on_predict_begin`` and ``on_predict_end`` are called.

    Returns:
        An array; where the model has several outputs a list or dictionary of arrays, as ``Model(inputs, outputs)`` was
        given them.

    Raises:
        ValueError, TypeError: the rows do not have the model's input shape.
    """
    if unknown:
        refuse_unknown("predict", unknown, inspect.signature(predict).parameters)
    as_asked = batch_size is not None or steps is not None or callbacks is not None or verbose != 0
    ready = self.ready_engine
    if (  # no more is asked, so that a row is quick
        ready is not None
        and not as_asked
        and type(x) is np.ndarray
        and x.shape[1:] == ready.plan.plain_shape
        and x.dtype.kind in "fiub"
    ):
        return self.packed(_in_original_units(self, ready.predict(x, PREDICT_BATCH)))
    x = data_adapters.opened(self, x, labels=False)
    if self.stepped:
        return stepping.predict(cast(stepping.SteppedModel, self), x, batch_size, steps, callbacks)
    if as_asked:
        return _predict_as_asked(self, locals())
    if data_adapters.is_batches(x):
        alone = self.built and self.engine_for().plan.mixes_rows
        pieces = _pieces(self, x, None, PREDICT_BATCH, 1 if alone else None)
        each = (_predict_rows(self, rows, data_adapters.length(rows) if alone else None) for rows in pieces)
        return self.packed(_joined(list(each)))
    return self.packed(_predict_rows(self, _arrays(self, x)))


def _joined(parts: Sequence[Arrays]) -> Arrays:
    """The predictions of several pieces one after the other."""
    if isinstance(parts[0], tuple):
        return tuple(np.concatenate(own) for own in zip(*parts, strict=True))
    return np.concatenate(parts)


def _predict_rows(self: Trainable, rows: Arrays, batch_size: int | None = None) -> Arrays:
    """Predictions for arrays in the model's order."""
    if not _is_plain(rows, self):
        if self.has_call and self.built and not fits(self.network, rows):
            return _called(self, rows)
        rows = checked_inputs(self, rows)
    engine = self.engine_for()
    at_once = BATCH_SIZE if engine.plan.mixes_rows else PREDICT_BATCH  # as many as Keras takes, where that matters
    return _in_original_units(self, engine.predict(rows, batch_size or at_once))


def _called(self: Trainable, rows: Arrays) -> Arrays:
    """Predictions of a model whose ``call`` runs as it stands, because samples have other sizes than before."""
    found = []
    for first in range(0, data_adapters.length(rows), BATCH_SIZE):
        own = slice(first, first + BATCH_SIZE)
        each = [row[own] for row in rows] if isinstance(rows, tuple) else rows[own]
        outputs = tuple(np.asarray(y) for y in leaves(cast("Callable[[object], object]", self)(each)))
        found.append(outputs if len(outputs) > 1 else outputs[0])
    return _joined(found)


def _is_plain(x: object, model: Trainable) -> TypeGuard[Array]:
    """Whether this is an array that the model takes as it is: asked first, so that one prediction is quick."""
    return _numbers(x, model.sample_shape) and not model.prepares_data and checks.lookup(model) is None


def _numbers(x: object, shape: Shape | None) -> TypeGuard[Array]:
    """Whether this is an array of samples of this shape."""
    return type(x) is np.ndarray and x.shape[1:] == shape and x.dtype.kind in "fiub"


def _arrays(self: Trainable, x: object) -> Arrays:
    """Arrays in the model's order, of whatever a user gave."""
    if _is_plain(x, self):
        return x
    self.build_for_data(x)
    return data_adapters.inputs_for(self, x)


def checked_inputs(self: Trainable, rows: Arrays) -> Arrays:
    """The same where they fit the model, which is built for them if it is not yet."""
    build_for(self, rows)
    checks.raise_first(checks.check_input(self, rows))
    return rows


def _in_original_units(self: Trainable, y: Arrays) -> Arrays:
    return y if self.target is None or isinstance(y, tuple) else self.target.inverse(y)


def _predict_as_asked(self: Trainable, arguments: dict[str, Any]) -> Predictions:
    """Predictions with arguments other than the default ones."""
    checks.raise_first(checks.check_predict_arguments(arguments))
    x = arguments["x"]
    batch_size, steps = (None if arguments[n] is None else int(arguments[n]) for n in ("batch_size", "steps"))
    watchers = CallbackList(as_list(arguments["callbacks"]), self, {})
    watchers.on_predict_begin()
    outputs = []
    if watchers.wants_predict_batches or data_adapters.is_batches(x):
        for number, piece in enumerate(_pieces(self, x, steps, batch_size or BATCH_SIZE)):
            watchers.on_predict_batch_begin(number)
            outputs.append(_predict_rows(self, piece, batch_size or data_adapters.length(piece)))
            watchers.on_predict_batch_end(number, {"outputs": self.packed(outputs[-1])})
    else:
        rows = data_adapters.inputs_for(self, x)
        if steps is not None:
            rows = data_adapters.some_rows((rows, None, None), slice(0, steps * (batch_size or BATCH_SIZE)))[0]
        outputs.append(_predict_rows(self, rows, batch_size))
    watchers.on_predict_end()
    return self.packed(_joined(outputs))


def _pieces(self: Trainable, x: object, steps: int | None, size: int, most: int | None = 1) -> Iterator[Arrays]:
    """The inputs batch by batch; rows that are no source of batches in batches of this size, at least one.

    Of a source that has several batches at once ``most`` of them come together; None: all that it has.
    """
    if data_adapters.is_batches(x):
        batches = data_adapters.batches_of(self, x, steps, size, labels=False, anew=True)
        batches.peek()  # raises if there is none
        yield from (block.in_order()[0] for block in batches.runs(most))
        return
    rows = data_adapters.inputs_for(self, x)
    count = max(1, -(-data_adapters.length(rows) // size))
    for i in range(count if steps is None else min(steps, count)):
        yield data_adapters.some_rows((rows, None, None), slice(i * size, (i + 1) * size))[0]


def predict_on_batch(self: Trainable, x: object) -> Predictions:
    """Predictions for one batch, an array of rows (n, *input_shape), or a list or dictionary of them."""
    if self.stepped:
        return stepping.predict(
            cast(stepping.SteppedModel, self), x, data_adapters.length(data_adapters.leaves_of(x, "x"))
        )
    return self.packed(_predict_rows(self, _arrays(self, x)))


__all__ = ["predict", "predict_on_batch"]
