"""What somebody has chosen in the room Train: data, network, optimizer; checked, from JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from clarinet.names import nearest
from clarinet.studio.words import Refusal, _

TOYS = ("circles", "xor", "moons", "spirals", "blobs")
DATA = (*TOYS, "mnist", "csv")
ACTIVATIONS = ("tanh", "relu", "sigmoid", "linear", "leaky_relu", "elu", "gelu", "silu", "softplus")
#: Optimizers by what the page calls them: how a program makes them, but for the learning rate.
OPTIMIZERS = {
    "SGD": ("SGD", ""),
    "SGD with momentum": ("SGD", ", momentum=0.9"),
    "RMSprop": ("RMSprop", ""),
    "Adagrad": ("Adagrad", ""),
    "Adam": ("Adam", ""),
}
#: Losses that suit a task; the first one is usual.
LOSSES = {
    "two classes": ("binary_crossentropy", "mean_squared_error"),
    "classes": ("sparse_categorical_crossentropy",),
    "numbers": ("mean_squared_error", "mean_absolute_error", "huber"),
}
MOST_LAYERS, MOST_UNITS = 8, 256


@dataclass(frozen=True)
class Choices:
    """All that decides a training's numbers but its length.

    Attributes:
        data: one of ``DATA``.
        points, noise, data_seed: of a toy set.
        file, target: of a table; the file's name, and the column to predict.
        hidden: units and activation of each hidden layer.
        optimizer, rate: of ``OPTIMIZERS``, and its learning rate.
        loss: of ``LOSSES``; empty: the usual one.
        l2: factor of the L2 regularization of all kernels; 0: none.
        batch: rows of a batch.
        seed: of the initial weights and of the order of rows.
    """

    data: str = "circles"
    points: int = 500
    noise: float = 0.1
    data_seed: int = 0
    file: str = ""
    target: str = ""
    hidden: tuple[tuple[int, str], ...] = ((4, "tanh"), (2, "tanh"))
    optimizer: str = "Adam"
    rate: float = 0.01
    loss: str = ""
    l2: float = 0.0
    batch: int = 32
    seed: int = 0

    @classmethod
    def read(cls, given: Mapping[str, object]) -> Choices:
        """Choices that came as JSON.

        Raises:
            ValueError: one that there is not, or out of range; the message says which.

        Example:
            >>> Choices.read({"hidden": [[8, "relu"]]}).hidden
            ((8, 'relu'),)
        """
        unknown = sorted(set(given) - set(cls.__dataclass_fields__))
        if unknown:
            raise _unknown(_("unknown choice {given}: {nearest}"), "", unknown[0], tuple(cls.__dataclass_fields__))
        usual = cls()
        return cls(
            data=_one_of("data", given.get("data", usual.data), DATA),
            points=whole("points", given.get("points", usual.points), 10, 5_000),
            noise=_number("noise", given.get("noise", usual.noise), 0, 2),
            data_seed=whole("data_seed", given.get("data_seed", usual.data_seed), 0, 2**31 - 1),
            file=_text("file", given.get("file", usual.file)),
            target=_text("target", given.get("target", usual.target)),
            hidden=_layers(given.get("hidden", usual.hidden)),
            optimizer=_one_of("optimizer", given.get("optimizer", usual.optimizer), tuple(OPTIMIZERS)),
            rate=check_rate(given.get("rate", usual.rate)),
            loss=_one_of(
                "loss", given.get("loss", usual.loss), ("", *{loss for all in LOSSES.values() for loss in all})
            ),
            l2=_number("l2", given.get("l2", usual.l2), 0, 10),
            batch=whole("batch", given.get("batch", usual.batch), 1, 10_000),
            seed=whole("seed", given.get("seed", usual.seed), 0, 2**31 - 1),
        )


def check_rate(value: object) -> float:
    """A learning rate.

    Raises:
        ValueError: it is none.
    """
    return _number("rate", value, 1e-7, 100)


def _layers(given: object) -> tuple[tuple[int, str], ...]:
    if not isinstance(given, (list, tuple)) or len(given) > MOST_LAYERS:
        raise Refusal(
            _("hidden: expected up to {most} layers, received {given}"), most=MOST_LAYERS, given=_short(given)
        )
    found = []
    for layer in given:
        if not isinstance(layer, (list, tuple)) or len(layer) != 2:
            words = _("hidden: expected units and activation of each layer, received {given}")
            raise Refusal(words, given=_short(layer))
        units, activation = layer
        found.append((whole("units", units, 1, MOST_UNITS), _one_of("activation", activation, ACTIVATIONS)))
    return tuple(found)


def whole(name: str, value: object, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        words = _("{name}: expected a whole number from {low} to {high}, received {given}")
        raise Refusal(words, name=name, low=f"{low:,}", high=f"{high:,}", given=_short(value))
    return value


def _number(name: str, value: object, low: float, high: float) -> float:
    real = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not real or not low <= value <= high:  # type: ignore[operator]  # it is a number here
        words = _("{name}: expected a number from {low} to {high}, received {given}")
        raise Refusal(words, name=name, low=f"{low:g}", high=f"{high:g}", given=_short(value))
    return float(value)  # type: ignore[arg-type]


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > 300:
        raise Refusal(_("{name}: expected up to 300 characters, received {given}"), name=name, given=_short(value))
    return value


def _one_of(name: str, value: object, known: tuple[str, ...]) -> str:
    if value not in known:
        raise _unknown(_("{name}: unknown {given}: {nearest}"), name, value, known)
    return str(value)


def _unknown(words: str, name: str, value: object, known: tuple[str, ...]) -> Refusal:
    """A refusal of what is not known; what is near it comes in the library's own words."""
    return Refusal(words, name=name, given=_short(str(value)), nearest=nearest(str(value), known))


def _short(value: object) -> str:
    return f"{value!r:.60}"
