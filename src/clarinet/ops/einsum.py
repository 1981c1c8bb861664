"""Sums of products, written with letters: each axis has one, and what the output does not name is summed over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from string import ascii_letters

import numpy as np

from clarinet.ops.operation import Gradients, Operation, Wanted, require_one_dtype
from clarinet.ops.specs import Batch, Shape, TensorSpec
from clarinet.types import Array, DTypeArg, Namespace

#: A letter for every axis.
Labels = tuple[str, ...]


@lru_cache(maxsize=512)
def parsed(subscripts: str, ranks: tuple[int, ...]) -> tuple[tuple[Labels, ...], Labels]:
    """The letters of every input and of the output; ``...`` becomes as many letters as it stands for axes.

    Raises:
        ValueError: subscripts that cannot be read, or do not suit tensors with so many axes.

    Example:
        >>> parsed("...ij,jk", (3, 2))
        ((('A', 'i', 'j'), ('j', 'k')), ('A', 'i', 'k'))
    """
    text = subscripts.replace(" ", "")
    given, arrow, wanted = text.partition("->")
    terms = given.split(",")
    letters = text.replace("->", "").replace(",", "").replace("...", "")
    if any(letter not in ascii_letters for letter in letters) or len(terms) != len(ranks):
        raise ValueError(f"einsum: {subscripts!r} for {len(ranks)} tensors: expected a form such as 'ij,jk->ik'")
    spare = [letter for letter in ascii_letters[26:] + ascii_letters[:26] if letter not in letters]
    widths = [_width(term, rank, subscripts) for term, rank in zip(terms, ranks)]
    most = max(widths)
    inputs = tuple(tuple(t.replace("...", "".join(spare[most - w : most]))) for t, w in zip(terms, widths))
    if not arrow:  # as in NumPy: what stands once, in the order of the alphabet
        counts = Counter(letter for labels in inputs for letter in labels)
        wanted = "..." * ("..." in given) + "".join(sorted(n for n in set(letters) if counts[n] == 1))
    output = tuple(wanted.replace("...", "".join(spare[:most])))
    known = {letter for labels in inputs for letter in labels}
    if len(set(output)) < len(output) or not set(output) <= known:
        raise ValueError(f"einsum: {subscripts!r}: each letter of the output stands there once, and in an input")
    return inputs, output


def _width(term: str, rank: int, subscripts: str) -> int:
    """How many axes ``...`` stands for."""
    width = rank - len(term.replace("...", ""))
    if term.count("...") > 1 or width < 0 or (width and "..." not in term):
        raise ValueError(f"einsum: {term!r} in {subscripts!r} does not suit a tensor with {rank} axes")
    return width


def sizes_of(inputs: Sequence[Labels], shapes: Sequence[Shape]) -> dict[str, int | None]:
    """The size of every letter; an axis of size 1 suits any.

    Raises:
        ValueError: a letter with two sizes.
    """
    found: dict[str, int | None] = {}
    for labels, shape in zip(inputs, shapes):
        for label, size in zip(labels, shape):
            known = found.get(label, 1)
            if None not in (size, known) and 1 not in (size, known) and size != known:
                raise ValueError(f"einsum: the letter {label!r} has the sizes {known} and {size}")
            found[label] = size if known == 1 or (known is None and size != 1) else known
    return found


@dataclass(eq=False, repr=False)
class Einsum(Operation):
    """y = the sum, over all letters that the output does not name, of the products of the inputs.

    dx_i = the sum of the products of dy and all other inputs, over all letters that x_i does not have.

    Args:
        subscripts: letters of the axes of each input and of the output, such as ``"ij,jk->ik"``.
    """

    arity = None

    subscripts: str

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        inputs, output = parsed(self.subscripts, tuple(x.ndim for x in xs))
        sizes_of(inputs, [x.shape for x in xs])
        return contract(list(zip(inputs, xs)), output, xp), (inputs, output, xs)

    def partial(
        self, cache: tuple[tuple[Labels, ...], Labels, tuple[Array, ...]], dy: Array, wanted: Wanted, xp: Namespace = np
    ) -> Gradients:
        inputs, output, xs = cache
        found: list[Array | None] = []
        for i, x in enumerate(xs):
            others = [(labels, other) for j, (labels, other) in enumerate(zip(inputs, xs)) if j != i]
            found.append(_share(inputs[i], x, [(output, dy), *others], xp) if wanted[i] else None)
        return tuple(found)

    def backward(
        self, cache: tuple[tuple[Labels, ...], Labels, tuple[Array, ...]], dy: Array, xp: Namespace = np
    ) -> Gradients:
        return self.partial(cache, dy, (True,) * len(cache[2]), xp)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        require_one_dtype(specs, "einsum")
        inputs, output = parsed(self.subscripts, tuple(spec.rank for spec in specs))
        sizes = sizes_of(inputs, [spec.shape for spec in specs])
        return specs[0].reshaped(sizes[label] for label in output)

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        inputs, output = parsed(self.subscripts, tuple(spec.rank for spec in specs))
        row = output[:1]
        steady = all(
            labels[:1] == row and labels.count(row[0]) == 1 if spec.batched else row[0] not in labels
            for labels, spec in zip(inputs, specs)
            if row
        )
        return "keeps" if row and steady else "mixes"


def contract(terms: Sequence[tuple[Labels, Array]], output: Labels, xp: Namespace) -> Array:
    """The sum of the products, with the output's letters: pair by pair, as products of matrices."""
    sizes = sizes_of([labels for labels, _ in terms], [x.shape for _, x in terms])
    rest = [_single(*term, sizes, xp) for term in terms]
    labels, x = rest.pop(0)
    while True:
        needed = set(output).union(*(other for other, _ in rest))
        gone = tuple(i for i, label in enumerate(labels) if label not in needed)
        if gone:
            x = xp.sum(x, axis=gone, dtype=x.dtype)
            labels = tuple(label for label in labels if label in needed)
        if not rest:
            break
        other = rest.pop(0)
        labels, x = _pair((labels, x), other, set(output).union(*(more for more, _ in rest)), xp)
    return xp.permute_dims(x, tuple(labels.index(label) for label in output if label in labels))


