"""The same program in Clarinet and in Keras: they are built and trained by the same words."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..networks import Conv, Dense, Flatten, Layer, Pool
from ..work import Array, Work
from .base import Peer


class KerasShaped(Peer):
    """``model.fit(x, y, epochs=1, verbose=0)`` in a library shaped like Keras.

    Args:
        library: the module.
        compiling: further arguments of ``compile``.
    """

    def __init__(self, library: Any, compiling: dict[str, object]) -> None:
        self.library, self.compiling = library, compiling

    def prepare(self, work: Work, seed: int) -> None:
        self.library.utils.set_random_seed(seed)
        self.work, network = work, work.network
        self.model = self._model(work) if network.program is None else network.program.build(self.library)
        optimizers = {"adam": self.library.optimizers.Adam, "sgd": self.library.optimizers.SGD}
        self.model.compile(
            optimizer=optimizers[network.optimizer](network.learning_rate),
            loss=network.loss,
            metrics=["accuracy"] if network.counts else [],
            **self.compiling,
        )

    def _model(self, work: Work) -> Any:
        layers = [self.library.Input(work.network.inputs)]
        if work.scale != 1:
            layers.append(self.library.layers.Rescaling(work.scale))
        return self.library.Sequential([*layers, *map(self._layer, work.network.layers)])

    def _layer(self, layer: Layer) -> Any:
        layers = self.library.layers
        match layer:
            case Dense():
                return layers.Dense(layer.units, activation=layer.activation)
            case Conv():
                return layers.Conv2D(layer.filters, layer.size, activation="relu")
            case Pool():
                return layers.MaxPooling2D(layer.size)
            case Flatten():
                return layers.Flatten()

    def epoch(self) -> dict[str, float]:
        return self.fit(1)

    def fit(self, epochs: int) -> dict[str, float]:
        work, batch = self.work, self.work.network.batch
        history = self.model.fit(
            work.x, work.y, batch_size=batch, epochs=epochs, validation_split=work.validation_split, verbose=0
        )
        return {name: float(values[-1]) for name, values in history.history.items()}

    def predict_one(self, image: Array) -> Array:
        return np.asarray(self.model.predict(image[np.newaxis], verbose=0))

    def accuracy(self, x: Array, y: Array) -> float:
        return float(self.model.evaluate(x, y, verbose=0)[1])
