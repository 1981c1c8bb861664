"""The meaning of DATA on the command line."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from clarinet import datasets
from clarinet.cli.reading import Reading
from clarinet.data_adapters.provenance import NAMED, About, as_inputs, describe
from clarinet.names import nearest
from clarinet.types import Array
from clarinet.wording import option

if TYPE_CHECKING:
    from clarinet.datasets.coding import Table
    from clarinet.trainable import Trainable


#: Files of which several may be one table.
_TABLES = (".csv", ".tsv", ".parquet", ".arrow", ".feather", ".xlsx")


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
    about: About = field(default_factory=lambda: About(kind="unknown", classes=[]))
    report: tuple[str, ...] = ()


def load(data: str, how: Reading) -> Source:
    """The rows that DATA stands for.

    Raises:
        ArgumentTypeError: an unknown name, a table without a target, flags for other data.
        FileNotFoundError: no such file. ValueError: the data cannot be read.
    """
    how.check_kind(data, _kind(data))
    if data in NAMED:
        return _named(data)
    return _images(Path(data), how) if Path(data).is_dir() else _table(Path(data), how)


def _kind(data: str) -> str:
    """A description of DATA in words.

    Raises:
        ArgumentTypeError: an unknown name. FileNotFoundError: no such file.
    """
    path = Path(data)
    if data in NAMED:
        return "a well-known data set"
    if path.is_dir():
        _check_no_tables(path)
        return "a folder of pictures"
    if path.exists():
        return "a table"
    if path.suffix or len(path.parts) > 1:
        raise FileNotFoundError(f"{data}: there is no such file or folder")
    raise ArgumentTypeError(f"unknown data {data!r}: {nearest(data, NAMED)}; a table or folder is named by its path")


def _check_no_tables(folder: Path) -> None:
    """Refuse a folder that holds files of one large table, and no folder of pictures."""
    inside = sorted(folder.iterdir())
    tables = [path for path in inside if path.suffix.lower() in _TABLES]
    if tables and not any(path.is_dir() for path in inside):
        raise ArgumentTypeError(
            f"{folder} holds tables, such as {tables[0].name}; name one of them. To learn from all, let them stream in "
            f'Python: model.fit("{folder}/*{tables[0].suffix}", target=…), see docs/data.md'
        )


def _named(name: str) -> Source:
    module = getattr(datasets, name)
    (x, y), (x_test, y_test) = module.load_data()
    classes = list(getattr(module, "CLASSES", [str(i) for i in range(10)]))
    shape = " × ".join(map(str, x.shape[1:]))
    report = f"{name}: {len(x):,} pictures of {shape} in {len(classes)} classes, and {len(x_test):,} to test on"
    return Source(x, y.reshape(-1), x_test, y_test.reshape(-1), {"kind": name, "classes": classes}, (report,))


def _table(path: Path, how: Reading) -> Source:
    if how.target is None:
        raise ArgumentTypeError(f"{path}: which column should be predicted? Say {option('target', like='COLUMN')}")
    load: Callable[..., Table] = datasets.load_table  # with what was said, as it was given
    table = load(path, **how.of_table())
    about = About(kind="table", classes=list(table.classes), coding=table.coding.to_config())
    return Source(table.x, table.y, about=about, report=table.report)


def _images(path: Path, how: Reading, color: str = "auto", fit: str = "letterbox") -> Source:
    size = how.image_size or "small"
    images = datasets.load_images(path, size, color, fit=fit, skip_damaged=how.skip_damaged)
    color = "rgb" if images.x.ndim == 4 else "grayscale"
    about = About(kind="images", classes=list(images.classes), size=list(images.x.shape[1:3]), color=color, fit=fit)
    return Source(images.x, images.y, about=about, report=images.report)


def load_for(model: Trainable, data: str, how: Reading) -> Source:
    """The rows that DATA stands for, coded as the model's own training data was; its report lists the rows left out.

    Raises:
        ValueError: the data is not of the kind that the model was trained on, or a flag contradicts what the model has
            learnt. ArgumentTypeError, FileNotFoundError: as for :func:`load`.
    """
    about, kind = describe(model), _kind(data)
    how.check_kind(data, kind)
    if data in NAMED:
        source = _named(data)
        assert source.x_test is not None and source.y_test is not None
        return Source(as_inputs(model, source.x_test), source.y_test, about=about)
    if kind == "a table" and about["kind"] == "table":
        table = how.applied(datasets.TableCoding.from_config(about["coding"])).load(data)
        return Source(table.x, table.y, about=about, report=table.report)
    if kind == "a table" and about["kind"] == "unknown":
        return _coded_anew(model, _table(Path(data), how))
    about = _pictures(model, about)
    if kind == "a folder of pictures" and about["kind"] == "images":
        return _pictures_for(model, about, Path(data), how)
    made_of = {"table": "a table", "images": "a folder of pictures"}.get(about["kind"], about["kind"])
    raise ValueError(f"{data} is {kind}; the model was trained on {made_of}")


def _coded_anew(model: Trainable, source: Source) -> Source:
    """A table for a model that does not say how its own was coded."""
    if source.x.shape[1:] != model.sample_shape:
        raise ValueError(
            f"the model does not say how tables become its inputs of shape {model.sample_shape}, and the columns "
            f"of this one give {source.x.shape[1:]}; train it with clarinet train, or go on in Python"
        )
    note = "The model does not say how its columns were coded: they are coded from this table."
    return replace(source, report=(*source.report, note))


def _pictures(model: Trainable, about: About) -> About:
    """The kind of pictures for a model that does not say it, but looks as if it reads digits."""
    if "data" in model.metadata or about["kind"] != "mnist" or len(model.sample_shape or ()) == 1:
        return about
    return {"kind": "images", "classes": [], "size": [28, 28], "color": "grayscale"}


def _pictures_for(model: Trainable, about: About, path: Path, how: Reading) -> Source:
    size = (about["size"][0], about["size"][1])
    if how.image_size not in (None, size):
        raise ValueError(
            f"{option('image_size', ','.join(map(str, how.image_size or ())))}: the model takes {size[0]},{size[1]}"
        )
    found = _images(path, replace(how, image_size=size), about["color"], about.get("fit", "stretch"))
    labels = _class_ids(found.y, found.about["classes"], about["classes"] or found.about["classes"], path)
    return Source(as_inputs(model, found.x), labels, about=about, report=found.report)


def _class_ids(y: Array, found: list[str], known: list[str], path: Path) -> Array:
    """Class numbers of another folder in the model's order."""
    for name in found:
        if name not in known:
            raise ValueError(f"{path / name}: the model does not know the class {name!r}: {nearest(name, known)}")
    return np.array([known.index(name) for name in found])[y]
