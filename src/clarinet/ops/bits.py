"""The bits of whole numbers."""

from __future__ import annotations

from clarinet.ops.dispatch import Operand, apply, dtype_of, promoted
from clarinet.ops.operation import Comparison, Question, made
from clarinet.types import AnyTensor, Array, DType, Namespace, TensorLike

__all__ = [
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "left_shift",
    "right_shift",
]


class _Bits:
    """What operations on the bits of whole numbers have in common: their dtype stays."""

    def out_dtype(self, dtype: DType) -> DType:
        """That of the inputs."""
        return dtype


class BitwiseAnd(_Bits, Comparison):
    """y = the bits that a and b both have."""

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        return a & b


class BitwiseOr(_Bits, Comparison):
    """y = the bits that a or b has."""

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        return a | b


class BitwiseXor(_Bits, Comparison):
    """y = the bits that one of a and b has."""

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        return a ^ b


class BitwiseLeftShift(_Bits, Comparison):
    """y = a 2^b."""

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        return a << b


class BitwiseRightShift(_Bits, Comparison):
    """y = floor(a / 2^b)."""

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        return a >> b


class BitwiseNot(_Bits, Question):
    """y = the other bits."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return ~x


def _whole(*xs: TensorLike, what: str) -> list[Operand]:
    found = promoted(*xs)
    if dtype_of(found[0]).kind == "f":
        raise TypeError(
            f"{what}: expected whole numbers, received {dtype_of(found[0])}; ops.cast(x, 'int32') makes some"
        )
    return found


def bitwise_and(x: TensorLike, y: TensorLike) -> AnyTensor:
    """The bits that both whole numbers have."""
    return apply(_BITWISE_AND, *_whole(x, y, what="bitwise_and"))


def bitwise_or(x: TensorLike, y: TensorLike) -> AnyTensor:
    """The bits that one of the whole numbers has, or both."""
    return apply(_BITWISE_OR, *_whole(x, y, what="bitwise_or"))


def bitwise_xor(x: TensorLike, y: TensorLike) -> AnyTensor:
    """The bits that one of the whole numbers has, not both."""
    return apply(_BITWISE_XOR, *_whole(x, y, what="bitwise_xor"))


def bitwise_not(x: TensorLike) -> AnyTensor:
    """The bits that a whole number has not: ``-x - 1`` where it has a sign."""
    return apply(_BITWISE_NOT, *_whole(x, what="bitwise_not"))


def bitwise_invert(x: TensorLike) -> AnyTensor:
    """Another name of :func:`bitwise_not`."""
    return bitwise_not(x)


def bitwise_left_shift(x: TensorLike, y: TensorLike) -> AnyTensor:
    """``x * 2**y`` for whole numbers."""
    return apply(_LEFT_SHIFT, *_whole(x, y, what="bitwise_left_shift"))


def left_shift(x: TensorLike, y: TensorLike) -> AnyTensor:
    """Another name of :func:`bitwise_left_shift`."""
    return bitwise_left_shift(x, y)


def bitwise_right_shift(x: TensorLike, y: TensorLike) -> AnyTensor:
    """``x / 2**y`` rounded down, for whole numbers."""
    return apply(_RIGHT_SHIFT, *_whole(x, y, what="bitwise_right_shift"))


def right_shift(x: TensorLike, y: TensorLike) -> AnyTensor:
    """Another name of :func:`bitwise_right_shift`."""
    return bitwise_right_shift(x, y)


_BITWISE_AND, _BITWISE_OR, _BITWISE_XOR, _BITWISE_NOT = (
    made(kind) for kind in (BitwiseAnd, BitwiseOr, BitwiseXor, BitwiseNot)
)
_LEFT_SHIFT, _RIGHT_SHIFT = made(BitwiseLeftShift), made(BitwiseRightShift)
