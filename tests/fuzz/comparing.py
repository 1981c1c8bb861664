"""Whether a program gives the same on both engines: rounding is told from error, chance from rule.

The reference runs in float64 and in float32: as far as these two differ, float32 may differ. Where the native engine
differs by more, the float64 reference runs again with inputs and weights changed by about one rounding: a program that
multiplies such changes (a small variance, a cancelled sum, a value just beside a kink of relu) explains the difference.
A jump at a tie is explained by that too, and yet may be a rule that one engine breaks; so the program runs with other
numbers: a broken rule shows there again, an accident does not.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from clarinet import _native
from tests.fuzz.program import Program
from tests.fuzz.running import AUTO, How, Outcome, run

ISAS = tuple(_native.isas())
REFERENCE = How()
EXACT = How(dtype="float64")
#: So many times what rounding does to the reference may it do natively, and that much in any case.
_MARGIN, _FLOOR = 12.0, 4e-6
#: Differences of this share are jumps, not rounding.
_JUMP = 1e-3
#: Numbers whose squares are near the end of float32's range; what comes after them says nothing.
_OVERFLOWING = 1e12


@dataclass(frozen=True)
class Verdict:
    """What comparing a program found: ``kind`` is ``"same"``, ``"refused"``, ``"accident"``, or a finding's."""

    kind: str
    text: str = ""

    @property
    def found(self) -> bool:
        return self.kind not in ("same", "refused", "accident")


SAME = Verdict("same")


def compare(program: Program, rng: random.Random, isas: tuple[str, ...] = ()) -> Verdict:
    """The first thing that is wrong with a program's results.

    Args:
        rng: draws what is looked at beside the numbers themselves.
        isas: instruction sets to compare; by default one, drawn.
    """
    plain = run(program, dataclasses.replace(REFERENCE, reload=rng.random() < 0.1))
    for verdict in _of_one(plain, "reference"):
        return verdict
    if plain.error:
        return _refused(program, plain)
    if plain.unsupported_reason and rng.random() < 0.7:
        return SAME
    start = plain.start
    exact = run(program, EXACT, start)
    for verdict in (*_of_one(exact, "reference in float64"), *_errors(plain, exact, "reference in float64")):
        return verdict
    if plain.unsupported_reason:
        return SAME
    for isa in isas or (rng.choice(ISAS),):
        verdict = _natively(program, rng, isa, start, plain, exact)
        if verdict.kind != "same":
            return verdict
    return SAME


def _natively(
    program: Program, rng: random.Random, isa: str, start: list[np.ndarray], plain: Outcome, exact: Outcome
) -> Verdict:
    how = How(isa=isa, reload=rng.random() < 0.2)
    native = run(program, how, start)
    for verdict in (*_of_one(native, isa), *_errors(plain, native, isa)):
        return verdict
    other = How(isa, threads=rng.choice((2, 3)), single=rng.random() < 0.5, predict_batch=rng.choice((1, 2, 3, 5)))
    again = run(program, other, start)
    for verdict in (*_of_one(again, str(other)), *_errors(native, again, str(other))):
        return verdict
    for name, value in again.values.items():
        if not _same_bits(value, native.values[name]):
            return Verdict("bits", f"{name}: one thread and {other} differ\n{_shown(native.values[name], value)}")
    for name in exact.values:
        values = native.values[name], plain.values[name]
        if not np.isfinite(values[1]).all() or _largest(exact.values[name]) > _OVERFLOWING:
            hidden = not np.isfinite(exact.values[name]).all() and np.isfinite(values[0]).all()
            return Verdict("NaN hidden", _shown(values[1], values[0])) if hidden else Verdict("accident", "overflow")
        if not _close(exact, name, *values):
            return _explained(program, isa, start, name, values, exact)
    return SAME


def _of_one(outcome: Outcome, who: str) -> Iterator[Verdict]:
    """What can be wrong with a run by itself."""
    if not outcome.documented:
        yield Verdict("exception", f"{who}: {outcome.error}")
    elif outcome.warnings:
        yield Verdict("warning", f"{who}: {outcome.warnings[0]}")
    for name, value in outcome.values.items():
        kept = outcome.values.get(name.replace("loaded", "kept"))
        if name.startswith("loaded") and kept is not None and not _same_bits(kept, value):
            yield Verdict("reload", f"{who}: {name} are not those of the model that was saved\n{_shown(kept, value)}")


