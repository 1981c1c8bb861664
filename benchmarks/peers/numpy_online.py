"""The loop of the from-scratch tutorials: one sample at a time, as column vectors, the weights changed at once."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ..work import Array, Work
from . import base


class Peer(base.Peer):
    """Sigmoid layers, squared error and plain gradient descent, in float32."""

    def prepare(self, work: Work, seed: int) -> None:
        self.work = work
        self.rng = np.random.default_rng(seed)
        pairs = list(pairwise(work.network.sizes))
        self.weights = [self.rng.uniform(-0.5, 0.5, (n_out, n_in)).astype(np.float32) for n_in, n_out in pairs]
        self.biases = [np.zeros((n_out, 1), np.float32) for _, n_out in pairs]

    def epoch(self) -> dict[str, float]:
        x, y = self.work.train
        loss, correct = 0.0, 0
        for i in self.rng.permutation(len(x)):
            image, target = x[i][:, np.newaxis], y[i][:, np.newaxis]
            output = self._step(image, target)
            loss += float(((output - target) ** 2).mean())
            correct += int(output.argmax() == target.argmax())
        return {"loss": loss / len(x), "accuracy": correct / len(x)}

    def _step(self, image: Array, target: Array) -> Array:
        rate = np.float32(self.work.network.learning_rate)
        activations = [image]
        for weight, bias in zip(self.weights, self.biases, strict=True):
            activations.append(1 / (1 + np.exp(-(weight @ activations[-1] + bias))))
        output = activations[-1]
        delta = (output - target) * np.float32(2 / len(target)) * output * (1 - output)
        for layer in reversed(range(len(self.weights))):
            before = activations[layer]
            next_delta = (self.weights[layer].T @ delta) * before * (1 - before) if layer else delta
            self.weights[layer] -= rate * (delta @ before.T)
            self.biases[layer] -= rate * delta
            delta = next_delta
        return output
