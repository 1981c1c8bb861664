"""What a search found: its trials, the best one, and tables of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clarinet import saving
from clarinet.model import Model
from clarinet.names import nearest
from clarinet.runs.run import Run
from clarinet.runs.store import Store
from clarinet.runs.tracker import MODEL
from clarinet.search.records import Stored, definition_of, read, taken

if TYPE_CHECKING:
    import pandas
    import polars

_SHOWN = 10


@dataclass(frozen=True)
class Trial:
    """One trial of a search.

    Attributes:
        number: from 0.
        state: ``complete``, ``pruned``, ``diverged``, ``failed``; ``unfinished`` while it runs or after Ctrl-C.
        value: mean over its trainings of the metric's best epoch; None where there is none.
        values: of the hyperparameters, by name.
        scores: the metric's best epoch for each seed and fold.
        epochs: how many its first training took.
        seconds: of training.
        error: what failed.
        run: name of its run in the store.
    """

    number: int
    state: str
    value: float | None
    values: Mapping[str, object]
    scores: tuple[float, ...]
    epochs: int
    seconds: float
    error: str | None
    run: str


class Results:
    """The trials of a search, as the store of runs has them. Made by :func:`search` and :func:`load`.

    Args:
        store: of runs.
        name: of the search.

    Attributes:
        name: of the search, and the group of its runs.
        metric: what trials are judged by.
        mode: ``"min"`` or ``"max"``: what is better.
        trials: by number.

    Raises:
        ValueError: there is no such search.
    """

    def __init__(self, store: Store, name: str) -> None:
        self._stored = read(store, name)
        if not self._stored:
            known = taken(store)
            hint = nearest(name, known) if known else "there are none yet"
            raise ValueError(f"search: no search {name!r} in {store.folder}: {hint}")
        definition: Mapping[str, Any] = definition_of(self._stored)
        self.name, self.metric, self.mode = name, str(definition["metric"]), str(definition["mode"])
        self.trials = tuple(map(_trial, self._stored))

    def __len__(self) -> int:
        return len(self.trials)

    def __iter__(self) -> Iterator[Trial]:
        return iter(self.trials)

    @property
    def sign(self) -> float:
        """+1 where larger values are better, −1 where smaller are."""
        return 1.0 if self.mode == "max" else -1.0

    @property
    def ranked(self) -> tuple[Trial, ...]:
        """The complete trials, the best first."""
        valued = [(each.value, each) for each in self.trials if each.state == "complete" and each.value is not None]
        return tuple(each for _, each in sorted(valued, key=lambda pair: (-self.sign * pair[0], pair[1].number)))

    @property
    def best(self) -> Trial:
        """The best trial.

        Raises:
            ValueError: none is complete.
        """
        if not self.ranked:
            errors = [each.error for each in self.trials if each.error]
            why = f"; the last error: {errors[-1]}" if errors else ""
            raise ValueError(f"search {self.name!r}: none of {len(self)} trials is complete{why}")
        return self.ranked[0]

    def best_model(self) -> Model:
        """The model of the best trial, with the weights of its best epoch."""
        model = saving.load(self.best_run().file(MODEL))
        assert isinstance(model, Model)
        return model

    def best_run(self) -> Run:
        """The run of the best trial."""
        number = self.best.number
        return next(each.run for each in self._stored if each.number == number)

    def importance(self) -> dict[str, float]:
        """How much each hyperparameter matters for the best trials: shares that sum to 1, the largest first.

        PED-ANOVA: the variance of the values that is explained by a hyperparameter alone. (Watanabe, Bansal and Hutter,
        *PED-ANOVA: efficiently quantifying hyperparameter importance in arbitrary subspaces*, 2023.)

        Raises:
            ValueError: fewer than two complete trials.
        """
        from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

        from clarinet.search.brain import quiet, study_of

        if len(self.ranked) < 2:
            raise ValueError(f"importance: needs two complete trials or more; there are {len(self.ranked)}")
        with quiet():
            study = study_of([each for each in self._stored if each.state == "complete"], self.sign)
            return dict(get_param_importances(study, evaluator=PedAnovaImportanceEvaluator()))

    @property
    def scales(self) -> dict[str, str]:
        """How each hyperparameter is drawn: ``"log"``, ``"linear"``, or ``"choice"``."""
        found: dict[str, str] = {}
        for each in self._stored:
            for name, distribution in each.distributions.items():
                log = getattr(distribution, "log", None)
                found.setdefault(name, "choice" if log is None else "log" if log else "linear")
        return found

    # Tables.

    def columns(self) -> dict[str, list[object]]:
        """The trials as columns by name: number, state, the metric, every hyperparameter, epochs, seconds and run."""
        names = dict.fromkeys(name for each in self.trials for name in each.values)
        return {
            "trial": [each.number for each in self.trials],
            "state": [each.state for each in self.trials],
            self.metric: [math.nan if each.value is None else each.value for each in self.trials],
            **{name: [each.values.get(name) for each in self.trials] for name in names},
            "epochs": [each.epochs for each in self.trials],
            "seconds": [each.seconds for each in self.trials],
            "run": [each.run for each in self.trials],
        }

    def to_pandas(self) -> pandas.DataFrame:
        """The trials as a pandas frame, a row each."""
        import pandas

        return pandas.DataFrame(self.columns()).set_index("trial")

    def to_polars(self) -> polars.DataFrame:
        """The trials as a polars frame, a row each."""
        import polars

        return polars.DataFrame(self.columns(), strict=False)

    def __str__(self) -> str:
        return table(self)

    __repr__ = __str__


def _trial(each: Stored) -> Trial:
    state = "unfinished" if each.state is None else each.state
    epochs = len(each.watched)
    name = each.run.name
    return Trial(each.number, state, each.value, each.params, each.scores, epochs, each.seconds, each.error, name)


def table(results: Results, most: int = _SHOWN) -> str:
    """The best trials as a table, and how many there are of each kind."""
    states = [each.state for each in results.trials]
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    head = f"{results.name}: {len(states)} trials ({counts}), by {results.metric}"
    shown = results.ranked[:most]
    if not shown:
        return head
    names = list(dict.fromkeys(name for each in shown for name in each.values))
    rows = [["trial", results.metric, *names, "epochs", "seconds"]]
    for each in shown:
        cells = [number_text(each.values.get(name)) for name in names]
        rows.append([str(each.number), number_text(each.value), *cells, str(each.epochs), f"{each.seconds:.1f}"])
    return "\n".join([head, *aligned(rows)])


def aligned(rows: list[list[str]]) -> list[str]:
    """Rows of cells as lines with columns under each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]


def number_text(value: object) -> str:
    """A value for a table.

    Example:
        >>> number_text(0.00012345), number_text(64), number_text("relu"), number_text(None)
        ('0.0001234', '64', 'relu', '')
    """
    if isinstance(value, float):
        return f"{value:.4g}"
    return "" if value is None else str(value)
