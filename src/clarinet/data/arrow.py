"""What the streams use of pyarrow and h5py."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Protocol

from clarinet.types import Array, DType


class Stored(Protocol):
    """An array in a file of HDF5."""

    @property
    def name(self) -> str: ...

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> DType: ...

    @property
    def chunks(self) -> tuple[int, ...] | None: ...

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice) -> Array: ...


class Kind(Protocol):
    """The type of a column."""

    @property
    def value_type(self) -> Kind: ...

    @property
    def list_size(self) -> int: ...

    @property
    def byte_width(self) -> int: ...


class Values(Protocol):
    """A column."""

    @property
    def type(self) -> Kind: ...

    @property
    def null_count(self) -> int: ...

    @property
    def offset(self) -> int: ...

    def __len__(self) -> int: ...

    def to_numpy(self, zero_copy_only: bool = True) -> Array: ...

    def to_pylist(self) -> list[object]: ...

    def buffers(self) -> Sequence[memoryview]: ...

    def cast(self, target_type: object, safe: bool = True) -> Values: ...

    def filter(self, mask: object) -> Values: ...

    def flatten(self) -> Values: ...

    def unique(self) -> Values: ...

    def combine_chunks(self) -> Values: ...


class Fields(Protocol):
    """Names and types of columns."""

    @property
    def names(self) -> list[str]: ...

    def field(self, name: str) -> Values: ...

    def __len__(self) -> int: ...


class Footer(Protocol):
    """What a footer of Parquet says of a column of a row group."""

    @property
    def has_null_count(self) -> bool: ...

    @property
    def null_count(self) -> int: ...

    @property
    def has_min_max(self) -> bool: ...

    @property
    def min(self) -> float: ...

    @property
    def max(self) -> float: ...


class File(Protocol):
    """A file of a table."""

    @property
    def path(self) -> str: ...

    @property
    def physical_schema(self) -> Fields: ...


class Batch(Protocol):
    """Some rows of a table."""

    @property
    def schema(self) -> Fields: ...

    @property
    def column_names(self) -> list[str]: ...

    @property
    def columns(self) -> list[Values]: ...

    def __len__(self) -> int: ...

    def column(self, name: str | int) -> Values: ...

    def filter(self, mask: object) -> Batch: ...

    def select(self, columns: Sequence[str]) -> Batch: ...

    def take(self, indices: object) -> Batch: ...

    def to_tensor(self, null_to_nan: bool = False, row_major: bool = True) -> Values: ...


def pyarrow() -> ModuleType:
    """The library, with its readers.

    Raises:
        ImportError: it is missing.
    """
    try:
        import pyarrow as found
        import pyarrow.compute
        import pyarrow.csv
        import pyarrow.dataset
    except ImportError:
        raise ImportError('tables are streamed by pyarrow; pip install "clarinet[arrow]"') from None
    module: ModuleType = found
    return module
