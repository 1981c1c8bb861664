"""``fit``, ``evaluate`` and their batch-wise forms. They become the model's methods."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Concatenate, Literal, ParamSpec, TypeVar, overload

from clarinet import checks, data_adapters
from clarinet.engines import Data, Engine, Steps
from clarinet.names import explained
from clarinet.settings import BATCH_SIZE, FitSettings
from clarinet.training.callback import CallbackList
from clarinet.training.evaluating import run_evaluation
from clarinet.training.held import FitEvents
from clarinet.training.history import History
from clarinet.training.limits import LIMITS, least
from clarinet.training.loop import events
from clarinet.training.prepare import (
    as_list,
    build_for,
    first_batches,
    handled_by_callbacks,
    learning_rates,
    validate_and_prepare,
)

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

P = ParamSpec("P")
R = TypeVar("R")

#: Every how many steps the layers' statistics are taken, by default.
STATS_EVERY = 100
#: The loss; loss and metrics; or these by name, where that was asked for.
Results = float | list[float] | dict[str, float]


@explained
def fit(
    self: Trainable,
    x: object = None,
    y: object = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: int | str = "auto",
    callbacks: object = None,
    validation_split: float = 0.0,
    validation_data: object = None,
    shuffle: bool = True,
    class_weight: Mapping[int, float] | None = None,
    sample_weight: object = None,
    initial_epoch: int = 0,
    steps_per_epoch: int | None = None,
    validation_steps: int | None = None,
    validation_batch_size: int | None = None,
    validation_freq: int = 1,
    *,
    seed: int | None = None,
    stats_every: int = STATS_EVERY,
    run: object = None,
    checkpoint: int | str | bool | None = None,
    resume: bool = False,
    doctor: bool = False,
    plot: bool | str = False,
    studio: bool = False,
    distribute: str | None = None,
    target: str | None = None,
) -> History:
    """Train the model.

    Args:
        x: rows (n, *input_shape): an array, a data frame, a list; or a source of batches ``(x, y)`` or
            ``(x, y, weights)``: a generator, a ``clarinet.utils.Sequence``, or any iterable. Or files that need not fit
            into memory: a name, a pattern such as ``"data/*.parquet"``, a folder, see :func:`clarinet.data.stream`.
        y: labels (n, …); not given with a source of batches.
        batch_size: rows per update; default 32.
        epochs: index of the last epoch plus one: ``initial_epoch=3, epochs=5`` trains two.
        verbose: 0 silent, 1 a bar, 2 a line an epoch, ``"auto"`` a bar in a terminal or notebook and lines elsewhere.
        callbacks: a list of :class:`clarinet.callbacks.Callback`.
        validation_split: share of the rows, the LAST ones, before shuffling, to validate on.
        validation_data: ``(x, y)`` or ``(x, y, weights)``, or a source of batches.
        shuffle: draw a new order of the rows every epoch; default True.
        class_weight: ``{class: weight}``, for integer, one-hot or binary labels.
        sample_weight: one weight a row, (n,); or, of outputs such as (n, steps, k), one for each step, (n, steps). What
            weighs 0 counts for nothing, and its labels may be anything. Weighted metrics take it, too.
        initial_epoch: where to start counting epochs.
        steps_per_epoch: updates an epoch; default all of the data.
        validation_steps, validation_batch_size: the same for validation, which begins with the first batch every time.
            An epoch for which the source has none left gets no ``val_`` numbers.
        validation_freq: epochs between validations.
        seed: fixes shuffling and dropout, and the initial weights if they have not been read yet.
        stats_every: take statistics of the layers on steps whose number is a multiple of this; 0 never.
        run: keep this training in the store of runs (see :mod:`clarinet.runs`), under this name; True makes one up. A
            :class:`clarinet.runs.Tracker` has more options, and an open :class:`clarinet.runs.Run` is written to.
        checkpoint: how often everything is saved that is needed to go on after an interruption: a number of steps,
            ``"epoch"``, or a time such as ``"30s"``. Checkpoints belong to a run, which is begun if none is named.
        resume: continue the run of this name from its last checkpoint, if there is such a run; without a name, with the
            run that was begun last. The numbers come out as if there had been no interruption. The program has to
            build, compile and call ``fit`` as before; ``epochs`` may be larger.
        doctor: have a :class:`clarinet.doctor.Doctor` look at the program before training and at every epoch of it; it
            reports what is wrong, and ``model.doctor_report`` has its findings.
        plot: in a Jupyter notebook, draw loss and metrics while the model learns, on a light ground or with ``"dark"``
            on a dark one; see :class:`clarinet.callbacks.LivePlot`.
        studio: open ``clarinet studio`` in a browser, on the run of this training; one is begun if ``run`` names none.
            Needs ``pip install "clarinet[studio]"``.
        distribute: ``"mpi"`` shares the rows of each batch out among the processes that ``mpirun -n 4 python train.py``
            starts, each of which has all rows; ``"mpi:4"`` insists on so many. Needs ``pip install "clarinet[mpi]"``.
            The first alone writes runs and checkpoints and shows progress.
        target: where ``x`` names files, the column to predict.

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
    if LIMITS.epochs is not None and isinstance(epochs, int):
        epochs = min(epochs, LIMITS.epochs)
    if LIMITS.steps is not None and not isinstance(steps_per_epoch, str):
        steps_per_epoch = least(steps_per_epoch, LIMITS.steps)
    given = FitSettings(
        x, y, batch_size, epochs, verbose, callbacks, validation_split, validation_data, shuffle, class_weight,
        sample_weight, initial_epoch, steps_per_epoch, validation_steps, validation_batch_size, validation_freq, seed,
        stats_every, run, checkpoint, resume, doctor, plot, studio, distribute, target,
    )  # fmt: skip
    settings = _ready(self, given)
    checks.raise_first(checks.check_fit_arguments(self, settings), handled_by_callbacks(settings))
    for _ in events(self, checks.plain_settings(settings)):
        pass
    assert isinstance(self.history, History)
    return self.history


