"""Data sets: bundled, downloaded, drawn, or your own tables and folders of images."""

from clarinet.datasets import cifar10, fashion_mnist, mnist, study_hours, toys
from clarinet.datasets.images import Images, load_images
from clarinet.datasets.tables import Table, TableCoding, load_table

__all__ = [
    "Images",
    "Table",
    "TableCoding",
    "cifar10",
    "fashion_mnist",
    "load_images",
    "load_table",
    "mnist",
    "study_hours",
    "toys",
]
