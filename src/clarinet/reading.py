"""Photos of digits and of numbers: what a network trained on MNIST reads, and whether it is a digit at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from clarinet import layers
from clarinet.data_adapters.provenance import as_inputs
from clarinet.datasets import numbers
from clarinet.trainable import model_class
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

_WEIGHTS = Path(__file__).parent / "datasets" / "bundled" / "digit-or-not.safetensors"
#: Pictures that are less like a digit than this are said to be none. Chosen by ``benchmarks/digits.py`` on digits and
#: others that it was not trained on: 1.2 % of the digits lie below. docs/command-line.md has what that means.
LEAST = 0.39
#: How much a 1 counts that is cut off other strokes: every letter has such bars.
_CUT = 0.3
#: A second guess of at least this share is worth a word.
_SECOND = 0.05


@dataclass(frozen=True)
class Sign:
    """One sign of a picture, as a digit.

    Attributes:
        label: the likeliest class.
        confidence: its probability.
        second: the second guess, and its probability.
        like: how much it looks like one digit, from 0 to 1.
        scores: the probabilities of all classes.
    """

    label: str
    confidence: float
    second: tuple[str, float]
    like: float
    scores: tuple[float, ...]

    @property
    def is_digit(self) -> bool:
        """Whether it looks like a digit: to the network that knows what is none, and to the one that reads it."""
        return self.like * self.confidence >= LEAST


@dataclass(frozen=True)
class DigitsRead:
    """What a picture says.

    Attributes:
        signs: from the left; at least one.
    """

    signs: tuple[Sign, ...]

    @property
    def label(self) -> str:
        """All digits, ``"47"``."""
        return "".join(sign.label for sign in self.signs)

    @property
    def confidence(self) -> float:
        """The probability that all of them are right."""
        return float(np.prod([sign.confidence for sign in self.signs]))

    @property
    def is_number(self) -> bool:
        """Whether each sign looks like a digit."""
        return all(sign.is_digit for sign in self.signs)

    def doubts(self) -> str:
        """What speaks against it, in words; empty if nothing does.

        Example:
            >>> one = Sign("8", 0.6, ("3", 0.3), 0.01, ())
            >>> DigitsRead((one,)).doubts(), DigitsRead((one, one)).doubts()
            ('this does not look like one digit', 'signs 1 and 2 of 2 do not look like digits')
        """
        wrong = [str(place) for place, sign in enumerate(self.signs, 1) if not sign.is_digit]
        if not wrong:
            return ""
        if len(self.signs) == 1:
            return "this does not look like one digit"
        many = len(wrong) > 1
        places = f"{', '.join(wrong[:-1])} and {wrong[-1]}" if many else wrong[0]
        said = "do not look like digits" if many else "does not look like a digit"
        return f"sign{'s' * many} {places} of {len(self.signs)} {said}"

    def seconds(self) -> str:
        """Second guesses that are not too unlikely, in words; empty if there are none.

        Example:
            >>> DigitsRead((Sign("4", 0.9, ("9", 0.08), 1.0, ()), Sign("7", 0.99, ("1", 0.01), 1.0, ()))).seconds()
            'the 1st may be 9 (8.0 %)'
        """
        one = len(self.signs) == 1
        said = []
        for place, sign in enumerate(self.signs, 1):
            name, share = sign.second
            if share >= _SECOND:
                which = "it" if one else f"the {_ordinal(place)}"
                said.append(f"{which} may be {name} ({100 * share:.1f} %)")
        return ", ".join(said)


def _ordinal(place: int) -> str:
    return f"{place}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(place, 'th') }"


def read(model: Trainable, classes: Sequence[str], grey: Array) -> tuple[DigitsRead, Array]:
    """The digits of a picture, from the left.

    Args:
        model: trained on MNIST.
        classes: the digits' names.
        grey: brightness (height, width), any range, dark on light or light on dark.

    Returns:
        The reading, and the digits in MNIST's form, uint8 (digits, 28, 28).

    Raises:
        ValueError: there is nothing to be seen.
    """
    pieces = numbers.pieces_of(grey)
    forms = np.stack([piece.form for piece in pieces])
    shares, like = _shares(model, forms), digit_likeness(forms)
    upright = np.array([piece.cut for piece in pieces]) & (shares.argmax(axis=1) == 1)
    like = np.where(upright, _CUT * like, like)
    chosen = numbers.best_pieces(pieces, lambda _: like * shares.max(axis=1))
    signs = tuple(_sign(shares[number], float(like[number]), classes) for number in chosen)
    return DigitsRead(signs), forms[chosen]


def _sign(shares: Array, like: float, classes: Sequence[str]) -> Sign:
    first, second = np.argsort(-shares, kind="stable")[:2]
    scores = tuple(float(share) for share in shares)
    return Sign(classes[first], scores[first], (classes[second], scores[second]), like, scores)


def _shares(model: Trainable, forms: Array) -> Array:
    """Probabilities of the classes."""
    found: Array = np.asarray(model.predict(as_inputs(model, forms)), np.float64)
    if getattr(model.loss, "from_logits", False):
        found = np.exp(found - found.max(axis=1, keepdims=True))
        found /= found.sum(axis=1, keepdims=True)
    return found


def digit_likeness(forms: Array) -> Array:
    """How much pictures look like one digit, whichever, from 0 to 1.

    A small network answers, which ``benchmarks/digits.py`` trained on MNIST's digits and on what is none: letters,
    scribbles, spots, noise, pieces of digits and several of them.

    Args:
        forms: uint8 (n, 28, 28), MNIST's form.

    Returns:
        float64 (n,).

    Example:
        >>> ring = np.zeros((1, 28, 28), np.uint8)
        >>> ring[0, 4:24, 8:20] = 255
        >>> ring[0, 7:21, 11:17] = 0
        >>> box = np.zeros((1, 28, 28), np.uint8)
        >>> box[0, 4:24, 4:24] = 255
        >>> digit_likeness(ring)[0] > 0.5, digit_likeness(box)[0] < 0.5
        (np.True_, np.True_)
    """
    found: Array = np.asarray(judge_of_digits().predict(forms, batch_size=256), np.float64)
    return found[:, 0]


@cache
def judge_of_digits() -> Trainable:
    """The network of :func:`digit_likeness`."""
    from safetensors.numpy import load_file

    model = untrained_judge()
    kept = load_file(_WEIGHTS)
    model.set_weights([kept[f"{place:02}"] for place in range(len(kept))])
    return model


def untrained_judge() -> Trainable:
    """The network of :func:`digit_likeness`, before it is trained."""
    stack = [
        layers.Input((28, 28)),
        layers.Rescaling(1 / 255),
        layers.Reshape((28, 28, 1)),
        layers.Conv2D(16, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dropout(0.3),
        layers.Dense(32, activation="relu"),
        layers.Dense(1, activation="sigmoid"),
    ]
    return model_class()(stack)
