"""The decisions about a training table's columns, each in one sentence."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from clarinet.datasets.clocks import CLOCK, are_clocks, parts_of
from clarinet.datasets.columns import (
    CategoryColumn,
    Column,
    DateColumn,
    NumberColumn,
    TextColumn,
    VectorColumn,
    absent_in,
    check_finite,
    dates_of,
    decimal_of,
    is_boolean,
    numbers_of,
    read_booleans,
    shorten,
    where,
)
from clarinet.datasets.dates import WORDS, are_compact, are_dates, varying
from clarinet.datasets.numerals import Numbers, are_codes, several_numbers, signs_for_nothing
from clarinet.datasets.text_table import TextTable
from clarinet.datasets.worded import several_answers, spellings, words_for_nothing, words_in, words_of
from clarinet.wording import option

_DRESSED_NUMBER = re.compile(r"[-+]?\s*[$€£¥]?\s*\d[\d.,' ]*\s*[%$€£¥]?")
#: Numbers of telephones, which are names.
_PHONE = re.compile(r"(?:\+|00?)[1-9](?:[ ./-]?\d){6,14}")
_ROW_NAME = re.compile(r"(^|[_\s])(id|Id|ID)$|[a-z](Id|ID)$|^(?i:index|row|unnamed: 0)$")
#: Numbers that often stand for a value that is not known.
_SENTINELS = (-1.0, -9.0, -99.0, -999.0, -9999.0, -99999.0, 99.0, 999.0, 9999.0, 99999.0, 999999.0)
#: Sentences have so many words on average, and share words.
_WORDS_OF_SENTENCES = 3.0
#: A word of the vocabulary occurs in so many rows.
_LEAST_ROWS = 2
_ALL_DIFFERENT = 10
#: Of names of which most occur once, those that occur again have to be in so many of the rows.
_LEAST_COVERED = 0.05
#: Cells that a message names.
_MOST_SAID = 3
#: A column holds names, and no slips among numbers, if it has so few kinds of cells, and so many are no numbers.
_FEW_KINDS, _NO_SLIPS = 20, 0.05

#: A cell may hold so many numbers, of which so few are whole: more of either is something else.
_MOST_PARTS, _WHOLE_PARTS = 4, 0.5

Learnt = tuple[Column | None, str]


@dataclass(frozen=True)
class Rules:
    """The user's decisions about all columns.

    Args:
        missing: cells that mean "no value", in lower case.
        categorical: columns to read as names whatever they look like.
        text: columns to read as sentences.
        keep: columns of numbers that are not left out though they seem to number the rows.
        mark_missing: add a feature that marks missing values.
        max_categories: the most names that a column not in ``categorical`` may hold; rarer ones are put together.
        max_words: the size of a vocabulary.
    """

    missing: frozenset[str]
    categorical: frozenset[str]
    text: frozenset[str]
    keep: frozenset[str]
    mark_missing: bool
    max_categories: int
    max_words: int

    @property
    def named(self) -> frozenset[str]:
        """All columns that are spoken of."""
        return self.categorical | self.text | self.keep


def learn_column(table: TextTable, name: str, rules: Rules) -> Learnt:
    """Decide how to code a column; None leaves it out. The sentence says what was done.

    Raises:
        ValueError: mostly but not only numbers or dates, numbers that can be read in two ways, or not finite.
    """
    cells = table.columns[name]
    present = [cell for cell in cells if cell.lower() not in rules.missing]
    if not present:
        return None, f"{name!r}: left out: no value at all"
    if name in rules.categorical:
        return _categories(name, len(cells), present, rules, len(present))
    if name in rules.text:
        return _sentences(name, present, rules) or (None, f"{name!r}: left out: no word occurs in two rows")
    if are_compact(present):
        found = _date(table, name, rules)
        if found is not None:
            return found
    if are_codes(present):
        column, sentence = _names(name, len(cells), present, rules)
        return column, f"{sentence}; digits with zeros first are names, not numbers"
    return _number(table, name, rules) or _date(table, name, rules) or _words(table, name, present, rules)


def _words(table: TextTable, name: str, present: list[str], rules: Rules) -> Learnt:
    """A column that holds neither numbers nor dates."""
    if (places := _several(name, len(table), present)) is not None:
        return places
    check_dressed(table, name, present, option("categorical", [name]))
    sentences = sum(map(words_in, present)) >= _WORDS_OF_SENTENCES * len(present)
    sentences = sentences and len(set(present)) > max(rules.max_categories, len(present) // 4)
    if sentences or several_answers(present):
        found = _sentences(name, present, rules)
        if found is not None:
            return found
    signs = signs_for_nothing(present)
    return _names(name, len(table), [cell for cell in present if cell not in signs], rules, signs)


def _several(name: str, rows: int, present: list[str]) -> Learnt | None:
    """A column with several numbers in each cell, such as places; those without decimals may be a choice of answers."""
    found = [several_numbers(cell) for cell in present]
    size = len(found[0])
    if not 2 <= size <= _MOST_PARTS or any(len(each) != size for each in found):
        return None
    values = np.array(found)
    if (values == np.floor(values)).mean() > _WHOLE_PARTS:
        return None
    fill, lost = tuple(map(float, np.median(values, axis=0))), rows - len(present)
    more = f"; {lost} missing, filled with the medians" if lost else ""
    return VectorColumn(name, size, fill), f"{name!r}: {size} numbers in each cell, a feature for each{more}"


def _names(name: str, rows: int, present: list[str], rules: Rules, signs: Collection[str] = ()) -> Learnt:
    least = 2 if _ROW_NAME.search(name) else _ALL_DIFFERENT
    if len(set(present)) == len(present) >= least:
        return None, f"{name!r}: left out: every row holds another text, so it identifies rows and nothing else"
    same = spellings(present)
    merged = [same.get(cell, cell) for cell in present]
    column, sentence = _categories(name, rows, merged, rules, rules.max_categories, signs)
    return column, sentence + (f"; {spelled(same)}" if same and column is not None else "")


def _categories(
    name: str, rows: int, present: list[str], rules: Rules, most: int, signs: Collection[str] = ()
) -> Learnt:
    counts = Counter(present)
    frequent = sorted(counts, key=lambda category: (-counts[category], category))[:most]
    if len(counts) > most:  # nothing is learnt from a name that one row has
        frequent = [category for category in frequent if counts[category] >= _LEAST_ROWS] or frequent[:1]
        if sum(counts[category] for category in frequent) < _LEAST_COVERED * len(present):
            return None, f"{name!r}: left out: {len(counts)} different texts in {rows} rows; {_kept(name)}"
    categories, missing = tuple(sorted(frequent)), rows - len(present)
    if len(counts) == 1 and not missing:
        return None, f"{name!r}: left out: {categories[0]!r} in every row"
    others = len(counts) - len(categories)
    sentence = f"{name!r}: {len(counts)} categories, one feature each ({shorten(categories)})"
    if len(counts) == 1:
        sentence = f"{name!r}: {categories[0]!r} or nothing, one feature each"
    if others:
        limit = option("max_categories", rules.max_categories)
        sentence = (
            f"{name!r}: {len(counts)} categories: one feature for each of the {len(categories)} most frequent "
            f"({shorten(categories)}) and one for all others ({limit}; {_kept(name)})"
        )
    written = f" ({', '.join(map(repr, sorted(signs)))} among them)" if signs else ""
    sentence += f"; {missing} missing{written}, a category of their own" if missing else ""
    return CategoryColumn(name, categories, missing > 0, others > 0, tuple(sorted(signs))), sentence


def spelled(same: Mapping[str, str]) -> str:
    """Which spellings count as others, in words."""
    some = [f"{name!r} counts as {usual!r}" for name, usual in sorted(same.items())]
    return shorten(some, 3)


def _kept(name: str) -> str:
    return f"{option('categorical', [name])} keeps every one"


def _sentences(name: str, present: list[str], rules: Rules) -> Learnt | None:
    """A vocabulary: the words of most rows, not those of a single one."""
    rows: Counter[str] = Counter()
    for cell in present:
        rows.update(set(words_of(cell)))
    frequent = sorted((word for word in rows if rows[word] >= _LEAST_ROWS), key=lambda word: (-rows[word], word))
    words = tuple(sorted(frequent[: rules.max_words]))
    if not words:
        return None
    weights = tuple(math.log((1 + len(present)) / (1 + rows[word])) + 1 for word in words)
    sentence = f"{name!r}: sentences: a feature for each of {len(words)} words, by how often and how rarely they occur"
    more = f"; {option('max_words', rules.max_words)} leaves out {len(frequent) - len(words)} rarer ones"
    return TextColumn(name, words, weights), sentence + (more if len(frequent) > len(words) else "")


def _number(table: TextTable, name: str, rules: Rules) -> Learnt | None:
    """The column as numbers or booleans, or None if it holds something else."""
    found, boolean = numbers_of(table, name, rules.missing), False
    words = words_for_nothing(table.columns[name], found)
    if words and not any(map(is_boolean, words)):
        found = numbers_of(table, name, rules.missing.union(words))
    if found.bad:
        odd = [table.columns[name][row] for row in found.bad]
        if are_dates(odd, 0.5) or are_clocks(odd, 0.5):
            return None
        check_mostly(table, name, found, option("categorical", [name]))
        found, boolean = read_booleans(table, name, rules.missing), True
        if found.bad:
            return None
    check_finite(found.values, found.absent, table, name)
    known, count = found.values[~found.absent], int(found.absent.sum())
    reason = why_no_number(name, known, count, rules, boolean)
    if reason is not None:
        return None, reason
    sign = check_signs(table, name, found)
    what = "booleans as 0 and 1" if boolean else _written(table, name, known, sign, found)
    what += f"; {', '.join(map(repr, words))} counts as missing" if words else ""
    column, sentence = number_column(name, known, count, rules, what, boolean, sign)
    return replace(column, words=words), sentence


def why_no_number(name: str, known: NDArray[np.float64], count: int, rules: Rules, boolean: bool = False) -> str | None:
    """Why a column of numbers is left out; None if it is not.

    Args:
        name: of the column.
        known: its values.
        count: how many are missing.
        rules: the user's decisions.
        boolean: whether they stand for words.
    """
    if known.size == 0:
        return f"{name!r}: left out: no value at all"
    if known.min() == known.max() and not (count and rules.mark_missing):
        return f"{name!r}: left out: {known[0]:g} in every row"
    if name not in rules.keep and _is_row_number(name, known) and not boolean:
        return f"{name!r}: left out: whole numbers that name the rows; {option('keep', [name])} keeps it"
    return None


def number_column(
    name: str,
    known: NDArray[np.float64],
    count: int,
    rules: Rules,
    what: str,
    boolean: bool = False,
    sign: str = "",
) -> tuple[NumberColumn, str]:
    """A column of numbers, ``count`` of which are missing, and the sentence about it, which says ``what`` they are."""
    fill, marked = float(np.median(known)), count > 0 and rules.mark_missing
    if count:
        what += f"; {count} missing, filled with the median {fill:g}"
        what += f" and marked in '{name} (missing)'" if marked else ""
    return NumberColumn(name, fill, marked, boolean, sign), f"{name!r}: {what}{_sentinel(known)}"


def _written(table: TextTable, name: str, known: NDArray[np.float64], sign: str, found: Numbers) -> str:
    what = f"numbers from {known.min():g} to {known.max():g}"
    what += f", {'of' if sign[0] == '/' else 'in'} {sign.lstrip('/')}" if sign else ""
    what += converted(found)
    if bounds := found.bounds:
        more = f" and {len(bounds) - 1} more" if bounds[1:] else ""
        what += f", {table.columns[name][bounds[0]]!r}{more} read as numbers: a bound, or the middle of a range"
    if table.decimal is None and name not in table.plain:
        cells, mark = table.columns[name], decimal_of(table, name)
        other = "," if mark == "." else "."
        if mark == "," and any("," in cell for cell in cells):
            what += ", decimal comma"
        grouped = next((cell for cell in cells if other in cell and not cell.isalpha()), None)
        what += f", {grouped!r} being thousands" if grouped and any(c.isdigit() for c in grouped) else ""
    return what


def converted(found: Numbers) -> str:
    """Which units were made the one that all have, in words."""
    return f", those in {shorten(found.converted)} converted" if found.converted else ""


def _sentinel(known: NDArray[np.float64]) -> str:
    """A hint, where a number that often means "no value" stands far from all others."""
    for value in _SENTINELS:
        count = int((known == value).sum())
        others = known[known != value]
        if count < 3 or others.size < 3:
            continue
        spread = float(others.max() - others.min())
        if min(abs(value - others.min()), abs(value - others.max())) > 2 * spread > 0:
            advice = f"{option('missing', [f'{value:g}'])} if it means no value"
            return f"; {value:g} occurs {count} times, far from the others: {advice}"
    return ""


def _date(table: TextTable, name: str, rules: Rules) -> Learnt | None:
    """The column as dates, or None if it holds something else."""
    cells = table.columns[name]
    absent = absent_in(cells, rules.missing)
    present = [cell for cell, gone in zip(cells, absent) if not gone]
    clock = are_clocks(present, 0.5)
    if not clock and not are_dates(present, 0.5):
        return None
    found = dates_of(table, name, absent)
    if found.bad:
        what = "times" if clock else "dates"
        raise ValueError(
            f"{where(table, name, found.bad[0])}: {len(found.bad)} of {len(present)} cells are no {what}; correct "
            f"them, or pass {option('missing', [cells[found.bad[0]]])} if it means a missing value, or "
            f"{option('categorical', [name])} if these are names, or {option('drop', [name])}"
        )
    known = np.sort(found.values[~absent])
    origin, fill = str(known[0].astype("datetime64[D]")), str(known[len(known) // 2])
    parts = parts_of(known) if clock else varying(known, origin)
    if not parts:
        return None, f"{name!r}: left out: {present[0]} in every row"
    count = int(absent.sum())
    if clock:
        return DateColumn(name, parts, CLOCK, origin, fill, count > 0), _about_times(name, present, parts, count)
    sentence = f"{name!r}: dates from {_day(known[0])} to {_day(known[-1])}, {WORDS[found.order]}"
    if found.witness is not None:
        sentence += f" as {cells[found.witness]} in {table.places[found.witness]} shows"
    sentence += f": {', '.join(parts).replace('days', f'days since {origin}')}"
    sentence += f"; {count} missing, filled with {fill[:10]} and marked" if count else ""
    return DateColumn(name, parts, found.order, origin, fill, count > 0), sentence


def _about_times(name: str, present: Sequence[str], parts: Sequence[str], count: int) -> str:
    what = "times of the day: hour, part of the day" if "hour" in parts else "durations, in days"
    return f"{name!r}: {what} ({shorten(present, 3)})" + (f"; {count} missing, filled and marked" if count else "")


def _day(moment: np.datetime64) -> str:
    return str(moment.astype("datetime64[D]"))


def _is_row_number(name: str, values: NDArray[np.float64]) -> bool:
    """Numbers that only name rows: all different, whole, and in a column with such a name. A measured series keeps its
    own name."""
    return (
        bool(_ROW_NAME.search(name))
        and bool((values == np.floor(values)).all())
        and len(np.unique(values)) == len(values)
    )


def check_signs(table: TextTable, name: str, found: Numbers) -> str:
    """The sign beside all numbers of a column.

    Raises:
        ValueError: there are several, or percent signs beside some numbers only.
    """
    signs = found.signs - {""}
    if len(signs) > 1 or ({"%", "‰"} & signs and "" in found.signs):
        cells = table.columns[name]
        kinds = sorted(signs | (found.signs & {""}))
        row = next(i for i, cell in enumerate(cells) if (kinds[0] or kinds[-1]) in cell)
        raise ValueError(
            f"{where(table, name, row)}, and others hold {kinds[-1]!r} or no sign: numbers in one column need one "
            f"unit; convert them, or leave the column out with {option('drop', [name])}"
        )
    return next(iter(signs), "")


def check_mostly(table: TextTable, name: str, found: Numbers, otherwise: str) -> None:
    """Refuse a column in which a few cells spoil the numbers: a slip that would turn it into names silently."""
    cells, bad, present = table.columns[name], found.bad, int((~found.absent).sum())
    if 2 * len(bad) >= present or all(is_boolean(cells[i]) for i in bad):
        return
    if (
        len(bad) >= _NO_SLIPS * present
        and 2 * len({cells[i] for i in bad}) < len(bad)
        and len(set(cells)) <= _FEW_KINDS
    ):
        return
    kinds = list(dict.fromkeys(cells[i] for i in bad))[:_MOST_SAID]
    raise ValueError(
        f"{where(table, name, bad[0])}: {len(bad)} of {present} cells are not numbers; correct them, or pass "
        f"{option('missing', kinds)} if {'these mean' if kinds[1:] else 'it means'} a missing value, or {otherwise} if "
        "the numbers are names"
    )


def check_dressed(table: TextTable, name: str, present: Sequence[str], otherwise: str) -> None:
    """Refuse numbers whose separators make no sense: read as names they would lose their meaning."""
    if not all(_DRESSED_NUMBER.fullmatch(cell) for cell in present) or all(map(_PHONE.fullmatch, present)):
        return
    decimal = decimal_of(table, name)
    row = numbers_of(table, name, frozenset()).bad[0]
    raise ValueError(
        f"{where(table, name, row)} is not a number with {decimal!r} before the decimals; pass "
        f"{option('decimal', ',' if decimal == '.' else '.')} for the other mark, or {otherwise} if these are names"
    )
