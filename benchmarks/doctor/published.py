"""What other tools were published to say about the same programs, beside what the doctor says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

#: Figures over all of a publication's programs.
FIGURES = (
    "deepmufl (ASE 2023)                 faulty layer ranked first in 53 of 109 programs",
    "DeepFD (ICSE 2022)                  recall 0.55, precision 0.32 (Humbatova et al. 2025); 283 s a program",
    "NeuraLint (TOSEM 2021)              recall 0.36, precision 0.37; 7 s",
    "UMLAUT (CHI 2021)                   recall 0.25, precision 0.26; warns about 103 of 103 sound models",
    "DeepDiagnosis (ICSE 2022)           recall 0.21, precision 0.30; alarms on 70 of 190 sound models",
    "DeepLocalize (ICSE 2021)            34 of 40 detected, 21 localised; alarms on 133 of 186 sound models",
    "GPT-4-turbo (2025, 22 of them)      recall 0.91, precision 0.46",
)

Answer = Sequence[Mapping[str, str]]


def verdicts(case: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """(table and what it counts, tool, whether the tool was right) for every verdict in a row."""
    tables = case.get("published", {})
    for tool, right in tables.get("deepmufl_table", {}).items():
        if isinstance(right, bool):
            yield "detected (deepmufl's table)", tool, right
    for table, name in (("deepfd_table", "DeepFD's"), ("deepdiagnosis_table6", "DeepDiagnosis's")):
        for tool, right in tables.get(table, {}).get("localised", {}).items():
            if isinstance(right, bool):
                yield f"localised ({name} table)", tool, right
    for row in tables.get("humbatova2025", ()):
        for tool, figures in row["after"].items():
            yield "at least half of the faults named (Humbatova et al. 2025)", tool, figures["recall"] >= 0.5


def ours(what: str, case: Mapping[str, Any], answer: Answer) -> bool:
    """Whether the doctor's answer counts by the same measure."""
    if what.startswith("detected"):
        return bool(answer)
    if what.startswith("localised"):
        true = {(fault["kind"], fault["where"]) for fault in case["faults"]}
        return any((finding["kind"], finding["where"]) in true for finding in answer)
    kinds = {fault["kind"] for fault in case["faults"]}
    return 2 * len(kinds & {finding["kind"] for finding in answer}) >= len(kinds)


def tables(cases: Sequence[Mapping[str, Any]], answers: Mapping[str, Answer]) -> str:
    """Each tool's count beside the doctor's on the programs that both were tried on, then program by program."""
    counts: dict[tuple[str, str], list[int]] = {}
    for case in cases:
        for what, tool, right in verdicts(case):
            row = counts.setdefault((what, tool), [0, 0, 0])
            row[0] += 1
            row[1] += right
            row[2] += ours(what, case, answers[case["id"]])
    lines = ["| what was counted | tool | programs | the tool | the doctor |", "|---|---|---:|---:|---:|"]
    lines += [f"| {what} | {tool} | {n} | {theirs} | {own} |" for (what, tool), (n, theirs, own) in counts.items()]
    return "\n".join([*lines, "", *_programs(cases, answers)])


def _programs(cases: Sequence[Mapping[str, Any]], answers: Mapping[str, Answer]) -> Iterator[str]:
    yield "| program | faults | the doctor | published: right | published: wrong |"
    yield "|---|---|---|---|---|"
    for case in cases:
        found = list(verdicts(case))
        right = sorted({tool for _, tool, ok in found if ok})
        wrong = sorted({tool for _, tool, ok in found if not ok} - set(right))
        true = ", ".join(f"{fault['kind']} ({fault['where']})" for fault in case["faults"])
        said = ", ".join(dict.fromkeys(f"{f['kind']} ({f['where']})" for f in answers[case["id"]]))
        yield f"| {case['id']} | {true} | {said} | {', '.join(right)} | {', '.join(wrong)} |"
