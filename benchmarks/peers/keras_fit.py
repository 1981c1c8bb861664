"""Keras 3 on the back end that KERAS_BACKEND names: as its guide writes it, and tuned."""

from __future__ import annotations

import keras
import numpy as np

from ..work import BATCH, CLASSES, HIDDEN, INPUTS, LEARNING_RATE, Array, Work

#: Steps that the tuned row runs in one call of the back end; 5, 50, 150, 500 and 1,500 were slower or no faster.
STEPS_PER_EXECUTION = 20


class Peer:
    """``model.fit(x, y, epochs=1, verbose=0)``.

    Args:
        tuned: ``jit_compile=True`` and several steps in one call; ``predict_one`` calls the compiled function itself.
    """

    def __init__(self, tuned: bool = False) -> None:
        self.tuned = tuned

    def prepare(self, work: Work, seed: int) -> None:
        keras.utils.set_random_seed(seed)
        self.work = work
        layers = [keras.Input((INPUTS,))]
        if work.scale != 1:
            layers.append(keras.layers.Rescaling(work.scale))
        layers += [keras.layers.Dense(units, activation="relu") for units in HIDDEN]
        self.model = keras.Sequential([*layers, keras.layers.Dense(CLASSES, activation="softmax")])
        tuning = {"jit_compile": True, "steps_per_execution": STEPS_PER_EXECUTION} if self.tuned else {}
        self.model.compile(
            optimizer=keras.optimizers.Adam(LEARNING_RATE),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
            **tuning,
        )

    def epoch(self) -> dict[str, float]:
        history = self.model.fit(
            self.work.x, self.work.y, batch_size=BATCH, epochs=1, validation_split=self.work.validation_split, verbose=0
        )
        return {name: float(values[-1]) for name, values in history.history.items()}

    def predict_one(self, image: Array) -> Array:
        if self.tuned:
            return np.asarray(self.model.predict_on_batch(image[np.newaxis]))
        return self.model.predict(image[np.newaxis], verbose=0)

    def accuracy(self, x: Array, y: Array) -> float:
        return float(self.model.evaluate(x, y, verbose=0)[1])
