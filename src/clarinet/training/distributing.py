"""One ``fit`` on several processes: what the others get from the first, and what only the first does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from zlib import crc32

import numpy as np

from clarinet import files
from clarinet.engines import Data, Engine
from clarinet.engines.distributed import DistributedEngine, refuse_mixing_losses
from clarinet.engines.native import NativeEngine
from clarinet.engines.ranks import Ranks, ranks_for
from clarinet.saving import models
from clarinet.settings import FitSettings
from clarinet.training.history import History

if TYPE_CHECKING:
    from clarinet.trainable import Trainable
    from clarinet.training.callback import CallbackList
    from clarinet.training.position import Position
    from clarinet.training.prepare import TrainingData

#: Where a model's weights come from that the first process has sent.
_FIRST = Path("rank 0")
#: Rows at both ends by which processes see that they have the same.
_ROWS = 8


class Shared(Protocol):
    """What of a training is the same on all ranks; :class:`clarinet.training.loop.Fit` has it."""

    model: Trainable
    settings: FitSettings
    ranks: Ranks
    engine: Engine
    source: TrainingData
    callbacks: CallbackList
    own_callbacks: list[object]
    position: Position
    logs: dict[str, float]


@contextmanager
def together(settings: FitSettings) -> Iterator[tuple[FitSettings, Ranks]]:
    """The processes of a training, and its settings in this one.

    Raises:
        ImportError, RuntimeError, ValueError: there are no such processes, or they have not the same versions.
    """
    ranks = ranks_for(settings.distribute)
    if settings.distribute is not None:
        settings = _checked(settings, ranks)
    with files.held_back() if ranks.rank else nullcontext():
        yield settings, ranks


def _checked(settings: FitSettings, ranks: Ranks) -> FitSettings:
    """The settings of one process of several: the first alone shows and keeps anything."""
    if settings.doctor:
        raise ValueError(
            "distribute: doctor=True trains on the side; have the doctor look at the program on one process"
        )
    size = settings.batch_size
    if size is not None and size % ranks.size:
        raise ValueError(
            f"distribute: batch_size={size} cannot be shared out evenly among {ranks.size} ranks; take a multiple, "
            f"such as {-(-size // ranks.size) * ranks.size}"
        )
    settings = replace(settings, distribute=f"mpi:{ranks.size}")
    if ranks.rank == 0:
        return settings
    return replace(settings, verbose=0, run=None, checkpoint=None, resume=False, plot=False, studio=False)


@contextmanager
def ending_all(ranks: Ranks) -> Iterator[None]:
    """While this lasts, an error in one process ends all."""
    try:
        yield
    except GeneratorExit:
        ranks.agree("the end")
        raise
    except BaseException as error:
        ranks.end_all(error)
        raise


def engine_for(engine: Engine, model: Trainable, source: TrainingData, ranks: Ranks) -> Engine:
    """The engine of one process of several.

    Raises:
        ValueError: the model's engine cannot be shared out, or the rows are not the same everywhere.
    """
    if type(engine) is not NativeEngine:
        raise ValueError(
            f"distribute: the model runs on engine={engine.name!r}, and only 'native' can be shared out; "
            "model.engine_reason says why it does not run there"
        )
    if source.batch_size % ranks.size and source.data is not None:
        raise ValueError(
            f"distribute: {source.batch_size} rows a batch, and {ranks.size} ranks; give a batch_size that fits"
        )
    marks = ranks.all(_mark(source.data))
    for rank, mark in enumerate(marks):
        if mark != marks[0]:
            raise ValueError(
                f"distribute: rank {rank} has other rows than rank 0 ({mark[0]} and {marks[0][0]} of them); every rank "
                "gets all rows, of which it takes its share of each batch"
            )
    shared = DistributedEngine(engine.plan, engine.store, model.optimizer_state, ranks)
    refuse_mixing_losses(engine, source.example(_ROWS))
    return shared


def _mark(data: Data | None) -> tuple[int, int]:
    """How many rows, and a checksum of the first and last ones."""
    if data is None:
        return 0, 0
    mark = 0
    for array in (*data.xs, *data.ys, *data.weights):
        for part in () if not isinstance(array, np.ndarray) else (array[:_ROWS], array[-_ROWS:]):
            mark = crc32(np.ascontiguousarray(part).view(np.uint8).data, mark)
    return len(data), mark


def share(fit: Shared) -> None:
    """Let all processes go on from where the first is: weights, optimizer, seed, place, sums, callbacks."""
    ranks, model = fit.ranks, fit.model
    if ranks.size == 1:
        return
    state: Any = None
    if ranks.rank == 0:
        _refuse_sources(fit)
        rate = (
            None
            if model.optimizer is None or callable(model.optimizer.learning_rate)
            else model.optimizer.learning_rate
        )
        callbacks = [each.get_state() if hasattr(each, "get_state") else {} for each in _remembering(fit)]
        state = models.members_of(model, None), fit.position, rate, fit.logs, fit.engine.running(), callbacks
    state = ranks.first(state)
    if ranks.rank:
        _take(fit, state)


def _take(fit: Shared, state: Any) -> None:
    members, fit.position, rate, fit.logs, running, callbacks = state
    models.fill(fit.model, _FIRST, members)
    if rate is not None and fit.model.optimizer is not None:
        fit.model.optimizer.learning_rate = rate
    if fit.position.step:
        fit.callbacks.on_epoch_begin(fit.position.epoch)
    fit.engine.resume(running)
    for callback, remembered in zip(_remembering(fit), callbacks, strict=True):
        if remembered and hasattr(callback, "set_state"):
            callback.set_state(remembered)


def _refuse_sources(fit: Shared) -> None:
    """Raises ValueError for a source of batches in whose midst a training is taken up."""
    if fit.source.batches is not None and (fit.position.step or fit.position.epoch > fit.settings.initial_epoch):
        raise ValueError(
            "distribute: a training on a source of batches cannot be taken up by several ranks; give arrays"
        )


def _remembering(fit: Shared) -> list[Any]:
    """The callbacks that all processes have: the user's and the history."""
    given = {id(each) for each in fit.own_callbacks}
    return [each for each in fit.callbacks.callbacks if id(each) in given or type(each) is History]


__all__ = ["ending_all", "engine_for", "share", "together"]
