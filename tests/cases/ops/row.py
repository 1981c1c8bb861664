"""What a row for a function of ``clarinet.ops`` is: its name, its arguments, and data for these."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import numpy as np

#: An axis 0 of this size is a batch; nothing else has this size.
ROWS = 5


@dataclass(frozen=True)
class Draw:
    """An argument that is an array; ``kind`` says what stands in it.

    Of ``"numbers"`` there are some in every dtype; ``"positive"``, ``"unit"`` (between -1 and 1) and ``"above"`` (1 and
    more) are floats; ``"definite"`` are symmetric matrices whose eigenvalues are positive; ``"truths"`` and
    ``"places"`` (whole numbers below ``below``) are the same in every dtype.
    """

    shape: tuple[int, ...]
    kind: str = "numbers"
    below: int = 0

    def array(self, dtype: Any, rng: np.random.Generator) -> np.ndarray:
        dtype = np.dtype(dtype)
        if self.kind == "truths":
            return rng.random(self.shape) < 0.5
        if self.kind == "places":
            return rng.integers(0, self.below, self.shape).astype(np.int32)
        if dtype.kind != "f":
            low = {"b": 0, "u": 0, "i": -4}[dtype.kind] if self.kind == "numbers" else 1
            return rng.integers(low, 2 if dtype.kind == "b" else 7, self.shape).astype(dtype)
        numbers = rng.normal(scale=1.5, size=self.shape)
        if self.kind == "positive":
            numbers = np.abs(numbers) + 0.3
        elif self.kind == "unit":
            numbers = np.tanh(numbers) * 0.9
        elif self.kind == "above":
            numbers = np.abs(numbers) + 1.2
        elif self.kind == "definite":
            numbers = numbers @ np.swapaxes(numbers, -1, -2) + np.eye(self.shape[-1])
        return np.asarray(numbers, dtype)

    @property
    def batched(self) -> bool:
        return self.shape[:1] == (ROWS,)


@dataclass(frozen=True, eq=False)
class Given:
    """An argument that is an array with these very numbers: ties, zeros, infinities."""

    values: Any

    def array(self, dtype: Any, rng: np.random.Generator) -> np.ndarray:
        found = np.asarray(self.values)
        return (
            found.astype(dtype)
            if found.dtype.kind == "f"
            else found.astype(np.int32)
            if found.dtype.kind == "i"
            else found
        )

    @property
    def batched(self) -> bool:
        return np.shape(self.values)[:1] == (ROWS,)


def N(*shape: int) -> Draw:
    """Numbers."""
    return Draw(shape)


def P(*shape: int) -> Draw:
    """Positive numbers."""
    return Draw(shape, "positive")


def U(*shape: int) -> Draw:
    """Numbers between -1 and 1."""
    return Draw(shape, "unit")


def D(*shape: int) -> Draw:
    """Symmetric matrices whose eigenvalues are positive."""
    return Draw(shape, "definite")


def T(*shape: int) -> Draw:
    """Truth values."""
    return Draw(shape, "truths")


def W(below: int, *shape: int) -> Draw:
    """Whole numbers from 0 to ``below - 1``."""
    return Draw(shape, "places", below)


@dataclass(frozen=True, eq=False)
class Row:
    """A call of a function, which has the same name and arguments in ``keras.ops``.

    Attributes:
        name: of the function, perhaps ``image.…``.
        args: its positional arguments; a :class:`Draw` or :class:`Given` in them becomes an array.
        settings: its named arguments.
        dtypes: those in which values are compared with Keras's.
        slope: whether it has a gradient.
        unknown: whether it can be part of a graph whose batch has no known size.
        symbolic: whether it can be part of a graph at all.
        standard: whether it runs on the array API's own functions alone.
        keras: what to call there, where the same call does not do it; False: there is nothing to compare with.
        rtol: how near float32 comes to Keras's.
        apart: why its gradient is not that of Keras.
    """

    name: str
    args: tuple[Any, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    dtypes: tuple[str, ...] = ("float32",)
    slope: bool = True
    unknown: bool = True
    symbolic: bool = True
    standard: bool = True
    keras: Callable[..., Any] | bool = True
    rtol: float = 2e-5
    note: str = ""
    apart: str = ""

    def __repr__(self) -> str:
        shown = "-".join(map(_short, self.args)) + "".join(f"-{k}={v}" for k, v in self.settings.items())
        return f"{self.name}-{self.note or shown}"[:90]

    def arrays(self, dtype: Any = "float64") -> tuple[Any, ...]:
        """The positional arguments with arrays, which nobody can write to."""
        rng = np.random.default_rng(3)
        return tuple(_drawn(arg, dtype, rng) for arg in self.args)

    def call(self, ops: Any, *args: Any) -> Any:
        """Call the function, of ours or of Keras's."""
        return attrgetter(self.name)(ops)(*args, **self.settings)

    @property
    def given(self) -> bool:
        """Whether it stands on the edge, where differences say nothing."""
        return any(isinstance(arg, Given) and np.asarray(arg.values).dtype.kind == "f" for arg in draws(self.args))


def _drawn(arg: Any, dtype: Any, rng: np.random.Generator) -> Any:
    if isinstance(arg, (Draw, Given)):
        array = arg.array(dtype, rng)
        array.flags.writeable = False
        return array
    return [_drawn(item, dtype, rng) for item in arg] if isinstance(arg, list) else arg


def draws(args: Any) -> Iterator[Draw | Given]:
    """The arguments that are arrays."""
    for arg in args:
        if isinstance(arg, (Draw, Given)):
            yield arg
        elif isinstance(arg, list):
            yield from draws(arg)


def _short(arg: Any) -> str:
    if isinstance(arg, Draw):
        return "x".join(map(str, arg.shape)) or "0d"
    if isinstance(arg, list):
        return "[" + ",".join(map(_short, arg)) + "]"
    return "given" if isinstance(arg, Given) else str(arg)


FLOATS = ("float32",)
NUMBERS = ("float32", "int32")
ANY = ("float32", "int32", "bool", "uint8")


def op(name: str, *args: Any, dtypes: tuple[str, ...] = FLOATS, **settings: Any) -> Row:
    """A row; settings that begin with ``_`` are the row's own."""
    own = {key[1:]: settings.pop(key) for key in list(settings) if key.startswith("_")}
    return Row(name, args, settings, dtypes, **own)