_PARAMETERS = list(inspect.signature(fit).parameters.values())
#: The defaults of ``fit``.
DEFAULTS: Mapping[str, object] = {each.name: each.default for each in _PARAMETERS[1:]}


def settings_of(*given: object, **named: object) -> FitSettings:
    """The settings of a call of ``fit`` with these arguments.

    Raises:
        TypeError: ``fit`` does not take them.

    Example:
        >>> settings_of([[1.0]], [2.0], epochs=3).epochs
        3
    """
    bound = inspect.Signature(_PARAMETERS[1:]).bind(*given, **named)
    kind: Callable[..., FitSettings] = FitSettings  # as they are given: checks come later
    return kind(**{**DEFAULTS, **bound.arguments})


def _ready(self: Trainable, settings: FitSettings) -> FitSettings:
    """The same with what stands beside training, and with rows that stream in the place of files' names."""
    rows = data_adapters.opened(self, settings.x, settings.y, settings.target)
    if data_adapters.is_stream(rows):
        watched = data_adapters.opened(self, settings.validation_data, about=rows.about)
        y = settings.y if rows is settings.x else None
        settings = replace(settings, x=rows, y=y, validation_data=watched)
    return _with_doctor(self, settings)


def _with_doctor(self: Trainable, settings: FitSettings) -> FitSettings:
    """The same with a doctor among the callbacks, if one is wanted."""
    if settings.doctor is not True:
        return settings
    checks.raise_first(checks.check_planned(self, "fit(doctor=True)"))
    return replace(settings, callbacks=[*as_list(settings.callbacks), self._new_doctor()])


