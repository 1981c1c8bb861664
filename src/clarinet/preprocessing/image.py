"""Pictures as arrays and files, and batches of pictures that are changed at random (needs Pillow)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clarinet import aliases
from clarinet.names import public
from clarinet.preprocessing.flows import ArrayFlow as NumpyArrayIterator
from clarinet.preprocessing.flows import FileFlow as DirectoryIterator
from clarinet.preprocessing.generator import ImageDataGenerator
from clarinet.preprocessing.pictures import array_to_img, img_to_array, load_img, save_img, smart_resize

__all__ = [
    "DirectoryIterator",
    "ImageDataGenerator",
    "NumpyArrayIterator",
    "array_to_img",
    "img_to_array",
    "load_img",
    "save_img",
    "smart_resize",
]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)
