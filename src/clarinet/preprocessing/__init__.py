"""Texts, sequences and pictures made ready for models, by the names Keras has for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clarinet import aliases
from clarinet.names import public
from clarinet.preprocessing import image, sequence, text
from clarinet.preprocessing.directories import image_dataset_from_directory, text_dataset_from_directory
from clarinet.preprocessing.timeseries import timeseries_dataset_from_array

__all__ = [
    "image",
    "image_dataset_from_directory",
    "sequence",
    "text",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)
