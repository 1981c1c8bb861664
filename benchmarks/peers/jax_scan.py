"""JAX at its best: after the shuffle the whole epoch is one jitted ``lax.scan`` over the steps."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..work import BATCH, CLASSES, HIDDEN, INPUTS, LEARNING_RATE, Array, Work

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-7

Tree = Any


class Peer:
    """Parameters and moments are donated to each epoch's call, so that they are updated in place."""

    def prepare(self, work: Work, seed: int) -> None:
        self.x, self.y = (jnp.asarray(a) for a in work.train)
        self.validation = tuple(jnp.asarray(a) for a in work.validation)
        self.scale = work.scale
        self.rng = np.random.default_rng(seed)  # NumPy's permutation takes less than half the time of JAX's
        parameters = _initial(seed)
        zeros = jax.tree.map(np.zeros_like, parameters)
        self.state = jax.tree.map(jnp.array, (parameters, zeros, zeros, np.float32(0)))

    def epoch(self) -> dict[str, float]:
        order = self.rng.permutation(len(self.x)).astype(np.int32)
        self.state, (loss, accuracy) = _epoch(self.state, order, self.x, self.y, self.scale)
        logs = {"loss": float(loss), "accuracy": float(accuracy)}
        if len(self.validation[0]):
            loss, correct = _evaluate(self.state[0], *self.validation, self.scale)
            logs |= {"val_loss": float(loss), "val_accuracy": float(correct) / len(self.validation[0])}
        return logs

    def predict_one(self, image: Array) -> Array:
        return np.asarray(_predict(self.state[0], image[np.newaxis], self.scale))

    def accuracy(self, x: Array, y: Array) -> float:
        return float(_evaluate(self.state[0], x, y, 1.0)[1]) / len(x)


def _initial(seed: int) -> Tree:
    rng = np.random.default_rng(seed)
    sizes = (INPUTS, *HIDDEN, CLASSES)
    limits = [np.sqrt(6 / (a + b)) for a, b in pairwise(sizes)]
    return [
        (rng.uniform(-limit, limit, (a, b)).astype(np.float32), np.zeros(b, np.float32))
        for limit, (a, b) in zip(limits, pairwise(sizes), strict=True)
    ]


def _logits(parameters: Tree, x: jax.Array, scale: float) -> jax.Array:
    if x.dtype != jnp.float32:
        x = x.astype(jnp.float32) * scale
    for weight, bias in parameters[:-1]:
        x = jax.nn.relu(x @ weight + bias)
    return x @ parameters[-1][0] + parameters[-1][1]


def _loss(parameters: Tree, x: jax.Array, y: jax.Array, scale: float) -> tuple[jax.Array, jax.Array]:
    logits = _logits(parameters, x, scale)
    picked = jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None].astype(jnp.int32), axis=1)
    return -picked.mean(), (logits.argmax(axis=1) == y).sum()


def _step(
    data: tuple[jax.Array, ...], scale: float, state: Tree, rows: jax.Array
) -> tuple[Tree, tuple[jax.Array, ...]]:
    parameters, first, second, steps = state
    x, y = data
    result, gradients = jax.value_and_grad(_loss, has_aux=True)(parameters, x[rows], y[rows], scale)
    steps += 1
    rate = LEARNING_RATE * jnp.sqrt(1 - BETA2**steps) / (1 - BETA1**steps)
    first = jax.tree.map(lambda m, g: m + (1 - BETA1) * (g - m), first, gradients)
    second = jax.tree.map(lambda v, g: v + (1 - BETA2) * (g * g - v), second, gradients)
    parameters = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + EPSILON), parameters, first, second)
    return (parameters, first, second, steps), result


@partial(jax.jit, donate_argnums=0)
def _epoch(
    state: Tree, order: jax.Array, x: jax.Array, y: jax.Array, scale: float
) -> tuple[Tree, tuple[jax.Array, jax.Array]]:
    whole = len(x) // BATCH * BATCH
    state, (losses, corrects) = jax.lax.scan(partial(_step, (x, y), scale), state, order[:whole].reshape(-1, BATCH))
    loss, correct = losses.sum() * BATCH, corrects.sum()
    if whole < len(x):
        state, (last_loss, last_correct) = _step((x, y), scale, state, order[whole:])
        loss, correct = loss + last_loss * (len(x) - whole), correct + last_correct
    return state, (loss / len(x), correct / len(x))


@jax.jit
def _evaluate(parameters: Tree, x: jax.Array, y: jax.Array, scale: float) -> tuple[jax.Array, jax.Array]:
    return _loss(parameters, x, y, scale)


@jax.jit
def _predict(parameters: Tree, x: jax.Array, scale: float) -> jax.Array:
    return jax.nn.softmax(_logits(parameters, x, scale))
