"""Programs that train too long for experiments: some of their rows, and as many updates as there is time for."""

from __future__ import annotations

import time
from math import prod

import numpy as np

from clarinet.doctor.experiments.trial import TimeBudget
from clarinet.doctor.program import Program
from clarinet.types import Array

BASIS = "the time of some updates, measured; what a network has learned by then it has not unlearned later"
#: Shares of a training's time budget: longer trainings are cut, and to what.
_LONG, _CUT = 0.6, 0.25
#: Updates of the first measurement; the next one has so many times more; seconds that tell enough.
_PROBE, _MORE, _ENOUGH = 8, 8, 0.03
#: Fewest rows that are kept for training and for judging; rows of an optimizer that takes all of them in each step.
_LEAST, _WHOLE = 1000, 2000
#: Most numbers in the rows that are kept: to copy and to judge more takes as long as to train.
_NUMBERS = 6_000_000


def shortened(program: Program, treated: Program, budget: TimeBudget) -> Program:
    """The program itself, or one of fewer rows and updates if it trains too long.

    Args:
        program: as given.
        treated: the same with all remedies, which ``fit`` accepts; its updates are timed.
        budget: of the experiments.
    """
    if program.searches:
        return program if len(program.x) <= 2 * _WHOLE else _some(program, _WHOLE, program.epochs)
    each = _seconds_an_update(treated, budget)
    if each * treated.steps <= _LONG * budget.each:
        return program
    updates = max(1, int(_CUT * budget.each / each))
    batch = program.batch_size
    if batch > program.rows / 10:  # nearly all rows in each update: fewer rows make it cheaper, not fewer updates
        return _some(program, _LEAST, max(1, updates * batch // _LEAST))
    most = max(_LEAST, _NUMBERS // max(1, prod(program.x.shape[1:])))
    rows = min(program.rows, most, max(_LEAST, updates * batch))
    return _some(program, rows, max(1, round(updates * batch / rows)))


def _seconds_an_update(program: Program, budget: TimeBudget) -> float:
    """Work of one update, what a training costs besides included; measured until it tells whether it is too much."""
    updates = _PROBE
    while True:
        wanted = updates * program.batch_size
        rows = program.usable(np.arange(min(len(program.x), wanted)))
        epochs = max(1, round(wanted / max(1, len(rows))))
        began = time.thread_time()
        program.with_fit(epochs=min(epochs, program.epochs)).train(rows)
        taken = time.thread_time() - began
        each = taken / updates
        if each * program.steps <= _LONG * budget.each or taken >= _ENOUGH or updates >= program.steps:
            return each
        updates *= _MORE


def _some(program: Program, count: int, epochs: int) -> Program:
    """So many rows to train on, and a quarter as many to judge by, drawn at random and in their order."""
    chosen = _drawn(len(program.x), count + max(_LEAST, count // 4))
    held = program.validation
    if held is not None:
        own = _drawn(len(held[0]), _LEAST)
        held = held[0][own], held[1][own]
    short = program.changed(x=program.x[chosen], y=program.y[chosen], validation=held).with_fit(epochs=epochs)
    weights = program.setting("sample_weight")
    return short if weights is None else short.with_fit(sample_weight=np.asarray(weights)[chosen])


def _drawn(rows: int, count: int) -> Array:
    if rows <= count:
        return np.arange(rows)
    return np.sort(np.random.default_rng(0).choice(rows, count, replace=False))
