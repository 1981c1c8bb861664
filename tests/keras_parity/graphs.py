"""Graphs as people build them, written once for Keras and for Clarinet: each function takes the library.

A function gives a compiled model, rows, labels and further arguments of ``fit``. What the programs in
:mod:`tests.programs` have is not repeated.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

ROWS = 18
Built = tuple[Any, Any, Any, dict[str, Any]]
GRAPHS: dict[str, Callable[[Any], Built]] = {}


def graph(build: Callable[[Any], Built]) -> Callable[[Any], Built]:
    GRAPHS[build.__name__] = build
    return build


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape) * 7 + len(shape)).normal(size=(ROWS, *shape)).astype("float32")


def words(below: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(below).integers(0, below, size=(ROWS, *shape))


def sgd(k: Any) -> Any:
    return k.optimizers.SGD(0.1, momentum=0.5)


@graph
def highway(k: Any) -> Built:
    """Gates that let a part of the input through, with operators between tensors."""
    x = k.Input((6,))
    h = x
    for _ in range(3):
        gate = k.layers.Dense(6, activation="sigmoid", bias_initializer=k.initializers.Constant(-1.0))(h)
        h = gate * k.layers.Dense(6, activation="tanh")(h) + (1.0 - gate) * h
    model = k.Model(x, k.layers.Dense(1)(h))
    model.compile(sgd(k), "mse")
    return model, numbers(6), numbers(1), {}


@graph
def attention_pooling(k: Any) -> Built:
    """Steps are weighed by a softmax over them."""
    x = k.Input((5, 4))
    h = k.layers.Dense(6, activation="tanh")(x)
    share = k.layers.Softmax(axis=1)(k.layers.Dense(1)(h))
    pooled = k.layers.Flatten()(k.layers.Dot(axes=1)([share, h]))
    model = k.Model(x, [k.layers.Dense(2, name="answer")(pooled), share])
    model.compile(sgd(k), ["mse", None])
    return model, numbers(5, 4), [numbers(2), None], {}


@graph
def bidirectional_states(k: Any) -> Built:
    """The states of both directions begin a second network."""
    x, later = k.Input((4, 3)), k.Input((5, 2))
    _, f, b = k.layers.Bidirectional(k.layers.GRU(3, return_state=True))(x)
    state = k.layers.Dense(4, activation="tanh")(k.layers.Concatenate()([f, b]))
    h = k.layers.GRU(4, return_sequences=True)(later, initial_state=state)
    model = k.Model([x, later], k.layers.TimeDistributed(k.layers.Dense(2))(h))
    model.compile(sgd(k), "mse")
    return model, [numbers(4, 3), numbers(5, 2)], numbers(5, 2)[:, ::-1].copy(), {}


@graph
def text_windows(k: Any) -> Built:
    """Windows of several widths over one embedding."""
    x = k.Input((9,), dtype="int32")
    h = k.layers.Embedding(20, 5)(x)
    found = [k.layers.GlobalMaxPooling1D()(k.layers.Conv1D(4, n, activation="relu")(h)) for n in (2, 3, 4)]
    model = k.Model(x, k.layers.Dense(1, activation="sigmoid")(k.layers.concatenate(found)))
    model.compile(sgd(k), "binary_crossentropy", metrics=["accuracy", k.metrics.AUC(num_thresholds=9)])
    return model, words(20, 9), words(2), {"class_weight": {0: 1.0, 1: 2.5}}


@graph
def inverted_residuals(k: Any) -> Built:
    """Blocks of depthwise convolutions, the second with a way around."""
    x = k.Input((8, 8, 2))
    h = k.layers.Conv2D(4, 3, strides=2, padding="same")(x)
    for stride in (2, 1):
        wide = k.layers.ReLU(6.0)(k.layers.BatchNormalization()(k.layers.Conv2D(8, 1, use_bias=False)(h)))
        deep = k.layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(wide)
        new = k.layers.Conv2D(4, 1, use_bias=False)(k.layers.ReLU(6.0)(k.layers.BatchNormalization()(deep)))
        h = k.layers.Add()([h, new]) if stride == 1 else new
    model = k.Model(x, k.layers.Dense(2)(k.layers.Flatten()(h)))
    model.compile(sgd(k), k.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1))
    return model, numbers(8, 8, 2), np.eye(2, dtype="float32")[words(2)], {}


@graph
def entity_embeddings(k: Any) -> Built:
    """Columns of classes, each with vectors of its own, and numbers, by name."""
    sizes = {"shop": (5, 2), "day": (7, 3)}
    inputs = {name: k.Input((1,), name=name, dtype="int32") for name in sizes}
    parts = [k.layers.Flatten()(k.layers.Embedding(n, d)(inputs[name])) for name, (n, d) in sizes.items()]
    inputs["amounts"] = k.Input((3,), name="amounts")
    h = k.layers.Concatenate()([*parts, inputs["amounts"]])
    h = k.layers.Dense(8, activation="relu")(h)
    model = k.Model(inputs, {"sold": k.layers.Dense(1, name="sold")(h)})
    model.compile(sgd(k), {"sold": k.losses.Huber()}, metrics={"sold": ["mae"]})
    rows = {"shop": words(5, 1), "day": words(7, 1), "amounts": numbers(3)}
    return model, rows, {"sold": numbers(1)}, {"sample_weight": {"sold": np.abs(numbers(1))[:, 0]}}


@graph
def three_of_one(k: Any) -> Built:
    """One encoder for three inputs; distances between them as the answer."""
    a = k.Input((6,))
    encoder = k.Sequential([k.layers.Dense(5, activation="relu"), k.layers.Dense(3), k.layers.UnitNormalization()])
    ends = [k.Input((6,), name=name) for name in ("anchor", "same", "other")]
    codes = [encoder(end) for end in ends]
    near = k.ops.sum(k.ops.square(codes[0] - codes[1]), axis=-1, keepdims=True)
    far = k.ops.sum(k.ops.square(codes[0] - codes[2]), axis=-1, keepdims=True)
    model = k.Model(ends, k.ops.relu(near - far + 0.5))
    model.compile(sgd(k), "mae")
    del a
    rows = {"anchor": numbers(6), "same": numbers(6)[::-1].copy(), "other": numbers(6) * 2}
    return model, rows, np.zeros((ROWS, 1), "float32"), {}


@graph
def recurrent_around(k: Any) -> Built:
    """Recurrent layers with ways around them."""
    x = k.Input((5, 4))
    h = k.layers.LSTM(4, return_sequences=True)(x)
    h = k.layers.LayerNormalization()(k.layers.Add()([x, h]))
    h = k.layers.Add()([h, k.layers.Bidirectional(k.layers.GRU(2, return_sequences=True))(h)])
    model = k.Model(x, k.layers.Dense(3)(k.layers.GlobalAveragePooling1D()(h)))
    model.compile(k.optimizers.Adam(0.01), "mse")
    return model, numbers(5, 4), numbers(3), {}


@graph
def slices_and_splits(k: Any) -> Built:
    """Parts of tensors by brackets, split, stacked and joined again."""
    x = k.Input((6, 4))
    first, last = x[:, 0], x[:, -1, 1:3]
    left, right = k.ops.split(k.layers.Dense(8)(first), 2, axis=-1)
    both = k.ops.stack([left * k.ops.sigmoid(right), left - right], axis=1)
    h = k.ops.concatenate(
        [k.ops.reshape(both, (-1, 8)), k.ops.expand_dims(last[:, 0], -1), k.ops.max(x, axis=1)], axis=-1
    )
    model = k.Model(x, k.layers.Dense(2)(h))
    model.compile(sgd(k), "mse")
    return model, numbers(6, 4), numbers(2), {}


@graph
def sequence_autoencoder(k: Any) -> Built:
    """A sequence as one vector, repeated, and a sequence again."""
    x = k.Input((5, 3))
    code = k.layers.LSTM(4, name="code")(x)
    h = k.layers.LSTM(4, return_sequences=True)(k.layers.RepeatVector(5)(code))
    model = k.Model(
        x, [k.layers.TimeDistributed(k.layers.Dense(3), name="again")(h), k.layers.Dense(1, name="kind")(code)]
    )
    model.compile(sgd(k), {"again": "mse", "kind": k.losses.BinaryCrossentropy(from_logits=True)})
    return model, numbers(5, 3), {"again": numbers(5, 3), "kind": words(2, 1).astype("float32")}, {}


@graph
def painter(k: Any) -> Built:
    """Pictures from vectors by transposed convolutions."""
    x = k.Input((4,))
    h = k.layers.Reshape((2, 2, 4))(k.layers.Dense(16)(x))
    h = k.layers.LeakyReLU(negative_slope=0.2)(k.layers.GroupNormalization(2)(h))
    h = k.layers.Conv2DTranspose(3, 3, strides=2, padding="same", activation="relu")(h)
    h = k.layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="tanh")(h)
    model = k.Model(x, k.layers.Cropping2D(1)(h))
    model.compile(sgd(k), "mae")
    return model, numbers(4), np.tanh(numbers(6, 6, 1)), {}


@graph
def input_as_output(k: Any) -> Built:
    """An output that is an input, and one that is a hidden tensor of another's way."""
    x = k.Input((4,), name="x")
    h = k.layers.Dense(5, activation="relu", name="h")(x)
    model = k.Model(x, [k.layers.Dense(1, name="y")(h), h, k.layers.Identity(name="same")(x)])
    model.compile(sgd(k), ["mse", None, None])
    return model, numbers(4), [numbers(1), None, None], {}


