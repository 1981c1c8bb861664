"""Configuration as flat keys, to filter, compare and group runs by."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from clarinet.runs.location import StoreError
from clarinet.types import Json

#: Sections of the configuration that filters, differences and groups look at.
SECTIONS = ("config", "fit", "compile", "model", "data", "environment", "git")

_CONDITION = re.compile(r"\s*(.+?)\s*(<=|>=|!=|==|=|<|>)\s*(.*?)\s*")
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def flatten(document: object, prefix: str = "") -> dict[str, object]:
    """Nested dictionaries and lists as one dictionary.

    Example:
        >>> flatten({"fit": {"epochs": 3}, "layers": [{"units": 8}, {"units": 2}]})
        {'fit.epochs': 3, 'layers[0].units': 8, 'layers[1].units': 2}
    """
    if isinstance(document, Mapping) and document:
        parts = ((f"{prefix}.{key}" if prefix else str(key), value) for key, value in document.items())
    elif isinstance(document, (list, tuple)) and any(isinstance(v, (Mapping, list, tuple)) for v in document):
        parts = ((f"{prefix}[{i}]", value) for i, value in enumerate(document))
    else:
        return {prefix: document}
    found: dict[str, object] = {}
    for key, value in parts:
        found |= flatten(value, key)
    return found


def matching(settings: Mapping[str, object], key: str) -> list[str]:
    """The flat keys for ``key``: itself, or those that end in it.

    Example:
        >>> matching({"fit.epochs": 3, "fit.initial_epoch": 0}, "epochs")
        ['fit.epochs']
    """
    if key in settings:
        return [key]
    return [name for name in settings if name.endswith(f".{key}")]


@dataclass(frozen=True)
class Condition:
    """A condition on a run, e.g. ``val_accuracy > 0.9`` or ``fit.batch_size = 64``.

    Attributes:
        key: of a column (``status``, ``group``, …), a metric or a setting.
        sign: one of = == != < <= > >=.
        value: a number, or text.
    """

    key: str
    sign: str
    value: Json

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read a condition.

        Raises:
            ValueError: it has no operator. TypeError: no text.

        Example:
            >>> Condition.parse("val_accuracy>=0.9")
            Condition(key='val_accuracy', sign='>=', value=0.9)
        """
        if not isinstance(text, str):
            raise TypeError(f"where: expected text such as 'val_accuracy > 0.9', received {text!r}")
        match = _CONDITION.fullmatch(text)
        if match is None:
            raise ValueError(
                f"where: {text!r} is not a condition; expected a name, one of = != < <= > >=, and a value, e.g. "
                "'val_accuracy > 0.9' or 'fit.batch_size = 64'"
            )
        return cls(match[1], match[2], _value(match[3]))

    def holds(self, found: Iterable[object]) -> bool:
        """Whether one of these values satisfies it; values that cannot be compared with it do not."""
        return any(self._holds(value) for value in found)

    def _holds(self, value: object) -> bool:
        try:
            return bool(_OPERATORS[self.sign](value, self.value))
        except TypeError:
            return False


def _value(text: str) -> Json:
    """A JSON value, or the text itself."""
    try:
        found: Json = json.loads(text)
        return found
    except ValueError:
        return text


def conditions(where: str | Iterable[str] | None) -> list[Condition]:
    """One condition or several, which have to hold together."""
    texts = [] if where is None else [where] if isinstance(where, str) else list(where)
    return [Condition.parse(text) for text in texts]


class Documented(Protocol):
    """The run whose settings they are."""

    @property
    def name(self) -> str: ...

    def document(self, section: str) -> Json: ...

    def record(self, section: str, document: object) -> None: ...


class Config(dict[str, object]):
    """A run's settings: a dictionary whose entries are attributes as well, and which saves changes."""

    _run: Documented

    def __init__(self, run: Documented) -> None:
        kept = run.document("config") or {}
        if not isinstance(kept, dict):
            raise StoreError(f"run {run.name!r}: its config is damaged: expected settings by name, found {kept!r:.40}")
        super().__init__(kept)
        object.__setattr__(self, "_run", run)

    def __getattr__(self, name: str) -> object:
        if name in self:
            return self[name]
        raise AttributeError(f"the run's config has no setting {name!r}; it has {', '.join(self) or 'none'}")

    def __setattr__(self, name: str, value: object) -> None:
        self.update({name: value})

    def __setitem__(self, name: str, value: object) -> None:
        self.update({name: value})

    def update(self, *settings: object, **more: object) -> None:
        """Set several at once."""
        changed = {**self, **dict(*settings, **more)}
        self._run.record("config", changed)
        super().update(changed)
