"""The loop of ``fit``: epochs, chunks of steps, validation, callbacks. No maths, no files.

It is a generator of events, and between two events the training is paused.
"""

from __future__ import annotations

import weakref
from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from clarinet import data_adapters, renamed
from clarinet.engines import Data, Engine, Steps
from clarinet.engines.ranks import Ranks
from clarinet.events import (
    ChunkEnd,
    EpochBegin,
    EpochEnd,
    Event,
    ProblemFound,
    StepEnd,
    TrainBegin,
    TrainEnd,
    ValidationEnd,
)
from clarinet.settings import FitSettings
from clarinet.training import distributing
from clarinet.training.callback import Callback, CallbackList, Params
from clarinet.training.evaluating import run_evaluation
from clarinet.training.history import History
from clarinet.training.position import Position
from clarinet.training.prepare import TrainingData, as_list, learning_rates
from clarinet.training.progress import ProgressBar

if TYPE_CHECKING:
    from clarinet.data_adapters.rows import Rows
    from clarinet.records import Chunk
    from clarinet.trainable import Trainable
    from clarinet.types import Array, Config

#: Seconds after which an engine returns control, so that Ctrl-C and the progress bar are never late; sooner beside a
#: thread that reads, since the engine then sees anew how many processors are free.
CHUNK_SECONDS, BESIDE_A_READER = 0.1, 0.02


@dataclass
class Pace:
    """Which events a training yields; may be changed between two of them."""

    every_step: bool = False


class Checkpointing(Protocol):
    """Saves the state of a training, so that it can be resumed after an interruption."""

    def begin(self) -> None: ...

    def steps_left(self) -> int | None: ...

    def see_batch(self, batch: Rows) -> None: ...

    def after_chunk(self) -> None: ...

    def after_epoch(self) -> None: ...


class Recorded(Protocol):
    """The run that records a training, begun and ended around it; it may set the training's ``checkpointer``."""

    @property
    def tracker(self) -> Callback: ...

    def __enter__(self) -> object: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None: ...


