"""The formulas of layers, activations and losses, read from the docstrings."""

from __future__ import annotations

import re
from inspect import getdoc
from typing import TYPE_CHECKING

from clarinet import activations
from clarinet.layers.base import Layer

if TYPE_CHECKING:
    from clarinet.losses import Loss

_SYMBOLS = {"kernel": "W", "bias": "b"}


def _before_arguments(thing: object) -> str:
    """The docstring up to the arguments, on one line."""
    return " ".join(re.split(r"\n\s*(?:Args|Raises|Example):", getdoc(type(thing)) or "")[0].split())


def of_layer(layer: Layer) -> tuple[str, ...]:
    """Every equation of a layer, and of its activation: ``("z = x W + b", "a = sigmoid(z)", …)``.

    Example:
        >>> from clarinet.layers import Dense
        >>> of_layer(Dense(2, activation="relu"))[:3]
        ('z = x W + b', 'a = relu(z)', 'dW = x^T dz')
    """
    stated = [text for text in re.findall(r"``([^`]+)``", _before_arguments(layer)) if "=" in text]
    if own := getattr(layer, "equation", ""):  # of a class whose settings decide on it
        stated.insert(0, own)
    function = getattr(layer, "activation", None)
    if isinstance(function, activations.Activation):
        if function == activations.linear:
            return tuple(text.replace("activation(z)", "z") for text in stated)
        stated = [text.replace("activation(", f"{function.name}(") for text in stated]
        stated.append(f"{function.name}: {of_activation(function)}")
    elif (function := alone(layer)) is not None:
        stated.append(of_activation(function))
    return tuple(dict.fromkeys(stated))


def alone(layer: Layer) -> activations.Activation | None:
    """The activation that a layer applies to its input; None where it does anything before."""
    first = None if layer.is_model else layer.parts()[0]  # models may have operations, which are no parts
    return first.pure_activation if isinstance(first, Layer) else None


def of_activation(function: activations.Activation) -> str:
    """``"a = 1 / (1 + exp(-z)); da/dz = a (1 - a)"``."""
    said = re.split(r"\. |\.$| \(\w+[^()]*\d{4}\)", _before_arguments(function))[0]
    return said if "=" in said else f"a = {function.name}(z)"


def of_loss(loss: Loss) -> str:
    """The first sentence of a loss's docstring."""
    return re.split(r"\. |\.$", _before_arguments(loss).replace("``", ""))[0] or loss.name


def symbol(weight: str) -> str:
    """How formulas call a weight: ``"kernel"`` is ``W``, ``"bias"`` ``b``, others go by their names."""
    return _SYMBOLS.get(weight, weight)


def find(stated: tuple[str, ...], left: str) -> str | None:
    """The equation whose left side is ``left``, be it with an index: ``z`` finds ``z[i, j, f] = …``."""
    pattern = re.compile(rf"{re.escape(left)}(\[[^\]]*\]|_\w+)? = ")
    return next((text for text in stated if pattern.match(text)), None)
