"""``tf.data.experimental.make_csv_dataset``: batches of the columns of CSV files, by name."""

from __future__ import annotations

import glob
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from clarinet.data.dataset import Dataset
from clarinet.data.elements import UNKNOWN_CARDINALITY
from clarinet.data.stages import Chunks
from clarinet.data.text_files import Column, Table, check_compression, columns_of, opened, paths
from clarinet.types import TensorLike

#: Dtypes that a column may have, the narrowest first; a text is what is none of them.
_KINDS = tuple(np.dtype(name) for name in ("int32", "int64", "float32"))


def make_csv_dataset(
    file_pattern: TensorLike,
    batch_size: int,
    column_names: Sequence[str] | None = None,
    column_defaults: Sequence[TensorLike] | None = None,
    label_name: str | None = None,
    select_columns: Sequence[str | int] | None = None,
    field_delim: str = ",",
    use_quote_delim: bool = True,
    na_value: str = "",
    header: bool = True,
    num_epochs: int | None = None,
    shuffle: bool = True,
    shuffle_buffer_size: int = 10_000,
    shuffle_seed: int | None = None,
    prefetch_buffer_size: int | None = None,
    num_parallel_reads: int | None = None,
    sloppy: bool = False,
    num_rows_for_inference: int | None = 100,
    compression_type: str | None = None,
    ignore_errors: bool = False,
    encoding: str = "utf-8",
) -> Dataset:
    """Batches of rows of CSV files: a dictionary of columns by name, with the labels beside it where one is named.

    Args:
        file_pattern: files, or patterns such as ``"data/*.csv"``.
        batch_size: rows a batch.
        column_names: default the first line of the first file.
        column_defaults: for each column that is read what stands for an empty field; default 0, or an empty text.
        label_name: the column that is the label.
        select_columns: the columns that are read, by name or number; default all.
        field_delim, use_quote_delim, na_value: as for ``CsvDataset``.
        header: whether the first line of each file is left out.
        num_epochs: how often the rows come; default without end.
        shuffle, shuffle_buffer_size, shuffle_seed: whether they come in another order each time.
        num_rows_for_inference: from so many rows it is seen whether a column holds numbers; default all.
        compression_type: as for ``CsvDataset``.
        prefetch_buffer_size, num_parallel_reads, sloppy, ignore_errors, encoding: accepted; files are read in order.

    Raises:
        FileNotFoundError: no file. ValueError: a column that there is not; columns of the same name.
    """
    check_compression(compression_type)
    files = [found for pattern in paths(file_pattern) for found in sorted(glob.glob(pattern))]
    if not files:
        raise FileNotFoundError(f"make_csv_dataset: no file matches {file_pattern!r}")
    reader = Table((), field_delim, use_quote_delim, na_value)
    with opened(files[0], compression_type) as file:
        names = list(column_names) if column_names else next(reader.rows(file), [])
    chosen = _numbers(select_columns, names)
    if label_name is not None and label_name not in [names[i] for i in chosen]:
        raise ValueError(f"make_csv_dataset: label_name={label_name!r} is not one of the columns {names}")
    with opened(files[0], compression_type) as file:
        some = list(islice(reader.rows(islice(file, int(header), None)), num_rows_for_inference))
    columns = (
        columns_of(column_defaults) if column_defaults else [_seen([row[i] for row in some], na_value) for i in chosen]
    )
    table = replace(reader, columns=columns, selected=chosen, names=[names[i] for i in chosen])

    def chunks() -> Chunks:
        for path in files:
            with opened(path, compression_type) as file:
                yield from table.chunks(islice(file, int(header), None))

    rows = Dataset(chunks, UNKNOWN_CARDINALITY)
    rows = (rows.shuffle(shuffle_buffer_size, shuffle_seed) if shuffle else rows).repeat(num_epochs)
    return rows.batch(batch_size, drop_remainder=num_epochs is None).map(_apart(label_name))


def _numbers(selected: Sequence[str | int] | None, names: Sequence[str]) -> list[int]:
    """Which columns are read."""
    if len(set(names)) < len(names):
        raise ValueError(f"make_csv_dataset: columns have the same name: {names}; give others as column_names")
    if selected is None:
        return list(range(len(names)))
    wrong = [one for one in selected if (one not in names if isinstance(one, str) else not 0 <= one < len(names))]
    if wrong:
        raise ValueError(f"make_csv_dataset: select_columns has {wrong}, which is not one of the columns {names}")
    return sorted(names.index(one) if isinstance(one, str) else int(one) for one in selected)


def _seen(fields: Sequence[str], missing: str) -> Column:
    """The column that can hold these fields."""
    given = [field for field in fields if field not in ("", missing)]
    for dtype in _KINDS:
        try:
            np.array([dtype.type(field) for field in given], dtype)
        except (ValueError, OverflowError):
            continue
        return Column(dtype, dtype.type(0))
    return Column(None, "")


def _apart(label: str | None) -> Callable[[dict[str, TensorLike]], TensorLike]:
    """Takes the label out of the columns."""

    def apart(columns: dict[str, TensorLike]) -> TensorLike:
        if label is None:
            return columns
        return {name: column for name, column in columns.items() if name != label}, columns[label]

    return apart
