"""Networks with several inputs and outputs: each made anew for every run, with what it is trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clarinet import Input, layers, losses, metrics, optimizers
from clarinet.engines import Data
from clarinet.graph import Constant, Network, Node, Tensor, ordered
from clarinet.layers.merge import Merge
from clarinet.making_plans import Judgement, make_plan
from clarinet.params import Layout, Store
from clarinet.philox import Key, Stream
from clarinet.plan import Plan
from tests.native.running import Work

Ends = tuple[list[Tensor], list[Tensor]]
ROWS = 37


def _unmasked(node: Node) -> tuple[Tensor, ...]:
    """What a layer takes, without the mask that it looks at."""
    return node.inputs[:-1] if node.masked else node.inputs


class Graph:
    """A network and its weights: what :class:`tests.native.running.Work` takes for a model.

    Args:
        inputs, outputs: where it begins and ends.
        judgements: one for each output.
        optimizer: trains it.
        dtype: of its weights.
    """

    seed = 11

    def __init__(
        self,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        judgements: Sequence[Judgement] | None = None,
        optimizer: Any = None,
        dtype: Any = np.float32,
    ) -> None:
        masks = [tensor.mask for tensor in outputs if tensor.mask is not None]
        nodes = [
            node for node in ordered([*outputs, *masks], inputs) if node.inputs or isinstance(node.operator, Constant)
        ]
        self.network = Network(tuple(nodes), tuple(inputs), tuple(outputs))
        self.judgements, self.optimizer, self.dtype = judgements, optimizer, np.dtype(dtype)
        first = {id(node.operator): node for node in reversed(nodes) if isinstance(node.operator, layers.Layer)}
        self.layers: list[Any] = [node.operator for node in nodes if first.get(id(node.operator)) is node]
        taken = [tuple(t.sample_shape for t in _unmasked(first[id(layer)])) for layer in self.layers]
        shapes = [own if layer.merges else own[0] for layer, own in zip(self.layers, taken)]
        pairs = list(zip(self.layers, shapes))
        size = self.dtype.itemsize
        self.store = Store(
            Layout.of([(layer.weight_specs(shape), layer.trainable) for layer, shape in pairs], size),
            Layout.of([(layer.state_specs(shape), False) for layer, shape in pairs], size, state=True),
            dtype,
        )
        for layout, buffer in (
            (self.store.layout, self.store.params),
            (self.store.state_layout, self.store.state),
        ):
            for number, s in enumerate(layout.segments):
                key = Key(self.seed, Stream.INIT, step=number, layer=s.layer)
                s.view(buffer)[...] = s.weight.initializer(s.shape, dtype=self.dtype, key=key)

    def make_plan(self, _label_shapes: object = ()) -> Plan:
        return make_plan(
            self.network,
            self.layers,
            self.store,
            judgements=self.judgements,
            optimizer=self.optimizer,
            seed=self.seed,
        )


@dataclass
class GraphWork(Work):
    """``stack`` gives the inputs and outputs of a network, ``loss`` a judgement for each output."""

    def model(self) -> Any:
        optimizer = self.optimizer() if callable(self.optimizer) else self.optimizer
        return Graph(*self.stack(), self.loss(), optimizers.get(optimizer))


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng([len(shape), *shape]).normal(size=shape).astype(np.float32)


def ids(classes: int, *shape: int) -> np.ndarray:
    return np.random.default_rng([classes, *shape]).integers(0, classes, shape)


def mse(weight: float = 1.0, name: str = "", **settings: Any) -> Judgement:
    return Judgement(losses.MeanSquaredError(), weight, name=name, **settings)


def tied_branches() -> Ends:
    """Two inputs side by side."""
    a, b = Input((5,)), Input((3,))
    joined = Merge("concatenate")([layers.Dense(6, "relu")(a), layers.Dense(4, "tanh")(b)])
    return [a, b], [layers.Dense(2)(joined)]


def three_ends() -> Ends:
    """A trunk with three outputs, whose losses count differently."""
    a = Input((6,))
    trunk = layers.Dense(9, "relu", kernel_regularizer="l2")(a)
    trunk = layers.Dropout(0.2)(layers.BatchNormalization()(trunk))
    return [a], [layers.Dense(3, "softmax")(trunk), layers.Dense(1, "sigmoid")(trunk), layers.Dense(2)(trunk)]


def three_judgements() -> list[Judgement]:
    return [
        Judgement(losses.SparseCategoricalCrossentropy(), 0.7, [metrics.SparseCategoricalAccuracy()], name="kind"),
        Judgement(losses.BinaryCrossentropy(), 1.0, [metrics.AUC()], [metrics.BinaryAccuracy()], name="chance"),
        mse(0.1, "amount", metrics=[metrics.MeanAbsoluteError()], weighted_metrics=[metrics.R2Score()]),
    ]


def read_on() -> Ends:
    """Results that operations read on, one of them amid functions that run through a few samples at a time."""
    a = Input((4,))
    first = layers.Activation("tanh")(layers.Dense(8)(a))
    second = layers.Activation("silu")(layers.Activation("softplus")(first))
    third = Merge("add")([layers.Dense(8, "relu")(second), first])
    return [a], [first, layers.Dense(2)(third), second]


def one_tensor_thrice() -> Ends:
    """One tensor with three losses, which an operation reads on; it is the first output and the last."""
    a = Input((4,))
    y = layers.Dense(2)(layers.Dense(5, "tanh")(a))
    return [a], [y, y, layers.Dense(1)(y), y]


def thrice() -> list[Judgement]:
    huber, mae = Judgement(losses.Huber(), 0.5, name="b"), Judgement(losses.MeanAbsoluteError(), 2.0, name="d")
    return [mse(name="a"), huber, mse(1.5, "c"), mae]


def dead_ends() -> Ends:
    """What leads to an output without a loss is not trained: alone, with a layer that others train, with penalties."""
    a, b = Input((5,)), Input((5,))
    shared = layers.Dense(6, "relu", kernel_regularizer="l2")
    left, right = shared(a), shared(b)
    idle = layers.BatchNormalization(gamma_regularizer="l1")(layers.Dense(7, bias_regularizer="l2")(right))
    idle = layers.Dense(3)(layers.Dropout(0.3)(idle))
    twice = layers.Dense(3)
    return [a, b], [layers.Dense(2)(left), twice(twice(idle)), right]


def without_loss() -> list[Judgement]:
    judged = [metrics.MeanSquaredError()], [metrics.MeanAbsoluteError()]
    return [mse(name="a"), Judgement(None, 1.0, *judged, name="b"), Judgement(name="c")]


def idle_penalty() -> Ends:
    """A penalty on what leads to no loss counts in the loss, and nobody learns from it."""
    a = Input((5,))
    h = layers.Dense(4, "tanh")(a)
    return [a], [layers.Dense(2)(h), layers.Dense(3, activity_regularizer="l2")(h)]


def passed_through() -> Ends:
    """An input is a result too, and a result is another's mean."""
    a, b = Input((2,)), Input((2,))
    y = layers.Dense(2)(a)
    return [a, b], [b, Merge("average")([y, b]), y]