@graph
def shapes_of_every_kind(k: Any) -> Built:
    """Padding, cropping, permuting, upsampling and pooling, joined."""
    x = k.Input((6, 4, 2))
    a = k.layers.Cropping2D(((1, 1), (0, 0)))(k.layers.ZeroPadding2D(1)(x))
    a = k.layers.Permute((2, 1, 3))(a)
    b = k.layers.UpSampling2D((1, 2))(k.layers.MaxPooling2D((1, 2))(x))
    b = k.layers.Reshape((-1, 2))(b)
    h = k.layers.Concatenate()([k.layers.GlobalMaxPooling2D()(a), k.layers.GlobalAveragePooling1D()(b)])
    model = k.Model(x, k.layers.Dense(2)(h))
    model.compile(sgd(k), "log_cosh")
    return model, numbers(6, 4, 2), numbers(2), {}


@graph
def learned_slopes(k: Any) -> Built:
    """Activations with weights, one of them used twice."""
    slope = k.layers.PReLU(shared_axes=[1])
    x = k.Input((5, 3))
    h = slope(k.layers.Conv1D(4, 2, padding="causal")(x))
    h = slope(k.layers.Conv1D(4, 3, padding="same", dilation_rate=2)(h))
    model = k.Model(x, k.layers.Dense(1)(k.layers.Flatten()(k.layers.ELU(0.5)(h))))
    model.compile(sgd(k), "mse")
    return model, numbers(5, 3), numbers(1), {}


