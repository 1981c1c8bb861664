"""Tables in files (Parquet, Arrow, CSV) as shards of rows, read by pyarrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from types import ModuleType

from clarinet.data.arrow import Batch, Fields, File, Footer, pyarrow
from clarinet.data.chunks import Chunk
from clarinet.data.stages import Chunks
from clarinet.names import nearest
from clarinet.types import Array, Config, Json

#: Rows of a table that are decoded at once.
ROWS = 1 << 15


class TableFiles:
    """The files of one table.

    Args:
        kind: ``"parquet"``, ``"arrow"`` or ``"csv"``.
        paths: of the files, whose columns are the same.
        text: how CSV is written, an Arrow file format; None for the others.

    Attributes:
        files: their fragments.
        schema: names and types of the columns.
        parts: the shards, fragments of Arrow: row groups of Parquet, else files.

    Raises:
        ImportError: pyarrow is missing. ValueError: a file cannot be read, or has other columns than the first.
    """

    def __init__(self, kind: str, paths: Sequence[Path], text: object = None) -> None:
        arrow = pyarrow()
        self.kind, self.paths = kind, paths
        form = text if kind == "csv" else {"parquet": "parquet", "arrow": "ipc"}[kind]
        hive = arrow.dataset.partitioning(flavor="hive")
        try:
            self._data = arrow.dataset.dataset([str(path) for path in paths], format=form, partitioning=hive)
            self.files = list(self._data.get_fragments())
            self.schema = _one_schema(arrow, self._data.schema, self.files)
            groups = [file.split_by_row_group() if kind == "parquet" else [file] for file in self.files]
            self.parts = [part for file in groups for part in file]
        except (arrow.ArrowException, OSError) as error:
            hint = (
                "; a stream of Arrow has to be written as a file, with pyarrow.ipc.new_file" if kind == "arrow" else ""
            )
            raise ValueError(f"{paths[0]}{' …' * (len(paths) > 1)}: cannot be read: {error}{hint}") from None

    def batches(self, part: int, columns: Sequence[str], rows: int = ROWS) -> Iterator[Batch]:
        """Record batches of some columns of a shard.

        Raises:
            ValueError: it cannot be read.
        """
        arrow = pyarrow()
        little = {"batch_readahead": 1, "fragment_readahead": 1, "use_threads": True}
        try:
            yield from self.parts[part].to_batches(schema=self.schema, columns=columns, batch_size=rows, **little)
        except (arrow.ArrowException, OSError) as error:
            raise ValueError(f"{self.parts[part].path}: cannot be read: {error}") from None

    @cached_property
    def rows(self) -> list[int] | None:
        """Of each shard; None where a file does not say."""
        if self.kind == "parquet":
            return [part.row_groups[0].num_rows for part in self.parts]
        return None if self.kind == "csv" else [part.count_rows() for part in self.parts]

    def mark(self) -> Config:
        """Names, sizes and columns."""
        files: list[Json] = [[path.name, path.stat().st_size] for path in self.paths]
        return {"files": files, "columns": [f"{name}: {self.schema.field(name).type}" for name in self.schema.names]}


class TableSource:
    """The rows of a table as features and targets.

    Args:
        files: of the table.
        columns: those that are read.
        coded: what becomes of a record batch: arrays, rows without a target left out.
        form: how an element is built.
        lengths: rows of each shard that have a target; None where that is not known.
    """

    many: int | None = None
    decodes = False

    def __init__(
        self,
        files: TableFiles,
        columns: Sequence[str],
        coded: Callable[[Batch, str], tuple[Array, ...]],
        form: object,
        lengths: Sequence[int] | None,
    ) -> None:
        self.files, self.columns, self.lengths = files, columns, lengths
        self._coded, self._form = coded, form

    @property
    def shards(self) -> int:
        return len(self.files.parts)

    def read(self, shard: int) -> Chunks:
        """The rows of a shard."""
        for batch in self.files.batches(shard, self.columns):
            arrays = self._coded(batch, self.files.parts[shard].path)
            if len(arrays[0]):
                yield Chunk(self._form, arrays)

    def mark(self) -> Config:
        """Of the files, with the columns that are read."""
        rows = None if self.lengths is None else sum(self.lengths)
        return {**self.files.mark(), "read": list(self.columns), "rows": rows}


def _one_schema(arrow: ModuleType, first: Fields, files: Sequence[File]) -> Fields:
    """The columns that all files have."""
    own = [file.physical_schema for file in files]
    for file, schema in zip(files, own):
        odd = {*schema.names} ^ {*own[0].names}
        if odd:
            raise ValueError(
                f"{file.path} and {files[0].path} differ in the columns {', '.join(sorted(map(repr, odd)))}"
            )
    if len(set(map(str, own))) == 1:
        return first
    unified: Fields = arrow.unify_schemas([first, *own], promote_options="permissive")
    return unified


def check_columns(wanted: Sequence[str], files: TableFiles) -> None:
    """Refuse columns that there are not.

    Raises:
        ValueError: one of them.
    """
    for name in wanted:
        if name not in files.schema.names:
            raise ValueError(f"{files.paths[0]} has no column {name!r}: {nearest(name, files.schema.names)}")


def seen_in_footers(files: TableFiles) -> dict[str, tuple[bool, bool]]:
    """What the footers of Parquet say of columns: whether some value is missing, and whether values differ.

    Columns of which some footer does not say it are not there.
    """
    if files.kind != "parquet":
        return {}
    found: dict[str, list[Footer]] = {}
    for file in files.files:
        for number in range(file.metadata.num_row_groups):
            group = file.metadata.row_group(number)
            for column in map(group.column, range(group.num_columns)):
                found.setdefault(column.path_in_schema, []).append(column.statistics)
    known = {name: all_ for name, all_ in found.items() if all(s is not None and s.has_null_count for s in all_)}
    return {name: (any(s.null_count for s in all_), _differ(all_)) for name, all_ in known.items()}


def _differ(groups: Sequence[Footer]) -> bool:
    """Whether the least and the largest value of all groups are known, and are two."""
    limits = [(s.min, s.max) for s in groups if s.has_min_max]
    return bool(limits) and min(low for low, _ in limits) < max(high for _, high in limits)
