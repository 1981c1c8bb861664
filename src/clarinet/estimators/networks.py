"""The network of an estimator: what lies between its inputs and its outputs, and how that learns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from math import sqrt
from numbers import Integral
from typing import Protocol, TypeAlias, cast

from clarinet import initializers, layers, optimizers, recipes, regularizers
from clarinet.model import Model, Sequential
from clarinet.recipes.scaling import standardised
from clarinet.types import Array, Shape

#: What ``network=`` takes besides None and a recipe's name.
Body: TypeAlias = "Iterable[layers.Layer] | Model | Callable[[Shape, int], Iterable[layers.Layer] | Model]"

#: scikit-learn's names of activations, and ours.
ACTIVATIONS = {"identity": "linear", "logistic": "sigmoid", "exp": "exponential"}
#: What is drawn between is sqrt(factor / (inputs + outputs)), as scikit-learn has it.
_FACTOR, _FACTOR_OF_LOGISTIC = 6.0, 2.0


class Asked(Protocol):
    """The parameters of an estimator that its network is made from."""

    hidden_layer_sizes: object
    activation: str
    solver: object
    alpha: float
    learning_rate_init: float
    momentum: float
    nesterovs_momentum: bool
    beta_1: float
    beta_2: float
    epsilon: float
    max_iter: int
    max_fun: int
    tol: float
    network: object
    dropout: float
    normalization: str | None
    metrics: object
    engine: str


@dataclass(frozen=True)
class Head:
    """The last layer, and what judges it.

    Args:
        units: outputs.
        activation: scikit-learn's name of what is behind them.
        loss: Clarinet's name.
        weight: of the loss, so that it is the one that scikit-learn minimises.
    """

    units: int
    activation: str
    loss: str
    weight: float = 1.0


def sizes(given: object) -> list[int]:
    """The units of the hidden layers: a number, or one for each layer.

    Raises:
        ValueError: no whole number, or one below 1.

    Example:
        >>> sizes(100), sizes((64, 32))
        ([100], [64, 32])
    """
    several = list(given) if isinstance(given, Iterable) else [given]
    found = [int(each) for each in several if isinstance(each, Integral) and int(each) >= 1]
    if len(found) < len(several):
        raise ValueError(f"hidden_layer_sizes must be > 0, got {given}; give whole numbers, one for each hidden layer")
    return found


def build(asked: Asked, shape: Shape, head: Head, penalty: float, scaling: tuple[Array, Array] | None) -> Model:
    """The network of an estimator, not compiled yet.

    Args:
        asked: the estimator's parameters.
        shape: of a row.
        head: the last layer.
        penalty: what the squares of its weights count, half of ``alpha`` over the rows of a batch.
        scaling: means and variances of the inputs, where they are standardised.
    """
    body = _body(asked, shape, head, penalty)
    if isinstance(body, Model):
        if scaling is None:
            return body
        body = [cast("layers.Layer", body)]  # a model is a layer of another one
        last: list[layers.Layer] = []
    else:
        last = [_dense(asked, head.units, _inputs_of_last(asked, shape), head.activation, penalty)]
    first = [] if scaling is None else [standardised()]
    model = Sequential([layers.Input(shape), *first, *body, *last])
    if scaling is not None:
        model.layers[0].set_weights(list(scaling))
    return model


def _body(asked: Asked, shape: Shape, head: Head, penalty: float) -> list[layers.Layer] | Model:
    """The layers between inputs and the last layer; a model is a whole network."""
    given = asked.network
    if given is None:
        return _hidden(asked, shape, penalty)
    if isinstance(given, str):
        return _recipe(given, shape)
    made = given if isinstance(given, (Model, Iterable)) or not callable(given) else given(shape, head.units)
    if isinstance(made, Model):
        return deepcopy(made)
    if not isinstance(made, Iterable):
        raise TypeError(
            f"network: expected a list of layers, a model, a function of (shape, outputs) that gives one of these, or "
            f"the name of a recipe, {', '.join(recipes.PRESETS)}; received {made!r}"
        )
    return deepcopy(list(cast("Iterable[layers.Layer]", made)))


def _recipe(name: str, shape: Shape) -> list[layers.Layer]:
    if name not in recipes.PRESETS:
        raise ValueError(f"network: expected one of {', '.join(recipes.PRESETS)}, or layers; received {name!r}")
    preset = recipes.PRESETS[name]
    return recipes.hidden_layers(preset, shape, preset.hidden)


def _hidden(asked: Asked, shape: Shape, penalty: float) -> list[layers.Layer]:
    """Dense layers as scikit-learn has them, perhaps with normalisation and dropout."""
    stack: list[layers.Layer] = [layers.Flatten()] if len(shape) > 1 else []
    inputs = _product(shape)
    for units in sizes(asked.hidden_layer_sizes):
        normalised = _NORMALIZATIONS[asked.normalization]
        stack.append(_dense(asked, units, inputs, "identity" if normalised else asked.activation, penalty))
        stack += [each() for each in normalised]
        if normalised:
            stack.append(layers.Activation(ACTIVATIONS.get(asked.activation, asked.activation)))
        if asked.dropout:
            stack.append(layers.Dropout(asked.dropout))
        inputs = units
    return stack


_NORMALIZATIONS: Mapping[str | None, tuple[type[layers.Layer], ...]] = {
    None: (),
    "batch": (layers.BatchNormalization,),
    "layer": (layers.LayerNormalization,),
}
NORMALIZATIONS = (*_NORMALIZATIONS,)


def _dense(asked: Asked, units: int, inputs: int | None, activation: str, penalty: float) -> layers.Layer:
    """A layer with weights and biases drawn as scikit-learn draws them; as usual where its inputs are not known."""
    name = ACTIVATIONS.get(activation, activation)
    l2 = regularizers.L2(penalty) if penalty else None
    if inputs is None:
        return layers.Dense(units, activation=name, kernel_regularizer=l2)
    factor = _FACTOR_OF_LOGISTIC if asked.activation == "logistic" else _FACTOR
    bound = sqrt(factor / (inputs + units))
    drawn = [initializers.RandomUniform(-bound, bound) for _ in range(2)]
    return layers.Dense(
        units, activation=name, kernel_initializer=drawn[0], bias_initializer=drawn[1], kernel_regularizer=l2
    )


def _inputs_of_last(asked: Asked, shape: Shape) -> int | None:
    """How many numbers the last layer takes, where all layers are ours; None: not known before it is built."""
    return [_product(shape), *sizes(asked.hidden_layer_sizes)][-1] if asked.network is None else None


def _product(shape: Shape) -> int:
    product = 1
    for size in shape:
        product *= int(size or 1)
    return product


def optimizer(asked: Asked) -> optimizers.Optimizer:
    """How the network learns: ``solver`` with the parameters that belong to it."""
    if asked.solver == "lbfgs":
        return optimizers.LBFGS(max_iterations=asked.max_iter, tolerance=asked.tol, max_evaluations=asked.max_fun)
    if asked.solver == "sgd":
        nesterov = bool(asked.nesterovs_momentum) and asked.momentum > 0
        return optimizers.SGD(asked.learning_rate_init, momentum=asked.momentum, nesterov=nesterov)
    if asked.solver == "adam":
        return optimizers.Adam(
            asked.learning_rate_init, beta_1=asked.beta_1, beta_2=asked.beta_2, epsilon=asked.epsilon
        )
    return optimizers.get(deepcopy(asked.solver))


def compile_for(model: Model, asked: Asked, head: Head) -> None:
    """Tell a network how to learn."""
    minimises = asked.solver == "lbfgs"
    model.compile(
        optimizer(asked),
        head.loss,
        deepcopy(asked.metrics),
        engine=asked.engine,
        dtype="float64" if minimises else None,
        loss_weights=[head.weight],
    )
