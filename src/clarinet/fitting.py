"""The loop of ``fit``: epochs, chunks of steps, validation, callbacks. No maths, no files."""

from __future__ import annotations

import weakref
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet import checks
from clarinet import data as data_module
from clarinet.callbacks import History, LivePlot, ProgressBar
from clarinet.callbacks.base import CallbackList
from clarinet.engines import Data, Engine, Steps
from clarinet.optimizers import BFGS
from clarinet.params import Array
from clarinet.records import Chunk
from clarinet.stack import NO_LAYERS

if TYPE_CHECKING:
    from clarinet.data.rows import Rows
    from clarinet.model import Sequential
    from clarinet.runs.recording import Recording
    from clarinet.runs.resuming import Keeper

#: Seconds after which an engine hands control back, so that Ctrl-C and the progress bar are never late.
CHUNK_SECONDS = 0.1

#: Arguments of ``fit`` that are data, or do not change what is learnt.
_NO_SETTINGS = {"x", "y", "sample_weight", "validation_data", "verbose", "run", "doctor", "plot"}


@dataclass(frozen=True)
class Place:
    """Where training stands: so many steps and rows of this epoch are done."""

    epoch: int
    step: int = 0
    row: int = 0


def as_list(value: Any) -> list[Any]:
    """None -> [], one thing -> a list of it, a list or tuple -> a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


class Fit:
    """One call of ``fit``: what it trains on, and the loop over epochs."""

    def __init__(self, model: Sequential, arguments: dict[str, Any]) -> None:
        self.model, self.arguments = model, arguments
        self.batches: data_module.Batches | None = None
        self.data: Data | None = None
        self.validation: Data | data_module.Batches | None = None
        self.given: tuple[Any, Any, Any] | None = None
        self.epoch_batches: Iterator[Rows] = iter(())
        if arguments["seed"] is not None:
            model.seed = int(arguments["seed"])
        self.recording = self._recording()  # before the engine is made: resuming brings the seed back
        self.watchers = [*as_list(arguments["callbacks"]), *([self.recording.tracker] if self.recording else [])]
        self.seen: dict[str, Any] | None = {} if any(hasattr(c, "wants_fingerprint") for c in self.watchers) else None
        if data_module.is_batches(arguments["x"]):
            self._take_batches()
        else:
            self._take_arrays()
        self.engine: Engine = model.runner(self.label_shape, fresh=True)
        self.callbacks = self._callback_list()
        self.place, self.logs = Place(arguments["initial_epoch"]), dict[str, float]()
        self.keeper: Keeper | None = None

    # What to train on.

    def _take_arrays(self) -> None:
        a = self.arguments
        x, y, w = data_module.as_rows(a["x"], a["y"], a["sample_weight"])
        build_for(self.model, x)
        validation = a["validation_data"]
        self.given = x, y, validation
        if validation is None and a["validation_split"]:
            (x, y, w), validation = data_module.split_validation(x, y, w, a["validation_split"])
        told = told_by_callbacks(a)
        self.data = checked(self.model, x, y, w, a["class_weight"], seen=self.seen, adapt=True, told=told)
        self.label_shape = self.data.y.shape[1:] if self.data.y is not None else None
        self._take_validation(validation)

    def _take_batches(self) -> None:
        a = self.arguments
        self.batches = data_module.Batches(a["x"], a["steps_per_epoch"])
        first = self.batches.peek()
        build_for(self.model, first[0])
        self.label_shape = checked(self.model, *first, a["class_weight"], where="batch 0").y.shape[1:]  # type: ignore[union-attr]
        self._take_validation(a["validation_data"])

    def _take_validation(self, validation: Any) -> None:
        if validation is None:
            return
        if data_module.is_batches(validation):
            steps = self.arguments["validation_steps"]
            self.validation = data_module.Batches(validation, steps, anew=True, what="validation_data")
            checked(self.model, *self.validation.peek(), None, where="fit.validation, batch 0")
        else:
            x, y, w = data_module.as_rows(*data_module.unpack(validation, "validation_data"))
            seen: dict[str, Any] | None = None if self.seen is None else self.seen.setdefault("validation", {})
            data = checked(self.model, x, y, w, None, where="fit.validation", seen=seen)
            self.validation = first_batches(data, self.arguments["validation_steps"], self.validation_batch_size)

    @property
    def batch_size(self) -> int:
        whole = self.data is not None and isinstance(self.model.optimizer, BFGS)
        return int(self.arguments["batch_size"] or (len(self.data) if whole else 32))  # type: ignore[arg-type]

    @property
    def validation_batch_size(self) -> int:
        return int(self.arguments["validation_batch_size"] or self.batch_size)

    @property
    def rows(self) -> int:
        """Rows of array data that an epoch uses."""
        assert self.data is not None
        steps = self.arguments["steps_per_epoch"]
        return len(self.data) if steps is None else min(len(self.data), steps * self.batch_size)

    @property
    def steps(self) -> int | None:
        """Steps an epoch; None where only the data knows."""
        if self.batches is not None:
            return self.batches.steps
        return -(-self.rows // self.batch_size)

    def _recording(self) -> Recording | None:
        """The run that this training is kept in, if that is wanted."""
        a = self.arguments
        if a["run"] in (None, False) and a["checkpoint"] in (None, False) and not a["resume"]:
            return None
        from clarinet.runs.recording import Recording  # with sqlite3, which not every program needs

        return Recording(weakref.proxy(self))  # it is part of this: no circle for the garbage collector

    def _callback_list(self) -> CallbackList:
        a, model = self.arguments, self.model
        model.history = History()
        extra: list[Any] = [model.history]
        size = None if self.data is None else self.batch_size
        verbose = ProgressBar.resolve(a["verbose"])
        if verbose:
            extra.append(ProgressBar(verbose))
        if a["plot"]:
            extra.append(LivePlot(a["plot"] if isinstance(a["plot"], str) else "light"))
        settings = {k: v for k, v in a.items() if k not in _NO_SETTINGS} | {"batch_size": size}
        settings["callbacks"] = [type(c).__name__ for c in as_list(a["callbacks"])] or None  # in a circle otherwise
        params = {
            "epochs": a["epochs"],
            "steps": self.steps,
            "samples": None if self.data is None else self.rows,
            "verbose": verbose,
            "arguments": settings,
            "data": self.data,
            "validation": self.validation,
            "given": self.given,
            "seen": self.seen,
        }
        return CallbackList([*self.watchers, *extra], model, params)  # history keeps what they add to the logs

    # The loop.

    @property
    def stopped(self) -> bool:
        """Whether training is to end before its last epoch."""
        return self.model.stop_training or (self.batches is not None and self.batches.exhausted)

    def run(self) -> History:
        if self.recording is None:
            return self._train_all()
        with self.recording:
            return self._train_all()

    def _train_all(self) -> History:
        self.model.stop_training = False
        self.callbacks.on_train_begin()
        try:
            if self.keeper is not None:
                self.keeper.begin()
            while self.place.epoch < self.arguments["epochs"] and not self.stopped:
                self._epoch()
            self._finish()
        finally:  # after Ctrl-C too: weights and history stay valid
            self.callbacks.on_train_end(self.logs)
        assert self.model.history is not None
        return self.model.history

    def _finish(self) -> None:
        """Let the optimizer put moving averages in the weights' place."""
        optimizer, state, store = self.model.optimizer, self.model.optimizer_state, self.model.store
        assert optimizer is not None and state is not None
        trained = [s for s in self.engine.plan.layout.segments if s.trainable]
        optimizer.finish([s.view(store.params) for s in trained], [state.views(s) for s in trained])

    def _epoch(self) -> None:
        """An epoch, or what is left of one that was interrupted."""
        epoch = self.place.epoch
        if self.place.step == 0:
            self.begin_epoch()
        for _ in self._batch_chunks() if self.data is None else self._array_chunks():
            if self.model.stop_training:
                break
            if self.keeper is not None:
                self.keeper.after_chunk()
        if self.place.step > 0:  # a source that had nothing left makes no epoch: its loss of no batches would be 0
            self._end_epoch(epoch)
        if self.keeper is not None:
            self.keeper.after_epoch()

    def _end_epoch(self, epoch: int) -> None:
        self.model.epochs_trained += 1
        self.logs = dict(self.engine.results())
        if self.validation is not None and self.validates(epoch):
            self.logs |= {f"val_{name}": value for name, value in self._validate().items()}
        self.callbacks.on_epoch_end(epoch, self.logs)
        self.place = Place(epoch + 1)

    def begin_epoch(self) -> None:
        """Tell the callbacks, and start the running sums and the pass through a source of batches."""
        self.callbacks.on_epoch_begin(self.place.epoch)
        self.engine.reset_metrics()
        if self.batches is not None:
            self.epoch_batches = iter(self.batches)

    def validates(self, epoch: int) -> bool:
        """Whether this epoch ends with validation, if there is any."""
        return (epoch + 1) % int(self.arguments["validation_freq"]) == 0

    def _array_chunks(self) -> Iterator[Chunk]:
        """Train over the rows in chunks of about CHUNK_SECONDS, or of one step where a callback looks at batches."""
        assert self.data is not None
        shuffle = self.arguments["shuffle"]
        order = self.engine.permutation(self.model.epochs_trained, len(self.data)) if shuffle else None
        while self.place.row < self.rows:
            row = self.place.row
            chunk = self._train(self.data, order, row, min(row + self._most_rows(), self.rows), self.batch_size)
            row = min(row + len(chunk) * self.batch_size, self.rows)
            self.place = replace(self.place, step=self.place.step + len(chunk), row=row)
            yield chunk

    def _most_rows(self) -> int:
        """Rows of the next chunk, at most."""
        if self.callbacks.wants_batches:
            return self.batch_size
        steps = None if self.keeper is None else self.keeper.steps_left()
        return self.rows if steps is None else steps * self.batch_size

    def _batch_chunks(self) -> Iterator[Chunk]:
        for x, y, w in self.epoch_batches:
            if self.keeper is not None:
                self.keeper.see_batch((x, y, w))
            where = f"batch {self.place.step}"
            batch = checked(self.model, x, y, w, self.arguments["class_weight"], where=where)
            chunk = self._train(batch, None, 0, len(batch), len(batch))
            self.place = replace(self.place, step=self.place.step + 1)
            yield chunk

    def _train(self, data: Data, order: Any, first: int, stop: int, batch_size: int) -> Chunk:
        step = self.place.step
        if self.callbacks.wants_batches:
            self.callbacks.on_train_batch_begin(step)
        rates = learning_rates(self.model, -(-(stop - first) // batch_size))
        every = self.callbacks.stats_every(self.arguments["stats_every"])
        chunk = self.engine.train(data, Steps(order, first, stop, batch_size, rates, CHUNK_SECONDS, every))
        self.callbacks.on_chunk(chunk)
        if self.callbacks.wants_batches:
            self.callbacks.on_train_batch_end(step, dict(chunk.metrics))
        return chunk

    def _validate(self) -> dict[str, float]:
        """Loss and metrics; nothing where the source has nothing left, which it has said."""
        assert self.validation is not None
        if isinstance(self.validation, data_module.Batches) and self.validation.exhausted:
            return {}
        return run_evaluation(self.model, self.engine, self.validation, self.validation_batch_size, self.callbacks)


def learning_rates(model: Sequential, steps: int) -> Array:
    """The optimizer's rates for the next ``steps`` updates, shape (steps,)."""
    assert model.optimizer is not None and model.optimizer_state is not None
    first = model.optimizer_state.step
    if callable(model.optimizer.learning_rate):
        rates = [model.optimizer.rate(first + i) for i in range(steps)]
        checks.raise_first(checks.check_rates(model, rates, first))
        return np.array(rates)
    rate = model.optimizer.rate(first)
    checks.raise_first(checks.check_rates(model, (rate,), first))
    return np.full(steps, rate)


def told_by_callbacks(arguments: Mapping[str, Any]) -> frozenset[str]:
    """Kinds of doubts that a callback speaks of itself where it sees arrays, so that nobody hears them twice."""
    if data_module.is_batches(arguments["x"]):
        return frozenset()
    return frozenset().union(*(getattr(callback, "tells", ()) for callback in as_list(arguments["callbacks"])))


def build_for(model: Sequential, x: Any) -> None:
    """Build a model that does not know its input yet for the rows of ``x``."""
    if not model.layers:
        raise ValueError(NO_LAYERS)
    if not model.built:
        model.build(x.shape[1:])


def checked(
    model: Sequential,
    x: Any,
    y: Any,
    w: Any,
    class_weight: Any,
    where: str = "data",
    seen: dict[str, Any] | None = None,
    adapt: bool = False,
    told: Container[str] = (),
) -> Data:
    """Rows in the form that engines accept, after every check that refuses.

    Args:
        model, x, y, w, class_weight: as ``fit`` has them, rows as arrays.
        where: what messages call the data.
        seen: takes what the data are.
        adapt: whether a transform of the target that has seen no data yet takes its numbers from these labels.
        told: kinds of doubts that are not to be spoken of.
    """
    checks.raise_first(checks.check_data(model, x, y, w, class_weight, where, seen), told)
    assert model.loss is not None and model.output_shape is not None
    if model.target is not None and y is not None:
        y = data_module.fit_rank(data_module.as_array(y, "y"), model.output_shape)
        if adapt and not model.target.adapted:
            model.target.adapt(y)
        y = model.target.forward(y)
    return data_module.prepare(
        x, y, w, class_weight, model.loss, model.output_shape, input_shape=model.input_shape, dtype=model.dtype
    )


def evaluation_batches(
    model: Sequential, source: Data | data_module.Batches, batch_size: int, one_by_one: bool
) -> Iterator[Data]:
    """What the engine is to look at: all rows at once, unless they come, or are wanted, batch by batch."""
    if not isinstance(source, Data):
        for number, (x, y, w) in enumerate(source):
            yield checked(model, x, y, w, None, where=f"batch {number}")
    elif one_by_one:
        yield from (source.rows(slice(start, start + batch_size)) for start in range(0, len(source), batch_size))
    else:
        yield source


def first_batches(data: Data, steps: int | None, batch_size: int) -> Data:
    """The rows of the first ``steps`` batches, all where that is None."""
    return data if steps is None else data.rows(slice(0, steps * batch_size))


def run_evaluation(
    model: Sequential, engine: Engine, source: Data | data_module.Batches, batch_size: int, callbacks: CallbackList
) -> dict[str, float]:
    """Loss and metrics in inference mode; empty where no row came that counts: a mean of nothing is no number."""
    callbacks.on_test_begin()
    engine.reset_metrics()
    counted = False
    for number, batch in enumerate(evaluation_batches(model, source, batch_size, callbacks.wants_test_batches)):
        if callbacks.wants_test_batches:
            callbacks.on_test_batch_begin(number)
        engine.evaluate(batch, batch_size if isinstance(source, Data) else len(batch))
        if callbacks.wants_test_batches:
            callbacks.on_test_batch_end(number, dict(engine.results()))
        counted = counted or batch.weight is None or bool(batch.weight.any())
    logs = dict(engine.results()) if counted else {}
    callbacks.on_test_end(logs)
    return logs
