"""Files of each kind as sources of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from clarinet.data.arrow import Stored
from clarinet.data.csv_streams import csv_format, usual_mark
from clarinet.data.deciding import Decided, decide, known
from clarinet.data.encoding import Encoder, vector_size
from clarinet.data.pictures import PictureSource
from clarinet.data.sources import ArraySource, FunctionSource, Source
from clarinet.data.tables import TableFiles, TableSource, check_columns
from clarinet.datasets.coding import TableCoding
from clarinet.datasets.columns import NumberColumn, VectorColumn
from clarinet.datasets.formats import Format
from clarinet.datasets.images import find_images
from clarinet.datasets.learning import Rules
from clarinet.names import nearest
from clarinet.problems import shown
from clarinet.types import Array, DType, TensorLike
from clarinet.wording import option

#: What a model that learns from them keeps of the data, as ``clarinet.data_adapters.provenance.About`` has it.
About = dict[str, object]


@dataclass(frozen=True)
class Opened:
    """Rows, and what is known of them.

    Attributes:
        source: of the rows.
        labelled: whether each is ``(x, y)``.
        about: what a model keeps of them; None for nothing.
        names: of the features, where they have some.
        report: a sentence for each decision.
    """

    source: Source
    labelled: bool
    about: About | None = None
    names: tuple[str, ...] = ()
    report: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choices:
    """What the user has said of a table.

    Attributes:
        target: the column to predict.
        columns: those that are looked at; None: all.
        task: ``"classification"``, ``"regression"`` or None.
        rules: for the columns.
        how: how text is written.
        coding: learnt before; None learns it.
        labelled: whether targets are wanted.
    """

    target: str | None
    columns: Sequence[str] | None
    task: str | None
    rules: Rules
    how: Format
    coding: TableCoding | None
    labelled: bool


def open_table(kind: str, paths: Sequence[Path], choices: Choices) -> Opened:
    """Rows of a table, whose columns are coded as ``load_table`` would.

    Raises:
        ValueError: the files cannot be read, columns are missing, or cannot be coded without guessing.
    """
    coding, how = choices.coding, choices.how if choices.coding is None else choices.coding.format
    target = choices.target if coding is None else coding.target.name
    if target is None:
        raise ValueError(f"{paths[0]}: which column should be predicted? Say {option('target', like='...')}")
    wanted = {target, *(choices.columns or ())} if coding is None else {target, *(c.name for c in coding.columns)}
    usual = "." if kind != "csv" else usual_mark(paths[0], how, wanted)
    files = TableFiles(kind, paths, csv_format(paths, how, wanted) if kind == "csv" else None)
    if coding is None:
        check_columns([target, *(choices.columns or ()), *choices.rules.named], files)
        names = choices.columns or [name for name in files.schema.names if name != target]
        found = decide(files, target, list(names), choices.rules, choices.task, how, usual)
    else:
        check_columns([*(c.name for c in coding.columns), *([target] if choices.labelled else [])], files)
        found = known(files, coding, choices.labelled)
    return _table(kind, files, found, choices.labelled, how, wanted)


def _table(kind: str, files: TableFiles, found: Decided, labelled: bool, how: Format, wanted: set[str]) -> Opened:
    coding = found.coding
    if kind == "csv":  # Arrow reads the numbers itself
        text = csv_format(files.paths, how, wanted, found.plain, coding.missing)
        files = TableFiles(kind, files.paths, text)
    encoder = Encoder(coding, _dtype(files, coding), found.decimals, labelled)
    read = [*(column.name for column in coding.columns), *([coding.target.name] if labelled else [])]
    source = TableSource(files, read, encoder, (0, 1) if labelled else 0, found.lengths)
    about: About = {"kind": "table", "classes": [*coding.target.classes], "coding": coding.to_config()}
    return Opened(source, labelled, about, coding.feature_names, found.report)


def _dtype(files: TableFiles, coding: TableCoding) -> DType:
    """uint8 where all features are bytes and none can be missing, as pixels are; else float32."""
    for column in coding.columns:
        kind = files.schema.field(column.name).type
        plain = isinstance(column, VectorColumn) or (isinstance(column, NumberColumn) and not column.marked)
        inner = kind.value_type if hasattr(kind, "list_size") else kind
        bytes_alone = str(inner) == "uint8" or (vector_size(kind) is not None and not hasattr(kind, "list_size"))
        if not (plain and bytes_alone and files.kind == "parquet"):
            return np.dtype(np.float32)
    return np.dtype(np.uint8)


def open_arrays(paths: Sequence[Path], labels: object) -> Opened:
    """Rows of memory-mapped arrays: ``x`` in one file of NumPy, ``y`` in another.

    Raises:
        ValueError: no arrays of numbers, or of different lengths.
    """
    named = [paths, labels if isinstance(labels, (list, tuple)) else [labels]]
    if any(len(several) > 1 for several in named):
        raise ValueError(
            f"expected one file for x and one for y, received {shown([str(p) for p in paths])}, {shown(labels)}"
        )
    arrays = [_mapped(Path(str(several[0]))) for several in named if several[0] is not None]
    _check_lengths(arrays, [str(paths[0]), str(labels)])
    source = ArraySource((0, 1) if labels is not None else 0, arrays, paths[0].name)
    return Opened(source, labels is not None)


def _mapped(path: Path) -> Array:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: there is no such file") from None
    except (ValueError, OSError) as error:
        raise ValueError(f"{path}: no array that can be mapped into memory: {error}") from None
    if not isinstance(array, np.ndarray) or array.ndim == 0 or array.dtype.kind not in "biuf":
        raise ValueError(f"{path}: expected an array of numbers with a row for every sample, as np.save writes it")
    return array


def _check_lengths(arrays: Sequence[Sized], names: Sequence[str]) -> None:
    lengths = [len(array) for array in arrays]
    if len(set(lengths)) > 1:
        listed = ", ".join(f"{name} {length:,}" for name, length in zip(names, lengths))
        raise ValueError(f"different numbers of rows: {listed}; every row of x needs its label")
    if not lengths[0]:
        raise ValueError(f"{names[0]} has no rows")


def open_hdf5(paths: Sequence[Path], target: str | None, columns: Sequence[str] | None, labelled: bool) -> Opened:
    """Rows of the data sets in a file of HDF5.

    Args:
        paths: of the file.
        target: the data set of the labels.
        columns: those of the inputs; None: the only other one.
        labelled: whether labels are wanted.

    Raises:
        ImportError: h5py is missing. ValueError: it cannot be read, or has no such data sets.
    """
    try:
        import h5py
    except ImportError:
        raise ImportError(f'{paths[0]} is HDF5; pip install "clarinet[h5]" to read it') from None
    if len(paths) > 1:
        raise ValueError(f"expected one file of HDF5, received {len(paths)}, {paths[0]} first; put them into one")
    try:
        file = h5py.File(paths[0], "r")
    except OSError as error:
        raise ValueError(f"{paths[0]}: cannot be read as HDF5: {error}") from None
    sets: dict[str, Stored] = {}
    file.visititems(
        lambda name, item: sets.update({name: item}) if isinstance(item, h5py.Dataset) and item.ndim else None
    )
    if labelled and target is None:
        raise ValueError(
            f"{paths[0]}: which data set holds the labels? Say {option('target', like='...')}; it has {_listed(sets)}"
        )
    others = [name for name in sets if name != target]
    for name in (*(columns or ()), *([target] if labelled else [])):
        if name not in sets:
            raise ValueError(f"{paths[0]} has no data set {name!r}: {nearest(str(name), sets)}")
    if columns is None and len(others) != 1:
        raise ValueError(
            f"{paths[0]}: which data sets are the inputs? Say {option('columns', others[:1])}; it has {_listed(sets)}"
        )
    inputs = list(columns or others)
    chosen = [sets[name] for name in inputs] + ([sets[str(target)]] if labelled else [])
    _check_lengths(chosen, [*inputs, str(target)])
    odd = next((array for array in chosen if array.dtype.kind not in "biuf"), None)
    if odd is not None:
        raise ValueError(f"{paths[0]}: data set {odd.name!r} holds {odd.dtype}, expected numbers")
    x: object = 0 if len(inputs) == 1 else {name: i for i, name in enumerate(inputs)}
    block = max(array.chunks[0] if array.chunks else 1 for array in chosen)
    return Opened(ArraySource((x, len(inputs)) if labelled else x, chosen, paths[0].name, block), labelled)


def _listed(sets: Mapping[str, Stored]) -> str:
    return ", ".join(f"{name!r} {tuple(item.shape)}" for name, item in sets.items()) or "none"


def open_pictures(folder: Path, size: tuple[int, int] | str | None, color: str, fit: str, labelled: bool) -> Opened:
    """Pictures in a folder with a folder for each class; arguments and errors as of ``load_images``."""
    found = find_images(folder, size, color, fit=fit)
    source = PictureSource(found.files, found.labels if labelled else None, found.size, found.color, fit)
    high, wide = found.size
    sentence = (
        f"{folder}: {len(found.files):,} pictures of {len(found.classes)} classes, as {high} x {wide} {found.color}."
    )
    about: About = {
        "kind": "images",
        "classes": [*found.classes],
        "size": [high, wide],
        "color": found.color,
        "fit": fit,
    }
    return Opened(source, labelled, about, (), (sentence, *(f"{one}." for one in found.report)))


def open_function(function: Callable[[], Iterable[TensorLike]]) -> Opened:
    """Rows that a function yields."""
    first = next(iter(function()), None)
    if first is None:
        raise ValueError("the function yields nothing; expected rows, (x, y) or x")
    return Opened(FunctionSource(function), isinstance(first, tuple))
