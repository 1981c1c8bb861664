"""From users' data (lists, arrays, frames, memory maps, generators) to the arrays that engines run on."""

from clarinet.data_adapters.arrays import as_array
from clarinet.data_adapters.batches import Batches, Block, Place, is_batches, unpack
from clarinet.data_adapters.rows import (
    as_rows,
    class_to_row_weights,
    label_form,
    length,
    match_last_axis,
    prepare,
    some_rows,
    split_validation,
    without_gaps,
)
from clarinet.data_adapters.sources import batches_of, is_stream, opened
from clarinet.data_adapters.structures import given_for, inputs_for, leaves_of, rows_for

__all__ = [
    "Batches",
    "Block",
    "Place",
    "as_array",
    "as_rows",
    "batches_of",
    "class_to_row_weights",
    "given_for",
    "inputs_for",
    "is_batches",
    "is_stream",
    "label_form",
    "leaves_of",
    "length",
    "match_last_axis",
    "opened",
    "prepare",
    "rows_for",
    "some_rows",
    "split_validation",
    "unpack",
    "without_gaps",
]
