"""Data sets: bundled, downloaded, drawn, or your own tables and folders of images.

Each part is imported when it is first used: ``import clarinet`` pays for neither of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from clarinet import aliases
from clarinet.names import public

if TYPE_CHECKING:
    from clarinet.datasets import (
        boston_housing,
        california_housing,
        cifar10,
        cifar100,
        fashion_mnist,
        imdb,
        mnist,
        reuters,
        study_hours,
        toys,
    )
    from clarinet.datasets.digits import load_digit
    from clarinet.datasets.images import Images, load_images, read_image
    from clarinet.datasets.tables import Table, TableCoding, load_table

__all__ = [
    "Images",
    "Table",
    "TableCoding",
    "boston_housing",
    "california_housing",
    "cifar10",
    "cifar100",
    "fashion_mnist",
    "imdb",
    "load_digit",
    "load_images",
    "load_table",
    "mnist",
    "read_image",
    "reuters",
    "study_hours",
    "toys",
]

_HOMES = {
    "Images": "images",
    "load_digit": "digits",
    "load_images": "images",
    "read_image": "images",
    "Table": "tables",
    "TableCoding": "tables",
    "load_table": "tables",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        return aliases.find(__name__, name)
    module = import_module(f"{__name__}.{_HOMES.get(name, name)}")
    return getattr(module, name) if name in _HOMES else module


def __dir__() -> list[str]:
    return public(globals())
