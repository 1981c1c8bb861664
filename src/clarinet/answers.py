"""What a model says about new data: labels and probabilities, or amounts, beside the names of the rows."""

from __future__ import annotations

import html
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet import datasets, files
from clarinet.data_adapters import provenance
from clarinet.data_adapters.provenance import About
from clarinet.types import Array

if TYPE_CHECKING:
    import pandas
    import polars

    from clarinet.datasets.coding import TableCoding
    from clarinet.reading import DigitsRead
    from clarinet.trainable import Trainable

_SHOWN_ROWS, _SHOWN_COLUMNS = 10, 8
_DIGITS = [str(digit) for digit in range(10)]


@dataclass(frozen=True, eq=False)
class Answers:
    """A small table of what a model says, a row for each row that it was asked about.

    Args:
        columns: by name: those of the data that name its rows, the label or the amount under the name of what is
            predicted, and for classes one ``"red (probability)"`` each.
        index: the rows' names: a data frame's index, lines of a file, names of pictures, or numbers.
        notes: what was found out about the data, in sentences.
        classes: their names; empty for amounts.
        scores: (n, classes) probabilities, or (n, 1) amounts.
        rows: what the model was given; of a number its digits side by side.
        readings: of photos of digits: each digit, its second guess, and whether it looks like one.

    Example:
        >>> answers = Answers({"price": np.array([1.5, 2.5])}, ["a", "b"])
        >>> print(answers)
           price
        a  1.5
        b  2.5
        >>> answers["price"].tolist(), len(answers), answers.to_dicts()[1]
        ([1.5, 2.5], 2, {'price': 2.5})
    """

    columns: Mapping[str, Array]
    index: Sequence[object]
    notes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    scores: Array = field(default_factory=lambda: np.zeros((0, 0)))
    rows: Array = field(default_factory=lambda: np.zeros((0, 0)))
    readings: tuple[DigitsRead, ...] = ()

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, name: str) -> Array:
        """A column."""
        return self.columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def keys(self) -> Iterable[str]:
        """The names of the columns, so that ``dict(answers)`` has them."""
        return self.columns.keys()

    def best(self, row: int, n: int = 1) -> list[tuple[str, float]]:
        """The likeliest classes of a row and their probabilities."""
        order = np.argsort(-self.scores[row], kind="stable")[:n]
        return [(self.classes[i], float(self.scores[row, i])) for i in order]

    def to_dicts(self) -> list[dict[str, object]]:
        """A dictionary for each row."""
        return [dict(zip(self.columns, cells)) for cells in zip(*(column.tolist() for column in self.columns.values()))]

    def to_pandas(self) -> pandas.DataFrame:
        """A pandas frame, with the index of the frame that was asked about."""
        import pandas

        return pandas.DataFrame(dict(self.columns), index=pandas.Index(self.index))

    def to_polars(self) -> polars.DataFrame:
        """A polars frame."""
        import polars

        return polars.DataFrame({name: cells.tolist() for name, cells in self.columns.items()})

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write a CSV file, in UTF-8; its first column, ``row``, holds the rows' names.

        Args:
            path: of the file.
        """
        import csv
        import io

        text = io.StringIO(newline="")
        write = csv.writer(text)
        write.writerow(["row", *self.columns])
        cells = (column.tolist() for column in self.columns.values())
        write.writerows(zip(self.index, *cells))
        files.write(Path(path), text.getvalue().encode())

    def __str__(self) -> str:
        names = list(self.columns)[:_SHOWN_COLUMNS]
        rows = [
            ["", *names],
            *([str(self.index[i]), *self._shown(i, names)] for i in range(min(len(self), _SHOWN_ROWS))),
        ]
        widths = [max(len(row[place]) for row in rows) for place in range(len(names) + 1)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
        more = [f"… {len(self):,} rows, {len(self.columns)} columns"]
        return "\n".join(lines + (more if len(self) > _SHOWN_ROWS or len(self.columns) > len(names) else []))

    def _shown(self, row: int, names: Sequence[str]) -> list[str]:
        cells = (self.columns[name][row] for name in names)
        return [f"{cell:.4g}" if isinstance(cell, float) else str(cell) for cell in cells]

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"

    __repr__ = __str__


@dataclass(frozen=True)
class _Asked:
    """Rows for a model, their names, and columns that go with them."""

    x: Array
    index: Sequence[object]
    beside: Mapping[str, Array]
    notes: tuple[str, ...] = ()


def answer(self: Trainable, data: object) -> Answers:
    """What the model says about new data: a label and the probability of every class, or amounts in their own units.

    Args:
        data: for a model of a table whatever ``load_table`` takes: a file, a pandas or polars frame, a list of dicts, a
            dict of lists, one dict; columns that are not used, the target included, may be absent. For a model of
            pictures a file, a folder, or a list of files; of MNIST's digits also of several in one picture. For any
            model an array of rows as ``predict`` takes it.

    Returns:
        :class:`clarinet.Answers`: a column for the label or amount, called as what is predicted, one for each class's
        probability, and those that name the rows; of photos of digits ``"looks like digits"``, ``"confidence"`` and
        ``"second guess"`` too, and no probabilities of classes where there are several. ``to_pandas()``,
        ``to_polars()`` and ``to_csv(path)`` pass it on.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the data lack columns, or hold what the training data did not; the message names it.
        TypeError: the model does not say how such data become its inputs.

    Example:
        >>> import clarinet
        >>> model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1, kernel_initializer="ones")])
        >>> model.answer(np.array([[1.0, 2.0]]))["prediction"].tolist()
        [3.0]
    """
    about = provenance.describe(self)
    return answers_to(self, about, data, coding_of(about))


def coding_of(about: About) -> TableCoding | None:
    """How a model's table was coded; None for a model of anything else."""
    return datasets.TableCoding.from_config(about["coding"]) if about["kind"] == "table" else None