def with_arguments_of(
    method: Callable[Concatenate[Trainable, P], object],
) -> Callable[[Callable[..., R]], Callable[Concatenate[Trainable, P], R]]:
    """Gives a method the signature of another one, whose arguments it passes on, so that they are written once."""

    def decorate(own: Callable[..., R]) -> Callable[Concatenate[Trainable, P], R]:
        returned = own.__annotations__["return"]
        own.__signature__ = inspect.signature(method).replace(return_annotation=returned)  # type: ignore[attr-defined]
        return own

    return decorate


def fit_events(self: Trainable, *given: object, **named: object) -> FitEvents:
    """Train the model event by event: :meth:`fit` as a generator.

    The arguments are those of :meth:`fit` and are checked at once; everything else happens as events are taken. Between
    two events the training is paused, for as long as you like. You may look at the model then (weights, ``evaluate``,
    ``predict``, ``glass.trace``, ``save``) and do what callbacks may do, such as ``model.stop_training = True``. The
    numbers come out as from ``fit``, bit for bit. Meanwhile a second training of the model is refused.

    Closing the events, or letting them go, ends the training as Ctrl-C does: ``on_train_end`` is called, a run is
    ``interrupted``, weights and ``model.history`` are valid.

    Returns:
        FitEvents: a generator of the records in :mod:`clarinet.events`.

    Raises:
        ValueError, TypeError: as :meth:`fit`: for the arguments at once, for the data with the first event.
        RuntimeError: with the first event: the model is being trained already.

    Example:
        >>> import numpy as np, clarinet
        >>> from clarinet.events import EpochEnd
        >>> clarinet.utils.set_random_seed(0)
        >>> model = clarinet.Sequential([clarinet.Input((1,)), clarinet.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x = np.linspace(0, 1, 64, dtype="float32")[:, None]
        >>> for event in model.fit_events(x, 2 * x, epochs=50, verbose=0):
        ...     match event:
        ...         case EpochEnd(epoch, logs) if logs["loss"] < 0.5:
        ...             print("good enough:", model.evaluate(x, 2 * x) < logs["loss"])
        ...             break
        good enough: True
        >>> len(model.history.epoch) == epoch + 1 < 50
        True

    With ``every_step`` the engine stops after every single one:

        >>> with model.fit_events(x, 2 * x, batch_size=16, verbose=0) as events:
        ...     events.every_step = True
        ...     print(*(type(event).__name__ for event, _ in zip(events, range(4))))
        TrainBegin EpochBegin ChunkEnd StepEnd
    """
    settings = _ready(self, settings_of(*given, **named))
    checks.raise_first(checks.check_fit_arguments(self, settings), handled_by_callbacks(settings))
    return FitEvents(self, checks.plain_settings(settings))


