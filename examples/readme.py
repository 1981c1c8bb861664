"""An example's README: the table of its results between two marks, stamped with machine, date and versions."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from statistics import mean, stdev

from benchmarks.machine import describe
from benchmarks.report import machine_text, markdown

from .programs import FOLDER, Program, run

_NOTHING = "Not measured: the data could not be had on the machine of the last `make examples-full`."


def fill(program: Program, peers: Path | None) -> None:
    """Run a program over its seeds, and its peer if ``peers`` is a Python that has it; write the table.

    The figures go to ``pictures/`` beside the README, which shows some of them.

    Raises:
        ValueError: the README has no marks for this program.
    """
    pictures = program.script.parent / "pictures"
    # Seed 0 last: the pictures that stay are its own.
    ours = [
        run(program, "--full", "--seed", str(n), "--figures", str(pictures)) for n in reversed(range(program.seeds))
    ]
    shrink(pictures)
    theirs = _peer(program, peers) if program.peer and peers else []
    text = f"{table(program, ours, theirs)}\n\n{_stamp()}" if any(ours) else _NOTHING
    write(program.script.parent / "README.md", program.script.stem, text)


def table(program: Program, ours: list[dict[str, float]], theirs: list[dict[str, float]]) -> str:
    """Markdown: one result a row; the tutorial's figure, ours and the peer's, mean ± standard deviation over seeds."""
    names = list(ours[0])
    columns = {"": names}
    if program.tutorial:
        columns["tutorial"] = [program.tutorial.get(name, "–") for name in names]
    for who, results in {"Clarinet": ours, "Keras": theirs}.items():
        if results:
            columns[f"{who} ({_seeds(results)})"] = [_spread(results, name) for name in names]
    return markdown(list(columns), list(zip(*columns.values())))


def write(readme: Path, name: str, text: str) -> None:
    """Put the text between ``<!-- results NAME -->`` and ``<!-- /results -->``.

    Raises:
        ValueError: the marks are not there once.
    """
    marks = re.compile(f"(<!-- results {name} -->\n).*?(<!-- /results -->)", re.DOTALL)
    page, filled = marks.subn(lambda found: f"{found[1]}{text}\n{found[2]}", readme.read_text(encoding="utf-8"))
    if filled != 1:
        raise ValueError(f"{readme} has {filled} blocks of results for {name}; expected one `<!-- results {name} -->`")
    readme.write_text(page, encoding="utf-8")


def shrink(folder: Path) -> None:
    """Write the PNG files of a folder with 256 colours each: a third of the bytes, for what is kept in git."""
    from PIL import Image

    for path in folder.glob("*.png"):
        with Image.open(path) as picture:
            few = picture.convert("RGB").quantize(256)
        few.save(path, optimize=True)


def _peer(program: Program, python: Path) -> list[dict[str, float]]:
    done = subprocess.run(
        [python, FOLDER / str(program.peer), "--seeds", str(program.seeds)],
        check=True, stdout=subprocess.PIPE, text=True, cwd=FOLDER.parent,
    )  # fmt: skip
    answer: list[dict[str, float]] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _seeds(results: list[dict[str, float]]) -> str:
    return f"{len(results)} seeds" if len(results) > 1 else "one seed"


def _spread(results: list[dict[str, float]], name: str) -> str:
    """Mean ± standard deviation of the runs that have this result (not every seed or peer has each)."""
    values = [result[name] for result in results if name in result]
    if not values:
        return "–"
    middle = mean(values)
    return format(middle, ",.0f" if abs(middle) >= 1000 else ".4g") + (
        f" ± {stdev(values):.2g}" if len(values) > 1 and stdev(values) else ""
    )


def _stamp() -> str:
    return f"By `make examples-full` on {machine_text(describe())}"
