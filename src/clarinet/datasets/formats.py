"""How a table's file is written, as far as somebody has said so."""

from __future__ import annotations

from dataclasses import dataclass, fields

from clarinet.datasets.dates import ORDERS
from clarinet.datasets.numerals import DECIMALS
from clarinet.wording import option


@dataclass(frozen=True)
class Format:
    """How a table's file is written; None wherever it is to be found out.

    Args:
        delimiter: between cells, one character.
        encoding: of the text.
        decimal: the mark before decimals, ``"."`` or ``","``.
        header: whether the first line names the columns.
        comment: what lines that are not rows begin with.
        date_order: ``"dmy"``, ``"mdy"`` or ``"ymd"``.
        sheet: of a workbook.
        skip_damaged: whether rows with too many or too few cells are left out.

    Raises:
        ValueError: a value that makes no sense.

    Example:
        >>> Format(decimal=",").decimal
        ','
    """

    delimiter: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    header: bool | None = None
    comment: str | None = None
    date_order: str | None = None
    sheet: str | None = None
    skip_damaged: bool | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            wanted = bool if field.name in ("header", "skip_damaged") else str
            if value is not None and not isinstance(value, wanted):
                what = "True, False" if wanted is bool else "text"
                raise ValueError(f"{option(field.name, value)}: expected {what} or None")
        if self.delimiter is not None and (len(self.delimiter) != 1 or self.delimiter in '\r\n"'):
            raise ValueError(
                f"{option('delimiter', self.delimiter)}: expected one character such as ';'; left out, it is found"
            )
        if self.decimal not in (None, *DECIMALS) or (self.decimal is not None and self.decimal == self.delimiter):
            raise ValueError(
                f"{option('decimal', self.decimal)}: expected '.' or ',', and another character than the delimiter"
            )
        if self.date_order not in (None, *ORDERS):
            raise ValueError(f"{option('date_order', self.date_order)}: expected 'dmy', 'mdy' or 'ymd'")
        if self.comment == "":
            raise ValueError(f"{option('comment', '')}: expected what comments begin with, such as '#'")
