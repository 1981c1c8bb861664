"""What a peer is to the benchmark."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ..work import Array, Work


class Peer(ABC):
    """Builds and trains the benchmark's networks in one way."""

    @abstractmethod
    def prepare(self, work: Work, seed: int) -> None:
        """Build a fresh model for the work."""

    @abstractmethod
    def epoch(self) -> dict[str, float]:
        """Train for one epoch; give its loss and metrics."""

    def fit(self, epochs: int) -> dict[str, float]:
        """Train for several, in one call where the library has one; give the last one's loss and metrics."""
        for _ in range(epochs):
            logs = self.epoch()
        return logs

    def predict_one(self, image: Array) -> Array:
        """The prediction for one image. Only peers that are timed at it have it."""
        raise NotImplementedError

    def accuracy(self, x: Array, y: Array) -> float:
        """The share of rows that the model classifies rightly. Only peers that are compared by it have it."""
        raise NotImplementedError
