"""JAX at its best: after the shuffle the whole epoch is one jitted ``lax.scan`` over the steps."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..networks import Conv, Dense, Flatten, Layer, Network, Pool
from ..work import Array, Work
from . import base

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-7

Tree = Any


class Peer(base.Peer):
    """Parameters and moments are donated to each epoch's call, so that they are updated in place."""

    def prepare(self, work: Work, seed: int) -> None:
        self.network = work.network
        self.x, self.y = (jnp.asarray(a) for a in work.train)
        self.validation = tuple(jnp.asarray(a) for a in work.validation)
        self.scale = work.scale
        self.rng = np.random.default_rng(seed)  # NumPy's permutation takes less than half the time of JAX's
        parameters = _initial(self.network, seed)
        moments = [jax.tree.map(np.zeros_like, parameters) for _ in range(2 if self.network.optimizer == "adam" else 0)]
        self.state = jax.tree.map(jnp.array, (parameters, moments, np.float32(0)))

    def epoch(self) -> dict[str, float]:
        order = self.rng.permutation(len(self.x)).astype(np.int32)
        self.state, (loss, accuracy) = _epoch(self.network, self.state, order, self.x, self.y, self.scale)
        logs = {"loss": float(loss), "accuracy": float(accuracy)}
        if len(self.validation[0]):
            loss, correct = _evaluate(self.network, self.state[0], *self.validation, self.scale)
            logs |= {"val_loss": float(loss), "val_accuracy": float(correct) / len(self.validation[0])}
        return logs

    def predict_one(self, image: Array) -> Array:
        return np.asarray(_predict(self.network, self.state[0], image[np.newaxis], self.scale))

    def accuracy(self, x: Array, y: Array) -> float:
        return float(_evaluate(self.network, self.state[0], x, y, 1.0)[1]) / len(x)


def _initial(network: Network, seed: int) -> Tree:
    """(kernel, bias) of each layer, Glorot's uniform numbers and zeros; empty for a layer without weights."""
    rng = np.random.default_rng(seed)
    parameters = []
    for layer, (before, after) in zip(network.layers, pairwise(network.shapes), strict=True):
        match layer:
            case Dense():
                shape = (before[-1], after[-1])
            case Conv():
                shape = (layer.size, layer.size, before[-1], after[-1])
            case _:
                parameters.append(())
                continue
        limit = np.sqrt(6 / (prod(shape[:-2]) * (shape[-2] + shape[-1])))
        parameters.append((rng.uniform(-limit, limit, shape).astype(np.float32), np.zeros(shape[-1], np.float32)))
    return parameters


def _layer(layer: Layer, parameters: Tree, x: jax.Array) -> jax.Array:
    """A layer, the last one's sigmoid or softmax being left to the loss."""
    match layer:
        case Dense():
            return x @ parameters[0] + parameters[1]
        case Conv():
            return lax.conv_general_dilated(
                x, parameters[0], (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
            ) + parameters[1]  # fmt: skip
        case Pool():
            window = (1, layer.size, layer.size, 1)
            return lax.reduce_window(x, -jnp.inf, lax.max, window, window, "VALID")
        case Flatten():
            return x.reshape(len(x), -1)


def _logits(network: Network, parameters: Tree, x: jax.Array, scale: float) -> jax.Array:
    if x.dtype != jnp.float32:
        x = x.astype(jnp.float32) * scale
    for layer, own in zip(network.layers[:-1], parameters[:-1], strict=True):
        x = _layer(layer, own, x)
        if isinstance(layer, Dense | Conv):
            x = jax.nn.sigmoid(x) if getattr(layer, "activation", "relu") == "sigmoid" else jax.nn.relu(x)
    return _layer(network.layers[-1], parameters[-1], x)


def _loss(network: Network, parameters: Tree, x: jax.Array, y: jax.Array, scale: float) -> tuple[jax.Array, jax.Array]:
    logits = _logits(network, parameters, x, scale)
    match network.loss:
        case "binary_crossentropy":
            losses = jnp.maximum(logits, 0) - logits * y + jnp.log1p(jnp.exp(-jnp.abs(logits)))
            return losses.mean(), ((logits > 0) == (y > 0.5)).sum()
        case "mean_squared_error":
            correct = logits.argmax(axis=1) == y.argmax(axis=1)
            return jnp.square(jax.nn.sigmoid(logits) - y).mean(), correct.sum()
    picked = jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None].astype(jnp.int32), axis=1)
    return -picked.mean(), (logits.argmax(axis=1) == y).sum()


def _step(
    network: Network, data: tuple[jax.Array, ...], scale: float, state: Tree, rows: jax.Array
) -> tuple[Tree, tuple[jax.Array, ...]]:
    parameters, moments, steps = state
    x, y = data
    gradient = jax.value_and_grad(partial(_loss, network), has_aux=True)
    result, gradients = gradient(parameters, x[rows], y[rows], scale)
    if not moments:
        parameters = jax.tree.map(lambda p, g: p - network.learning_rate * g, parameters, gradients)
        return (parameters, moments, steps + 1), result
    first, second = moments
    steps += 1
    rate = network.learning_rate * jnp.sqrt(1 - BETA2**steps) / (1 - BETA1**steps)
    first = jax.tree.map(lambda m, g: m + (1 - BETA1) * (g - m), first, gradients)
    second = jax.tree.map(lambda v, g: v + (1 - BETA2) * (g * g - v), second, gradients)
    parameters = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + EPSILON), parameters, first, second)
    return (parameters, [first, second], steps), result


@partial(jax.jit, static_argnums=0, donate_argnums=1)
def _epoch(
    network: Network, state: Tree, order: jax.Array, x: jax.Array, y: jax.Array, scale: float
) -> tuple[Tree, tuple[jax.Array, jax.Array]]:
    batch, step = network.batch, partial(_step, network, (x, y), scale)
    whole = len(x) // batch * batch
    state, (losses, corrects) = lax.scan(step, state, order[:whole].reshape(-1, batch))
    loss, correct = losses.sum() * batch, corrects.sum()
    if whole < len(x):
        state, (last_loss, last_correct) = step(state, order[whole:])
        loss, correct = loss + last_loss * (len(x) - whole), correct + last_correct
    return state, (loss / len(x), correct / len(x))


@partial(jax.jit, static_argnums=0)
def _evaluate(network: Network, parameters: Tree, x: jax.Array, y: jax.Array, scale: float) -> tuple[jax.Array, ...]:
    return _loss(network, parameters, x, y, scale)


@partial(jax.jit, static_argnums=0)
def _predict(network: Network, parameters: Tree, x: jax.Array, scale: float) -> jax.Array:
    logits = _logits(network, parameters, x, scale)
    return jax.nn.softmax(logits) if network.layers[-1].activation == "softmax" else jax.nn.sigmoid(logits)
