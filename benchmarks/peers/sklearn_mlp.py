"""scikit-learn's MLPClassifier. It records the loss of an epoch but no accuracy, which is in its favour."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from ..work import Array, Work
from . import base


class Peer(base.Peer):
    """One ``fit`` with ``warm_start`` and ``max_iter=1`` is one epoch on a warm model."""

    def prepare(self, work: Work, seed: int) -> None:
        self.x, self.y = work.train
        self.x_validation, self.y_validation = work.validation
        self.scale = np.float32(work.scale)
        self.model = MLPClassifier(
            work.network.sizes[1:-1], solver="adam", alpha=0.0, batch_size=work.network.batch,
            learning_rate_init=work.network.learning_rate, epsilon=1e-7, max_iter=1, warm_start=True, random_state=seed,
        )  # fmt: skip
        warnings.simplefilter("ignore", ConvergenceWarning)  # one epoch never converges

    def epoch(self) -> dict[str, float]:
        self.model.fit(self._scaled(self.x), self.y)
        logs = {"loss": float(self.model.loss_)}
        if len(self.x_validation):
            logs["val_accuracy"] = float(self.model.score(self.x_validation, self.y_validation))
        return logs

    def _scaled(self, x: Array) -> Array:
        return x if x.dtype == np.float32 else x * self.scale

    def predict_one(self, image: Array) -> Array:
        return self.model.predict_proba(self._scaled(image[np.newaxis]))

    def accuracy(self, x: Array, y: Array) -> float:
        return float(self.model.score(x, y))
