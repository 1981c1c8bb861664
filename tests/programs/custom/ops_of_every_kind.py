"""keras.ops of the usual kinds: on arrays, and in a graph that is trained."""

# Style: keras-team/keras-io guides/keras_core/getting_started_with_keras_core.py;
#   attention, segmentation and recommender programs with keras.ops
import keras
import numpy as np
from keras import layers, ops

from tests.programs.common import record, start

rng = np.random.default_rng(138)
a = rng.normal(size=(3, 4)).astype("float32")
b = rng.uniform(0.5, 2, size=(4, 2)).astype("float32")
ids = np.array([2, 0, 1])

on_arrays = {
    "elementwise": [
        ops.exp(a),
        ops.log(b),
        ops.sqrt(b),
        ops.sigmoid(a),
        ops.erf(a),
        ops.sign(a),
        ops.round(a),
        ops.tanh(a),
    ],
    "pairs": [
        ops.maximum(a, 0.1),
        ops.power(b, 1.5),
        ops.floor_divide(b, 0.3),
        ops.mod(b, 0.4),
        ops.logaddexp(a, a[::-1]),
    ],
    "reductions": [
        ops.sum(a, axis=0),
        ops.mean(a, axis=-1, keepdims=True),
        ops.std(a),
        ops.prod(b, axis=1),
        ops.logsumexp(a, axis=1),
    ],
    "products": [ops.matmul(a, b), ops.einsum("ij,jk->ki", a, b), ops.tensordot(a, b, axes=1), ops.outer(ids, ids)],
    "shapes": [
        ops.reshape(a, (2, -1)),
        ops.transpose(a),
        ops.expand_dims(a, 1),
        ops.stack([a, a], axis=1),
        ops.tile(ids, 2),
    ],
    "more shapes": [
        ops.concatenate([a, a], axis=1),
        ops.pad(a, [[1, 0], [0, 2]]),
        ops.flip(a, axis=1),
        ops.repeat(ids, 2),
    ],
    "choices": [
        ops.take(a, ids, axis=0),
        ops.take_along_axis(a, ops.argsort(a, axis=1), axis=1),
        ops.where(a > 0, a, -1.0),
    ],
    "orders": [ops.argmax(a, axis=1), ops.sort(a, axis=0), *ops.top_k(a, k=2), ops.cumsum(a, axis=1)],
    "categories": [
        ops.one_hot(ids, 4),
        ops.softmax(a),
        ops.log_softmax(a, axis=0),
        ops.relu6(4 * a),
        ops.leaky_relu(a),
    ],
    "made": [ops.arange(5), ops.linspace(0.0, 1.0, 4), ops.eye(3), ops.full((2, 2), 0.5), ops.ones_like(a), ops.tri(3)],
    "logic": [
        ops.any(a > 1),
        ops.logical_and(a > 0, a < 1),
        ops.isnan(a),
        ops.equal(ids, [2, 1, 1]),
        ops.clip(a, -1, 1),
    ],
    "pieces": [
        *ops.split(a, 2, axis=1),
        *ops.unstack(ids),
        ops.squeeze(a[:1], axis=0),
        ops.diagonal(a),
        ops.norm(a, axis=1),
    ],
    "kinds": [ops.cast(a, "int32"), ops.cast(ids > 0, "float32"), list(ops.shape(a)), ops.convert_to_numpy(a)],
}

x = rng.normal(size=(16, 4)).astype("float32")
y = rng.normal(size=(16, 1)).astype("float32")
inputs = keras.Input((4,))
h = layers.Dense(6)(inputs)
left, right = ops.split(h, 2, axis=-1)
h = ops.concatenate([ops.sin(left), ops.exp(-ops.square(right)), ops.log1p(ops.abs(left))], axis=-1)
h = h - ops.max(h, axis=-1, keepdims=True)
h = ops.where(h > -1.0, h, ops.tanh(h)) + ops.cumsum(h, axis=-1)
h = ops.einsum("bi,bj->bij", h, ops.softmax(h))
h = ops.transpose(h, (0, 2, 1))[:, :3, 1:]
h = ops.sqrt(ops.var(h, axis=1) + 1e-3) * ops.logsumexp(h, axis=1)
model = keras.Model(inputs, layers.Dense(1)(h))
model.compile(keras.optimizers.SGD(0.02), "mse")
start(model)

steps, watcher = record(keras)
model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "on arrays": on_arrays,
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": model.predict(x, verbose=0),
}
