"""What a row is, and data for it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from clarinet import layers
from clarinet.names import snake_case

Keras = Callable[[Any], Any]


@dataclass(frozen=True)
class Case:
    """A thing of ours, made by ``make``, and the same thing of Keras.

    ``shape`` is of one sample of a layer's input (a tuple of shapes where it takes several tensors), ``inputs`` what
    stands in it (see :func:`inputs`); ``targets`` and
    ``predictions`` say which data a loss or metric takes (see :func:`example`).
    """

    id: str
    make: Callable[[], Any]
    keras: Keras | None = None
    shape: Any = (3,)
    targets: str = "numbers"
    predictions: str = "numbers"
    inputs: str = "numbers"

    def __repr__(self) -> str:
        return self.id

    @property
    def several(self) -> bool:
        """Whether it is a layer that takes several tensors."""
        return bool(self.shape) and isinstance(self.shape[0], tuple)


def rows(
    name: str,
    shape: Any,
    *settings: tuple[str, dict[str, Any]],
    inputs: str = "numbers",
    random: bool = False,
) -> list[Case]:
    """A row for each set of arguments of a layer, which has the same name and arguments in Keras.

    What a ``random`` one does in training cannot be compared with Keras step by step.
    """
    return [
        Case(
            f"{snake_case(name).replace('_', '-')}{note and '-'}{note}",
            lambda a=arguments: getattr(layers, name)(**a),
            None if random else lambda k, a=arguments: getattr(k.layers, name)(**a),
            shape,
            inputs=inputs,
        )
        for note, arguments in settings
    ]


def inputs(case: Case, rows: int, dtype: Any = np.float32, seed: int = 2) -> Any:
    """Rows that a layer takes: numbers around zero, or ids from 0 to 6; a tuple of arrays where it takes several."""
    if case.several:
        return tuple(inputs(replace(case, shape=shape), rows, dtype, seed + j) for j, shape in enumerate(case.shape))
    rng = np.random.default_rng(seed)
    if case.inputs == "ids":
        return rng.integers(0, 7, (rows, *case.shape)).astype(dtype)
    return rng.normal(scale=1.5, size=(rows, *case.shape)).astype(dtype)


def example(case: Case, dtype: Any = np.float32, rows: int = 12, columns: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Targets and predictions that suit a loss or metric, the same on every call."""
    rng = np.random.default_rng(5)
    numbers = rng.normal(size=(rows, columns))
    ids = rng.integers(0, columns, rows)
    targets = {
        "numbers": rng.normal(size=(rows, columns)),
        "binary": rng.integers(0, 2, (rows, columns)),
        "one-hot": np.eye(columns)[ids],
        "ids": ids,
    }[case.targets]
    predictions = {
        "numbers": numbers,
        "chances": np.exp(numbers) / np.exp(numbers).sum(-1, keepdims=True),
        "zeros": (numbers > 0) * 1.0,
    }[case.predictions]
    return targets if case.targets == "ids" else targets.astype(dtype), predictions.astype(dtype)
