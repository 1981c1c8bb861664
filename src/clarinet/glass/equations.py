"""A sum written out: factors, products and the total."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import NamedTuple

from clarinet.glass.sums import Sum, add_up, chain, number, places_for, shown


class Term(NamedTuple):
    """One term of a sum.

    Attributes:
        value: its number.
        text: how it comes about.
        kept: whether it is written out even if it is small.
        loose: whether its number is shown nowhere else, so that it may absorb the rounding.
    """

    value: float
    text: str
    kept: bool = False
    loose: bool = False


def equation(left: str, terms: Sequence[Term], total: float, digits: int, most: int) -> str:
    """``z = 1·0.5 + 0.2·(−0.25) = 0.5000 − 0.0500 = 0.4500``: the terms shown add up to the total shown.

    Args:
        left: the name of the total.
        terms: in order; where there are more than ``most`` the smallest become one.
        total: their sum as it was computed, perhaps in float32.
        digits: of the largest number.
        most: terms that are written out, in addition to those with ``kept``.
    """
    total, terms = float(total), shortened(terms, most)
    texts, values = [t.text for t in terms], [float(t.value) for t in terms]
    if not all(map(isfinite, (*values, total))):
        return f"{left} = {chain(texts)} = {number(total, digits)}"
    places = places_for([*values, total], digits)
    s = add_up(values, total, places)
    if len(terms) == 2 and terms[1].loose:
        first = add_up([], values[0], places).total
        s = Sum((first, s.total - first), s.total, places)
    numbers = [shown(units, places) for units in s.terms]
    if len(s.terms) > len(terms):
        numbers[-1] += " (rounding)"
    last = shown(s.total, places)
    middle = [] if len(numbers) == 1 else [chain(numbers)]
    if texts == [last]:
        return f"{left} = {last}"
    return f"{left} = {' = '.join([chain(texts), *middle, last])}"


def shortened(terms: Sequence[Term], most: int) -> list[Term]:
    """The ``most`` largest terms and those that are kept, in order; the others as one."""
    small = [i for i, t in enumerate(terms) if not t.kept]
    if len(small) <= most + 1:  # one more is as short as "1 more"
        return list(terms)
    order = sorted(small, key=lambda i: -abs(terms[i].value) if isfinite(terms[i].value) else float("-inf"))
    hidden = set(order[most:])
    rest = Term(sum(terms[i].value for i in hidden), f"… ({len(hidden):,} more)")
    shown_terms = [t for i, t in enumerate(terms) if i not in hidden]
    at = len(shown_terms) - shown_terms[-1].kept  # before a bias
    return [*shown_terms[:at], rest, *shown_terms[at:]]
