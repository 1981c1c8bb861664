"""Facts about a model of a table, or of plain numbers, that its page needs: a form with a field for each column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import prod
from typing import TYPE_CHECKING

from clarinet.answers import coding_of
from clarinet.data_adapters.provenance import About
from clarinet.datasets.coding import TableCoding
from clarinet.page.sequences import words_of
from clarinet.page.subject import meaning, names_of
from clarinet.verdict import in_words

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

#: So many inputs without names get a field each; more of them one field for all.
_MOST_FIELDS = 24


@dataclass(frozen=True)
class Form:
    """How the fields of a form become the model's input, and its output an answer.

    Attributes:
        title: the model's name.
        target, sign: what is predicted; the currency or percent sign that stands beside it.
        columns: the table's, each with its ``kind`` and what codes its cells.
        tested: how good it was on rows that were not trained on, in words; empty where that is not known.
        classes, answer, exclusive, parameters: as of :class:`clarinet.page.subject.Subject`.
    """

    title: str
    target: str
    sign: str
    columns: tuple[dict[str, object], ...]
    tested: str
    classes: tuple[str, ...]
    answer: str
    exclusive: bool
    parameters: int


def form_of(model: Trainable, what: str, about: About, class_names: Iterable[str] | None = None) -> Form:
    """The facts about a model.

    Args:
        model: built, of one input.
        what: the caller's name, with which messages begin.
        about: its data.
        class_names: one for each class; default: those saved with the model, else numbers.

    Raises:
        ValueError: the model takes another number of features than its table has, or names do not fit its output.
    """
    coding = coding_of(about)
    columns = _unnamed(model, what) if coding is None else _columns(model, what, coding)
    answer, exclusive = meaning(model)
    return Form(
        title=model.name,
        target="" if coding is None else coding.target.name,
        sign="" if coding is None else coding.target.sign,
        columns=columns,
        tested=in_words(about.get("scores", {})),
        classes=names_of(model, what, about["classes"], class_names, answer),
        answer=answer,
        exclusive=exclusive,
        parameters=model.count_params(),
    )


def _columns(model: Trainable, what: str, coding: TableCoding) -> tuple[dict[str, object], ...]:
    if model.sample_shape != (len(coding.feature_names),):
        raise ValueError(
            f"{what}: the model's table has {len(coding.feature_names)} features, but it takes rows of shape "
            f"{model.sample_shape}"
        )
    return tuple({"kind": column.kind, **asdict(column)} for column in coding.columns)


def _unnamed(model: Trainable, what: str) -> tuple[dict[str, object], ...]:
    """A field for a text, or fields for numbers."""
    words = words_of(model, what)
    return _numbers(model) if words is None else (words.column(),)


def _numbers(model: Trainable) -> tuple[dict[str, object], ...]:
    """Fields for inputs of which nothing is known but how many they are."""
    shape = model.sample_shape or (1,)
    if len(shape) == 1 and shape[0] <= _MOST_FIELDS:
        plain = {"kind": "number", "fill": 0.0, "marked": False, "boolean": False, "sign": ""}
        return tuple({**plain, "name": f"Input {number}"} for number in range(1, shape[0] + 1))
    return ({"kind": "numbers", "name": f"Input of shape {shape}", "count": prod(shape)},)
