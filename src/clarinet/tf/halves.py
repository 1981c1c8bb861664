"""Complex numbers in the calls of layers, and under a tape: two tensors, one of real and one of imaginary parts."""

from __future__ import annotations

from typing import NamedTuple

from clarinet import ops
from clarinet.ops.specs import is_symbolic
from clarinet.ops.tape import ACTIVE
from clarinet.types import AnyTensor, TensorLike


class Halves(NamedTuple):
    """Complex numbers.

    Attributes:
        real, imag: tensors of one shape.
    """

    real: AnyTensor
    imag: AnyTensor

    @property
    def dtype(self) -> str:
        """``"complex64"``."""
        return "complex64"

    @property
    def shape(self) -> object:
        """That of each half."""
        return self.real.shape


def halves_of(x: TensorLike) -> Halves | None:
    """Complex numbers that operations compute with, where a network or a tape follows them; None where numbers do."""
    if isinstance(x, Halves):
        return x
    if not (is_symbolic(x) or ACTIVE.tapes):
        return None
    return Halves(ops.convert_to_tensor(x), ops.zeros_like(x))
