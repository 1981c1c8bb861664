"""``clarinet predict``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet import datasets, saving
from clarinet.cli.errors import sentence
from clarinet.cli.output import Output
from clarinet.cli.reading import Reading
from clarinet.data_adapters import provenance
from clarinet.data_adapters.provenance import About
from clarinet.datasets.images import pictures_in
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

_SHADES = " .:-=+*#%@"


def run(options: argparse.Namespace, output: Output) -> int:
    """Print a model's answer for every file; files that cannot be read are reported, and the exit code is 1."""
    model = saving.load(options.model)
    about, how = provenance.describe(model), Reading.of(options)
    predictions: list[dict[str, object]] = []
    failed = False
    for file in _files(options.inputs, about, output):
        try:
            rows = list(_rows(model, about, file, how))
        except (OSError, ValueError) as error:
            left_out = how.skip_damaged and Path(file).exists()
            failed |= not left_out
            predictions.append({"input": file, "error": sentence(error)})
            if not options.json:
                output.fail(f"{'left out: ' * left_out}{sentence(error)}")
            continue
        for name, row in rows:
            if options.show and row.ndim > 1:
                output.say(_drawing(row))
            found = {"input": name, **_answer(np.asarray(model.predict(row[None]))[0], about["classes"])}
            predictions.append(found)
            output.say(_sentence(found))
    output.result(predictions)
    return int(failed)


def _files(inputs: list[str], about: About, output: Output) -> Iterator[str]:
    """The files; of a folder, for a model of pictures, every picture that is in it."""
    for file in inputs:
        if about["kind"] in ("table", "unknown") or not Path(file).is_dir():
            yield file
            continue
        left_out: list[str] = []
        paths = list(pictures_in(Path(file), Path(file), left_out))
        if not paths:
            raise ValueError(f"{file}: there is no picture in this folder ({len(left_out)} other files)")
        if left_out:
            output.say(f"{file}: {len(left_out)} files left out, hidden or no pictures by their names")
        yield from map(str, paths)


def _rows(model: Trainable, about: About, file: str, how: Reading) -> Iterator[tuple[str, Array]]:
    """The rows that a file holds, each with a name: one for a picture, one a line for a table."""
    kind = about["kind"]
    how.check_kind(file, "a table" if kind == "table" else "a folder of pictures")
    if kind == "table":
        coded = how.applied(datasets.TableCoding.from_config(about["coding"])).transform(file)
        yield from ((f"{file}, row {number}", row) for number, row in enumerate(coded, 1))
    elif kind == "unknown":
        raise ValueError(
            f"{file}: the model does not say how files become its inputs of shape {model.sample_shape}; train it with "
            "clarinet train, or predict from Python"
        )
    else:
        yield file, provenance.as_inputs(model, _picture(about, file)[None])[0]


def _picture(about: About, file: str) -> Array:
    """Pixels as the data set that the model was trained on has them."""
    if about["kind"] == "mnist":
        return datasets.load_digit(file)
    color = {"fashion_mnist": "grayscale", "cifar10": "rgb"}.get(about["kind"]) or about["color"]
    height, width = {"fashion_mnist": (28, 28), "cifar10": (32, 32)}.get(about["kind"]) or about["size"]
    return datasets.read_image(file, (height, width), color)


def _answer(prediction: Array, classes: list[str]) -> dict[str, Any]:
    """Class and confidence, or a number."""
    values = [float(v) for v in np.ravel(prediction)]
    if len(values) == 1 and not classes:
        return {"value": values[0]}
    if len(values) == 1:  # one sigmoid: the probability of class 1
        values = [1 - values[0], values[0]]
    best = int(np.argmax(values))
    names = classes if len(classes) == len(values) else [str(i) for i in range(len(values))]
    return {"class": names[best], "confidence": values[best], "probabilities": dict(zip(names, values, strict=True))}


def _sentence(found: dict[str, Any]) -> str:
    if "value" in found:
        return f"{found['input']}: {found['value']:g}"
    return f"{found['input']}: {found['class']} ({100 * found['confidence']:.1f} %)"


def _drawing(row: Array) -> str:
    """A picture in letters, two for each pixel."""
    grey = row.reshape(row.shape[0], row.shape[1], -1).mean(axis=2)
    shades = (grey / max(float(grey.max()), 1e-9) * (len(_SHADES) - 1)).round().astype(int)
    return "\n".join("".join(2 * _SHADES[s] for s in line).rstrip() for line in shades)
