"""Texts in a page: words become ids, ids vectors, and recurrent layers read them."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from clarinet import layers
from clarinet.exchange.forward import Describe, Settings, Weights
from clarinet.layers.applied import Applied, Given
from clarinet.layers.steps import TakeSteps
from clarinet.layers.text import TextVectorization
from clarinet.ops.comparisons import NotEqual
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.plan import Op
    from clarinet.trainable import Trainable

#: Activations of recurrent layers that work on each number by itself, as ``network.js`` has them.
_EACH = ("linear", "relu", "tanh", "sigmoid", "hard_sigmoid", "elu", "selu", "softsign", "softplus", "silu", "gelu")


#: What may come before a model in a page: ``coding.js`` does the same.
_IN_PAGES = (TextVectorization,)


@dataclass(frozen=True)
class Words:
    """How a text becomes the numbers that a model begins with.

    Attributes:
        spec: the layer that does it.
        size: how many numbers.
    """

    spec: TextVectorization
    size: int

    def column(self) -> dict[str, object]:
        """The field of the form for it."""
        spec = self.spec
        standardize = spec.standardize or ""
        return {
            "kind": "tokens",
            "name": "Text",
            "vocabulary": list(map(str, spec.get_vocabulary())),
            "lower": "lower" in str(standardize),
            "strip": "punctuation" in str(standardize),
            "split": spec.split,
            "ngrams": None if spec.ngrams is None else list(spec._sizes()),
            "mode": spec.output_mode,
            "size": self.size,
            "weights": _factors(spec, self.size) if spec.output_mode == "tf_idf" else [],
        }


def words_of(model: Trainable, what: str) -> Words | None:
    """How the model's texts become numbers; None for a model that takes numbers.

    Raises:
        ValueError: something else than one TextVectorization comes first, or one that a page cannot do.
    """
    plan = model.make_plan()
    if plan.preparation is None:
        return None
    specs = [op.spec for op in plan.preparation.ops]
    spec = specs[0] if len(specs) == 1 else None
    if spec is None or type(spec) not in _IN_PAGES:
        names = ", ".join(sorted({type(each).__name__ for each in specs}))
        raise ValueError(f"{what}: {names} cannot run in a page; TextVectorization can, if it is all that comes first")
    words = cast("TextVectorization", spec)
    if callable(words.standardize) or callable(words.split):
        raise ValueError(f"{what}: TextVectorization with a function of your own cannot run in a page")
    if not plan.sizes_known:
        raise ValueError(f"{what}: TextVectorization needs output_sequence_length=, so that the page knows the length")
    (shape,) = plan.input_shapes
    return Words(words, int(np.prod(shape)))


def _factors(spec: TextVectorization, size: int) -> list[float]:
    """What each token counts; unknown ones the mean of all."""
    own = np.array(spec.idf_weights, np.float32)
    known = spec.vocabulary_size()
    weights = np.zeros(size, np.float32)
    weights[known - len(own) : known] = own
    if len(own) < known:
        weights[: len(spec.special())] = np.mean(own)
    found: list[float] = weights.tolist()
    return found


def _embedding(op: Op, spec: Any, own: dict[str, Array], weights: Weights) -> Settings | None:
    return {"do": "embed", "depth": spec.output_dim, "rows": weights.add(own["embeddings"])}


def _recurrent(op: Op, spec: Any, own: dict[str, Array], weights: Weights) -> Settings | None:
    functions = [spec.activation, getattr(spec, "recurrent_activation", spec.activation)]
    given = len(op.input_shapes) > 1 or spec.stateful or spec.packs
    if given or any(function.name not in _EACH for function in functions):
        return None
    steps, inputs = op.input_shape
    return {
        "do": "recur",
        "kind": type(spec).__name__,
        "steps": steps,
        "inputs": inputs,
        "units": spec.units,
        "back": spec.go_backwards,
        "all": spec.return_sequences,
        "after": bool(getattr(spec, "reset_after", False)),
        "activation": {"name": functions[0].name, **vars(functions[0])},
        "gate": {"name": functions[1].name, **vars(functions[1])},
        **{name: weights.add(array) for name, array in own.items()},
    }


def _taken(op: Op, spec: TakeSteps, own: dict[str, Array], weights: Weights) -> Settings:
    count, *rest = op.input_shape
    return {"do": "take", "steps": spec.steps(count), "run": prod(rest)}


def _mean(op: Op, spec: layers.GlobalAveragePooling1D, own: dict[str, Array], weights: Weights) -> Settings | None:
    """Of the steps that a mask leaves, or of all."""
    if spec.data_format == "channels_first":
        return None
    steps, channels = op.input_shape
    return {"do": "mean", "steps": steps, "channels": channels}


def _constant(op: Op, spec: Given, own: dict[str, Array], weights: Weights) -> Settings:
    return {"do": "given", "values": weights.add(spec.value)}


def _compared(op: Op, spec: Applied, own: dict[str, Array], weights: Weights) -> Settings | None:
    """Whether ids differ from that of padding, which is how a mask is made."""
    one = len(op.input_shapes) == 2 and prod(op.input_shapes[1]) == 1
    return {"do": "differ"} if isinstance(spec.operation, NotEqual) and one else None


#: Operations that pages know beside those that have a form in C too.
SEQUENCES: dict[type, Describe] = {
    layers.Embedding: _embedding,
    layers.GRU: _recurrent,
    layers.GlobalAveragePooling1D: _mean,
    layers.LSTM: _recurrent,
    layers.SimpleRNN: _recurrent,
    Applied: _compared,
    Given: _constant,
    TakeSteps: _taken,
}