def pictures() -> Ends:
    """Convolutions whose ReLU and pooling could be done with them, if nobody looked at what lies between."""
    a, b = Input((8, 7, 2)), Input((8, 7, 1))
    raw = layers.Conv2D(3, 3, padding="same")(a)
    cut = layers.Activation("relu")(raw)
    seen = layers.Conv2D(3, 3, activation="relu", padding="same")(b)
    plain = layers.MaxPooling2D()(layers.Conv2D(4, 3, activation="relu", padding="same")(cut))
    pooled = [layers.MaxPooling2D()(t) for t in (cut, seen)]
    flat = layers.Flatten()(Merge("concatenate")([*pooled, plain]))
    return [a, b], [layers.Dense(2)(flat), raw, seen]


def wide_and_deep() -> Ends:
    """A single unit reads the second input where it lies; the first one's layer is wide enough to be shared out."""
    a, b = Input((140,)), Input((300,))
    deep = layers.Dense(1)(layers.Dense(200, "relu")(a))
    wide = layers.Dense(1)(b)
    return [a, b], [layers.Activation("sigmoid")(Merge("add")([deep, wide])), deep]


def twins() -> Ends:
    """Ids, two inputs through the same layers, and a layer that normalises both."""
    words, a, b = Input((4,), dtype="int32"), Input((6,)), Input((6,))
    encode, normal = layers.Dense(8, "tanh"), layers.BatchNormalization()
    left, right = normal(encode(a)), normal(encode(b))
    text = layers.Flatten()(layers.Embedding(9, 3)(words))
    likeness = Merge("multiply")([left, right])
    return [words, a, b], [layers.Dense(2)(Merge("concatenate")([text, likeness])), likeness]