class Fit:
    """One call of ``fit``: its data, and the loop over epochs.

    Args:
        model: the model to train; :meth:`clarinet.Sequential.in_training` while this lasts.
        settings: the arguments of ``fit``, checked.
        pace: which events are wanted.
    """

    def __init__(
        self, model: Trainable, settings: FitSettings, pace: Pace | None = None, ranks: Ranks | None = None
    ) -> None:
        self.model, self.settings, self.pace, self.ranks = model, settings, pace or Pace(), ranks or Ranks()
        self.epoch_batches: Iterator[data_adapters.Block] = iter(())
        if settings.seed is not None:
            model.seed = settings.seed
        # Before the engine is made: resuming restores the seed.
        self.recording: Recorded | None = self.ranks.settled(self._new_recording)
        model.seed = self.ranks.first(model.seed)
        self.own_callbacks = as_list(settings.callbacks)
        watchers = [*self.own_callbacks, *([self.recording.tracker] if self.recording else [])]
        self.fingerprints: Config | None = {} if any(hasattr(c, "wants_fingerprint") for c in watchers) else None
        self.source = TrainingData(model, settings, self.fingerprints)
        self.engine: Engine = model.engine_for(self.source.label_shapes, fresh=True)
        if settings.distribute is not None:
            self.engine = distributing.engine_for(self.engine, model, self.source, self.ranks)
        model.history = History()
        self.params = renamed.keys(self._params(), given="raw_data", seen="fingerprints")
        # History comes after the callbacks that may add to the logs: it keeps their numbers too.
        self.callbacks = CallbackList([*watchers, model.history, *self._shown()], model, self.params)
        self.position, self.logs = Position(settings.initial_epoch), dict[str, float]()
        self.checkpointer: Checkpointing | None = None

    def _new_recording(self) -> Recorded | None:
        """What records the training. It has a proxy: no circle for the garbage collector."""
        return self.model._new_recording(weakref.proxy(self)) if self.settings.kept else None

    def _shown(self) -> Iterator[Callback]:
        """The callbacks that show the training."""
        verbose, plot = self.params["verbose"], self.settings.plot
        if verbose:
            yield ProgressBar(verbose)
        if plot:
            yield self.model._new_plot(plot if isinstance(plot, str) else "light")

    def _params(self) -> Params:
        """The callbacks' ``params``, see :class:`clarinet.callbacks.Callback`."""
        source = self.source
        names = [type(c).__name__ for c in self.own_callbacks]  # themselves they would be in a circle
        more = {"batch_size": None if source.data is None else source.batch_size, "callbacks": names or None}
        return {
            "epochs": self.settings.epochs,
            "steps": source.steps,
            "samples": source.rows or None,
            "verbose": ProgressBar.resolve(self.settings.verbose),
            "arguments": self.settings.recorded() | more,
            "data": source.data,
            "validation": source.validation,
            "raw_data": source.raw_data,
            "fingerprints": self.fingerprints,
        }

    # The loop.

    @property
    def stopped(self) -> bool:
        """Whether training ends before its last epoch."""
        return self.model.stop_training or (self.source.batches is not None and self.source.batches.exhausted)

    @contextmanager
    def notifying_callbacks(self) -> Iterator[None]:
        """Call ``on_train_begin``, and at the end ``on_train_end``; after Ctrl-C too, so weights and history stay
        valid."""
        self.model.stop_training = False
        self.callbacks.on_train_begin()
        self.position = Position(self.callbacks.first_epoch(self.position.epoch))
        try:
            yield
        except BaseException as error:
            self.params["error"] = error
            raise
        finally:
            try:
                self.callbacks.on_train_end(self.logs)
            finally:
                self.params.pop("error", None)  # its traceback holds this

    def found(self) -> list[ProblemFound]:
        """The new findings of callbacks."""
        found, self.callbacks.found = self.callbacks.found, []
        return [ProblemFound(problem, step) for problem, step in found]

    def events(self) -> Iterator[Event]:
        """Train; every event is yielded after callbacks have been called."""
        for event in self._events():
            if self.callbacks.found:
                yield from self.found()
            yield event
        self._finish()

    def _events(self) -> Iterator[Event]:
        if self.checkpointer is not None:
            self.checkpointer.begin()
        distributing.share(self)
        yield TrainBegin(self.position.epoch, self.settings.epochs, self.params["steps"], self.params["samples"])
        if self.position.step > 0:  # resumed within an epoch; callbacks were called before they got their state back
            yield EpochBegin(self.position.epoch)
        while self.position.epoch < self.settings.epochs and not self.ranks.first(self.stopped):
            yield from self._epoch()

    def _finish(self) -> None:
        """Let the optimizer put moving averages in the weights' place."""
        optimizer = self.model.optimizer
        if optimizer is not None and optimizer.use_ema:
            optimizer.finalize_variable_values(self.model.trainable_variables)

    def _epoch(self) -> Iterator[Event]:
        """An epoch, or the rest of one that was interrupted."""
        epoch, rows = self.position.epoch, self.source.data
        if self.position.step == 0:
            yield from self._begin_epoch()
        yield from self._batches() if rows is None else self._rows(rows)
        if self.position.step > 0:  # a source that had nothing left makes no epoch: its loss of no batches would be 0
            yield from self._end_epoch(epoch)
        if self.checkpointer is not None:
            self.checkpointer.after_epoch()

    def _begin_epoch(self) -> Iterator[Event]:
        """Call the callbacks, and start the running sums and the pass through a source of batches."""
        self.callbacks.on_epoch_begin(self.position.epoch)
        yield EpochBegin(self.position.epoch)
        self.engine.reset_metrics()
        if self.source.batches is not None:
            self.enter(self.source.batches)

    def enter(self, batches: data_adapters.Batches) -> None:
        """Begin the pass of this epoch, or of what remains of it."""
        epoch, position = self.model.epochs_trained, self.position
        end = epoch + self.settings.epochs - position.epoch
        most = 1 if self._one_by_one else None
        self.epoch_batches = batches.runs(most, data_adapters.Place(epoch, position.step, end))

    def _end_epoch(self, epoch: int) -> Iterator[Event]:
        self.model.epochs_trained += 1
        self.logs = dict(self.engine.results())
        if self.source.validation is not None and self.validates(epoch):
            logs = self._validate(self.source.validation)
            if logs:
                self.logs |= {f"val_{name}": value for name, value in logs.items()}
                yield ValidationEnd(epoch, logs)
        self.callbacks.on_epoch_end(epoch, self.logs)
        yield EpochEnd(epoch, self.logs)
        self.position = Position(epoch + 1)

    def validates(self, epoch: int) -> bool:
        """Whether this epoch ends with validation, if there is any."""
        return (epoch + 1) % self.settings.validation_freq == 0

    def _rows(self, data: Data) -> Iterator[Event]:
        """Train over the rows in chunks of about CHUNK_SECONDS, or of one step if callbacks or the holder of the events
        need each."""
        size, rows = self.source.batch_size, self.source.rows
        order = self.engine.permutation(self.model.epochs_trained, len(data)) if self.settings.shuffle else None
        going = True
        while going and (row := self.position.row) < rows:
            chunk = yield from self._train(data, order, row, min(row + self._most_rows(rows, size), rows), size)
            row = min(row + len(chunk) * size, rows)
            self.position = Position(self.position.epoch, self.position.step + len(chunk), row)
            going = self._goes_on()

    def _most_rows(self, rows: int, batch_size: int) -> int:
        """How many of some rows the next chunk has, at most."""
        return self.ranks.first(self._rows_wanted(rows, batch_size))

    def _rows_wanted(self, rows: int, batch_size: int) -> int:
        if self.callbacks.wants_batches or self.pace.every_step:
            return batch_size
        steps = None if self.checkpointer is None else self.checkpointer.steps_left()
        return rows if steps is None else steps * batch_size

    @property
    def _replays(self) -> bool:
        """Whether a resumed training has to go through all batches before it, which are noted for that."""
        batches = self.source.batches
        return self.checkpointer is not None and batches is not None and not batches.seekable

    @property
    def _one_by_one(self) -> bool:
        """Whether somebody needs each batch of a source by itself."""
        return self.ranks.first(self.callbacks.wants_batches or self.pace.every_step or self._replays)

    def _batches(self) -> Iterator[Event]:
        """Train on one batch of the source after the other, or on several at once where it gives them."""
        for block in self.epoch_batches:
            if self.checkpointer is not None and self._replays:
                self.checkpointer.see_batch(block.in_order())
            data, row, size = self.source.batch(block, self.position.step), 0, block.size
            while row < len(block):
                stop = min(row + self._most_rows(len(block), size), len(block))
                chunk = yield from self._train(data, block.order, row, stop, size)
                row += len(chunk) * size
                self.position = Position(self.position.epoch, self.position.step + len(chunk))
                if not self._goes_on():
                    return

    def _train(
        self, data: Data, order: Array | None, first: int, stop: int, batch_size: int
    ) -> Generator[Event, None, Chunk]:
        """One call of the engine."""
        epoch, step, every_step = self.position.epoch, self.position.step, self.pace.every_step
        if self.callbacks.wants_batches:
            self.callbacks.on_train_batch_begin(step)
        rates = learning_rates(self.model, -(-(stop - first) // batch_size))
        every = self.callbacks.stats_every(self.settings.stats_every)
        batches = self.source.batches
        seconds = BESIDE_A_READER if batches is not None and batches.seekable else CHUNK_SECONDS
        chunk = self.engine.train(data, Steps(order, first, stop, batch_size, rates, seconds, every))
        self.callbacks.on_chunk(chunk)
        yield ChunkEnd(epoch, chunk)
        if self.callbacks.wants_batches:
            self.callbacks.on_train_batch_end(step, dict(chunk.metrics))
        if every_step:
            yield StepEnd(epoch, step, chunk.metrics)
        return chunk

    def _goes_on(self) -> bool:
        """Whether the epoch goes on after a chunk, with a checkpoint if one is due."""
        if self.checkpointer is not None and not self.model.stop_training:
            self.checkpointer.after_chunk()
        self.model.stop_training = self.ranks.first(self.model.stop_training)
        return not self.model.stop_training

    def _validate(self, source: Data | data_adapters.Batches) -> dict[str, float]:
        """Loss and metrics; empty if the source is exhausted, about which it has warned."""
        if isinstance(source, data_adapters.Batches) and source.exhausted:
            return {}
        return run_evaluation(self.model, self.engine, source, self.source.validation_batch_size, self.callbacks)


def events(model: Trainable, settings: FitSettings, pace: Pace | None = None) -> Generator[Event, None, None]:
    """One training, from the first event to the last.

    Between two events nothing runs, and the holder of the events may look at the model. Closing the generator, or
    letting it go, ends the training as Ctrl-C does.

    Raises:
        RuntimeError: the model is being trained already. ValueError, TypeError: the data do not fit the model.
    """
    with model.in_training() as trainer, distributing.together(settings) as (settings, ranks):
        fit = ranks.settled(lambda: Fit(model, settings, pace, ranks))
        with distributing.ending_all(ranks), fit.recording or nullcontext(), fit.notifying_callbacks():
            for event in fit.events():
                with trainer:
                    yield event
            ranks.agree("the end")
    yield from fit.found()
    yield TrainEnd(fit.logs)
