"""The data that every peer is fed: MNIST as a network wants it, in four forms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .networks import Network

CLASSES = 10
VALIDATION_SPLIT = 0.2

#: What is fed to ``fit``: float32 rows in [0, 1]; the same with black raised from 0 to 1/255, so that leaving out zeros
#: gains nothing; the same pixels as uint8, scaled inside the model; float32 rows with a fifth held out for validation.
WORKLOADS = ("float32", "no zeros", "uint8", "validation")

Array = NDArray[np.generic]


@dataclass(frozen=True)
class Work:
    """A network, its training rows ``x`` (n, *inputs) with their targets, and the share of the last rows held out.

    ``y`` is (n,) digits, or what the network's loss wants: (n, 1) "is it odd?", (n, 10) one-hot digits, in float32.
    """

    network: Network
    x: Array
    y: Array
    validation_split: float = 0.0

    @property
    def scale(self) -> float:
        """Factor that brings the rows to [0, 1]."""
        return 1 / 255 if self.x.dtype == np.uint8 else 1.0

    @property
    def train(self) -> tuple[Array, Array]:
        return self.x[: self._border], self.y[: self._border]

    @property
    def validation(self) -> tuple[Array, Array]:
        """The held-out rows; empty without a validation split."""
        return self.x[self._border :], self.y[self._border :]

    @property
    def _border(self) -> int:
        return round(len(self.x) * (1 - self.validation_split))


def load(network: Network, workload: str = "float32", rows: int | None = None) -> Work:
    """MNIST's first training images: ``rows`` or the network's number, and a quarter more in ``validation``."""
    from clarinet.datasets import mnist

    if network.program is not None:
        return Work(network, *network.program.data(rows or network.rows))
    split = VALIDATION_SPLIT if workload == "validation" else 0.0
    total = round((rows or network.rows) / (1 - split))
    (x, y), _ = mnist.load_data()
    x = x[:total].reshape(-1, *network.inputs)
    if workload == "no zeros":
        x = np.maximum(x, 1)
    return Work(network, x if workload == "uint8" else to_float(x), targets(network, y[:total]), split)


def load_test(network: Network, rows: int | None = None) -> tuple[Array, Array]:
    """MNIST's first ``rows`` test images (all 10,000 by default) as float32 in [0, 1], with their targets."""
    from clarinet.datasets import mnist

    _, (x, y) = mnist.load_data()
    return to_float(x[:rows].reshape(-1, *network.inputs)), targets(network, y[:rows])


def targets(network: Network, digits: Array) -> Array:
    """What the network's loss compares with."""
    match network.loss:
        case "binary_crossentropy":
            return (digits % 2).astype(np.float32)[:, np.newaxis]
        case "mean_squared_error":
            return np.eye(CLASSES, dtype=np.float32)[digits]
    return digits


def to_float(pixels: Array) -> Array:
    """Pixels scaled to [0, 1] without a temporary copy: the peak of memory shall be the peer's, not ours."""
    scaled = np.empty(pixels.shape, np.float32)
    np.multiply(pixels, np.float32(1 / 255), out=scaled)
    return scaled