def shapes_given_last() -> Ends:
    """Losses take the last axis of the shape that a result has, not of what computed it."""
    a = Input((6,))
    h = layers.Dense(12)(a)
    return [a], [layers.Reshape((3, 4))(h), layers.Flatten()(layers.Reshape((2, 6))(h)), layers.Reshape((4, 3))(h)]


def fixed_ways() -> Ends:
    """Layers that behave as in training whatever the network does, and some that never do."""
    a, b = Input((6,)), Input((5,))
    h = layers.GaussianNoise(0.3)(layers.Dense(9, "relu")(a), training=True)
    h = layers.Dropout(0.4)(layers.BatchNormalization()(h, training=False), training=True)
    other = layers.Dropout(0.5)(layers.Dense(9, use_bias=False)(b), training=False)
    other = layers.Dropout(0.3)(layers.BatchNormalization()(other, training=True))
    return [a, b], [layers.Dense(2)(Merge("add")([h, other])), other]


def masked_steps() -> Ends:
    """Steps that do not count: in the middle and at both ends, for all layers that look at a mask, loss and metrics."""
    words, x = Input((6,), dtype="int32"), Input((6, 3))
    h = layers.Embedding(5, 4, mask_zero=True)(words)
    both = layers.Bidirectional(layers.GRU(3, return_sequences=True), merge_mode="sum")(h)
    tags = layers.Dense(3, "softmax")(layers.BatchNormalization(momentum=0.8)(both))
    last = layers.LSTM(5)(layers.SimpleRNN(4, return_sequences=True, go_backwards=True)(layers.Masking()(x)))
    mean = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(both))
    return [words, x], [tags, layers.Dense(2)(Merge("concatenate")([last, mean])), both]


def recurrent_forms() -> Ends:
    """What dropout leaves of states, GRUs that reset before the product; states that come in and go on; masks."""
    words, x = Input((6,), dtype="int32"), Input((5, 3))
    h = layers.Embedding(5, 4, mask_zero=True)(words)
    h = layers.Bidirectional(layers.GRU(3, return_sequences=True, reset_after=False, recurrent_dropout=0.3))(h)
    whole = layers.LSTM(4, dropout=0.2, recurrent_dropout=0.4, return_sequences=True, return_state=True)
    y, a, b = whole(h)
    other = layers.LSTM(4, recurrent_dropout=0.3, go_backwards=True)(x, initial_state=[a, b])
    last = layers.GRU(4, recurrent_dropout=0.5, use_bias=False)(y, initial_state=other)
    plain = layers.GRU(3, "relu", reset_after=False, return_sequences=True, go_backwards=True)(x)
    plain = layers.SimpleRNN(4, recurrent_dropout=0.2, return_sequences=True)(plain)
    return [words, x], [layers.Dense(2)(Merge("add")([last, layers.Flatten()(y[:, 2]), a])), plain]


def attention() -> Ends:
    """Heads that see all, the past, or what a mask lets them see, and a matrix that is turned on its way."""
    words, x = Input((21,), dtype="int32"), Input((5, 6))
    h = layers.Embedding(7, 6, mask_zero=True)(words)
    h = layers.Add()([h, layers.MultiHeadAttention(2, 3, value_dim=4)(h, h)])
    other = layers.GroupQueryAttention(3, 4, 1)(x, h, use_causal_mask=True)
    other = layers.EinsumDense("abc,dbc->adb", (2, 5), bias_axes="d")(other)
    both = layers.MultiHeadAttention(2, 2)(h, x, use_causal_mask=True)
    both = layers.Attention(use_scale=True)([both, h], use_causal_mask=True)
    return [words, x], [layers.Dense(2)(layers.GlobalAveragePooling1D()(both)), other]


def masked_judgements() -> list[Judgement]:
    accuracy, mae = metrics.SparseCategoricalAccuracy, metrics.MeanAbsoluteError()
    return [
        Judgement(losses.SparseCategoricalCrossentropy(), 1.0, [accuracy()], [accuracy()], name="tags"),
        mse(0.5, "b"),
        Judgement(losses.MeanSquaredError("mean_with_sample_weight"), 0.5, [mae, metrics.R2Score()], [], name="c"),
    ]


