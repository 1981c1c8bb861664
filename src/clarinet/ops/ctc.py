"""Connectionist temporal classification: labels without their places in time (Graves et al., ICML 2006)."""

from __future__ import annotations

from collections import defaultdict
from math import inf

import numpy as np

from clarinet.ops.arithmetic import add, logaddexp, multiply
from clarinet.ops.arranging import concatenate, pad, stack, unstack
from clarinet.ops.axes import expand_dims, reshaped
from clarinet.ops.comparisons import equal, greater_equal, less, logical_and, not_equal, where
from clarinet.ops.creation import full_like
from clarinet.ops.dispatch import (
    Operand,
    dtype_of,
    floats,
    numbers_of,
    refuse_symbolic,
    shape_of,
    sizes_of,
    whole_numbers,
)
from clarinet.ops.elementwise import negative
from clarinet.ops.indexing import get_item, one_hot, take_along_axis
from clarinet.ops.linear import einsum
from clarinet.ops.nn import log_softmax
from clarinet.ops.ordering import argsort
from clarinet.ops.sizing import sized, sizes_of_shape
from clarinet.ops.specs import is_symbolic
from clarinet.ops.tensor import Tensor, tensor
from clarinet.ops.totals import argmax
from clarinet.ops.totals import max as greatest
from clarinet.ops.totals import sum as total
from clarinet.types import AnyTensor, Array, TensorLike

__all__ = ["ctc_decode", "ctc_loss"]

#: The logarithm of a probability of nothing, as in Keras; finite, so that gradients are numbers.
_NOTHING = -1e5


def ctc_loss(
    target: TensorLike, output: TensorLike, target_length: TensorLike, output_length: TensorLike, mask_index: int = 0
) -> AnyTensor:
    """``-log p(target)``: the sum over all ways to say the labels in the given time, blanks and repetitions between.

    Args:
        target: (n, labels), numbers of classes.
        output: (n, steps, classes), logits.
        target_length: (n,), how many labels there are in each row.
        output_length: (n,), how many steps.
        mask_index: the class that means nothing; default 0.

    Returns:
        (n,).

    Raises:
        ValueError: shapes that do not go together.

    Example:
        >>> loss = ctc_loss([[1]], np.zeros((1, 2, 2), "float32"), [1], [2])
        >>> bool(abs(loss[0] - np.log(4 / 3)) < 1e-6)  # 3 of 4 ways say "1"
        True
    """
    labels, logits = whole_numbers(target, "ctc_loss"), floats(output)
    if len(shape_of(labels)) != 2 or len(shape_of(logits)) != 3:
        raise ValueError(
            f"ctc_loss: expected labels (n, labels) and logits (n, steps, classes), received {shape_of(labels)} and "
            f"{shape_of(logits)}"
        )
    if is_symbolic(labels) and shape_of(labels)[1] is None:
        (count,) = sizes_of_shape(labels, shape_of(labels))[1:]
        return _once_known(labels, logits, target_length, output_length, mask_index, count)
    steps, classes = sizes_of(logits, "ctc_loss", 1)
    states = _with_blanks(labels, mask_index)
    chances = einsum("ntc,nsc->tns", log_softmax(logits), one_hot(states, classes, dtype=dtype_of(logits)))
    before = pad(get_item(states, (slice(None), slice(None, -2))), [[0, 0], [2, 0]], constant_values=mask_index)
    skips = logical_and(not_equal(states, mask_index), not_equal(states, before))
    rows = unstack(chances, steps)
    places = np.arange(*sizes_of(states, "ctc_loss", 1))
    found = where(places < 2, rows[0], _NOTHING)
    lengths = expand_dims(whole_numbers(output_length, "ctc_loss"), -1)
    for step, chance in enumerate(rows[1:], 1):
        found = where(less(step, lengths), add(_moved_on(found, skips), chance), found)
    ends = expand_dims(whole_numbers(target_length, "ctc_loss"), -1)
    last = where(equal(places, multiply(ends, 2)), found, _NOTHING)
    last_but_one = where(equal(add(places, 1), multiply(ends, 2)), found, _NOTHING)
    return negative(logaddexp(greatest(last, axis=-1), greatest(last_but_one, axis=-1)))


@sized(name="ctc_loss")
def _once_known(
    target: TensorLike, output: TensorLike, target_length: TensorLike, output_length: TensorLike, blank: int, _: object
) -> AnyTensor:
    """The loss of labels whose number is not known before there are numbers."""
    return ctc_loss(target, output, target_length, output_length, blank)


def _with_blanks(labels: Operand, mask_index: int) -> AnyTensor:
    """Labels with a blank before each, and one at the end."""
    pairs = stack([full_like(labels, mask_index), labels], axis=-1)
    (count,) = sizes_of(labels, "ctc_loss", 1)
    return pad(reshaped(pairs, (None, 2 * count)), [[0, 0], [0, 1]], constant_values=mask_index)


