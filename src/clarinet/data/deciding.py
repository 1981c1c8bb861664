"""What the columns of a large table become: decided by some of its rows, by the footers of its files, and by a pass
through the target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from clarinet.data.arrow import Batch, Kind, Values, pyarrow
from clarinet.data.encoding import Encoder, absent_numbers, is_number, numbers, vector_size
from clarinet.data.tables import TableFiles, seen_in_footers
from clarinet.datasets.coding import TableCoding
from clarinet.datasets.columns import Column, NumberColumn, VectorColumn, decimal_of
from clarinet.datasets.formats import Format
from clarinet.datasets.learning import Learnt, Rules, learn_column, number_column, why_no_number
from clarinet.datasets.numerals import NO_NUMBER
from clarinet.datasets.targets import learn_target, no_value_in
from clarinet.datasets.text_table import TextTable, text
from clarinet.wording import option

#: Rows that decide, and from how many places they are taken at most.
SAMPLE, _PLACES = 10_000, 32


@dataclass(frozen=True)
class Decided:
    """What a table becomes.

    Attributes:
        coding: of its columns.
        decimals: of columns of text the mark before decimals.
        plain: columns of text that hold numbers as programs write them.
        lengths: rows of each shard that have a target.
        report: a sentence for each decision.
    """

    coding: TableCoding
    decimals: dict[str, str | None]
    plain: frozenset[str]
    lengths: list[int] | None
    report: tuple[str, ...] = ()


def decide(
    files: TableFiles, target: str, names: Sequence[str], rules: Rules, task: str | None, how: Format, usual: str | None
) -> Decided:
    """Decide on columns as ``load_table`` does, by up to :data:`SAMPLE` rows from all over the files.

    Args:
        files: of the table.
        target: the column to predict.
        names: of the others that are looked at.
        rules, task, how: what the user has decided.
        usual: the mark before decimals, where text does not show it.

    Raises:
        ValueError: a column that cannot be read without guessing; no column is left; no row has a target.
    """
    sample = _sample(files, [*names, target])
    source = str(files.paths[0])
    cells = _texts(sample, [target], source, how, usual)
    no_value = no_value_in(cells.columns[target], rules.missing)
    present = np.array([cell.lower() not in no_value for cell in cells.columns[target]], np.bool_)
    if not present.any():
        raise ValueError(f"{source}: the target {target!r} holds no value in {len(sample)} rows")
    sample = sample.filter(pyarrow().array(present))
    cells = cells.keep(np.flatnonzero(present).tolist())
    about_target, sentence = learn_target(cells, target, task)
    columns, sentences = _columns(files, sample, names, rules, how, usual, source)
    coding = TableCoding(columns, about_target, rules.missing, how, usual)
    decimals, plain = _written(files, sample, coding)
    coding, lengths = _whole_target(files, coding, decimals, source)
    if coding.target != about_target:
        sentence = f"Target {target!r}: {len(coding.target.classes)} classes: classification"
    first = f"{source}{f' and {len(files.paths) - 1} more' if files.paths[1:] else ''}: {sum(lengths):,} rows"
    lost = sum(files.rows) - sum(lengths) if files.rows is not None else 0
    lacking = [f"Left out because {target!r} is missing: {lost:,} rows"] if lost else []
    said = [f"{first}, {len(files.schema)} columns; decided by {len(sample):,} rows", *lacking, sentence, *sentences]
    return Decided(coding, decimals, plain, lengths, tuple(f"{each}." for each in said))


def known(files: TableFiles, coding: TableCoding, labelled: bool) -> Decided:
    """What a table becomes whose coding was learnt before.

    Raises:
        ValueError: a class that was not there.
    """
    names = [column.name for column in coding.columns] + ([coding.target.name] if labelled else [])
    decimals, plain = _written(files, _sample(files, names), coding)
    lengths = files.rows
    if labelled:
        encoder = Encoder(coding, np.dtype(np.float32), decimals, True)
        lengths, cells = _counted(files, encoder)
        if coding.target.classes:
            encoder.target(pyarrow().array(cells), str(files.paths[0]))  # which says if one is unknown
    return Decided(coding, decimals, plain, lengths)


def _written(files: TableFiles, sample: Batch, coding: TableCoding) -> tuple[dict[str, str | None], frozenset[str]]:
    """Of columns of text that hold numbers the mark before decimals, and which Arrow can read."""
    named = [column.name for column in coding.columns if isinstance(column, NumberColumn) and not column.boolean]
    named += [coding.target.name] if coding.target.name in sample.column_names and not coding.target.classes else []
    worded = [name for name in named if not is_number(sample.schema.field(name).type)]
    table = _texts(sample, worded, str(files.paths[0]), coding.format, coding.usual)
    decimals: dict[str, str | None] = {name: decimal_of(table, name) for name in worded}
    absent = coding.missing | NO_NUMBER
    present = {name: [cell for cell in table.columns[name] if cell.lower() not in absent] for name in worded}
    return decimals, frozenset(name for name in worded if all(map(_is_plain, present[name])))


def _is_plain(cell: str) -> bool:
    try:
        return "_" not in cell and bool(np.isfinite(float(cell)))
    except ValueError:
        return False


def _sample(files: TableFiles, names: Sequence[str]) -> Batch:
    """Rows of some columns, from the beginnings of shards all over the files."""
    arrow, count = pyarrow(), len(files.parts)
    places = sorted({round(i * (count - 1) / max(1, min(_PLACES, count) - 1)) for i in range(min(_PLACES, count))})
    each, found = -(-SAMPLE // len(places)), []
    for place in places:
        left = each
        for batch in files.batches(place, names, min(each, 4096)):
            found.append(batch.take(arrow.array(np.arange(min(left, len(batch))))))  # a slice would hold all of it
            left -= len(found[-1])
            if left <= 0:
                break
    table: Batch = (
        arrow.Table.from_batches(found).combine_chunks() if found else arrow.table({name: [] for name in names})
    )
    if not len(table):
        raise ValueError(f"{files.paths[0]}: column names, but no rows below them")
    return table


def _texts(sample: Batch, names: Sequence[str], source: str, how: Format, usual: str | None) -> TextTable:
    """Columns of the sample as text."""
    places = [f"row {i} of the rows that were looked at" for i in range(len(sample))]
    cells = {n: [text(c, n, p) for c, p in zip(sample.column(n).to_pylist(), places)] for n in names}
    plain = frozenset(name for name in names if is_number(sample.schema.field(name).type))
    return TextTable(source, cells, places, how.decimal, usual, how.date_order, plain=plain)


def _columns(
    files: TableFiles, sample: Batch, names: Sequence[str], rules: Rules, how: Format, usual: str | None, source: str
) -> tuple[tuple[Column, ...], list[str]]:
    """What becomes of each column, and a sentence about it."""
    kinds = {name: sample.schema.field(name).type for name in names}
    worded = [name for name in names if vector_size(kinds[name]) is None and not _by_numbers(name, kinds[name], rules)]
    table, footers = _texts(sample, worded, source, how, usual), seen_in_footers(files)
    found, sentences = list[Column](), list[str]()
    for name in names:
        size, column = vector_size(kinds[name]), cast("Column | None", None)
        if size is not None:
            column, sentence = VectorColumn(name, size), f"{name!r}: {size} numbers in each row"
        elif name in worded:
            column, sentence = learn_column(table, name, rules)
        else:
            column, sentence = _number(name, sample.column(name), rules, footers.get(name))
        sentences.append(sentence)
        found += [] if column is None else [column]
    if not found:
        raise ValueError(f"{source}: no column is left to predict from:\n  " + "\n  ".join(sentences))
    return tuple(found), sentences


def _by_numbers(name: str, kind: Kind, rules: Rules) -> bool:
    return is_number(kind) and name not in rules.categorical | rules.text


def _number(name: str, array: Values, rules: Rules, footer: tuple[bool, bool] | None) -> Learnt:
    """A column that holds numbers by its type; what its files say of all rows counts more than some rows."""
    values = numbers(array.combine_chunks())
    absent = absent_numbers(values, rules.missing)
    known = values.astype(np.float64) if absent is None else values[~absent].astype(np.float64)
    lacking, differ = footer or (False, False)
    count = max(len(values) - len(known), int(lacking))
    reason = why_no_number(name, known, count, rules)
    if reason is not None and not (differ and known.size and known.min() == known.max()):
        return None, reason
    return number_column(name, known, count, rules, f"numbers from {known.min():g} to {known.max():g}")


def _whole_target(
    files: TableFiles, coding: TableCoding, decimals: dict[str, str | None], source: str
) -> tuple[TableCoding, list[int]]:
    """One pass through the target: which classes there are, and how many rows of each shard have one."""
    target = coding.target
    lengths, cells = _counted(files, Encoder(coding, np.dtype(np.float32), decimals, True))
    if not target.classes:
        return coding, lengths
    plain = frozenset([target.name]) if is_number(files.schema.field(target.name).type) else frozenset[str]()
    places = ["some row"] * len(cells)
    table = TextTable(source, {target.name: cells}, places, coding.format.decimal, coding.usual, plain=plain)
    found, _ = learn_target(table, target.name, "classification")
    if target.numeric and not found.numeric:
        odd = next(name for name in found.classes if not name.lstrip("+-").isdigit())
        raise ValueError(
            f"{source}: the target {target.name!r} holds {odd!r} beside whole numbers; if it is measured, say "
            f"{option('task', 'regression')}"
        )
    return replace(coding, target=found), lengths


def _counted(files: TableFiles, encoder: Encoder) -> tuple[list[int], list[str]]:
    """How many rows of each shard have a target, and of classes the cells that differ."""
    name, lengths, cells = encoder.coding.target.name, list[int](), set[str]()
    for part in range(len(files.parts)):
        lengths.append(0)
        for batch in files.batches(part, [name]):
            column, path = batch.column(0), files.parts[part].path
            present = encoder.present(column, path)
            lengths[-1] += int(present.sum())
            kept = column if present.all() else column.filter(pyarrow().array(present))
            if encoder.coding.target.classes:
                cells.update(text(one, "", "") for one in kept.unique().to_pylist())
    return lengths, sorted(cells)
