"""Repeating a run, and whether the result is the same, bit for bit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np

from clarinet import files
from clarinet.layers.model_classes import model_from
from clarinet.runs.differences import differences
from clarinet.runs.run import Run
from clarinet.runs.store import Store
from clarinet.runs.tracker import MODEL
from clarinet.settings import Role, names_of
from clarinet.trainable import Trainable
from clarinet.types import Config

#: Parts of the environment that can change the last bits.
_PLATFORM = ("clarinet", "numpy", "engine", "dtype", "instruction_set")
#: Arguments of ``fit`` that are not repeated, even if a run keeps them.
_NOT_AGAIN = names_of(Role.DISPLAY)


@dataclass(frozen=True)
class Verdict:
    """How a training came out the second time.

    Attributes:
        first, again: names of the two runs.
        found: differences in the numbers; empty if they are equal, bit for bit.
        reasons: earlier differences: data, settings, versions, instruction set, the program's code.
    """

    first: str
    again: str
    found: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def identical(self) -> bool:
        """Whether every loss, every epoch's numbers and all weights are the same bits."""
        return not self.found

    def __str__(self) -> str:
        begun = "; ".join(self.reasons) or "nothing that is recorded: same data, settings, versions and instruction set"
        if self.identical:
            return f"{self.again} is {self.first} again, bit for bit: every loss, every epoch, all weights."
        return f"{self.again} differs from {self.first}: {'; '.join(self.found)}. What was different before: {begun}."


def reproduce(name: str, x: object, y: object = None, *, store: Store | None = None, **arguments: object) -> Verdict:
    """Train again as a run was trained, in a run of its own, and compare.

    Model, arguments of ``compile`` and of ``fit`` and the seed are taken from the run. The data are not kept in it:
    pass them, and callbacks that change the training, again; the data are compared by their fingerprint.

    Args:
        name: of the run.
        x, y: the data as in the first ``fit``.
        store: where the run is; default the store beside your code.
        arguments: further arguments of ``fit`` that are no settings: ``callbacks``, ``validation_data``,
            ``sample_weight``, ``class_weight``; ``verbose`` is 0 unless given.

    Raises:
        ValueError: there is no such run, it is no training, or it holds Python functions, which no run can keep.

    Example:
        >>> import tempfile, numpy as np, clarinet
        >>> store = Store(tempfile.mkdtemp())
        >>> model = clarinet.Sequential([clarinet.Input((1,)), clarinet.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x = np.linspace(0, 1, 64, dtype="float32")[:, None]
        >>> tracker = clarinet.runs.Tracker("line", store=store)
        >>> _ = model.fit(x, 2 * x, epochs=3, verbose=0, run=tracker)
        >>> print(reproduce("line", x, 2 * x, store=store))
        line-again is line again, bit for bit: every loss, every epoch, all weights.
    """
    from clarinet.runs.tracker import Tracker

    store = store or Store()
    first = store.get(name)
    structure, compiled, fitted = (first.section(section) for section in ("model", "compile", "fit"))
    if not structure or not compiled or not fitted or "described" in structure or "described" in compiled:
        raise ValueError(
            f"reproduce: run {name!r} does not hold all that its training was made of (it is not a training of a "
            "Clarinet model, or holds Python functions); start its program again and compare with clarinet runs diff"
        )
    model = cast(Trainable, model_from(structure))
    seeds = structure.get("seeds")
    for inner, seed in zip(model.models_within(), seeds if isinstance(seeds, list) else (), strict=False):
        inner.seed = cast(int, seed)
    model.compile_from_config(compiled)
    again = Tracker(f"{name[:80]}-again", store=store)
    settings = {key: value for key, value in fitted.items() if key not in _NOT_AGAIN}
    model.fit(x, y, **(settings | {"verbose": 0} | arguments), run=again)
    assert again.run is not None
    return compare(first, again.run)


def compare(first: Run, again: Run) -> Verdict:
    """Whether the results of two runs are equal, bit for bit, and if not, which differences came before."""
    return Verdict(first.name, again.name, tuple(_found(first, again)), tuple(_reasons(first, again)))


def _found(first: Run, again: Run) -> Iterator[str]:
    for kind, name in sorted({*first.metrics, *again.metrics}):
        if kind == "log" or name == "seconds":
            continue
        if (kind, name) not in first.metrics or (kind, name) not in again.metrics:
            yield f"only one of them has {name} by {kind}"
            continue
        (steps, values), (steps_again, values_again) = first.curve(name, kind), again.curve(name, kind)
        if not np.array_equal(steps, steps_again):
            yield f"{name} has {len(steps)} values by {kind}, then {len(steps_again)}"
        elif not np.array_equal(values, values_again, equal_nan=True):
            place = int(np.flatnonzero((values != values_again) & ~(np.isnan(values) & np.isnan(values_again)))[0])
            yield f"{name} differs from {kind} {steps[place]} on ({values[place]:.9g}, then {values_again[place]:.9g})"
    yield from _weights_differ(first, again)


def _weights_differ(first: Run, again: Run) -> Iterator[str]:
    from clarinet import saving

    paths = first.file(MODEL), again.file(MODEL)
    if not all(files.current(path).exists() for path in paths):
        yield "the weights cannot be compared, as a model is missing"
        return
    one, two = (saving.load(path).get_weights() for path in paths)
    if [w.shape for w in one] != [w.shape for w in two]:
        yield "the weights have other shapes"
    elif any(a.tobytes() != b.tobytes() for a, b in zip(one, two)):
        most = max(float(np.max(np.abs(a.astype(np.float64) - b), initial=0.0)) for a, b in zip(one, two))
        yield f"weights differ by up to {most:.3g}"


def _reasons(first: Run, again: Run) -> Iterator[str]:
    for section in ("data", "model", "compile", "fit", "environment"):
        before, now = first.section(section), again.section(section)
        for path, a, b in differences(before, now):
            top = path.split(".")[0]
            if top not in _NOT_AGAIN and (section != "environment" or top in _PLATFORM):
                yield f"{section}.{path} {a!r} → {b!r}"
    yield from _other_code(first, again)


def _other_code(first: Run, again: Run) -> Iterator[str]:
    """Differences in the program's commit and in its own files."""
    before, now = first.section("git"), again.section("git")
    if before.get("commit") != now.get("commit"):
        yield f"the program's code: commit {before.get('commit')} → {now.get('commit')}"
    if before.get("dirty"):  # the mark of earlier versions of Clarinet for files that were not committed
        yield f"the program's code: commit {before.get('commit')}, with changes"
    old, new = (_sources(run) for run in (first, again))
    changed = sorted(path for path in {*old, *new} if old.get(path) != new.get(path)) if old and new else []
    if changed:
        yield f"the program's files: {', '.join(changed[:3])}{' and others' if len(changed) > 3 else ''} changed"


def _sources(run: Run) -> Config:
    found = run.section("program").get("sources")
    return found if isinstance(found, dict) else {}


__all__ = ["Verdict", "compare", "reproduce"]
