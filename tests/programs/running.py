"""Run the programs of ``graphs/`` and ``custom/`` in Keras or, with only their imports changed, here.

A program is a script as people write them for Keras 3: it trains something small for a few steps and leaves what came
out in ``results``: losses step by step, weights, predictions. ``tolerance`` beside it widens the agreement asked for,
where random numbers of the library are part of the program. ``goldens/`` keeps what Keras gave.

``python -m tests.programs.running [--engine reference] name ...`` runs some here and prints where they differ.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
KINDS = ("graphs", "custom")
TOLERANCE = 2e-5  # relative and absolute; in float32 the order of sums alone costs about 1e-6 a step
KEPT = 48  # numbers of an array that goldens keep; of larger ones every so many, and two sums over all

#: All that is changed in a program: its import lines, and the endings of files, which say what is in a file.
CHANGES = {
    r"(?m)^import keras$": "import clarinet as keras",
    r"(?m)^from keras\b": "from clarinet",
    r"(?m)^import tensorflow as tf$": "import clarinet as tf",
    r"\.weights\.h5\b": ".safetensors",
    r"\.keras\b(?=[\"'])": ".clarinet",
}


@dataclass(frozen=True)
class Program:
    """One script.

    Attributes:
        kind: its folder.
        name: of the file, without ending.
    """

    kind: str
    name: str

    @property
    def path(self) -> Path:
        return HERE / self.kind / f"{self.name}.py"

    @property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    @property
    def here(self) -> str:
        """The text as it runs in Clarinet."""
        text = self.text
        for pattern, replacement in CHANGES.items():
            text = re.sub(pattern, replacement, text)
        return text

    @property
    def half(self) -> str:
        """``"development"`` or ``"held_out"``: what work is done with, and what it is judged by at the end."""
        byte = hashlib.sha256(self.name.encode()).digest()[25]  # the one that cuts both kinds in half
        return ("development", "held_out")[byte % 2]

    @property
    def backend(self) -> str:
        """On which of Keras's back ends its numbers come from: JAX, or TensorFlow where there is a tape."""
        return "tensorflow" if "import tensorflow as tf" in self.text else "jax"

    def __str__(self) -> str:
        return f"{self.half}-{self.kind}-{self.name}"

    def run(self, library: str, engine: str = "auto") -> dict[str, Any]:
        """The results, as plain numbers, with ``library`` ``"keras"`` or ``"clarinet"``.

        ``engine="reference"`` leaves Clarinet no other engine.
        """
        text = self.here if library == "clarinet" else self.text
        names: dict[str, Any] = {"__name__": "__main__"}
        code = compile(text, str(self.path), "exec")
        with fresh(library), only(engine), tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            exec(code, names)  # it is the repository's own
            return {"tolerance": names.get("tolerance", TOLERANCE), "results": plain(names["results"])}


PROGRAMS = [Program(kind, path.stem) for kind in KINDS for path in sorted((HERE / kind).glob("*.py"))]


@contextlib.contextmanager
def fresh(library: str) -> Iterator[None]:
    """Nothing of the programs before: names, random numbers."""
    if library == "keras":
        import keras

        keras.utils.clear_session()
        keras.utils.set_random_seed(0)
    else:
        import clarinet

        clarinet.utils.set_random_seed(0)
    yield


@contextlib.contextmanager
def only(engine: str) -> Iterator[None]:
    """Clarinet has this engine alone; ``"auto"`` leaves it all of them."""
    if engine == "auto":
        yield
        return
    from clarinet.engines import choosing

    kept = choosing.ENGINES
    choosing.ENGINES = tuple(e for e in kept if e.name == engine)
    try:
        yield
    finally:
        choosing.ENGINES = kept


def plain(value: Any) -> Any:
    """Numbers, words, lists and dictionaries, as JSON has them; an array is its shape and its numbers."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if value is None or isinstance(value, (str, bool)):
        return value
    array = np.asarray(value)
    if array.ndim == 0:
        return rounded(array)
    every = -(-array.size // KEPT)
    some = [rounded(number) for number in array.ravel()[::every]]
    sums = {} if every == 1 else {"mean": rounded(array.mean()), "size": rounded(np.sqrt((array**2.0).mean()))}
    return {"shape": list(array.shape), "numbers": some, **sums}


def rounded(number: Any) -> float | int | bool:
    """Eight digits of a float; float32 has seven."""
    if number.dtype.kind in "biu":
        return number.item()
    return float(f"{float(number):.8g}")


def differences(ours: Any, theirs: Any, tolerance: float, place: str = "results") -> list[str]:
    """Where two results disagree, in words."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        if set(ours) != set(theirs):
            return [f"{place} has {sorted(ours)}, expected {sorted(theirs)}"]
        return [line for key in theirs for line in differences(ours[key], theirs[key], tolerance, f"{place}[{key!r}]")]
    if isinstance(theirs, list) and isinstance(ours, list):
        if len(ours) != len(theirs):
            return [f"{place} has {len(ours)} entries, expected {len(theirs)}"]
        pairs = enumerate(zip(ours, theirs))
        return [line for i, (a, b) in pairs for line in differences(a, b, tolerance, f"{place}[{i}]")]
    close = _number(ours) and _number(theirs) and abs(ours - theirs) <= tolerance * (1 + abs(theirs))
    return [] if close or ours == theirs else [f"{place} is {ours!r}, expected {theirs!r}"]


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def golden_file(kind: str) -> Path:
    return HERE / "goldens" / f"{kind}.json"


@cache
def goldens(kind: str) -> dict[str, Any]:
    """What Keras gave for each program of a kind."""
    return json.loads(golden_file(kind).read_text("utf-8"))


def assert_follows(program: Program, engine: str) -> None:
    """The program gives Keras's numbers here, on this engine."""
    ran = program.run("clarinet", engine)
    assert_same(program, ran, f"Clarinet ({engine})")


def assert_same(program: Program, ran: dict[str, Any], who: str) -> None:
    """What a run gave is what ``goldens/`` keeps."""
    found = differences(ran["results"], goldens(program.kind)[program.name], ran["tolerance"])
    assert not found, f"{program}: {who} and Keras differ in {len(found)} places: " + "; ".join(found[:5])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+")
    parser.add_argument("--engine", default="auto")
    chosen = parser.parse_args()
    wrong = 0
    for program in (p for p in PROGRAMS if p.name in chosen.names):
        ran = program.run("clarinet", chosen.engine)
        found = differences(ran["results"], goldens(program.kind)[program.name], ran["tolerance"])
        print(f"{program}: {len(found)} differences", *found, sep="\n  ")
        wrong += bool(found)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
