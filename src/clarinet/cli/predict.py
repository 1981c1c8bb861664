"""``clarinet predict``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from clarinet import answers, saving
from clarinet.answers import Answers
from clarinet.cli.errors import sentence
from clarinet.cli.output import Output
from clarinet.cli.reading import Reading
from clarinet.data_adapters import provenance
from clarinet.data_adapters.provenance import About
from clarinet.datasets.images import pictures_in
from clarinet.datasets.packed import PACKED
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.reading import DigitsRead

_SHADES = " .:-=+*#%@"
_TABLES = (".csv", ".tsv", ".txt", ".dat", ".xlsx", ".parquet", ".json", ".jsonl", ".ndjson", *PACKED)


def run(options: argparse.Namespace, output: Output) -> int:
    """Print a model's answer for every file; files that cannot be read are reported, and the exit code is 1."""
    model = saving.load(options.model)
    about, how = provenance.describe(model), Reading.of(options)
    coding = answers.coding_of(about)
    predictions: list[dict[str, object]] = []
    kept: list[Answers] = []
    failed = False
    for file in _files(options.inputs, about, output):
        try:
            how.check_kind(file, "a table" if coding else "a folder of pictures")
            found = answers.answers_to(model, about, file, how.applied(coding) if coding else None)
        except (OSError, ValueError) as error:
            left_out = how.skip_damaged and Path(file).exists()
            failed |= not left_out
            predictions.append({"input": file, "error": sentence(error)})
            if not options.json:
                output.fail(f"{'left out: ' * left_out}{sentence(error)}")
            continue
        kept.append(_with_places(file, found, named=coding is not None))
        predictions += _told(kept[-1], options, output)
    if options.out:
        _joined(kept).to_csv(options.out)
        output.say(f"Written: {options.out}")
    output.result(predictions)
    return int(failed)


def _files(inputs: list[str], about: About, output: Output) -> Iterator[str]:
    """The files; of a folder every picture or table that is in it."""
    for file in inputs:
        if not Path(file).is_dir():
            yield file
            continue
        left_out: list[str] = []
        if about["kind"] in ("table", "unknown"):
            paths = sorted(path for path in Path(file).iterdir() if path.suffix.lower() in _TABLES)
            what = "table"
        else:
            paths, what = list(pictures_in(Path(file), Path(file), left_out)), "picture"
        if not paths:
            raise ValueError(f"{file}: there is no {what} in this folder ({len(left_out)} other files)")
        if left_out:
            output.say(f"{file}: {len(left_out)} files skipped: hidden, or not pictures by their names")
        yield from map(str, paths)


def _with_places(file: str, found: Answers, named: bool) -> Answers:
    """Answers whose rows say where they come from."""
    index = [f"{file}, row {number}" for number in range(1, len(found) + 1)] if named else found.index
    return replace(found, index=index)


def _joined(parts: Sequence[Answers]) -> Answers:
    """The answers of all files, one below another; columns that not all have are left out."""
    if not parts:
        raise ValueError("--out: there is no answer to write")
    names = [name for name in parts[0] if all(name in part.columns for part in parts)]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in names}
    return Answers(columns, [place for part in parts for place in part.index])


def _told(found: Answers, options: argparse.Namespace, output: Output) -> list[dict[str, object]]:
    """Every answer for a script; said to people, unless they asked for a file."""
    told = []
    for note in found.notes:
        output.say(note)
    for row, name in enumerate(found.index):
        if options.show and found.rows.ndim > 2:
            output.say(_drawing(found.rows[row]))
        answer = _answer(found, row)
        told.append({"input": str(name), **answer})
        if not options.out:
            output.say(f"{name}: {_sentence(found, row, answer, options.top)}")
    return told


def _answer(found: Answers, row: int) -> dict[str, object]:
    """Class and confidence, or a number."""
    if found.readings:
        return _digits(found.readings[row])
    if not found.classes:
        return {"value": float(found.scores[row, 0])}
    name, confidence = found.best(row)[0]
    probabilities = dict(zip(found.classes, map(float, found.scores[row])))
    return {"class": name, "confidence": confidence, "probabilities": probabilities}


def _digits(found: DigitsRead) -> dict[str, object]:
    """What a photo of digits says; the probabilities of all classes where it is one."""
    signs = [
        {
            "class": sign.label,
            "confidence": sign.confidence,
            "second": {"class": sign.second[0], "confidence": sign.second[1]},
            "looks_like_a_digit": sign.is_digit,
            "likeness": sign.like,
        }
        for sign in found.signs
    ]
    told = {"class": found.label, "confidence": found.confidence, "looks_like_digits": found.is_number, "digits": signs}
    if len(signs) == 1:
        told["probabilities"] = dict(zip(map(str, range(10)), found.signs[0].scores))
    return told


def _of_photo(found: DigitsRead, best: list[tuple[str, float]]) -> str:
    """``47 (93.1 %); the 2nd may be 1 (6.2 %)``, or that it is no digit."""
    said = ", ".join(f"{name} ({100 * share:.1f} %)" for name, share in best)
    if doubts := found.doubts():
        return f"{doubts}; the nearest: {said}"
    return f"{said}; {found.seconds()}" if found.seconds() and len(best) == 1 else said


def _sentence(found: Answers, row: int, answer: dict[str, object], top: int) -> str:
    if "value" in answer:
        return f"{float(found.scores[row, 0]):g}"
    if found.readings:
        one = found.readings[row]
        return _of_photo(one, found.best(row, top) if len(one.signs) == 1 else [(one.label, one.confidence)])
    return ", ".join(f"{name} ({100 * share:.1f} %)" for name, share in found.best(row, top))


def _drawing(row: Array) -> str:
    """A picture in letters, two for each pixel."""
    grey = row.reshape(row.shape[0], row.shape[1], -1).mean(axis=2)
    shades = (grey / max(float(grey.max()), 1e-9) * (len(_SHADES) - 1)).round().astype(int)
    return "\n".join("".join(2 * _SHADES[s] for s in line).rstrip() for line in shades)
