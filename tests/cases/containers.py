"""A row for every container of layers."""

from typing import Any

from clarinet import layers
from tests.cases.case import Case


def in_keras(k: Any, merge: Any, *chains: list[Any], **settings: Any) -> Any:
    """A layer of Keras that merges what chains of layers give, with weights chain by chain.

    ``merge`` is a layer that takes several tensors, or the name of one.
    """

    @k.saving.register_keras_serializable("cases")
    class Branches(k.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.chains = [list(chain) for chain in chains]
            self.merge = getattr(k.layers, merge.title())(**settings) if isinstance(merge, str) else merge

        def call(self, x: Any) -> Any:
            ends = []
            for chain in self.chains:
                y = x
                for layer in chain:
                    y = layer(y)
                ends.append(y)
            return self.merge(ends)

    return Branches()


def _branches(k: Any) -> list[Any]:
    """Three, one of them without layers."""
    return [[k.layers.Dense(3, activation="tanh")], [], [k.layers.Dense(5, activation="elu"), k.layers.Dense(3)]]


class _Ours:
    layers = layers


def _normalised(k: Any) -> list[Any]:
    return [k.layers.Dense(4, use_bias=False), k.layers.BatchNormalization(momentum=0.9), k.layers.ReLU()]


def _convolutions(k: Any) -> list[Any]:
    same = {"padding": "same"}
    return [k.layers.Conv2D(4, 3, activation="relu", **same), k.layers.Conv2D(3, 3, activation="tanh", **same)]


def _residual_beside_dense(k: Any) -> Any:
    inner = in_keras(k, "add", [k.layers.Dense(3, activation="tanh")], [])
    return in_keras(k, "concatenate", [inner], [k.layers.Dense(1)])


CONTAINERS = [
    Case("residual", lambda: layers.Residual([layers.Dense(5, activation="tanh"), layers.Dense(3)])),
    Case(
        "residual-shortcut",
        lambda: layers.Residual(_normalised(_Ours), shortcut=[layers.Dense(4), layers.BatchNormalization()]),
        lambda k: in_keras(k, "add", _normalised(k), [k.layers.Dense(4), k.layers.BatchNormalization()]),
        (2, 3),
    ),
    Case(
        "residual-nested",
        lambda: layers.Residual(
            [
                layers.Parallel([layers.Residual(layers.Dense(3, activation="tanh")), [layers.Dense(1)]]),
                layers.Dense(3, activation="tanh"),
            ]
        ),
        lambda k: in_keras(k, "add", [_residual_beside_dense(k), k.layers.Dense(3, activation="tanh")], []),
    ),
    Case(
        "residual-convolutions",
        lambda: layers.Residual(_convolutions(_Ours), [layers.MaxPooling2D(2, strides=1, padding="same")]),
        None,
        (3, 3, 3),
    ),
    Case(
        "residual-frozen-child",
        lambda: layers.Residual([layers.Dense(4, trainable=False), layers.BatchNormalization(), layers.Dense(3)]),
        lambda k: in_keras(
            k, "add", [k.layers.Dense(4, trainable=False), k.layers.BatchNormalization(), k.layers.Dense(3)], []
        ),
    ),
    Case(
        "residual-dropout",
        lambda: layers.Residual([layers.Dense(6), layers.Dropout(0.4), layers.Dropout(0.3)]),
        None,
        (6,),
    ),
    *(
        Case(f"parallel-{merge}", lambda merge=merge: layers.Parallel(_branches(_Ours), merge))
        for merge in ("add", "average", "concatenate", "maximum", "minimum", "multiply")
    ),
    Case("parallel-subtract", lambda: layers.Parallel(_branches(_Ours)[1:], "subtract")),
    Case(
        "parallel-of-parallels",
        lambda: layers.Parallel(
            [layers.Parallel(_branches(_Ours), merge) for merge in ("add", "average", "multiply")], "maximum"
        ),
        lambda k: in_keras(
            k, "maximum", *([in_keras(k, merge, *_branches(k))] for merge in ("add", "average", "multiply"))
        ),
    ),
    Case(
        "parallel-concatenate-axis",
        lambda: layers.Parallel([[layers.Dense(3)], [], layers.Reshape((2, 3))], axis=1),
        lambda k: in_keras(k, "concatenate", [k.layers.Dense(3)], [], [k.layers.Reshape((2, 3))], axis=1),
        (2, 3),
    ),
]
