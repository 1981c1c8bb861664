"""What DATA stands for on the command line."""

from __future__ import annotations

from argparse import ArgumentTypeError
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet import datasets
from clarinet.data.origins import NAMED, as_inputs, describe
from clarinet.names import nearest
from clarinet.params import Array

if TYPE_CHECKING:
    from clarinet.model import Sequential


@dataclass(frozen=True)
class Source:
    """Rows to learn from or to measure on.

    Attributes:
        x, y: rows and labels.
        x_test, y_test: rows that training never sees; None where the data set has none of its own.
        about: JSON-able: ``kind`` (a name in NAMED, ``"table"`` or ``"images"``), ``classes`` (their names, empty for
            regression) and what turns new files into rows. Stored with the model.
        report: sentences for people.
    """

    x: Array
    y: Array
    x_test: Array | None = None
    y_test: Array | None = None
    about: dict[str, Any] = field(default_factory=dict)
    report: tuple[str, ...] = ()


def load(data: str, target: str | None = None, image_size: tuple[int, int] | None = None) -> Source:
    """The rows that DATA stands for.

    Raises:
        ArgumentTypeError: an unknown name, a table without a target. FileNotFoundError: no such file.
        ValueError: the data cannot be read.
    """
    if data in NAMED:
        return _named(data)
    path = Path(data)
    if path.is_dir():
        return _images(path, image_size)
    if path.is_file():
        return _table(path, target)
    if path.suffix or len(path.parts) > 1:
        raise FileNotFoundError(f"{data}: there is no such file or folder")
    raise ArgumentTypeError(f"unknown data {data!r}: {nearest(data, NAMED)}; a table or folder is named by its path")


def _named(name: str) -> Source:
    module = getattr(datasets, name)
    (x, y), (x_test, y_test) = module.load_data()
    classes = list(getattr(module, "CLASSES", [str(i) for i in range(10)]))
    shape = " × ".join(map(str, x.shape[1:]))
    report = f"{name}: {len(x):,} pictures of {shape} in {len(classes)} classes, and {len(x_test):,} to test on"
    return Source(x, y.reshape(-1), x_test, y_test.reshape(-1), {"kind": name, "classes": classes}, (report,))


def _table(path: Path, target: str | None) -> Source:
    if target is None:
        raise ArgumentTypeError(f"{path}: which column is to be predicted? Say --target COLUMN")
    table = datasets.load_table(path, target)
    about = {"kind": "table", "classes": list(table.classes), "coding": table.coding.to_config()}
    return Source(table.x, table.y, about=about, report=table.report)


def _images(path: Path, size: tuple[int, int] | None) -> Source:
    try:
        images = datasets.load_images(path, size)
    except ValueError as error:
        raise ValueError(str(error).replace("pass size=(height, width)", "say --image-size H,W")) from None
    color = "rgb" if images.x.ndim == 4 else "grayscale"
    about = {"kind": "images", "classes": list(images.classes), "size": list(images.x.shape[1:3]), "color": color}
    return Source(images.x, images.y, about=about, report=images.report)


def load_for(model: Sequential, data: str) -> Source:
    """The rows that DATA stands for, coded as the model's own training data was.

    Raises:
        ValueError: the data is not of the kind that the model was trained on.
    """
    about = describe(model)
    if data in NAMED:
        source = _named(data)
        assert source.x_test is not None and source.y_test is not None
        return Source(as_inputs(model, source.x_test), source.y_test, about=about)
    path = Path(data)
    if path.is_dir() and about["kind"] == "images":
        images = datasets.load_images(path, tuple(about["size"]), about["color"])
        return Source(
            as_inputs(model, images.x), _class_ids(images.y, images.classes, about["classes"], path), about=about
        )
    if path.is_file() and about["kind"] == "table":
        coding = datasets.TableCoding.from_config(about["coding"])
        return Source(coding.transform(path), coding.targets(path), about=about)
    if not path.exists():
        return load(data)  # says what is wrong
    made_of = (
        "a table" if about["kind"] == "table" else "a folder of images" if about["kind"] == "images" else about["kind"]
    )
    raise ValueError(f"{data}: the model was trained on {made_of}, which this is not")


def _class_ids(y: Array, found: tuple[str, ...], known: list[str], path: Path) -> Array:
    """Class numbers of another folder in the model's order."""
    for name in found:
        if name not in known:
            raise ValueError(f"{path / name}: the model does not know the class {name!r}: {nearest(name, known)}")
    return np.array([known.index(name) for name in found])[y]
