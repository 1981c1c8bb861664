"""Keras 3 on the back end that KERAS_BACKEND names: as its guide writes it, and tuned."""

from __future__ import annotations

import keras
import numpy as np

from ..work import Array
from .keras_shaped import KerasShaped

#: Steps that the tuned row runs in one call of the back end; 5, 50, 150, 500 and 1,500 were slower or no faster.
STEPS_PER_EXECUTION = 20


class Peer(KerasShaped):
    """Tuned: ``jit_compile=True`` and several steps in one call; ``predict_one`` calls the compiled function itself."""

    def __init__(self, tuned: bool = False) -> None:
        super().__init__(keras, {"jit_compile": True, "steps_per_execution": STEPS_PER_EXECUTION} if tuned else {})
        self.tuned = tuned

    def predict_one(self, image: Array) -> Array:
        if self.tuned:
            return np.asarray(self.model.predict_on_batch(image[np.newaxis]))
        return super().predict_one(image)
