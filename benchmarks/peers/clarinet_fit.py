"""Clarinet as its guide writes it, on the engine that the row names."""

from __future__ import annotations

import numpy as np

import clarinet

from ..work import BATCH, CLASSES, HIDDEN, INPUTS, LEARNING_RATE, Array, Work


class Peer:
    """``model.fit(x, y, epochs=1, verbose=0)``.

    Args:
        engine: ``"native"`` or ``"reference"``.
    """

    def __init__(self, engine: str = "native") -> None:
        self.engine = engine

    def prepare(self, work: Work, seed: int) -> None:
        clarinet.utils.set_random_seed(seed)
        self.work = work
        layers = [clarinet.Input((INPUTS,))]
        if work.scale != 1:
            layers.append(clarinet.layers.Rescaling(work.scale))
        layers += [clarinet.layers.Dense(units, activation="relu") for units in HIDDEN]
        self.model = clarinet.Sequential([*layers, clarinet.layers.Dense(CLASSES, activation="softmax")])
        self.model.compile(
            optimizer=clarinet.optimizers.Adam(LEARNING_RATE),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
            engine=self.engine,
        )

    def epoch(self) -> dict[str, float]:
        history = self.model.fit(
            self.work.x, self.work.y, batch_size=BATCH, epochs=1, validation_split=self.work.validation_split, verbose=0
        )
        return {name: float(values[-1]) for name, values in history.history.items()}

    def predict_one(self, image: Array) -> Array:
        return np.asarray(self.model.predict(image[np.newaxis], verbose=0))

    def accuracy(self, x: Array, y: Array) -> float:
        return float(self.model.evaluate(x, y, verbose=0)[1])
