"""The figures of a part."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.doctor.mutation import truth
from benchmarks.doctor.mutation.measuring import Store
from benchmarks.doctor.mutation.variants import Variant, programs, variants

Found = Sequence[Sequence[str]]


def summary(store: Store, part: str) -> tuple[str, list[str]]:
    """A paragraph of figures, and a line for each wrong answer."""
    told: list[str] = []
    lines = [*_sound(store, part, told), *_faulty(store, part, told), *_seconds(store, part)]
    return "\n".join(lines), told


def named(entry: dict[str, Any]) -> list[tuple[str, str]]:
    """Findings that count: errors and warnings, as (kind, place)."""
    return [(kind, where) for kind, where, severity in entry["findings"] if severity != "hint"]


def _sound(store: Store, part: str, told: list[str]) -> Iterator[str]:
    alarms, seeds, reports = [], 0, 0
    own = programs(part)
    for spec in own:
        entries = [store.found.get(("report", spec.name, "", seed)) for seed in truth.SOUND_SEEDS]
        wrong = [(entry["seed"], named(entry)) for entry in entries if entry and named(entry)]
        reports, seeds = reports + sum(entry is not None for entry in entries), seeds + len(wrong)
        if wrong:
            alarms.append(spec.name)
            told.append(f"ALARM {spec.name}: " + "; ".join(f"seed {seed} {found}" for seed, found in wrong))
    yield f"- sound programs with an alarm on any seed: {len(alarms)} of {len(own)} ({seeds} of {reports} reports)"


def judged(store: Store, variant: Variant) -> str | None:
    """``"faulty"``, ``"harmless"``, ``"undecided"``; None where it was not measured yet."""
    if variant.evident:
        return "faulty"
    sound, changed = (_scores(store, variant.spec.name, name) for name in ("", variant.name))
    if min(len(sound), len(changed)) < len(truth.SEEDS):
        return None
    if any(score is None for score in sound):
        return None
    return truth.verdict(sound, changed, False)


def _scores(store: Store, program: str, variant: str) -> list[Any]:
    found = (store.found.get(("score", program, variant, seed)) for seed in truth.SEEDS)
    return [entry["score"] for entry in found if entry is not None]


def _faulty(store: Store, part: str, told: list[str]) -> Iterator[str]:
    """Recall, precision and places on faulty variants; what is said of those that hurt nothing."""
    tally: Counter[str] = Counter()
    by_kind: dict[str, list[bool]] = {}
    for variant in variants(part):
        entry, verdict = store.found.get(("report", variant.spec.name, variant.name, 0)), judged(store, variant)
        if entry is None or verdict is None or verdict == "undecided":
            tally["left out"] += 1
            continue
        found = named(entry)
        name = f"{variant.spec.name} | {variant.name}"
        if verdict == "harmless":
            tally["harmless"] += 1
            tally["flagged"] += bool(found)
            if found:
                told.append(f"HARMLESS {name}: {found}")
            continue
        tally["faulty"] += 1
        tally["silent"] += not found
        fine = truth.acceptable(variant.faults)
        kinds = {kind for kind, _ in found}
        hits = [bool(kinds & set(fault.kinds)) for fault in variant.faults]
        for fault, hit in zip(variant.faults, hits, strict=True):
            by_kind.setdefault(fault.name, []).append(hit)
        tally["true"] += len(hits)
        tally["named"] += sum(hits)
        tally["met"] += sum(bool(kinds & truth.acceptable([fault])) for fault in variant.faults)
        tally["findings"] += len(found)
        tally["right"] += sum(kind in fine for kind in (kind for kind, _ in found))
        tally["placed"] += any(_at(fault, found) for fault in variant.faults)
        if not all(hits) or kinds - fine:
            told.append(f"{'missed' if not all(hits) else 'wrong'} {name}: {found}")
    yield _line("faults named (recall)", tally["named"], tally["true"])
    yield _line("faults named, or a kind that is as good", tally["met"], tally["true"])
    yield _line("findings that are right (precision)", tally["right"], tally["findings"])
    yield _line("faulty variants with a true kind at a true place", tally["placed"], tally["faulty"])
    yield _line("faulty variants met with silence", tally["silent"], tally["faulty"])
    yield _line("variants that hurt nothing, flagged", tally["flagged"], tally["harmless"])
    yield f"- undecided, or not measured: {tally['left out']}"
    missed = sorted(by_kind.items(), key=lambda pair: sum(pair[1]) / len(pair[1]))
    yield "- named by fault: " + ", ".join(f"{name} {sum(own)}/{len(own)}" for name, own in missed)


def _at(fault: Any, found: Sequence[tuple[str, str]]) -> bool:
    return any(kind in fault.kinds and where.startswith(tuple(fault.where)) for kind, where in found)


def _line(what: str, count: int, of: int) -> str:
    return f"- {what}: {count} of {of}" + (f" ({count / of:.3f})" if of else "")


def _seconds(store: Store, part: str) -> Iterator[str]:
    own = {spec.name for spec in programs(part)}
    entries = [entry for key, entry in store.found.items() if key[0] == "report" and key[1] in own]
    for what, something in (("nothing", False), ("something", True)):
        work = sorted(entry["work"] for entry in entries if bool(named(entry)) == something)
        if work:
            yield (
                f"- seconds of work where it says {what}: median {statistics.median(work):.2f}, "
                f"95 % under {work[int(0.95 * (len(work) - 1))]:.2f}"
            )
    commits = sorted({entry["commit"] for entry in entries})
    yield f"- examined at {', '.join(commits)}"
