"""The base of layers that make numbers of texts and categories, once, before any step of a training."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from math import prod
from reprlib import repr as short
from typing import ClassVar, NoReturn, cast

import numpy as np

from clarinet.configurable import abstract
from clarinet.graph import is_symbolic
from clarinet.layers.base import Layer
from clarinet.layers.context import Context
from clarinet.ops.batches import COUNTABLE
from clarinet.ops.dtypes import FLOAT
from clarinet.ops.specs import Symbolic
from clarinet.ops.tensor import tensor
from clarinet.ops.texts import as_bytes, texts
from clarinet.types import AnyTensor, Array, Arrays, DType, Shape, TensorLike

#: Older names of output modes.
_OLD_MODES = {"binary": "multi_hot", "tf-idf": "tf_idf"}


@dataclass(eq=False, repr=False)
class Preparing(Layer):
    """A layer that looks at data and not at what a step computes: lookups, hashes, bins, one-hot codes.

    It may take texts. In a model it runs once on the data before training, with all that it depends on; what engines
    see are the numbers that it gives. So it has no gradient, and nothing with trained weights may come before it.
    """

    prepares: ClassVar[bool] = True

    @abstract
    def prepare(self, *arrays: Array) -> Array:
        """The output for arrays of numbers, or of Python's strings as objects, with the axis of the rows."""
        raise NotImplementedError(f"{type(self).__name__} does not define prepare")

    @property
    def output_dtype(self) -> DType:
        """Of what it gives."""
        return FLOAT

    def parts(self) -> tuple[Layer, ...]:
        return (self,)  # what it learns later counts, too

    def called_on(self, given: Sequence[object], training: bool | None, mask: TensorLike) -> AnyTensor:
        if is_symbolic(given):
            return super().called_on(given, training, mask)
        found = np.asarray(self.prepare(*(as_data(each, type(self).__name__) for each in given)))
        return cast(AnyTensor, tensor(found) if found.dtype.kind in "biuf" else texts(as_bytes(found)))

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array | Arrays, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        return self.prepare(*(x if isinstance(x, tuple) else (x,))), None, {}

    def backward(self, params: dict[str, Array], cache: object, dy: Array) -> NoReturn:
        raise TypeError(f"{type(self).__name__} runs on data before training, and has no gradient")

    def __repr__(self) -> str:
        own = ((name, value) for name, value in self._shown() if value is not None)
        return f"{type(self).__name__}({', '.join(f'{name}={short(value)}' for name, value in own)})"

    def _shown(self) -> Iterator[tuple[str, object]]:
        for each in fields(self):
            if each.init and each.name not in ("trainable", "input_shape"):
                yield each.name, getattr(self, each.name)

    def keep(self, **learned: object) -> None:
        """Change settings that are learned from data."""
        for name, value in learned.items():
            object.__setattr__(self, name, value)


class Countable(Preparing):
    """1 for each text: rows of texts can be counted in steps, which do not see texts."""

    def prepare(self, *arrays: Array) -> Array:
        return np.ones(arrays[0].shape, np.float32)

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape


COUNTABLE.append(lambda texts: cast(Symbolic, Countable()(cast(TensorLike, texts))))


# What comes in.


def as_data(value: object, what: str) -> Array:
    """Numbers as an array of their own dtype; texts as an array of Python's strings, as objects.

    Args:
        value: an array, a list, a series or a column of a frame; texts may be bytes in UTF-8.
        what: begins the message of an error.

    Raises:
        TypeError: neither numbers nor texts. ValueError: a list whose rows have several lengths.
    """
    if isinstance(value, np.ndarray):
        array = value.view(np.ndarray)
    elif isinstance(value, (list, tuple)) and _begins_with_text(value):
        array = np.array(value, object)  # not as NumPy's strings, each of which takes the room of the longest
    elif hasattr(value, "to_numpy"):
        array = np.asarray(value.to_numpy())
    else:
        try:
            array = np.asarray(value)
        except ValueError:
            raise ValueError(f"{what}: rows differ in length; expected as many values in each") from None
    if array.dtype.kind in "biuf":
        return array
    if array.dtype.kind not in "USOT":
        raise TypeError(f"{what}: expected texts or numbers, received {short(value)} of dtype {array.dtype}")
    return _texts(array, what)


