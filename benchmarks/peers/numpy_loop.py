"""The textbook's training loop: NumPy, no framework. What a learner writes after the chapter on backpropagation."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ..work import Array, Work
from . import base

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-7


class Peer(base.Peer):
    """Dense layers with relu, softmax and cross-entropy, Adam; parameters in plain lists."""

    def prepare(self, work: Work, seed: int) -> None:
        self.work = work
        self.rng = np.random.default_rng(seed)
        sizes = work.network.sizes
        self.weights = [self._glorot(n_in, n_out) for n_in, n_out in pairwise(sizes)]
        self.biases = [np.zeros(n_out, np.float32) for n_out in sizes[1:]]
        self.moments = [(np.zeros_like(p), np.zeros_like(p)) for p in self.weights + self.biases]
        self.steps = 0

    def _glorot(self, n_in: int, n_out: int) -> Array:
        limit = np.sqrt(6 / (n_in + n_out))
        return self.rng.uniform(-limit, limit, (n_in, n_out)).astype(np.float32)

    def epoch(self) -> dict[str, float]:
        x, y = self.work.train
        order, batch = self.rng.permutation(len(x)), self.work.network.batch
        loss, correct = 0.0, 0
        for start in range(0, len(x), batch):
            rows = order[start : start + batch]
            batch_loss, batch_correct = self._step(self._scaled(x[rows]), y[rows])
            loss += batch_loss
            correct += batch_correct
        logs = {"loss": loss / len(x), "accuracy": correct / len(x)}
        x, y = self.work.validation
        if len(x):
            logs |= {f"val_{name}": value for name, value in self._evaluate(x, y).items()}
        return logs

    def _scaled(self, x: Array) -> Array:
        return x if x.dtype == np.float32 else x * np.float32(self.work.scale)

    def _forward(self, x: Array) -> list[Array]:
        activations = [x]
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            activations.append(np.maximum(activations[-1] @ weight + bias, 0))
        logits = activations[-1] @ self.weights[-1] + self.biases[-1]
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        return [*activations, exponentials / exponentials.sum(axis=1, keepdims=True)]

    def _step(self, x: Array, y: Array) -> tuple[float, int]:
        activations = self._forward(x)
        probabilities, picked = activations[-1], (np.arange(len(x)), y)
        loss = -np.log(np.maximum(probabilities[picked], EPSILON)).sum()
        correct = (probabilities.argmax(axis=1) == y).sum()

        delta = probabilities.copy()
        delta[picked] -= 1
        delta /= len(x)
        weight_gradients, bias_gradients = [], []
        for layer in reversed(range(len(self.weights))):
            weight_gradients.insert(0, activations[layer].T @ delta)
            bias_gradients.insert(0, delta.sum(axis=0))
            if layer:
                delta = (delta @ self.weights[layer].T) * (activations[layer] > 0)
        self._adam(weight_gradients + bias_gradients)
        return float(loss), int(correct)

    def _adam(self, gradients: list[Array]) -> None:
        self.steps += 1
        rate = np.float32(self.work.network.learning_rate * np.sqrt(1 - BETA2**self.steps) / (1 - BETA1**self.steps))
        for p, g, (m, v) in zip(self.weights + self.biases, gradients, self.moments, strict=True):
            m += (1 - BETA1) * (g - m)
            v += (1 - BETA2) * (g * g - v)
            p -= rate * m / (np.sqrt(v) + EPSILON)

    def _evaluate(self, x: Array, y: Array) -> dict[str, float]:
        probabilities = self._forward(self._scaled(x))[-1]
        loss = -np.log(np.maximum(probabilities[np.arange(len(x)), y], EPSILON)).mean()
        return {"loss": float(loss), "accuracy": float((probabilities.argmax(axis=1) == y).mean())}

    def predict_one(self, image: Array) -> Array:
        return self._forward(self._scaled(image[np.newaxis]))[-1]

    def accuracy(self, x: Array, y: Array) -> float:
        return self._evaluate(x, y)["accuracy"]
