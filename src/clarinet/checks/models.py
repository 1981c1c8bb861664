"""The model itself: whether it can be trained, and doubts about it that need no data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, cast

from clarinet.checks.finite import largest
from clarinet.layers.handle import leaf_layers
from clarinet.layers.parts import flatten_parts
from clarinet.problems import Problem, error, warning

if TYPE_CHECKING:
    from clarinet.layers.base import Layer, Part
    from clarinet.trainable import Judged, Trainable

#: Labels that are compared with probabilities, or with logits if the loss has ``from_logits=True``.
_OF_PROBABILITIES = ("binary", "ids", "one-hot")


def describe(layer: Layer) -> str:
    """How messages call a layer: ``Dense(10)``, ``Flatten()``."""
    return f"{type(layer).__name__}({getattr(layer, 'units', '')})"


def output_layer(model: Judged) -> tuple[int, Layer]:
    """Index and object of the layer that decides how many outputs there are: the last with units, else the last."""
    for index in reversed(range(len(model.layers))):
        if hasattr(model.layers[index], "units"):
            return index, model.layers[index]
    return len(model.layers) - 1, model.layers[-1]


def final_activation(model: Trainable) -> object:
    """The function that the last layer ends with; None for a layer that has none, and a model that is not built."""
    last = model.layers[-1]
    if last.is_model:
        return final_activation(cast("Trainable", last)) if last.built else None
    parts = flatten_parts(last)
    return _activation(parts, len(parts))


def _activation(parts: Sequence[Part], tensor: int) -> object:
    """The function that a tensor comes from, 0 being the layer's input; the mean of several is of their kind."""
    if tensor == 0:
        return None
    part = parts[tensor - 1]
    if getattr(part.layer, "merge", "") != "average":
        return getattr(part.layer, "activation", None)
    found = [_activation(parts, source) for source in part.sources or ()]
    return found[0] if all(each == found[0] for each in found) else None


def final_outputs(model: Trainable) -> str:
    """The kind of the last layer's outputs, see :class:`clarinet.activations.Activation`; empty if it has no
    function."""
    return getattr(final_activation(model), "outputs", "")


class Compiled(Protocol):
    """The compiled part of a model, or of a doctor's program."""

    @property
    def empty(self) -> bool: ...

    @property
    def optimizer(self) -> object: ...

    @property
    def loss(self) -> object: ...

    @property
    def needs_labels(self) -> bool: ...


def check_compiled(model: Compiled, doing: str = "fit", training: bool = True) -> Iterator[Problem]:
    """Whether the model has layers, a loss and, for training, an optimizer."""
    if model.empty:
        yield error("no_layers", "model", f"{doing}: the model has no layers; add one, e.g. model.add(Dense(10))")
    elif model.optimizer is None and training:
        yield error(
            "not_compiled",
            "model",
            f"{doing}: the model is not compiled; call model.compile(optimizer='adam', loss=...) first",
        )
    elif model.loss is None and model.needs_labels:
        yield error(
            "not_compiled",
            "loss",
            f"{doing}: the model has no loss; call model.compile(loss='mse') or another loss first",
        )


def check_planned(model: Trainable, doing: str) -> Iterator[Problem]:
    """Whether an engine runs the model's steps, as what looks into them needs it."""
    if model.stepped:
        yield error("own_steps", "model", f"{doing} looks at the steps of an engine, but {model.stepped}")


def check_rates(model: Trainable, rates: Iterable[float], first: int) -> Iterator[Problem]:
    """Whether these learning rates, of the updates from number ``first`` on, are such that the model's dtype holds."""
    most = largest(model.dtype)
    for step, rate in enumerate(rates, first):
        if not abs(rate) <= most:
            expected = f"expected a finite number that {model.dtype} can hold, up to {most:.2g}"
            yield error("bad_learning_rate", "optimizer", f"learning_rate: received {rate} for step {step}; {expected}")


def check_model(model: Trainable) -> Iterator[Problem]:
    """Doubts about optimizer, loss and last activation."""
    if not model.layers or model.optimizer is None or model.loss is None:
        return
    rate = model.optimizer.learning_rate
    if not callable(rate):
        yield from check_rates(model, [rate], 0)
    if not callable(rate) and rate < 0:
        yield warning(
            "learning_rate_negative",
            "optimizer",
            f"learning_rate={rate}: a negative rate climbs the loss; use {-rate} to descend",
        )
    yield from _check_output(model)
    yield from _check_adapted(model)


def _check_adapted(model: Trainable) -> Iterator[Problem]:
    """Layers that have to see the data first."""
    for index, layer in enumerate(model.layers):
        for leaf, *_ in leaf_layers(layer):
            if not leaf.adapted:
                yield warning(
                    "not_adapted",
                    f"layer:{index}",
                    f"{type(leaf).__name__}() has seen no data, so it changes nothing; call its adapt(x) before fit, "
                    "or give mean and variance",
                )


def _check_output(model: Trainable) -> Iterator[Problem]:
    """Last activation against loss."""
    if model.loss is None or model.loss.labels not in _OF_PROBABILITIES:
        return
    last, outputs, name = len(model.layers) - 1, final_outputs(model), type(model.loss).__name__
    if model.prediction_shape is not None and outputs == "distribution" and model.prediction_shape[-1] == 1:
        yield warning(
            "softmax_on_single_unit",
            f"layer:{last}",
            f"{describe(model.layers[last])}: softmax over a single unit is always 1, so nothing is learned; "
            "use activation='sigmoid'",
        )
    elif getattr(model.loss, "from_logits", False) and outputs in ("distribution", "probability"):
        function = type(final_activation(model)).__name__.lower()
        yield warning(
            "double_softmax",
            "loss",
            f"{name}(from_logits=True) applies the {function} itself, but the last layer has "
            f"activation={function!r} already; leave one of them out",
        )
