"""Validation rows that are no fair exam."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program_facts import ProgramFacts

KINDS = ("validation_leak", "train_test_preprocess_mismatch")
BASIS = "an exam is worth nothing if its questions were the homework; and it must be written in the same language"
#: Share of validation rows that are training rows; ratio of sizes; of a column's spread; columns' shift in deviations.
SHARED, SCALE, SPREAD, SHIFT = 0.01, 5.0, 2.0, 2.0
_ROWS = 20


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    if facts.program.validation is None:
        return
    x, held_out = facts.program.x, facts.program.validation[0]
    if not len(held_out) or held_out.shape[1:] != x.shape[1:]:
        return
    known = {row.tobytes() for row in np.ascontiguousarray(x)}
    shared = sum(row.tobytes() in known for row in np.ascontiguousarray(held_out, dtype=x.dtype)) / len(held_out)
    distinct = len(known) / len(x)
    if shared > max(SHARED, 1.5 * (1 - distinct)):
        yield Finding(
            "validation_leak",
            "fit.validation",
            "warning",
            0.9,
            f"{shared:.0%} of the validation rows are training rows",
            "Validation shows how the network does on rows that it has not seen. On rows that it has learned by "
            "heart the score says nothing, and overfitting stays hidden.",
            {"shared": shared},
            Remedy("validation_split=0.2, or rows that are not in x"),
        )
    yield from _scales(x, held_out)


def _scales(x: np.ndarray, held_out: np.ndarray) -> Iterator[Finding]:
    ours, theirs = (float(np.sqrt(np.mean(np.square(a.astype(np.float64))))) for a in (x, held_out))
    spread, shift = _columns(x, held_out)
    alike = ours > 0 and theirs > 0 and max(ours / theirs, theirs / ours) <= SCALE
    if (alike or not ours > 0 or not theirs > 0) and 1 / SPREAD <= spread <= SPREAD and shift <= SHIFT:
        return
    yield Finding(
        "train_test_preprocess_mismatch",
        "fit.validation",
        "error",
        0.95,
        f"training rows are around {ours:.3g} in size, validation rows {theirs:.3g}; the middle column's deviation "
        f"is {spread:.2g} times that in training, and its mean {shift:.2g} deviations away",
        "Rows must be prepared alike for training and for use: if one is divided by 255, so must be the other. "
        "Otherwise the network is asked about things it has never seen.",
        {"training": ours, "validation": theirs, "spread": spread, "shift": shift},
        Remedy("the same preparation for both, best as a layer of the model (Rescaling, Normalization)"),
    )


def _columns(x: np.ndarray, held_out: np.ndarray) -> tuple[float, float]:
    """Medians over the columns: deviation in validation over that in training, and distance of means in deviations."""
    if min(len(x), len(held_out)) < _ROWS:
        return 1.0, 0.0
    ours, theirs = (a.reshape(len(a), -1).astype(np.float64) for a in (x, held_out))
    deviation, other = ours.std(axis=0), theirs.std(axis=0)
    live = (deviation > 0) & (other > 0)
    if not live.any():
        return 1.0, 0.0
    shift = np.abs(ours.mean(axis=0) - theirs.mean(axis=0))[live] / deviation[live]
    return float(np.median(other[live] / deviation[live])), float(np.median(shift))
