"""CIFAR-100: 60,000 colour photographs of a hundred kinds of things, by A. Krizhevsky, V. Nair and G. Hinton.

Reference: A. Krizhevsky, *Learning multiple layers of features from tiny images*, 2009. The file that Keras fetches is
read: a pickle, of which nothing but arrays, lists and words is taken.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from clarinet.datasets.npz import unpickled
from clarinet.datasets.published import Parts
from clarinet.fetching import get_file
from clarinet.types import Array

__all__ = ["load_data"]

_ORIGIN = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
_CHECKSUM = "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"


def load_data(label_mode: str = "fine") -> Parts:
    """The photographs, in Keras's order.

    Args:
        label_mode: ``"fine"``, a hundred kinds, or ``"coarse"``, twenty.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: images uint8 (50000, 32, 32, 3) and (10000, 32, 32, 3), labels
        (50000, 1) and (10000, 1).

    Raises:
        ConnectionError: the file is not there and cannot be fetched. ValueError: it is damaged; another ``label_mode``.
    """
    if label_mode not in ("fine", "coarse"):
        raise ValueError(f"cifar100.load_data: label_mode is 'fine' or 'coarse', received {label_mode!r}")
    folder = get_file("cifar-100-python-target", _ORIGIN, extract=True, file_hash=_CHECKSUM)
    train, test = (_read(Path(folder, "cifar-100-python", part), label_mode) for part in ("train", "test"))
    return train, test


def _read(path: Path, label_mode: str) -> tuple[Array, Array]:
    found = unpickled(path)
    planes = np.asarray(found["data"], np.uint8).reshape(-1, 3, 32, 32)
    labels = np.asarray(found[f"{label_mode}_labels"]).reshape(-1, 1)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels
