"""The runs of a store as the page shows them, and what has changed since the last look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from clarinet.runs import Entry, Run, Runs, Store
from clarinet.studio.words import Refusal, _

#: Points of a curve, at most: more than a screen has columns for.
POINTS = 2_000
#: Runs whose curves are sent together, at most.
MOST_CURVES = 24

Row = dict[str, object]


class Watcher:
    """Looks at a store again and again, and tells what has changed.

    Args:
        store: the runs'.

    Example:
        >>> import tempfile
        >>> store = Store(tempfile.mkdtemp())
        >>> watcher = Watcher(store)
        >>> with store.start("first") as run:
        ...     run.log({"loss": 0.5})
        >>> [row["name"] for row in watcher.news()["changed"]], watcher.news()
        (['first'], None)
    """

    def __init__(self, store: Store) -> None:
        self._runs = Runs(store)
        self._seen: dict[int, Row] | None = None

    def news(self) -> dict[str, list[object]] | None:
        """Runs that are new or have changed, and ids of those that are gone; None if nothing happened.

        The first time all runs are new, even where there are none.

        Raises:
            StoreError: the store cannot be read.
        """
        now = {entry.id: row_of(entry) for entry in self._runs.entries()}
        before, self._seen = self._seen, now
        changed = [row for id, row in now.items() if before is None or before.get(id) != row]
        gone = [id for id in before or () if id not in now]
        return {"changed": [*changed], "gone": [*gone]} if changed or gone or before is None else None


def row_of(entry: Entry) -> Row:
    """A run as a row of the table."""
    kept = {name: value for name, value in entry.metrics.items() if not name.endswith((".min", ".max"))}
    # NaN differs from itself, and would be news at every look.
    return {**asdict(entry), "metrics": {name: value if value == value else None for name, value in kept.items()}}


def curves(store: Store, ids: Sequence[int], kind: str) -> Mapping[str, Mapping[str, object]]:
    """Curves of several runs, by metric and then by run: ``{"loss": {"3": {"x": [...], "y": [...]}}}``.

    Args:
        store: the runs'.
        ids: of the runs.
        kind: ``"epoch"`` (counted from 1), ``"step"`` or ``"log"``.

    Raises:
        ValueError: too many runs, or no such run.
    """
    if len(ids) > MOST_CURVES:
        words = _("up to {most} runs can be drawn together, received {count}")
        raise Refusal(words, most=MOST_CURVES, count=len(ids))
    found: dict[str, dict[str, object]] = {}
    for run in map(store.get, ids):
        for name in [name for by, name in run.metrics if by == kind]:
            x, y = run.curve(name, kind, POINTS, "minmax")
            steps = (x + (kind == "epoch")).tolist()
            found.setdefault(name, {})[str(run.id)] = {"x": steps, "y": y.tolist()}
    return found


def details(run: Run) -> Row:
    """What the page shows of one run beside its curves."""
    return {
        "id": run.id,
        "name": run.name,
        "kinds": sorted({kind for kind, _ in run.metrics}),
        "findings": run.findings,
        "error": run.error,
    }
