"""From users' data (lists, arrays, frames, memory maps, generators) to the arrays that engines run on."""

from clarinet.data.arrays import as_array
from clarinet.data.batches import Batches, is_batches, unpack
from clarinet.data.rows import as_rows, label_form, match_last_axis, prepare, split_validation

__all__ = [
    "Batches",
    "as_array",
    "as_rows",
    "is_batches",
    "label_form",
    "match_last_axis",
    "prepare",
    "split_validation",
    "unpack",
]
