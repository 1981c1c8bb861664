"""The networks that are trained: as plain data, so that every peer builds the same one in its own way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import prod

from .programs import PROGRAMS, Program


@dataclass(frozen=True)
class Dense:
    """``units`` of a fully connected layer."""

    units: int
    activation: str = "relu"


@dataclass(frozen=True)
class Conv:
    """A 3×3 convolution without padding, with ReLU."""

    filters: int
    size: int = 3


@dataclass(frozen=True)
class Pool:
    """The largest of each 2×2."""

    size: int = 2


@dataclass(frozen=True)
class Flatten:
    """All numbers of a sample in one row."""


Layer = Dense | Conv | Pool | Flatten


@dataclass(frozen=True)
class Network:
    """A network and how it is trained.

    Args:
        name: what ``--suite`` calls it.
        label: what the report calls it.
        layers: from the input on; the last one's activation says which loss there is.
        rows, batch: training rows of an epoch, and how many make a step.
        peers: names of the rows that are measured.
        loss: ``"sparse_categorical_crossentropy"`` on digits, ``"binary_crossentropy"`` on "is it odd?", or
            ``"mean_squared_error"`` on one-hot digits.
        optimizer, learning_rate: ``"adam"`` or ``"sgd"``.
        inputs: the shape of a sample of MNIST.
        workloads: forms of the data, see ``work.WORKLOADS``.
        epochs: how many are trained in one call, whose mean is what is timed: as many as the tutorials train, where one
            takes a few hundredths of a second.
        suite: which of the two pages it is on.
        program: how it is built, in the place of layers.
        counts: whether the share of right answers is counted.
    """

    name: str
    label: str
    layers: tuple[Layer, ...]
    rows: int
    batch: int
    peers: tuple[str, ...]
    loss: str = "sparse_categorical_crossentropy"
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    inputs: tuple[int, ...] = (784,)
    workloads: tuple[str, ...] = ("float32", "no zeros")
    epochs: int = 1
    suite: str = "networks"
    program: Program | None = None
    counts: bool = True

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Of a sample, before the first layer and after each."""
        shapes = [self.inputs]
        for layer in self.layers:
            shapes.append(_shape_after(layer, shapes[-1]))
        return shapes

    @property
    def sizes(self) -> list[int]:
        """Inputs and units of a network of dense layers only."""
        return [prod(shape) for shape in self.shapes]

    @property
    def flop(self) -> float:
        """Additions and multiplications of an epoch's products: forward, weights' gradient, and inputs' gradient
        but for the first layer, which nobody asks for. Optimizer and activations are not counted."""
        if self.program is not None:
            return 2.0 * self.rows * (3 * self.program.multiply_adds - self.program.first)
        forward = list(self._multiply_adds())
        return 2.0 * self.rows * (3 * sum(forward) - next(work for work in forward if work))

    def _multiply_adds(self) -> Iterator[int]:
        """Of each layer's products, for one sample."""
        for layer, (before, after) in zip(self.layers, pairwise(self.shapes), strict=True):
            match layer:
                case Dense():
                    yield prod(before) * prod(after)
                case Conv():
                    yield prod(after) * before[-1] * layer.size**2
                case _:
                    yield 0


