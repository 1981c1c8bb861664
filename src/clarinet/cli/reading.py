"""The command's flags for reading files, and which of them suit a model's own data."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from dataclasses import dataclass, fields, replace
from typing import Any

from clarinet.datasets.coding import TableCoding
from clarinet.datasets.columns import CategoryColumn, TextColumn, shorten
from clarinet.datasets.formats import Format
from clarinet.wording import option

#: The flags for folders of pictures, and those for both; all others are for tables.
_OF_PICTURES, _OF_BOTH = ("image_size",), ("skip_damaged",)
#: Those that say how a table's file is written.
_OF_FILES = tuple(field.name for field in fields(Format))


@dataclass(frozen=True)
class Reading:
    """The flags for reading files, as given; None or empty if not given.

    Attributes:
        target, header, delimiter, decimal, encoding, comment, date_order, sheet, task, max_categories, max_words,
            missing, categorical, text, keep, drop: of a table, as in :func:`clarinet.datasets.load_table`.
        image_size: of a folder of pictures.
        skip_damaged: leave out rows, or pictures, that cannot be read.
    """

    target: str | None = None
    header: bool | None = None
    delimiter: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    comment: str | None = None
    date_order: str | None = None
    sheet: str | None = None
    task: str | None = None
    max_categories: int | None = None
    max_words: int | None = None
    missing: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    image_size: tuple[int, int] | None = None
    skip_damaged: bool = False

    @classmethod
    def of(cls, options: Namespace) -> Reading:
        """The flags of the command line."""
        given: dict[str, Any] = {}
        for name in (field.name for field in fields(cls)):
            value = getattr(options, name)
            if value is not None:
                given[name] = tuple(value) if isinstance(value, list) else value
        return cls(**given)

    def given(self) -> dict[str, object]:
        """The flags that were given, by name."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name)) != field.default}

    def check_kind(self, data: str, kind: str) -> None:
        """Refuse flags that have no meaning for such data.

        Raises:
            ArgumentTypeError: there are some.
        """
        fitting = {
            "a table": lambda name: name not in _OF_PICTURES,
            "a folder of pictures": lambda name: name in (*_OF_PICTURES, *_OF_BOTH),
        }
        for name in self.given():
            if not fitting.get(kind, lambda name: False)(name):
                about = "folders of pictures" if name in _OF_PICTURES else "tables"
                raise ArgumentTypeError(f"{option(name)} is for {about}; {data} is {kind}")

    def of_table(self) -> dict[str, object]:
        """Arguments for ``load_table``."""
        return {name: value for name, value in self.given().items() if name not in _OF_PICTURES}

    def applied(self, coding: TableCoding) -> TableCoding:
        """A model's own coding, with the flags for this file.

        Raises:
            ValueError: a flag contradicts the coding that the model has learnt.
        """
        self._check_learnt(coding)
        how: dict[str, Any] = {name: value for name, value in self.given().items() if name in _OF_FILES}
        missing = coding.missing | {text.lower() for text in self.missing}
        return replace(coding, missing=missing, format=replace(coding.format, **how))

    def _check_learnt(self, coding: TableCoding) -> None:
        used = {column.name: column for column in coding.columns}
        learnt = f"the model has learnt {shorten(list(used))}, to predict {coding.target.name}"
        if self.target not in (None, coding.target.name):
            raise ValueError(f"{option('target', self.target)}: {learnt}")
        if self.task not in (None, coding.task):
            raise ValueError(f"{option('task', self.task)}: {learnt}, a {coding.task}")
        for flag, names, kind in (("categorical", self.categorical, CategoryColumn), ("text", self.text, TextColumn)):
            for name in names:
                if not isinstance(used.get(name), kind):
                    what = f"as a {used[name].kind}" if name in used else "without it"
                    raise ValueError(
                        f"{option(flag, [name])}: the model has learnt {what}; train another to change that"
                    )
        for name in self.drop:
            if name in used:
                raise ValueError(f"{option('drop', [name])}: {learnt}; train another to leave it out")