@overload
def evaluate(
    self: Trainable,
    x: object = None,
    y: object = None,
    batch_size: int | None = None,
    verbose: int | str = 0,
    sample_weight: object = None,
    steps: int | None = None,
    callbacks: object = None,
    *,
    return_dict: Literal[True],
    target: str | None = None,
) -> dict[str, float]: ...
@overload
def evaluate(
    self: Trainable,
    x: object = None,
    y: object = None,
    batch_size: int | None = None,
    verbose: int | str = 0,
    sample_weight: object = None,
    steps: int | None = None,
    callbacks: object = None,
    return_dict: Literal[False] = False,
    *,
    target: str | None = None,
) -> float | list[float]: ...
@explained
def evaluate(
    self: Trainable,
    x: object = None,
    y: object = None,
    batch_size: int | None = None,
    verbose: int | str = 0,
    sample_weight: object = None,
    steps: int | None = None,
    callbacks: object = None,
    return_dict: bool = False,
    *,
    target: str | None = None,
) -> Results:
    """Loss and metrics on data, in inference mode.

    Args:
        x, y, sample_weight, target: as for :meth:`fit`.
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
    files, x = x, data_adapters.opened(self, x, y, target)
    y = y if x is files else None
    checks.raise_first(checks.check_evaluate_arguments(self, locals()))
    self.refuse_in_training("evaluate", only_elsewhere=True)
    size, most = int(batch_size or BATCH_SIZE), None if steps is None else int(steps)
    source, labels = _to_evaluate(self, x, y, sample_weight, most, size)
    engine = self.engine_for(labels.label_shapes)
    with self.running_kept():
        logs = run_evaluation(self, engine, source, size, CallbackList(as_list(callbacks), self, {}))
    if not logs:
        raise ValueError("evaluate: every row weighs 0, so there is no loss; set a sample_weight for at least one row")
    if verbose in (1, 2):
        print(" - ".join(f"{name}: {value:.4f}" for name, value in logs.items()))
    return _result(self, logs, return_dict)


def _to_evaluate(
    self: Trainable, x: object, y: object, sample_weight: object, steps: int | None, batch_size: int
) -> tuple[Data | data_adapters.Batches, Data]:
    """The data to evaluate, and rows that have labels of its shape."""
    if data_adapters.is_batches(x):
        batches = data_adapters.batches_of(self, x, steps, batch_size, anew=True, bare=not self.needs_labels)
        first = batches.peek()
        build_for(self, first[0])
        return batches, validate_and_prepare(self, *first, None, where="batch 0")
    rows = data_adapters.rows_for(self, x, y, sample_weight)
    build_for(self, rows[0])
    data = first_batches(validate_and_prepare(self, *rows, None), steps, batch_size)
    return data, data


def _result(self: Trainable, logs: dict[str, float], return_dict: bool) -> Results:
    """A list of them has the losses of outputs as they were given to ``compile``, as in Keras."""
    if return_dict:
        return logs
    places = {"loss": -1} | {f"{name}_loss": place for place, name in enumerate(self._loss_order)}
    values = [logs[name] for name in sorted(logs, key=lambda name: places.get(name, len(places)))]
    return values if len(values) > 1 else values[0]


@explained
def train_on_batch(
    self: Trainable,
    x: object,
    y: object = None,
    sample_weight: object = None,
    class_weight: Mapping[int, float] | None = None,
    return_dict: bool = False,
) -> Results:
    """One update on one batch; loss and metrics are those of this batch alone, as in Keras 3.

    Args:
        x, y, sample_weight, class_weight, return_dict: as for :meth:`fit` and :meth:`evaluate`.
    """
    checks.raise_first(checks.check_batch_arguments(self, "train_on_batch", locals()))
    self.refuse_in_training("train_on_batch")
    batch, engine = _one_batch(self, x, y, sample_weight, class_weight)
    engine.reset_metrics()
    engine.train(batch, Steps(None, 0, len(batch), len(batch), learning_rates(self, 1), None, 0))
    return _result(self, dict(engine.results()), return_dict)


@explained
def test_on_batch(
    self: Trainable, x: object, y: object = None, sample_weight: object = None, return_dict: bool = False
) -> Results:
    """Loss and metrics of one batch, in inference mode; arguments as for :meth:`train_on_batch`."""
    checks.raise_first(checks.check_batch_arguments(self, "test_on_batch", locals()))
    self.refuse_in_training("test_on_batch")
    batch, engine = _one_batch(self, x, y, sample_weight, None)
    engine.reset_metrics()
    engine.evaluate(batch, len(batch))
    return _result(self, dict(engine.results()), return_dict)


def _one_batch(
    self: Trainable, x: object, y: object, sample_weight: object, class_weight: Mapping[int, float] | None
) -> tuple[Data, Engine]:
    rows = data_adapters.rows_for(self, x, y, sample_weight)
    build_for(self, rows[0])
    batch = validate_and_prepare(self, *rows, class_weight, where="batch")
    return batch, self.engine_for(batch.label_shapes)


__all__ = [
    "DEFAULTS",
    "evaluate",
    "fit",
    "fit_events",
    "settings_of",
    "test_on_batch",
    "train_on_batch",
    "with_arguments_of",
]