def _shape_after(layer: Layer, shape: tuple[int, ...]) -> tuple[int, ...]:
    match layer:
        case Dense():
            return (*shape[:-1], layer.units)
        case Conv():
            return (*(side - layer.size + 1 for side in shape[:-1]), layer.filters)
        case Pool():
            return (*(side // layer.size for side in shape[:-1]), shape[-1])
        case Flatten():
            return (prod(shape),)


#: PyTorch and Keras as users write them, and the fastest there is.
_FRAMEWORKS = ("clarinet", "keras-jax", "torch-fused", "keras-tensorflow")
_PEERS = (*_FRAMEWORKS, "jax-scan")

TUTORIAL = Network(
    "tutorial", "784-128-64-10", (Dense(128), Dense(64), Dense(10, "softmax")), 48_000, 32,
    (
        "clarinet", "jax-scan", "keras-jax", "keras-jax-tuned", "torch", "torch-fused", "torch-compile",
        "keras-tensorflow", "keras-tensorflow-tuned", "sklearn", "numpy", "clarinet-reference",
    ),
    workloads=("float32", "no zeros", "uint8", "validation"),
)  # fmt: skip

_BINARY = "binary_crossentropy"


def _program(
    name: str, label: str, rows: int, loss: str = "sparse_categorical_crossentropy", counts: bool = True
) -> Network:
    """A network of the suite of sequences, in batches of 32."""
    return Network(
        name, label, (), rows, 32, _FRAMEWORKS, loss,
        workloads=("float32",), suite="sequences", program=PROGRAMS[name], counts=counts,
    )  # fmt: skip


NETWORKS = (
    TUTORIAL,
    # Not one scan of JAX: inside a loop, its convolutions take many times as long on a CPU.
    Network(
        "cnn", "convolutional: Conv 32, pool, Conv 64, pool, Dense 128, Dense 10",
        (Conv(32), Pool(), Conv(64), Pool(), Flatten(), Dense(128), Dense(10, "softmax")), 6_400, 64,
        _FRAMEWORKS, inputs=(28, 28, 1),
    ),
    Network("wide", "wide: 784-1024-1024-10", (Dense(1024), Dense(1024), Dense(10, "softmax")), 24_000, 128, _PEERS),
    Network("deep", "deep: eight layers of 256", (*[Dense(256)] * 8, Dense(10, "softmax")), 24_000, 64, _PEERS),
    Network(
        "perceptron", "the perceptron: one sigmoid unit", (Dense(1, "sigmoid"),), 48_000, 32, _PEERS,
        "binary_crossentropy", epochs=10,
    ),
    Network(
        "online", "sample by sample: 784-20-10, sigmoid, SGD", (Dense(20, "sigmoid"), Dense(10, "sigmoid")), 12_000, 1,
        ("clarinet", "jax-scan", "numpy-online"), "mean_squared_error", "sgd", 0.1,
        epochs=3,
    ),
    _program("lstm", "LSTM(64) on 50 × 16", 2_048),
    _program("gru", "GRU(64) on 50 × 16", 2_048),
    _program("words-lstm", "Embedding(mask_zero=True) and LSTM(100) on 50 to 100 words", 1_024, _BINARY),
    _program("bidirectional", "two bidirectional LSTM(64) on 50 × 16", 1_024),
    _program("transformer", "a transformer block, 4 heads of 32, on 100 words", 512, _BINARY),
    _program("conv1d", "two Conv1D(64) on 128 × 9", 2_048),
    _program("autoencoder", "an autoencoder of pictures with Conv2DTranspose", 1_024, _BINARY, counts=False),
    _program("text", "embeddings of 256 words and their mean", 8_192, _BINARY),
)  # fmt: skip

#: For a machine with an accelerator: enough work in a step that it pays, see ``accelerator.py``.
_ON_ACCELERATORS = ("clarinet-jax", "keras-jax", "torch-compile-cuda")
ACCELERATED = (
    Network(
        "accelerated-cnn", "convolutional: Conv 64, Conv 64, pool, Conv 128, pool, Dense 256, Dense 10",
        (Conv(64), Conv(64), Pool(), Conv(128), Pool(), Flatten(), Dense(256), Dense(10, "softmax")), 48_000, 512,
        _ON_ACCELERATORS, inputs=(28, 28, 1), workloads=("float32",), epochs=10,
    ),
    Network(
        "accelerated-wide", "wide: 784-4096-4096-4096-10", (*[Dense(4096)] * 3, Dense(10, "softmax")), 48_000, 1024,
        _ON_ACCELERATORS, workloads=("float32",), epochs=10,
    ),
)  # fmt: skip

#: Pages of networks other than the tutorials'.
SUITES = ("networks", "sequences")


def select(names: str | None) -> tuple[Network, ...]:
    """The networks that ``--suite`` names; ``networks`` and ``sequences`` are those of a page, and the default is all.

    Raises:
        ValueError: a name that selects none.
    """
    wanted = [name.strip() for name in names.split(",")] if names is not None else ["tutorial", *SUITES]
    known = [network.name for network in NETWORKS]
    for name in wanted:
        if name not in (*known, *SUITES):
            raise ValueError(f"--suite names {name!r}; expected some of: {', '.join((*SUITES, *known))}")
    return tuple(n for n in NETWORKS if n.name in wanted or (n.suite in wanted and n is not TUTORIAL))


def of_suite(suite: str) -> tuple[Network, ...]:
    """All networks of a page."""
    return tuple(n for n in NETWORKS if n.suite == suite and n is not TUTORIAL)