def answers_to(model: Trainable, about: About, data: object, coding: TableCoding | None) -> Answers:
    """As :func:`answer`, with a coding that may know more about a file than the model's own.

    Args:
        model: to ask.
        about: its training data.
        data: as for :func:`answer`.
        coding: for tables.
    """
    photos = _files(data) if about["kind"] == "mnist" and about["classes"] == _DIGITS else None
    if photos is not None and model.prediction_shape == (len(_DIGITS),):
        return _of_digits(model, photos)
    asked = _of_table(coding, data) if coding is not None else _of_others(model, about, data)
    found = model.predict(asked.x)
    if not isinstance(found, np.ndarray):
        raise TypeError("answer: the model has several outputs; use predict")
    scores = np.asarray(found, np.float64)
    name = "prediction" if coding is None else coding.target.name
    columns, classes, scores = _answered(name, scores, about["classes"])
    return Answers({**asked.beside, **columns}, asked.index, asked.notes, classes, scores, asked.x)


def _answered(name: str, scores: Array, known: list[str]) -> tuple[dict[str, Array], tuple[str, ...], Array]:
    """The columns of predictions, the names of the classes, and their probabilities."""
    flat = scores.reshape(len(scores), -1)
    if flat.shape[1] == 1 and not known:
        return {name: flat[:, 0]}, (), flat
    if flat.shape[1] == 1:  # one sigmoid: the probability of class 1
        flat = np.concatenate([1 - flat, flat], axis=1)
    classes = tuple(known) if len(known) == flat.shape[1] else tuple(map(str, range(flat.shape[1])))
    label = np.array(classes, object)[flat.argmax(axis=1)] if len(flat) else np.zeros(0, object)
    return {name: label, **{f"{each} (probability)": flat[:, i] for i, each in enumerate(classes)}}, classes, flat


# Tables.


def _of_table(coding: TableCoding, data: object) -> _Asked:
    if isinstance(data, np.ndarray):
        return _of_rows(coding, data)
    table = coding.read([data] if isinstance(data, Mapping) and _is_row(data) else data)
    x = coding.encode(table)
    used = {column.name for column in coding.columns} | {coding.target.name}
    unused = [name for name in table.columns if name not in used]
    beside = {name: np.array(table.columns[name], object) for name in unused if _names_rows(table.columns[name])}
    notes = (f"The model does not use {', '.join(map(repr, unused))}.",) if unused else ()
    index = table.index if table.index is not None else range(len(table))
    return _Asked(x, index, beside, notes)


