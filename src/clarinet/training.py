"""The verbs of a model: ``fit``, ``evaluate``, ``predict`` and their batch-wise forms. They become its methods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

import clarinet
from clarinet import checks
from clarinet import data as data_module
from clarinet.callbacks.base import CallbackList
from clarinet.engines import Data, Engine, ReferenceEngine, Steps
from clarinet.fitting import (
    Fit,
    as_list,
    build_for,
    checked,
    first_batches,
    learning_rates,
    run_evaluation,
    told_by_callbacks,
)
from clarinet.layers.parts import leaves
from clarinet.params import Array

if TYPE_CHECKING:
    from clarinet.callbacks import History
    from clarinet.model import Sequential

#: Every how many steps the layers' statistics are taken, by default.
STATS_EVERY = 100
#: Rows per call of an engine when predicting; results do not depend on it.
PREDICT_BATCH = 256


def fit(
    self: Sequential,
    x: Any = None,
    y: Any = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: Any = "auto",
    callbacks: Any = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
    shuffle: bool = True,
    class_weight: Any = None,
    sample_weight: Any = None,
    initial_epoch: int = 0,
    steps_per_epoch: int | None = None,
    validation_steps: int | None = None,
    validation_batch_size: int | None = None,
    validation_freq: int = 1,
    *,
    seed: int | None = None,
    stats_every: int = STATS_EVERY,
    run: Any = None,
    checkpoint: int | str | bool | None = None,
    resume: bool = False,
    doctor: bool = False,
    plot: bool | str = False,
) -> History:
    """Train the model.

    Args:
        x: rows (n, *input_shape): an array, a data frame, a list; or a source of batches ``(x, y)`` or
            ``(x, y, weights)``: a generator, a ``clarinet.utils.Sequence``, or any iterable.
        y: labels (n, …); not given with a source of batches.
        batch_size: rows per update; default 32.
        epochs: index of the last epoch plus one: ``initial_epoch=3, epochs=5`` trains two.
        verbose: 0 silent, 1 a bar, 2 a line an epoch, ``"auto"`` a bar in a terminal or notebook and lines elsewhere.
        callbacks: a list of :class:`clarinet.callbacks.Callback`.
        validation_split: share of the rows, the LAST ones, before shuffling, to validate on.
        validation_data: ``(x, y)`` or ``(x, y, weights)``, or a source of batches.
        shuffle: draw a new order of the rows every epoch; default True.
        class_weight: ``{class: weight}``, for integer, one-hot or binary labels.
        sample_weight: (n,), one weight a row.
        initial_epoch: where to start counting epochs.
        steps_per_epoch: updates an epoch; default as many as the data gives.
        validation_steps, validation_batch_size: the same for validation, which begins with the first batch every time.
            An epoch for which the source has none left gets no ``val_`` numbers.
        validation_freq: validate every so many epochs.
        seed: fixes shuffling and dropout, and the initial weights if nobody has looked at them yet.
        stats_every: take statistics of the layers on steps whose number is a multiple of this; 0 never.
        run: keep this training in the store of runs (see :mod:`clarinet.runs`), under this name; True makes one up. A
            :class:`clarinet.runs.Tracker` says more, and an open :class:`clarinet.runs.Run` is written to.
        checkpoint: how often everything is saved that is needed to go on after an interruption: a number of steps,
            ``"epoch"``, or a time such as ``"30s"``. Checkpoints belong to a run, which is begun if none is named.
        resume: go on with the run of this name where its last checkpoint stands, if there is such a run; without a
            name, with the run that was begun last. The numbers come out as if there had been no interruption. The
            program has to build, compile and call ``fit`` as before; ``epochs`` may be larger.
        doctor: have a :class:`clarinet.doctor.Doctor` look at the program before training and at every epoch of it; it
            speaks where something is wrong, and ``model.doctor_report`` says what it found.
        plot: in a Jupyter notebook, draw loss and metrics while the model learns, on a light ground or with ``"dark"``
            on a dark one; see :class:`clarinet.callbacks.LivePlot`.

    Returns:
        History: ``.history`` holds a list for each of ``loss``, the metrics, ``val_loss``, …; ``.epoch`` the epochs.

    Raises:
        ValueError, TypeError: the data does not fit the model, holds NaN, is empty, …; nothing has been trained then.
        RuntimeError: the model is being trained already, by another thread or by the ``fit`` that called a callback.
        KeyboardInterrupt: after Ctrl-C, with weights and ``model.history`` valid.

    The loss of a batch is ``sum_i w_i l_i / rows`` plus penalties; an epoch's loss is the mean weighted by rows.

    Example:
        >>> import numpy as np, clarinet
        >>> clarinet.utils.set_random_seed(0)
        >>> model = clarinet.Sequential([clarinet.Input((1,)), clarinet.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x = np.linspace(0, 1, 64, dtype="float32")[:, None]
        >>> history = model.fit(x, 2 * x, epochs=50, verbose=0)
        >>> history.history["loss"][-1] < history.history["loss"][0]
        True
    """
    arguments = {name: value for name, value in locals().items() if name != "self"}
    if doctor is True:
        arguments["callbacks"] = [*as_list(callbacks), clarinet.doctor.Doctor()]
    checks.raise_first(checks.check_fit_arguments(self, arguments), told_by_callbacks(arguments))
    with self.in_training():
        return Fit(self, checks.plain(arguments)).run()


def evaluate(
    self: Sequential,
    x: Any = None,
    y: Any = None,
    batch_size: int | None = None,
    verbose: Any = 0,
    sample_weight: Any = None,
    steps: int | None = None,
    callbacks: Any = None,
    return_dict: bool = False,
) -> Any:
    """Loss and metrics on data, in inference mode.

    Args:
        x, y, sample_weight: as for :meth:`fit`.
        batch_size: rows per pass; default 32.
        verbose: 1 or 2 print the result.
        steps: batches to use at most; default all.
        callbacks: their ``on_test_begin`` and ``on_test_end`` are called.
        return_dict: return a dictionary by name.

    Returns:
        ``[loss, metric, …]`` in the order of ``metrics_names``; the loss alone where there are no metrics.

    Raises:
        ValueError, TypeError: as for :meth:`fit`.
    """
    checks.raise_first(checks.check_evaluate_arguments(self, locals()))
    self.refuse_in_training("evaluate", only_elsewhere=True)
    size, most = int(batch_size or 32), None if steps is None else int(steps)
    source, labels = _to_evaluate(self, x, y, sample_weight, most, size)
    engine = self.runner(None if labels.y is None else labels.y.shape[1:])
    with self.running_kept():
        logs = run_evaluation(self, engine, source, size, CallbackList(as_list(callbacks), self, {}))
    if not logs:
        raise ValueError("evaluate: every row weighs 0, so there is no loss; give at least one row a sample_weight")
    if verbose in (1, 2):
        print(" - ".join(f"{name}: {value:.4f}" for name, value in logs.items()))
    return _result(logs, return_dict)


def _to_evaluate(
    self: Sequential, x: Any, y: Any, sample_weight: Any, steps: int | None, batch_size: int
) -> tuple[Data | data_module.Batches, Data]:
    """What is to be looked at, and rows that have labels of its shape."""
    if data_module.is_batches(x):
        batches = data_module.Batches(x, steps, anew=True)
        first = batches.peek()
        build_for(self, first[0])
        return batches, checked(self, *first, None, where="batch 0")
    rows = data_module.as_rows(x, y, sample_weight)
    build_for(self, rows[0])
    data = first_batches(checked(self, *rows, None), steps, batch_size)
    return data, data


def _result(logs: dict[str, float], return_dict: bool) -> Any:
    if return_dict:
        return logs
    values = list(logs.values())
    return values if len(values) > 1 else values[0]


def predict(
    self: Sequential,
    x: Any,
    batch_size: int | None = None,
    verbose: Any = 0,
    steps: int | None = None,
    callbacks: Any = None,
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


def _predict_rows(self: Sequential, x: Any, batch_size: int | None = None) -> Array:
    plain = type(x) is np.ndarray and x.shape[1:] == self.input_shape and x.dtype.kind in "fiub"
    if not plain or checks.lookup(self) is not None:
        x = data_module.as_array(x, "x")
        build_for(self, x)
        checks.raise_first(checks.check_input(self, x))
    return _in_original_units(self, self.runner().predict(x, batch_size or PREDICT_BATCH))


def _in_original_units(self: Sequential, y: Array) -> Array:
    return y if self.target is None else self.target.inverse(y)


def _predict_as_asked(self: Sequential, arguments: dict[str, Any]) -> Array:
    """Predictions with arguments other than the default ones."""
    checks.raise_first(checks.check_predict_arguments(arguments))
    arguments = checks.plain(arguments)
    x, batch_size, steps = arguments["x"], arguments["batch_size"], arguments["steps"]
    watchers = CallbackList(as_list(arguments["callbacks"]), self, {})
    watchers.on_predict_begin()
    outputs = []
    if watchers.wants_predict_batches or data_module.is_batches(x):
        for number, piece in enumerate(_pieces(x, steps, batch_size or 32)):
            watchers.on_predict_batch_begin(number)
            outputs.append(_predict_rows(self, piece, batch_size))
            watchers.on_predict_batch_end(number, {"outputs": outputs[-1]})
    else:
        rows = x if steps is None else data_module.as_array(x, "x")[: steps * (batch_size or 32)]
        outputs.append(_predict_rows(self, rows, batch_size))
    watchers.on_predict_end()
    return np.concatenate(outputs)


def _pieces(x: Any, steps: int | None, size: int) -> Iterator[Array]:
    """The inputs batch by batch; rows that are no source of batches in batches of this size, at least one."""
    if data_module.is_batches(x):
        batches = data_module.Batches(x, steps, labels=False, anew=True)
        batches.peek()  # says so if there is none
        yield from (rows for rows, _, _ in batches)
    else:
        rows = data_module.as_array(x, "x")
        count = max(1, -(-len(rows) // size))
        yield from (rows[i * size : (i + 1) * size] for i in range(count if steps is None else min(steps, count)))


def train_on_batch(
    self: Sequential,
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    class_weight: Any = None,
    return_dict: bool = False,
) -> Any:
    """One update on one batch; the running loss and metrics go on from the call before (``reset_metrics`` starts anew).

    Args:
        x, y, sample_weight, class_weight, return_dict: as for :meth:`fit` and :meth:`evaluate`.
    """
    checks.raise_first(checks.check_batch_arguments(self, "train_on_batch", locals()))
    self.refuse_in_training("train_on_batch")
    batch, engine = _one_batch(self, x, y, sample_weight, class_weight)
    engine.train(batch, Steps(None, 0, len(batch), len(batch), learning_rates(self, 1), None, 0))
    return _result(dict(engine.results()), return_dict)


def test_on_batch(self: Sequential, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
    """Running loss and metrics with one more batch, in inference mode; arguments as for :meth:`train_on_batch`."""
    checks.raise_first(checks.check_batch_arguments(self, "test_on_batch", locals()))
    self.refuse_in_training("test_on_batch")
    batch, engine = _one_batch(self, x, y, sample_weight, None)
    engine.evaluate(batch, len(batch))
    return _result(dict(engine.results()), return_dict)


def _one_batch(self: Sequential, x: Any, y: Any, sample_weight: Any, class_weight: Any) -> tuple[Data, Engine]:
    rows_x, rows_y, rows_w = data_module.as_rows(x, y, sample_weight)
    build_for(self, rows_x)
    batch = checked(self, rows_x, rows_y, rows_w, class_weight, where="batch")
    return batch, self.runner(None if batch.y is None else batch.y.shape[1:])


def predict_on_batch(self: Sequential, x: Any) -> Array:
    """Predictions for one batch, an array of rows (n, *input_shape)."""
    return _predict_rows(self, x)


def call(self: Sequential, x: Any, training: bool | None = None) -> Array:
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
    before = self.store.snapshot()
    self._calls += 1
    engine = ReferenceEngine(self.make_plan(), self.store, self.optimizer_state)
    try:
        return _in_original_units(self, engine.predict_training(rows, training, self._calls))
    finally:  # whatever a layer raised: batch statistics are as they were
        self.store.restore(before)


def _augments(self: Sequential) -> bool:
    return any(leaf.trains_when_called for layer in self.layers for leaf, *_ in leaves(layer))


__all__ = ["call", "evaluate", "fit", "predict", "predict_on_batch", "test_on_batch", "train_on_batch"]
