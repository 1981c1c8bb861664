"""Configuration as JSON documents."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from clarinet.types import Config, Json


def to_json(section: str, document: object) -> str:
    """A document as JSON; numbers that JSON does not have become null, characters that no text holds escapes.

    Raises:
        TypeError: it holds something that JSON cannot.
    """
    try:
        return json.dumps(_jsonable(document), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, OverflowError) as error:
        raise TypeError(f"{section}: {error}; expected numbers, strings, lists and dictionaries") from None
    except RecursionError:
        raise TypeError(f"{section}: nested too deeply, or in itself; expected a plain dictionary") from None


def plain(value: object) -> Json:
    """``value`` with everything that JSON cannot hold as text: an object of the library by its class's name."""
    if isinstance(value, Mapping):
        return plain_all(value)
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        item: Json = value.item()
        return item
    return value if value is None or isinstance(value, (bool, int, float, str)) else type(value).__name__


def plain_all(values: Mapping[str, object]) -> Config:
    """Each of some values as :func:`plain` gives it, by name."""
    return {str(key): plain(value) for key, value in values.items()}


def _jsonable(value: Any) -> object:
    """The same for values that JSON knows."""
    if isinstance(value, Mapping):
        return {_jsonable(str(key)): _jsonable(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_jsonable(v) for v in value]
    if isinstance(value, (np.generic, np.ndarray)):
        return _jsonable(value.tolist())
    if isinstance(value, (Path, str)):
        return str(value).encode("utf-8", "backslashreplace").decode()
    if isinstance(value, (Decimal, Fraction)):
        return _jsonable(float(value))
    if _is_tensor(value):
        return _jsonable(value.item())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _is_tensor(value: object) -> bool:
    """Whether it is another library's array with a single number."""
    return hasattr(value, "item") and hasattr(value, "shape") and math.prod(value.shape) == 1
