"""Graphs with models within models, and with layers and models used twice; see :mod:`tests.keras_parity.graphs`."""

from typing import Any

import numpy as np

from tests.keras_parity.graphs import Built, graph, numbers, sgd, words


@graph
def masks_through_models(k: Any) -> Built:
    """A mask that a model within makes, and that others take."""
    ids = k.Input((6,), dtype="int32")
    reader = k.Model(ids, k.layers.Dense(4)(k.layers.Embedding(9, 3, mask_zero=True)(ids)), name="reader")
    x = k.Input((6,), dtype="int32")
    h = k.layers.GRU(4, return_sequences=True)(reader(x))
    model = k.Model(x, k.layers.Dense(2)(k.layers.GlobalAveragePooling1D()(h)))
    model.compile(sgd(k), "mse")
    return model, np.where(np.arange(6) < 1 + words(6, 1), 1 + words(8, 6), 0), numbers(2), {}


@graph
def one_layer_at_two_ranks(k: Any) -> Built:
    """A dense layer of steps and of their mean."""
    shared = k.layers.Dense(4, activation="tanh", name="shared", kernel_regularizer=k.regularizers.L2(0.01))
    x = k.Input((5, 3))
    h = k.layers.Concatenate()([k.layers.Flatten()(shared(x)), shared(k.layers.GlobalAveragePooling1D()(x))])
    model = k.Model(x, k.layers.Dense(1)(h))
    model.compile(sgd(k), "mse")
    return model, numbers(5, 3), numbers(1), {}


@graph
def frozen_inside(k: Any) -> Built:
    """A model with batch normalisation that is frozen within another one."""
    base = k.Sequential([k.Input((5,)), k.layers.Dense(6), k.layers.BatchNormalization(), k.layers.ReLU()], name="base")
    base.trainable = False
    x = k.Input((5,))
    model = k.Model(x, k.layers.Dense(2, name="head")(base(x, training=False)))
    model.compile(sgd(k), "mse")
    return model, numbers(5), numbers(2), {}


@graph
def sequentials_in_sequentials(k: Any) -> Built:
    """Three deep, without a word about shapes; the last layer is within the last model."""
    block = k.Sequential([k.layers.Dense(5, activation="relu"), k.Sequential([k.layers.Dense(4), k.layers.ReLU()])])
    head = k.Sequential([k.layers.Dense(3, activation="softmax")])
    model = k.Sequential([block, k.layers.Dropout(0.0), head])
    model.compile(sgd(k), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.build((None, 6))
    return model, numbers(6), words(3), {}


class _Tied:
    """What ties weights, once for each library."""

    @staticmethod
    def layer(k: Any, of: Any) -> Any:
        class Tied(k.layers.Layer):
            def __init__(self, dense: Any, **settings: Any) -> None:
                super().__init__(**settings)
                self.dense = dense

            def build(self, shape: Any) -> None:
                self.offset = self.add_weight(shape=(self.dense.kernel.shape[0],), initializer="zeros", name="offset")

            def call(self, x: Any) -> Any:
                return k.ops.matmul(x, k.ops.transpose(self.dense.kernel)) + self.offset

        return Tied(of)


@graph
def tied_autoencoder(k: Any) -> Built:
    """The way back has the transposed weights of the way in."""
    x = k.Input((6,))
    encode = k.layers.Dense(3, activation="tanh")
    code = encode(x)
    model = k.Model(x, _Tied.layer(k, encode)(code))
    model.compile(sgd(k), "mse")
    return model, numbers(6), numbers(6), {}


@graph
def ensemble_of_ensembles(k: Any) -> Built:
    """Averages of models that are averages of models."""

    def member(number: int) -> Any:
        x = k.Input((4,))
        return k.Model(x, k.layers.Dense(2)(k.layers.Dense(3 + number, activation="tanh")(x)))

    def average(number: int) -> Any:
        x = k.Input((4,))
        return k.Model(x, k.layers.Average()([member(number)(x), member(number + 1)(x)]))

    x = k.Input((4,))
    model = k.Model(x, k.layers.Maximum()([average(0)(x), average(1)(x)]))
    model.compile(sgd(k), "mse")
    return model, numbers(4), numbers(2), {}


@graph
def grown_from_another(k: Any) -> Built:
    """The inner tensors of a trained model, as the beginning of another one with a part of its layers frozen."""
    x = k.Input((5,))
    h = k.layers.Dense(6, activation="relu", name="low")(x)
    old = k.Model(x, k.layers.Dense(2, name="old_head")(k.layers.Dense(4, activation="relu", name="high")(h)))
    old.get_layer("low").trainable = False
    h = k.layers.Concatenate()([old.get_layer("low").output, old.get_layer("high").output])
    model = k.Model(old.input, [k.layers.Dense(1, name="new_head")(h), old.output])
    model.compile(sgd(k), ["mse", "mae"])
    return model, numbers(5), [numbers(1), numbers(2)], {}


@graph
def auxiliary_head(k: Any) -> Built:
    """A second output in the middle, of the same labels."""
    x = k.Input((6, 6, 1))
    h = k.layers.Conv2D(3, 3, activation="relu")(x)
    early = k.layers.Dense(3, activation="softmax", name="early")(k.layers.GlobalMaxPooling2D()(h))
    h = k.layers.Flatten()(k.layers.MaxPooling2D()(k.layers.Conv2D(4, 3, padding="same", activation="relu")(h)))
    late = k.layers.Dense(3, activation="softmax", name="late")(h)
    model = k.Model(x, [late, early])
    losses = ["sparse_categorical_crossentropy"] * 2
    model.compile(sgd(k), losses, loss_weights=[1.0, 0.3], metrics=[["acc"], ["acc"]])
    return model, numbers(6, 6, 1), [words(3), words(3)], {"validation_split": 0.25}


@graph
def subclass_of_models(k: Any) -> Built:
    """A class with a functional and a sequential model in it, and a dictionary as its answer."""
    x = k.Input((4,))
    trunk = k.Model(x, k.layers.Dense(6, activation="relu")(x) + k.layers.Dense(6)(x), name="trunk")

    class Whole(k.Model):
        def __init__(self) -> None:
            super().__init__()
            self.trunk = trunk
            self.price = k.Sequential([k.layers.Dense(3, activation="tanh"), k.layers.Dense(1)], name="price")
            self.kind = k.layers.Dense(3, activation="softmax", name="kind")

        def call(self, inputs: Any, training: Any = False) -> Any:
            h = self.trunk(inputs, training=training)
            return {"price": self.price(h), "kind": self.kind(h)}

    model = Whole()
    model.compile(sgd(k), {"price": "mse", "kind": "sparse_categorical_crossentropy"}, metrics={"kind": ["accuracy"]})
    model(numbers(4)[:2])
    return model, numbers(4), {"price": numbers(1), "kind": words(3)}, {}