def uneven(value: object) -> bool:
    """Whether it is a list of lists of several lengths, as a ragged tensor of two axes is."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(row, (list, tuple)) for row in value):
        return False
    if any(isinstance(one, (list, tuple)) for row in value for one in row):
        return False
    return len({len(row) for row in value}) > 1


def _begins_with_text(value: Sequence[object]) -> bool:
    first: object = value
    while isinstance(first, (list, tuple)) and first:
        first = first[0]
    return isinstance(first, (str, bytes))


def _texts(array: Array, what: str) -> Array:
    flat = array.ravel().tolist()
    if flat and all(isinstance(one, (bool, int, float)) for one in flat):  # objects that are numbers
        return np.array(flat).reshape(array.shape)
    for place, one in enumerate(flat):
        if isinstance(one, bytes):
            flat[place] = one.decode()
        elif not isinstance(one, str):
            raise _no_text(one, place, array, what)
    found = np.empty(len(flat), object)
    found[:] = flat
    return found.reshape(array.shape)


def _no_text(one: object, place: int, array: Array, what: str) -> Exception:
    row = place // max(1, prod(array.shape[1:]))
    if isinstance(one, (list, tuple, np.ndarray)):
        return ValueError(f"{what}: rows differ in length at row {row}; expected as many values in each")
    fix = "fill missing values first, e.g. with ''" if one is None or one != one else "give texts or numbers alone"
    return TypeError(f"{what}: expected texts, received {short(one)} of type {type(one).__name__} in row {row}; {fix}")


def batches_of(data: object, steps: int | None = None) -> Iterator[object]:
    """What a layer adapts to, piece by piece: a list, an array or a series is one piece; else each item is one.

    Args:
        data: as given.
        steps: how many pieces at most.
    """
    if isinstance(data, (str, bytes, list, tuple, np.ndarray)) or hasattr(data, "to_numpy"):
        yield data
        return
    if not isinstance(data, Iterable) or hasattr(data, "keys"):
        raise TypeError(f"adapt: expected texts or numbers, received {short(data)} of type {type(data).__name__}")
    for number, batch in enumerate(data):
        if steps is not None and number >= steps:
            return
        yield batch


# What goes out.


def check_mode(mode: object, known: Sequence[str], who: str) -> str:
    """The name of an output mode.

    Raises:
        ValueError: it is none.
    """
    found = _OLD_MODES.get(mode, mode) if isinstance(mode, str) else mode
    if found not in known:
        raise ValueError(f"{who}: output_mode is one of {', '.join(known)}; received {mode!r}")
    return cast(str, found)


def encoded_shape(shape: Shape, mode: str, depth: int, who: str) -> Shape:
    """Shape of a sample of ids, once they are encoded.

    Raises:
        ValueError: a sample is a single id where a mode counts those of a sample.
    """
    if mode == "int":
        return shape
    if mode == "one_hot":
        return (*(shape[:-1] if shape[-1:] == (1,) else shape), depth)
    if not shape:
        raise ValueError(
            f"{who}: output_mode={mode!r} counts the values of a sample; expected Input((1,)), received ()"
        )
    return (*shape[:-1], depth)


def encoded(ids: Array, mode: str, depth: int, weights: Array | None = None) -> Array:
    """Ids as numbers for each of ``depth`` categories; those below 0 count for nothing.

    Args:
        ids: whole numbers below ``depth``, of any shape.
        mode: ``"int"``: as they are. ``"one_hot"``: 1 at the place of each id; a last axis of length 1 goes. Else the
            last axis is counted: ``"multi_hot"``, 1 where an id occurs; ``"count"``, how often.
        depth: how many categories there are.
        weights: what each id counts, in the shape of ``ids``.
    """
    if mode == "int":
        return ids
    if mode == "one_hot":
        ids = ids[..., 0] if ids.ndim > 1 and ids.shape[-1] == 1 else ids
        each = ids.reshape(-1)
        hot = np.zeros((each.size, depth), np.float32)
        known = np.flatnonzero(each >= 0)
        hot[known, each[known]] = 1
        return hot.reshape(*ids.shape, depth)
    ids = ids.reshape(1) if ids.ndim == 0 else ids
    flat = ids.reshape(prod(ids.shape[:-1]), ids.shape[-1])  # no -1: of empty texts there are none to count
    places = (flat + np.arange(len(flat))[:, None] * depth)[flat >= 0]
    shares = None if weights is None else np.asarray(weights, np.float64).reshape(flat.shape)[flat >= 0]
    counts: Array = np.bincount(places, shares, len(flat) * depth)
    shaped = counts.astype(np.float32).reshape(*ids.shape[:-1], depth)
    return np.minimum(shaped, 1) if mode == "multi_hot" else shaped


def checked_salt(salt: object, who: str) -> tuple[int, int] | None:
    """The key of a hash: None, a whole number, or two.

    Raises:
        ValueError: something else.
    """
    numbers = salt if isinstance(salt, (list, tuple)) else (salt, salt)
    if salt is None:
        return None
    if len(numbers) != 2 or any(type(one) is not int or not 0 <= one < 2**64 for one in numbers):
        raise ValueError(f"{who}: salt is a whole number of at least 0, or two of them; received {salt!r}")
    return numbers[0], numbers[1]
