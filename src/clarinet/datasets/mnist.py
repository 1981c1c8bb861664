"""MNIST: 70,000 handwritten digits by Y. LeCun, C. Cortes and C. Burges (CC BY-SA 3.0), bundled with the package."""

from __future__ import annotations

import os
from pathlib import Path

from clarinet.datasets.idx import ImageSet, read_image_set

__all__ = ["load_data"]


def load_data(path: str = "mnist.npz", *, folder: str | os.PathLike[str] | None = None) -> ImageSet:
    """Load MNIST; no network is needed.

    Args:
        path: not used. It is the name of Keras's cache file, accepted so that programs which pass it run unchanged.
        folder: read the four IDX files (plain or ``.gz``) from here instead of the bundled ones.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: images uint8 (60000, 28, 28) and (10000, 28, 28), 0 = background to
        255 = ink; labels uint8 (60000,) and (10000,), the digits 0 to 9.

    Raises:
        FileNotFoundError: ``folder`` lacks a file.
        ValueError: a file is damaged; the message says how.

    Example:
        >>> from clarinet.datasets import mnist
        >>> (x_train, y_train), (x_test, y_test) = mnist.load_data()
        >>> x_train.shape, y_train[:5].tolist(), y_test.shape
        ((60000, 28, 28), [5, 0, 4, 1, 9], (10000,))
    """
    return read_image_set(Path(__file__).parent / "bundled" if folder is None else folder)