def _single(labels: Labels, x: Array, sizes: dict[str, int | None], xp: Namespace) -> tuple[Labels, Array]:
    """A term without axes of size 1 that others have longer, and with every letter once."""
    keep = [i for i, label in enumerate(labels) if x.shape[i] == sizes[label]]
    x, labels = xp.reshape(x, tuple(x.shape[i] for i in keep)), tuple(labels[i] for i in keep)
    while len(set(labels)) < len(labels):
        twice = next(label for label in labels if labels.count(label) > 1)
        a, b = [i for i, label in enumerate(labels) if label == twice][:2]
        x = xp.sum(x * _diagonal(x.shape[a], a, b, x.ndim, x.dtype, xp), axis=b, dtype=x.dtype)
        labels = (*labels[:b], *labels[b + 1 :])
    return labels, x


def _diagonal(size: int, a: int, b: int, rank: int, dtype: DTypeArg, xp: Namespace) -> Array:
    """1 where two axes have equal places, else 0; the other axes have size 1."""
    return xp.reshape(xp.eye(size, dtype=dtype), tuple(size if i in (a, b) else 1 for i in range(rank)))


def _pair(
    one: tuple[Labels, Array], two: tuple[Labels, Array], needed: set[str], xp: Namespace
) -> tuple[Labels, Array]:
    """The product of two terms, summed over the letters that both have and nobody needs."""
    (a, x), (b, y) = one, two
    both = [label for label in a if label in b]
    rows, summed = [n for n in both if n in needed], [n for n in both if n not in needed]
    left, right = [n for n in a if n not in b], [n for n in b if n not in a]
    x = xp.permute_dims(x, tuple(a.index(n) for n in (*rows, *left, *summed)))
    y = xp.permute_dims(y, tuple(b.index(n) for n in (*rows, *summed, *right)))
    outer, m = x.shape[: len(rows)], x.shape[len(rows) : len(rows) + len(left)]
    n = y.shape[len(both) :]
    if summed:
        inner = prod(x.shape[len(rows) + len(left) :])
        product = xp.matmul(xp.reshape(x, (*outer, prod(m), inner)), xp.reshape(y, (*outer, inner, prod(n))))
        return (*rows, *left, *right), xp.reshape(product, (*outer, *m, *n))
    x = xp.reshape(x, (*outer, *m, *(1,) * len(n)))
    return (*rows, *left, *right), x * xp.reshape(y, (*outer, *(1,) * len(m), *n))


def _share(labels: Labels, x: Array, others: Sequence[tuple[Labels, Array]], xp: Namespace) -> Array:
    """The gradient at an input: the others' products, brought back to its letters and its shape."""
    sizes = sizes_of([label for label, _ in others], [other.shape for _, other in others])
    wide = [i for i, label in enumerate(labels) if x.shape[i] == max(sizes.get(label) or 0, x.shape[i])]
    once = [i for i in wide if labels.index(labels[i]) == i]
    found = contract(others, tuple(labels[i] for i in once if labels[i] in sizes), xp)
    # where the others have size 1, or lack the letter, every place of x has the same gradient
    found = xp.reshape(found, tuple(sizes.get(label, 1) if i in once else 1 for i, label in enumerate(labels)))
    for i in wide:
        first = labels.index(labels[i])
        if i != first:
            found = found * _diagonal(x.shape[i], first, i, x.ndim, x.dtype, xp)
    return xp.broadcast_to(found, x.shape)
