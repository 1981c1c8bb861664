"""The shapes in which the native engine takes tensors: it has no axes of size 1 in the place of the batch."""

from __future__ import annotations

from collections.abc import Sequence

from clarinet.engines.lowering.builder import Known
from clarinet.ops.specs import TensorSpec
from clarinet.types import Shape


def without_single(
    taken: Sequence[Known], letters: Sequence[Sequence[str]]
) -> tuple[list[Known], list[tuple[str, ...]]]:
    """Tensors without their axes of size 1, which are stretched to any size, and the letters of the others."""
    kept = [[i for i, size in enumerate(known.shape) if size != 1] for known in taken]
    tensors = [known.reshaped([known.shape[i] for i in own]) for known, own in zip(taken, kept, strict=True)]
    return tensors, [tuple(own[i] for i in places) for own, places in zip(letters, kept, strict=True)]


def stretched(spec: TensorSpec, known: Known, result: TensorSpec) -> Shape:
    """The shape of an operand, as the samples of the output are stretched from it."""
    if result.batched and known.whole and spec.rank == result.rank:
        return known.shape[1:]  # the first axis has size 1
    return known.shape


def without_batch(known: Known, spec: TensorSpec, result: TensorSpec) -> Known:
    """An operand of a product without an axis of size 1 in the batch's place."""
    outer = spec.rank == result.rank and spec.rank > 2
    return known.reshaped(known.shape[1:]) if result.batched and known.whole and outer else known