@graph
def losses_of_every_kind(k: Any) -> Built:
    """Four outputs, each with another loss, weights by name and labels by name."""
    x = k.Input((5,))
    h = k.layers.Dense(6, activation="swish")(x)
    ends = {
        "amount": k.layers.Dense(1, name="amount", activation="softplus")(h),
        "sign": k.layers.Dense(1, name="sign", activation="tanh")(h),
        "parts": k.layers.Dense(3, name="parts", activation="softmax")(h),
        "flags": k.layers.Dense(2, name="flags", activation="sigmoid")(h),
    }
    model = k.Model(x, ends)
    model.compile(
        k.optimizers.RMSprop(0.01),
        {"amount": "poisson", "sign": "squared_hinge", "parts": "kl_divergence", "flags": "binary_focal_crossentropy"},
        loss_weights={"amount": 0.5, "sign": 1.0, "parts": 2.0, "flags": 0.25},
        metrics={"flags": [k.metrics.BinaryAccuracy(), k.metrics.Precision(name="p")], "amount": ["mse"]},
    )
    parts = np.abs(numbers(3)) / np.abs(numbers(3)).sum(-1, keepdims=True)
    labels = {
        "amount": np.abs(numbers(1)),
        "sign": np.sign(numbers(1)),
        "parts": parts,
        "flags": words(2, 2).astype("float32"),
    }
    return model, numbers(5), labels, {"validation_data": (numbers(5)[:5], {n: y[:5] for n, y in labels.items()})}


