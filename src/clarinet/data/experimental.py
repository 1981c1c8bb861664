"""``tf.data.experimental``: what programs still take from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clarinet import aliases
from clarinet.data.csv_batches import make_csv_dataset
from clarinet.data.dataset import AUTOTUNE, Dataset
from clarinet.data.text_files import CsvDataset
from clarinet.names import public
from clarinet.types import DTypeArg

__all__ = ["AUTOTUNE", "Counter", "CsvDataset", "cardinality", "make_csv_dataset"]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


def cardinality(dataset: Dataset) -> int:
    """How many elements there are; -1 where there is no end, -2 where only a pass tells."""
    return dataset.cardinality()


def Counter(start: int = 0, step: int = 1, dtype: DTypeArg = "int64") -> Dataset:
    """Whole numbers without end; as :meth:`clarinet.data.Dataset.counter`."""
    return Dataset.counter(start, step, dtype)