def masked_data() -> Data:
    words = ids(5, ROWS, 6)
    words[3] = 0  # no step counts
    tags = np.where(words > 0, ids(3, ROWS, 6), -1)
    tags[5] = 1
    tags[6, :2] = -1  # no label, though the step counts
    x = numbers(ROWS, 6, 3) * (ids(3, ROWS, 6) > 0)[..., None]
    return Data((words, x.astype(np.float32)), (tags, numbers(ROWS, 2), numbers(ROWS, 6, 3)), weights())


def outputs(*shapes: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    return tuple(numbers(ROWS, *shape) for shape in shapes)


def weights() -> tuple[np.ndarray, ...]:
    return tuple(np.random.default_rng(seed).uniform(0, 2, ROWS).astype(np.float32) for seed in range(3))


#: Inputs and outputs, judgements, data: by name. What a layer without a word for masks gives has none any more.
NETWORKS: dict[str, tuple[Callable[[], Ends], Callable[[], list[Judgement]], Data]] = {
    "two-inputs": (tied_branches, lambda: [mse(3.0)], Data(outputs((5,), (3,)), *outputs((2,)))),
    "three-outputs": (
        three_ends,
        three_judgements,
        Data(numbers(ROWS, 6), (ids(3, ROWS), ids(2, ROWS, 1), numbers(ROWS, 2)), weights()),
    ),
    "read-on": (
        read_on,
        lambda: [mse(name="a"), mse(0.3, "b"), mse(name="c")],
        Data(numbers(ROWS, 4), outputs((8,), (2,), (8,))),
    ),
    "one-tensor-thrice": (one_tensor_thrice, thrice, Data(numbers(ROWS, 4), outputs((2,), (2,), (1,), (2,)))),
    "dead-ends": (dead_ends, without_loss, Data(outputs((5,), (5,)), (*outputs((2,), (3,)), None))),
    "idle-penalty": (
        idle_penalty,
        lambda: [mse(name="a"), Judgement(name="b")],
        Data(numbers(ROWS, 5), (numbers(ROWS, 2), None)),
    ),
    "passed-through": (
        passed_through,
        lambda: [mse(name="a"), mse(name="b"), Judgement(name="c")],
        Data(outputs((2,), (2,)), (*outputs((2,), (2,)), None)),
    ),
    "pictures": (
        pictures,
        lambda: [mse(name="a"), mse(0.5, "b"), mse(0.5, "c")],
        Data(outputs((8, 7, 2), (8, 7, 1)), outputs((2,), (8, 7, 3), (8, 7, 3))),
    ),
    "wide-and-deep": (
        wide_and_deep,
        lambda: [Judgement(losses.BinaryCrossentropy(), name="a"), mse(0.2, "b")],
        Data(outputs((140,), (300,)), (ids(2, ROWS, 1), numbers(ROWS, 1))),
    ),
    "twins": (
        twins,
        lambda: [mse(name="a", metrics=[metrics.CosineSimilarity()]), mse(0.25, "b")],
        Data((ids(9, ROWS, 4), *outputs((6,), (6,))), outputs((2,), (8,))),
    ),
    "shapes-given-last": (
        shapes_given_last,
        lambda: [
            Judgement(losses.CosineSimilarity(), name="a", metrics=[metrics.CosineSimilarity()]),
            Judgement(losses.CategoricalHinge(), 0.5, name="b"),
            Judgement(losses.CosineSimilarity(), 0.5, name="c"),
        ],
        Data(numbers(ROWS, 6), outputs((3, 4), (12,), (4, 3))),
    ),
    "attention": (
        attention,
        lambda: [mse(name="a"), mse(0.5, "b")],
        Data((ids(7, ROWS, 21), numbers(ROWS, 5, 6)), outputs((2,), (2, 5))),
    ),
    "recurrent-forms": (
        recurrent_forms,
        lambda: [mse(name="a"), mse(0.5, "b")],
        Data((ids(5, ROWS, 6), numbers(ROWS, 5, 3)), outputs((2,), (5, 4))),
    ),
    "masked-steps": (masked_steps, masked_judgements, masked_data()),
    "fixed-ways": (
        fixed_ways,
        lambda: [mse(name="a"), mse(0.5, "b")],
        Data(outputs((6,), (5,)), outputs((2,), (9,))),
    ),
}


def work(name: str, **settings: Any) -> GraphWork:
    """A network by its name."""
    stack, judgements, data = NETWORKS[name]
    settings = {"optimizer": "adam", "batch": 8, "epochs": 2, "rate": 0.01} | settings
    return GraphWork(stack, judgements, data, **settings)
