"""Pipelines of data, as ``tf.data`` has them: :class:`Dataset`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clarinet import aliases
from clarinet.data import experimental
from clarinet.data.dataset import AUTOTUNE, Dataset
from clarinet.data.elements import INFINITE_CARDINALITY, UNKNOWN_CARDINALITY
from clarinet.data.options import Options
from clarinet.data.streams import Streamed, stream
from clarinet.data.text_files import TextLineDataset
from clarinet.names import public

__all__ = [
    "AUTOTUNE",
    "INFINITE_CARDINALITY",
    "UNKNOWN_CARDINALITY",
    "Dataset",
    "Options",
    "Streamed",
    "TextLineDataset",
    "experimental",
    "stream",
]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)
