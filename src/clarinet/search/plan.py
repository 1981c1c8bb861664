"""The arguments of a search, checked and made plain before any work."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from clarinet.callbacks.monitor import Monitor
from clarinet.checks.arguments import check_arguments
from clarinet.checks.intervals import interval
from clarinet.configurable import check_whole
from clarinet.data_adapters.batches import is_batches
from clarinet.data_adapters.structures import leaves_of
from clarinet.names import refuse_unknown
from clarinet.philox import Key, Stream, permutation
from clarinet.problems import raise_first
from clarinet.runs.documents import plain_all
from clarinet.search.spaces import Space, for_build
from clarinet.search.tasks import Task, versions
from clarinet.settings import FACTS, Role, names_of
from clarinet.types import Array

#: What ``fit`` is told by the search itself.
_OWN = {
    "seed",
    "verbose",
    "run",
    "checkpoint",
    "resume",
    "doctor",
    "plot",
    "studio",
    "distribute",
    *names_of(Role.DATA),
    "validation_split",
}
#: Arguments of ``fit`` that ``search`` passes on.
FIT = tuple(name for name in FACTS if name not in _OWN)


@dataclass(frozen=True)
class Data:
    """Rows, and those that trials are judged on; see :func:`clarinet.search.search`."""

    x: object
    y: object
    sample_weight: object
    validation_data: object
    validation_split: float
    cv: int | None

    @property
    def watched(self) -> bool:
        """Whether any rows are only watched."""
        return self.validation_data is not None or self.cv is not None or self._splits

    @property
    def _splits(self) -> bool:
        return bool(self.validation_split) and not is_batches(self.x)

    def splits(self, seed: int) -> list[tuple[Array, Array]]:
        """Rows to train on and to watch, a pair for each fold, drawn by the seed."""
        if self.validation_data is not None or not (self.cv or self._splits):
            return []
        if is_batches(self.x):
            raise TypeError("search: cv splits rows, and x is a source of batches; give arrays, or validation_data")
        rows = len(leaves_of(self.x, "x")[0])
        order = permutation(Key(seed, Stream.DATA), rows)
        if self.cv:
            if rows < 2 * self.cv:
                raise ValueError(f"search: cv={self.cv} needs at least {2 * self.cv} rows, received {rows}")
            return [(np.setdiff1d(order, held), np.sort(held)) for held in np.array_split(order, self.cv)]
        kept = rows - round(rows * self.validation_split)
        if kept in (0, rows):
            raise ValueError(
                f"search: validation_split={self.validation_split} leaves {kept} of {rows} rows to train on; both "
                "parts need some"
            )
        return [(np.sort(order[:kept]), np.sort(order[kept:]))]

    def digest(self) -> str | None:
        """A mark of all rows, by which a search that goes on knows its data again; None of sources of batches."""
        if is_batches(self.x):
            return None
        mark = hashlib.blake2b(digest_size=16)
        for name, part in (("x", self.x), ("y", self.y), ("sample_weight", self.sample_weight)):
            for array in [] if part is None else leaves_of(part, name):
                mark.update(f"{name}{array.shape}{array.dtype.str}".encode())
                mark.update(np.ascontiguousarray(array).data)
        return mark.hexdigest()


def task_for(
    build: Callable[..., object],
    space: Space,
    data: Data,
    fit: Mapping[str, object],
    metric: str | None,
    mode: str,
    seeds: int | Sequence[int],
    seed: int,
) -> Task:
    """What workers need to know.

    Raises:
        ValueError, TypeError: an argument that makes no sense.
    """
    if not callable(build):
        raise TypeError(f"search: build is a function that returns a compiled model, received {type(build).__name__}")
    refuse_unknown("search", fit, FIT)
    raise_first(check_arguments(fit))
    twice = [name for name in space.distributions if name in fit and not for_build(build, [name])]
    if twice:
        raise TypeError(f"search: {twice[0]!r} is in the space and an argument of its own; leave one of them out")
    if data.cv is not None:
        check_whole(data.cv, "search: cv", low=2)
    if data.cv is not None and data.validation_data is not None:
        raise ValueError("search: cv draws the rows to validate on; leave out validation_data, or cv")
    if not 0 <= data.validation_split < 1:
        raise ValueError(f"search: validation_split is from 0 to below 1, received {data.validation_split}")
    metric = metric or ("val_loss" if data.watched else "loss")
    if metric.startswith("val_") and not data.watched:
        raise ValueError(f"search: {metric!r} needs rows to validate on; give validation_data, validation_split or cv")
    task = Task(
        build, space.choices, data.x, data.y, data.sample_weight, data.validation_data, data.splits(seed), dict(fit),
        metric, _sign(metric, mode), all_seeds(seeds, seed), versions(),
    )  # fmt: skip
    if len(task.splits) != 1:
        return task
    rows = task.data(0)  # the same for all trials: taken once, here
    x, y, weight, held = (rows[name] for name in ("x", "y", "sample_weight", "validation_data"))
    return replace(task, x=x, y=y, sample_weight=weight, validation=held, splits=())


def _sign(metric: str, mode: str) -> float:
    """+1 where larger is better, −1 where smaller is."""
    if mode not in ("auto", "min", "max"):
        raise ValueError(f"search: mode is 'auto', 'min' or 'max', received {mode!r}")
    try:
        return Monitor(metric, mode).sign
    except ValueError:
        raise ValueError(
            f"search: whether {metric!r} should grow or shrink is not clear from its name; give mode='max' or 'min'"
        ) from None


def all_seeds(seeds: int | Sequence[int], first: int) -> list[int]:
    """The seeds of a trial's trainings.

    Example:
        >>> all_seeds(3, 10), all_seeds([1, 5], 0)
        ([10, 11, 12], [1, 5])
    """
    if isinstance(seeds, Sequence):
        found = [check_whole(each, "search: seeds", low=0) for each in seeds]
        if not found or len(set(found)) < len(found):
            raise ValueError(f"search: seeds are one or more different whole numbers, received {seeds!r:.60}")
        return found
    return [first + number for number in range(check_whole(seeds, "search: seeds", low=1))]


def definition_for(task: Task, space: Space, data: Data) -> dict[str, object]:
    """What a search that goes on has to have in common with itself."""
    return {
        "metric": task.metric,
        "mode": "max" if task.sign > 0 else "min",
        "seeds": [*task.seeds],
        "cv": data.cv,
        "validation_split": None if data.validation_data is not None or data.cv else data.validation_split,
        "fit": plain_all(task.fit),
        "space": space.described(),
        "data": data.digest(),
    }


def check_same(before: Mapping[str, object], now: Mapping[str, object], name: str) -> None:
    """Refuse to go on with another search under the same name.

    Raises:
        ValueError: something is not as it was.
    """
    for key, value in now.items():
        if before.get(key) != value:
            was = "other rows" if key == "data" else f"{before.get(key)!r}, now {value!r}"
            raise ValueError(
                f"search: {name!r} cannot go on: {key} was {was}; leave resume out to begin another search, or give "
                "what it was begun with"
            )


def seconds_of(timeout: float | str | None) -> float | None:
    """A length of time in seconds, of a number or of text such as ``"10m"``.

    Raises:
        ValueError: no length of time.

    Example:
        >>> seconds_of("10m"), seconds_of(3)
        (600.0, 3.0)
    """
    if timeout is None:
        return None
    if isinstance(timeout, str):
        found = interval(timeout)
        if found.seconds is None:
            raise ValueError(f"search: timeout is seconds, or text such as '30s', '10m', '1h'; received {timeout!r}")
        return found.seconds
    if isinstance(timeout, bool) or not timeout > 0:
        raise ValueError(f"search: timeout is a number of seconds above 0, received {timeout!r}")
    return float(timeout)
