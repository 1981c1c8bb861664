"""How good a trained program is, in one number that compares programs with other losses and other label codes."""

from __future__ import annotations

import numpy as np

from clarinet.doctor.labels import class_numbers, describe_labels
from clarinet.doctor.program import Program
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.types import Array

#: With fewer rows nothing is held out: the score says "fits", not "generalises".
FEW_ROWS = 50
_HELD_OUT = 0.2
#: Lowest R²: lower values are as useless, and a few extreme seeds must not hide the effect of a remedy.
_WORST = -1.0


#: Of a training: the score, the mean over classes of the share that is right, and the score on rows trained on.
Score = tuple[float, float, float]


def split(program: Program, seed: int, few: int = FEW_ROWS) -> tuple[Array, Array]:
    """Indices of the rows to train on and to judge on; classes keep their shares.

    Args:
        program: whose rows they are.
        seed: of the choice.
        few: with fewer rows than that all of them are trained on, and judged on.
    """
    count = len(program.x)
    if count < few:
        return np.arange(count), np.arange(count)
    rng = np.random.default_rng(seed)
    facts = ProgramFacts(program)
    groups = class_numbers(program.y) if facts.task == "classes" else np.zeros(count, int)
    held = [rng.permutation(np.flatnonzero(groups == g)) for g in np.unique(groups)]
    test = np.sort(np.concatenate([rows[: round(_HELD_OUT * len(rows))] for rows in held]))
    return np.setdiff1d(np.arange(count), test), test


def truth(program: Program) -> tuple[str, Array]:
    """The meaning of the labels: ``("accuracy", class numbers)``, ``("R2", amounts)`` or ``("rows", bits)``."""
    task = ProgramFacts(program).task
    y = np.asarray(program.y).reshape(len(program.y), -1)
    if task == "classes":
        return "accuracy", class_numbers(y)
    return ("rows", y.astype(int)) if task == "several" else ("R2", y.astype(np.float64))


def judge(kind: str, true: Array, predicted: object, program: Program) -> tuple[float, float]:
    """How right predictions are, and of classes the mean over classes of that; NaN predictions score worst.

    The first is accuracy, R² (at least -1) or the share of rows that are right altogether.
    """
    y = np.asarray(predicted, np.float64).reshape(len(true), -1)
    if not np.isfinite(y).all():
        return (_WORST, _WORST) if kind == "R2" else (0.0, 0.0)
    if kind == "R2" and y.shape != true.shape:
        y = np.repeat(y.mean(axis=1, keepdims=True), true.shape[1], axis=1)
    if kind != "accuracy":
        score = score_of(kind, true, np.round(y).astype(int) if kind == "rows" else y)
        return score, score
    answers = _answers(y, program)
    fair = np.mean([(answers[true == own] == own).mean() for own in np.unique(true)])
    return score_of(kind, true, answers), float(fair)


def score_of(kind: str, true: Array, answers: Array) -> float:
    """Accuracy of class numbers, R² (at least -1) of amounts, or the share of rows whose bits are all right."""
    if kind == "R2":
        spread = float(((true - true.mean(axis=0)) ** 2).sum())
        return max(_WORST, 1 - float(((true - answers) ** 2).sum()) / spread) if spread > 0 else 0.0
    if kind == "rows":
        return float((answers == true).all(axis=1).mean()) if answers.shape == true.shape else 0.0
    return float((answers == true).mean())


def _answers(y: Array, program: Program) -> Array:
    """Class numbers from predictions."""
    if y.shape[1] > 1:
        return np.asarray(y.argmax(axis=1))
    logits = bool(getattr(program.loss, "from_logits", False))
    labels = describe_labels(program.y)
    if labels.classes <= 2:
        chances = bool(((y >= 0) & (y <= 1)).all())  # whatever the loss takes them for
        signed = labels.form == "signs" or (logits and not chances)
        return np.asarray(y[:, 0] > (0.0 if signed else 0.5)).astype(int)
    return np.asarray(np.round(y[:, 0])).astype(int)


def constant_score(kind: str, seen: Array, true: Array) -> float:
    """On ``true``, of the constant answer that is best on ``seen``: the mean, the commonest class or row."""
    if kind == "R2":
        spread = float(((true - true.mean(axis=0)) ** 2).sum())
        return 1 - float(((true - seen.mean(axis=0)) ** 2).sum()) / spread if spread > 0 else 0.0
    found, counts = np.unique(seen, axis=0, return_counts=True)
    rows = true.reshape(len(true), -1) == found[counts.argmax()]
    return float(rows.all(axis=1).mean())