def _of_rows(coding: TableCoding, data: Array) -> _Asked:
    """An array of features, or one of columns in the training table's order."""
    rows = np.atleast_2d(data)
    names = [column.name for column in coding.columns]
    if rows.shape[1] == len(coding.feature_names):
        return _Asked(rows, range(len(rows)), {})
    if rows.shape[1] == len(names):
        return _of_table(coding, {name: rows[:, i].tolist() for i, name in enumerate(names)})
    raise ValueError(
        f"answer: rows of {rows.shape[1]} numbers; expected the {len(names)} columns {', '.join(map(repr, names))}, "
        f"or the {len(coding.feature_names)} features that they become"
    )


def _is_row(data: Mapping[str, object]) -> bool:
    """Whether a dictionary holds one row, and not columns."""
    return not any(hasattr(cell, "__iter__") and not isinstance(cell, str) for cell in data.values())


def _names_rows(cells: Sequence[str]) -> bool:
    """Whether every row has another name."""
    return len(set(cells)) == len(cells) and not any("." in cell and cell.replace(".", "").isdigit() for cell in cells)


# Pictures and arrays.


def _of_others(model: Trainable, about: About, data: object) -> _Asked:
    if hasattr(data, "columns") and hasattr(data, "to_numpy"):
        frame: Any = data
        index = list(frame.index) if hasattr(frame, "index") else range(len(frame))
        return _Asked(frame.to_numpy(), index, {})
    files = _files(data)
    if files is None:
        rows = _as_rows(model, np.asarray(data))
        return _Asked(rows, range(len(rows)), {})
    if about["kind"] == "unknown":
        raise ValueError(
            f"{files[0]}: the model does not say how files become its inputs of shape {model.sample_shape}; train it "
            "with clarinet train, or predict from Python with arrays"
        )
    pixels = np.stack([picture(about, file) for file in files])
    return _Asked(provenance.as_inputs(model, pixels), list(map(str, files)), {})


def _as_rows(model: Trainable, rows: Array) -> Array:
    """Rows as ``predict`` takes them; a single one becomes the only one."""
    shape = model.sample_shape
    single = shape is not None and rows.shape[1:] != shape and rows.size == int(np.prod(shape))
    return rows.reshape(1, *(shape or ())) if single else rows


def _files(data: object) -> list[Path] | None:
    """The files that are meant; None for arrays."""
    from clarinet.datasets.images import pictures_in

    if isinstance(data, str | os.PathLike):
        path = Path(data)
        found = list(pictures_in(path, path, [])) if path.is_dir() else [path]
        if not found:
            raise ValueError(f"{path}: there is no picture in this folder")
        return found
    if isinstance(data, list | tuple) and data and all(isinstance(each, str | os.PathLike) for each in data):
        return [Path(each) for each in data]
    return None


def _of_digits(model: Trainable, files: Sequence[Path]) -> Answers:
    """The digits of each photo: one, or several beside each other."""
    found = [_read(model, file) for file in files]
    readings = tuple(each for each, _ in found)
    none = (math.nan,) * len(_DIGITS)
    scores = np.array([each.signs[0].scores if len(each.signs) == 1 else none for each in readings])
    columns: dict[str, Array] = {
        "prediction": np.array([each.label for each in readings], object),
        "looks like digits": np.array([each.is_number for each in readings]),
        "confidence": np.array([each.confidence for each in readings]),
        "second guess": np.array([each.seconds() for each in readings], object),
    }
    columns |= {f"{name} (probability)": scores[:, place] for place, name in enumerate(_DIGITS)}
    widest = max(forms.shape[0] for _, forms in found)
    rows = np.zeros((len(found), 28, 28 * widest), np.uint8)
    for row, (_, forms) in zip(rows, found):
        row[:, : 28 * len(forms)] = np.concatenate(forms, axis=1)
    return Answers(columns, list(map(str, files)), (), tuple(_DIGITS), scores, rows, readings)


def _read(model: Trainable, file: Path) -> tuple[DigitsRead, Array]:
    from clarinet import reading

    grey = datasets.read_image(file, color="grayscale")
    try:
        return reading.read(model, _DIGITS, grey)
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None


def picture(about: About, file: str | os.PathLike[str]) -> Array:
    """Pixels as the data set that the model was trained on has them."""
    if about["kind"] == "mnist":
        return datasets.load_digit(file)
    color = {"fashion_mnist": "grayscale", "cifar10": "rgb"}.get(about["kind"]) or about["color"]
    height, width = {"fashion_mnist": (28, 28), "cifar10": (32, 32)}.get(about["kind"]) or about["size"]
    return datasets.read_image(file, (height, width), color, fit=about.get("fit", "stretch"))