def _moved_on(found: Operand, skips: Operand) -> AnyTensor:
    """What comes to each state: from itself, from the one before, and from that before it where it may be left out."""
    one, two = (
        pad(get_item(found, (slice(None), slice(None, -k))), [[0, 0], [k, 0]], constant_values=_NOTHING) for k in (1, 2)
    )
    return logaddexp(logaddexp(found, one), where(skips, two, _NOTHING))


def ctc_decode(
    inputs: TensorLike,
    sequence_lengths: TensorLike,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int = 0,
) -> tuple[AnyTensor, AnyTensor]:
    """Labels of logits.

    Args:
        inputs: (n, steps, classes), logits.
        sequence_lengths: (n,), how many steps there are in each row.
        strategy: ``"greedy"`` (default): the likeliest class of each step; ``"beam_search"``: the likeliest labels, for
            numbers alone.
        beam_width: beginnings that a search keeps; default 100.
        top_paths: results of a search; default 1.
        merge_repeated: greedy: equal classes one after another are one label; default True.
        mask_index: the class that means nothing; default 0.

    Returns:
        labels (paths, n, steps), filled up with -1; greedy: the negative sum of the classes' logits (n, 1); search: the
        logarithms of the probabilities (n, paths).

    Raises:
        ValueError: another strategy.

    Example:
        >>> labels, _ = ctc_decode(one_hot([[1, 1, 0, 2]], 3), [4])
        >>> labels.tolist()
        [[[1, 2, -1, -1]]]
    """
    logits, lengths = floats(inputs), whole_numbers(sequence_lengths, "ctc_decode")
    if strategy == "greedy":
        return _greedy(logits, lengths, merge_repeated, mask_index)
    if strategy != "beam_search":
        raise ValueError(f"ctc_decode: strategy is 'greedy' or 'beam_search', received {strategy!r}")
    refuse_symbolic("ctc_decode with strategy='beam_search'", logits, lengths)
    logits = numbers_of(log_softmax(logits))
    found = [_search(row[:n], beam_width, mask_index) for row, n in zip(logits, numbers_of(lengths).tolist())]
    return _paths(found, top_paths, logits.shape[1])


def _greedy(logits: Operand, lengths: Operand, merge: bool, blank: int) -> tuple[AnyTensor, AnyTensor]:
    steps = np.arange(sizes_of(logits, "ctc_decode", 1)[0], dtype=np.int32)
    over = greater_equal(steps, expand_dims(lengths, -1))
    labels = where(over, blank, argmax(logits, axis=-1))
    if merge:
        first, rest = get_item(labels, (slice(None), slice(1))), get_item(labels, (slice(None), slice(1, None)))
        again = equal(rest, get_item(labels, (slice(None), slice(None, -1))))
        labels = concatenate([first, where(again, blank, rest)], axis=1)
    nothing = equal(labels, blank)
    order = argsort(where(nothing, len(steps), steps), axis=-1)
    labels = take_along_axis(where(nothing, -1, labels), order, axis=-1)
    scores = negative(total(where(over, 0.0, greatest(logits, axis=-1)), axis=1))
    return expand_dims(labels, 0), expand_dims(scores, -1)


#: Of labels the logarithms of the probabilities to have said them, with a blank at the end and without.
_Beam = dict[tuple[int, ...], tuple[float, float]]


def _search(rows: Array, width: int, blank: int) -> list[tuple[tuple[int, ...], float]]:
    """The likeliest labels, best first."""
    beam: _Beam = {(): (0.0, -inf)}
    for row in rows.astype(np.float64):
        grown: dict[tuple[int, ...], list[float]] = defaultdict(lambda: [-inf, -inf])
        for labels, (silent, spoken) in beam.items():
            _extend(grown, labels, silent, spoken, row, blank)
        best = sorted(grown.items(), key=lambda item: -float(np.logaddexp(item[1][0], item[1][1])))
        beam = {labels: (chances[0], chances[1]) for labels, chances in best[:width]}
    return sorted(
        ((labels, float(np.logaddexp(*chances))) for labels, chances in beam.items()), key=lambda one: -one[1]
    )


def _extend(
    grown: dict[tuple[int, ...], list[float]],
    labels: tuple[int, ...],
    silent: float,
    spoken: float,
    row: Array,
    blank: int,
) -> None:
    """Go one step on from some labels."""
    both = np.logaddexp(silent, spoken)
    for label, chance in enumerate(row.tolist()):
        if label == blank:
            grown[labels][0] = np.logaddexp(grown[labels][0], both + chance)
            continue
        again = labels[-1:] == (label,)
        if again:
            grown[labels][1] = np.logaddexp(grown[labels][1], spoken + chance)
        more = grown[(*labels, label)]
        more[1] = np.logaddexp(more[1], (silent if again else both) + chance)


def _paths(found: list[list[tuple[tuple[int, ...], float]]], count: int, steps: int) -> tuple[Tensor, Tensor]:
    paths = np.full((count, len(found), steps), -1, np.int32)
    scores = np.full((len(found), count), -np.inf, np.float32)
    for i, row in enumerate(found):
        for k, (labels, score) in enumerate(row[:count]):
            paths[k, i, : len(labels)] = labels
            scores[i, k] = score
    return tensor(paths), tensor(scores)