def _same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether all bits are the same, but for those of NaN, which have no meaning."""
    return a.shape == b.shape and np.where(np.isnan(a), 0, a).tobytes() == np.where(np.isnan(b), 0, b).tobytes()


def _errors(one: Outcome, other: Outcome, who: str) -> Iterator[Verdict]:
    if one.error.partition(":")[0] != other.error.partition(":")[0]:
        yield Verdict("refused by one", f"reference: {one.error or 'no error'}\n{who}: {other.error or 'no error'}")


def _refused(program: Program, plain: Outcome) -> Verdict:
    chosen = run(program, How(isa=AUTO))
    for verdict in (*_of_one(chosen, AUTO), *_errors(plain, chosen, AUTO)):
        return verdict
    return Verdict("refused", plain.error)


def _close(exact: Outcome, name: str, value: np.ndarray, plain: np.ndarray, spread: float = 0.0) -> bool:
    """Whether the native value is as near to the exact one as float32 can be expected to come."""
    right = exact.values[name]
    if value.shape != right.shape:
        return False
    with np.errstate(all="ignore"):
        if not np.isfinite(value).all():
            return not np.isfinite(right).all()
        spread = max(spread, _largest(plain - right))
        return _largest(value - right) <= _MARGIN * spread + _FLOOR * _scale(exact, name) + 1e-12


def _largest(values: np.ndarray) -> float:
    return float(np.abs(values).max(initial=0.0))


def _scale(outcome: Outcome, name: str) -> float:
    """How large values of this kind are: all weights together, since sums of large ones may come to nothing."""
    kind = name.rpartition(" ")[0] or name
    alike = [value for other, value in outcome.values.items() if (other.rpartition(" ")[0] or other) == kind]
    return max((_largest(value) for value in alike if np.isfinite(value).all()), default=0.0)


def _explained(
    program: Program,
    isa: str,
    start: list[np.ndarray],
    name: str,
    values: tuple[np.ndarray, np.ndarray],
    exact: Outcome,
) -> Verdict:
    """Whether the reference itself makes so much of a rounding, and if it jumps, whether with other numbers too."""
    right = exact.values[name]
    wrong = Verdict("numbers", f"{name} on {isa}\n{_shown(right, values[0])}")
    spread = _spread(program, start, name, right)
    explained = _close(exact, name, *values, spread)
    if explained and spread < _JUMP * _scale(exact, name):
        return Verdict("accident", "rounding")
    if not explained and program.optimizer.name == "SGD" and _largest(values[0] - right) > _JUMP * _scale(exact, name):
        return wrong
    # A tie, or a gradient that is 0 but for rounding, of which optimizers and penalties make as much as of any other.
    again = [_still_jumps(dataclasses.replace(program, seed=1000 + seed), isa, name) for seed in range(3)]
    return wrong if sum(again) >= 2 else Verdict("accident", "a kink")


def _spread(program: Program, start: list[np.ndarray], name: str, exact: np.ndarray) -> float:
    """How far about one rounding of the inputs and weights moves a value, and the roundings after it in float32."""
    hows = [dataclasses.replace(how, jiggle=seed) for how in (EXACT, REFERENCE) for seed in (1, 2, 3)]
    moved = [run(program, how, start).values.get(name) for how in hows]
    with np.errstate(all="ignore"):
        far = [_largest(m - exact) for m in moved if m is not None and m.shape == exact.shape]
    return max((d for d in far if np.isfinite(d)), default=0.0)


def _still_jumps(program: Program, isa: str, name: str) -> bool:
    plain = run(program)
    native, exact = (run(program, how, plain.start) for how in (How(isa=isa), EXACT))
    if not all(name in outcome.values for outcome in (plain, native, exact)):
        return False
    return not _close(exact, name, native.values[name], plain.values[name])


def _shown(expected: np.ndarray, received: np.ndarray) -> str:
    with np.printoptions(precision=9, threshold=20, linewidth=120):
        return f"  expected {np.ravel(expected)}\n  received {np.ravel(received)}"