@graph
def factorization_machine(k: Any) -> Built:
    """Products of all pairs of fields by sums and squares."""
    x = k.Input((4,), dtype="int32")
    vectors = k.layers.Embedding(12, 3, embeddings_regularizer="l2")(x)
    summed = k.ops.sum(vectors, axis=1)
    pairs = 0.5 * k.ops.sum(summed * summed - k.ops.sum(vectors * vectors, axis=1), axis=-1, keepdims=True)
    linear = k.ops.sum(k.layers.Embedding(12, 1)(x), axis=1)
    model = k.Model(x, k.layers.Activation("sigmoid")(pairs + linear))
    model.compile(k.optimizers.Adagrad(0.1), "binary_crossentropy", metrics=["accuracy"])
    return model, words(12, 4), words(2), {}


@graph
def separable_tower(k: Any) -> Built:
    """Separable convolutions with shrinking ways around, as in Xception."""
    x = k.Input((8, 8, 2))
    h = x
    for filters in (3, 4):
        around = k.layers.BatchNormalization()(
            k.layers.Conv2D(filters, 1, strides=2, padding="same", use_bias=False)(h)
        )
        h = k.layers.SeparableConv2D(filters, 3, padding="same", use_bias=False)(k.layers.Activation("relu")(h))
        h = k.layers.MaxPooling2D(3, strides=2, padding="same")(k.layers.BatchNormalization()(h))
        h = k.layers.add([h, around])
    model = k.Model(x, k.layers.Dense(1, activation="sigmoid")(k.layers.GlobalAveragePooling2D()(h)))
    model.compile(sgd(k), "binary_crossentropy")
    return model, numbers(8, 8, 2), words(2, 1).astype("float32"), {}


@graph
def dense_blocks(k: Any) -> Built:
    """Each layer takes what all before it gave."""
    x = k.Input((6, 6, 2))
    h = k.layers.Conv2D(3, 3, padding="same")(x)
    for _ in range(3):
        new = k.layers.Conv2D(2, 3, padding="same", use_bias=False)(k.layers.ReLU()(k.layers.BatchNormalization()(h)))
        h = k.layers.Concatenate()([h, new])
    h = k.layers.GlobalAveragePooling2D()(k.layers.AveragePooling2D(2)(k.layers.Conv2D(4, 1)(h)))
    model = k.Model(x, k.layers.Dense(3, activation="softmax")(h))
    model.compile(sgd(k), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, numbers(6, 6, 2), words(3), {}


@graph
def video(k: Any) -> Built:
    """A model of pictures for each picture of a film, and an LSTM over what it gives."""
    frame = k.Input((5, 5, 1))
    encoder = k.Model(frame, k.layers.Flatten()(k.layers.MaxPooling2D()(k.layers.Conv2D(2, 2)(frame))), name="encoder")
    x = k.Input((3, 5, 5, 1))
    h = k.layers.LSTM(4)(k.layers.TimeDistributed(encoder)(x))
    model = k.Model(x, k.layers.Dense(1, activation="sigmoid")(h))
    model.compile(sgd(k), "binary_crossentropy")
    return model, numbers(3, 5, 5, 1), words(2, 1).astype("float32"), {}


@graph
def decoder_block(k: Any) -> Built:
    """Attention of a sequence to itself, causal, and to another one."""
    x, memory = k.Input((4, 6)), k.Input((5, 6))
    h = k.layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)
    h = k.layers.LayerNormalization()(x + h)
    h = k.layers.LayerNormalization()(h + k.layers.MultiHeadAttention(2, 3)(h, memory))
    h = k.layers.LayerNormalization()(h + k.layers.Dense(6)(k.layers.Dense(12, activation="gelu")(h)))
    model = k.Model([x, memory], k.layers.Dense(7)(h))
    model.compile(
        sgd(k), k.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["sparse_categorical_accuracy"],
    )  # fmt: skip
    return model, [numbers(4, 6), numbers(5, 6)], words(7, 4), {}


@graph
def constants_and_comparisons(k: Any) -> Built:
    """Constants, choices and powers of tensors, and what holds gradients back."""
    x = k.Input((5,))
    h = k.layers.Dense(5)(x)
    fixed = np.linspace(-1, 1, 5).astype("float32")
    h = k.ops.where(h > 0.0, h**2 / 4.0, h * fixed)
    h = k.ops.clip(h, -2.0, 2.0) - k.ops.stop_gradient(k.ops.mean(h, axis=-1, keepdims=True))
    model = k.Model(x, k.layers.Dense(1)(h))
    model.compile(sgd(k), "mse")
    return model, numbers(5), numbers(1), {}
