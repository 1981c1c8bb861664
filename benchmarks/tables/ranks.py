"""Mean ranks with bootstrap intervals, and the page that shows them."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from benchmarks.tables.measuring import FOLDS, Line
from clarinet.types import Array

Scores = dict[str, dict[str, list[float]]]
_DRAWS = 10_000


def scores_of(lines: Iterable[Line], contenders: Sequence[str], what: str = "score") -> Scores:
    """By table and contender the values of all folds, in their order, of tables that all contenders have finished."""
    found: dict[str, dict[str, dict[object, float]]] = defaultdict(lambda: defaultdict(dict))
    for line in lines:
        found[str(line["table"])][str(line["contender"])][line["repeat"], line["fold"]] = float(str(line[what]))
    whole: Scores = {}
    for table, by_name in found.items():
        folds = [by_name[name].keys() for name in contenders]
        common = sorted(set.intersection(*map(set, folds)), key=str)
        if len(common) >= FOLDS:
            whole[table] = {name: [by_name[name][fold] for fold in common] for name in contenders}
    return whole


def means(scores: Scores, contenders: Sequence[str]) -> Array:
    """(tables, contenders): the mean over folds."""
    return np.array([[statistics.fmean(by_name[name]) for name in contenders] for by_name in scores.values()])


def ranks(values: Array) -> Array:
    """The rank of each contender on each table, 1 for the best; equal ones share the mean of their ranks."""
    better = (values[:, None, :] > values[:, :, None]).sum(axis=2)
    equal = (values[:, None, :] == values[:, :, None]).sum(axis=2)
    found: Array = 1 + better + (equal - 1) / 2
    return found


def intervals(rank: Array, seed: int = 0) -> list[tuple[float, float, float]]:
    """Mean rank of each contender, and 95 % of it where the tables are drawn anew. (Efron, 1979.)"""
    drawn = np.random.default_rng(seed).integers(0, len(rank), (_DRAWS, len(rank)))
    spread = np.quantile(rank[drawn].mean(axis=1), (0.025, 0.975), axis=0)
    return [(float(m), float(low), float(high)) for m, low, high in zip(rank.mean(axis=0), *spread)]


def below(scores: Scores, other: str = "linear") -> list[str]:
    """Where the recipe is below another model: by more than 0.02, and by more than one standard error of the paired
    differences between folds."""
    gaps = {table: np.subtract(by_name["clarinet"], by_name[other]) for table, by_name in scores.items()}
    errors = {table: float(gap.std(ddof=1)) / len(gap) ** 0.5 for table, gap in gaps.items()}
    far = [f"{table} ({gap.mean():.4f})" for table, gap in gaps.items() if gap.mean() < -0.02]
    near = [
        f"{table} ({gap.mean():.4f} ± {errors[table]:.4f})"
        for table, gap in gaps.items()
        if gap.mean() < -errors[table]
    ]
    return [
        f"Below the {other} model by more than 0.02: {', '.join(far) or 'nowhere'}.",
        f"Below it by more than one standard error of the paired differences: {', '.join(near) or 'nowhere'}.",
    ]


def page(lines: Sequence[Line], contenders: Sequence[str], about: Mapping[str, str]) -> list[str]:
    """The lines of a page's table."""
    scores = scores_of(lines, contenders)
    values = means(scores, contenders)
    facts = {str(line["table"]): line for line in lines}
    said = [f"{name}: {text}." for name, text in about.items()]
    said += ["", "| | " + " | ".join(contenders) + " |", "|---|" + "---:|" * len(contenders)]
    told = intervals(ranks(values))
    said.append(
        "| **mean rank** | " + " | ".join(f"**{m:.2f}** ({low:.2f} to {high:.2f})" for m, low, high in told) + " |"
    )
    seconds = _seconds(lines, scores, contenders)
    said.append("| processor time a fit, median | " + " | ".join(f"{each:.2f} s" for each in seconds) + " |")
    for (table, _), row in zip(scores.items(), values):
        fact = facts[table]
        measure = "accuracy" if fact["task"] == "classification" else "R²"
        cells = [f"**{each:.4f}**" if each == row.max() else f"{each:.4f}" for each in row]
        said.append(f"| {table} ({fact['rows']} rows, {measure}) | " + " | ".join(cells) + " |")
    short = below(scores) if "linear" in contenders else []
    if "linear" in contenders:
        said += [
            "",
            f"Below the linear model by more than 0.02 or one standard error: {'; '.join(short) or 'nowhere'}.",
        ]
    return said


def _seconds(lines: Sequence[Line], scores: Scores, contenders: Sequence[str]) -> list[float]:
    spent = defaultdict(list)
    for line in lines:
        if line["table"] in scores:
            spent[str(line["contender"])].append(float(str(line["work"])))
    return [statistics.median(spent[name]) for name in contenders]
