"""Values of a store, which may be damaged or come from elsewhere: of the expected type, or skipped."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from clarinet.escaping import harmless_name, harmless_text
from clarinet.runs.location import StoreError
from clarinet.types import Json

#: The last moment of the year 9999, beyond which calendars have no names.
_LAST_MOMENT = 253_402_300_799.0
#: Levels of lists and dictionaries in a document, at most.
_DEEPEST = 100


def text(value: object) -> str:
    """A text that can be shown."""
    return harmless_text(value)


def optional(value: object) -> str | None:
    """A text that can be shown, or None."""
    return None if value is None else harmless_text(value)


def name(value: object) -> str:
    """A name that can be shown, on one line."""
    return value if isinstance(value, str) and value.isprintable() else harmless_name(value)


def number(value: object) -> float:
    """A number; anything else counts as NaN, as NULL does."""
    if type(value) is float:  # as all are in a sound store
        return value
    try:
        return float(value) if isinstance(value, (int, float)) else math.nan
    except OverflowError:
        return math.nan


def moment(value: object) -> float:
    """A valid Unix time; anything else counts as the beginning of 1970."""
    found = number(value)
    return found if 0.0 <= found <= _LAST_MOMENT else 0.0


def seconds(value: object) -> float:
    """A length of time; anything else counts as 0."""
    found = number(value)
    return found if 0.0 <= found <= _LAST_MOMENT else 0.0


def id(value: object) -> int:
    """The number of a row, which SQLite makes sure is one."""
    assert isinstance(value, int)
    return value


def whole(value: object) -> int | None:
    """A whole number.

    Earlier versions of Clarinet kept steps that were NumPy integers as their bytes, and took fractions.

    Example:
        >>> whole(3), whole(np.int64(3).tobytes()), whole(3.5), whole("3")
        (3, 3, 3, None)
    """
    if isinstance(value, bytes) and len(value) in (1, 2, 4, 8):
        return int.from_bytes(value, "little", signed=True)
    if isinstance(value, float) and math.isfinite(value):
        return int(value)
    return value if isinstance(value, int) else None


def points(rows: Iterable[Sequence[object]]) -> dict[int, float]:
    """Values by step, in order; of two for one step the one whose step is a proper number counts."""
    found = {whole(step): value for step, value in reversed([*rows])}  # SQLite puts numbers before bytes
    return {step: number(found[step]) for step in sorted(step for step in found if step is not None)}


def block(first: object, values: object) -> tuple[int, NDArray[np.float32]] | None:
    """First step and values of a block; None where they make no sense."""
    if not isinstance(first, int) or not isinstance(values, bytes) or not -(2**53) < first < 2**53:
        return None
    return first, np.frombuffer(values[: len(values) // 4 * 4], "<f4")


def document(section: str, body: object) -> Json:
    """A section of the configuration.

    Raises:
        StoreError: it is damaged.
    """
    try:
        if not isinstance(body, (str, bytes)):
            raise TypeError(f"expected text, found {body!r:.40}")
        found: Json = json.loads(body)
        refuse_depth(found)
        return found
    except (TypeError, ValueError, RecursionError) as error:
        raise StoreError(f"the record of {section!r} is damaged: {error}") from None


def refuse_depth(found: object) -> None:
    """Refuse nesting so deep that it cannot be intended and would crash programs.

    Raises:
        ValueError: it is.
    """
    level: list[object] = [found]
    for _ in range(_DEEPEST):
        parts = (v.values() if isinstance(v, dict) else v for v in level if isinstance(v, (dict, list)))
        level = [value for part in parts for value in part]
        if not level:
            return
    raise ValueError(f"nested more than {_DEEPEST} times")


class Sample(TypedDict):
    """A row of the data with label and prediction: numbers, or lists of them."""

    row: int
    input: Json
    label: Json
    prediction: Json


def sample(row: object, shape: object, dtype: object, given: object, label: object, prediction: object) -> Sample:
    """A row of the data with label and prediction, as lists.

    Raises:
        TypeError, ValueError: it makes no sense.
    """
    kind, sides = np.dtype(str(dtype)), json.loads(str(shape))
    if kind.kind not in "biuf" or type(row) is not int or not isinstance(sides, list) or not isinstance(given, bytes):
        raise ValueError(f"sample {row!r:.20} is not of shape {shape!r:.40} and dtype {dtype!r:.20}")
    if any(type(side) is not int or side < 1 for side in sides) or math.prod(sides) * kind.itemsize != len(given):
        raise ValueError(f"sample {row} is not of shape {shape!r:.40} and dtype {dtype!r:.20}")
    said = json.loads(str(prediction))
    for output in said.values() if isinstance(said, dict) else [said]:
        np.asarray(output, np.float64)  # a number, or lists of them in equal lengths
    numbers = np.frombuffer(given, kind).reshape(sides).tolist()
    return {"row": row, "input": numbers, "label": json.loads(str(label or "null")), "prediction": said}
