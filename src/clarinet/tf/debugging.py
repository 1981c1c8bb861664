"""``tf.debugging``: assertions about tensors. Each says what it received, and what it expected."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from clarinet import aliases, ops
from clarinet.names import public
from clarinet.types import AnyTensor, Array, TensorLike

__all__ = [
    "Assert",
    "assert_all_finite",
    "assert_equal",
    "assert_greater",
    "assert_greater_equal",
    "assert_integer",
    "assert_less",
    "assert_less_equal",
    "assert_near",
    "assert_negative",
    "assert_non_negative",
    "assert_non_positive",
    "assert_none_equal",
    "assert_positive",
    "assert_rank",
    "assert_rank_at_least",
    "assert_rank_in",
    "assert_scalar",
    "assert_shapes",
    "assert_type",
    "check_numerics",
    "disable_check_numerics",
    "enable_check_numerics",
    "is_numeric_tensor",
]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


def _refuse(name: str, received: str, expected: str, message: str | None) -> None:
    begin = f"{message}: " if message else ""
    raise ValueError(f"{begin}tf.debugging.{name}: received {received}, expected {expected}")


def _pair(name: str, expected: str, holds: Callable[[Array, Array], Array]) -> Callable[..., None]:
    def check(x: TensorLike, y: TensorLike, message: str | None = None, summarize: object = None,
              name_: object = None, **settings: object) -> None:  # fmt: skip
        first, second = np.asarray(x), np.asarray(y)
        if not np.all(holds(first, second)):
            _refuse(name, f"{first.tolist()!r} and {second.tolist()!r}", expected, message)

    check.__name__ = name
    check.__doc__ = f"Raise ValueError unless {expected}."
    return check


def _single(name: str, expected: str, holds: Callable[[Array], Array]) -> Callable[..., None]:
    def check(x: TensorLike, message: str | None = None, summarize: object = None, **settings: object) -> None:
        array = np.asarray(x)
        if not np.all(holds(array)):
            _refuse(name, repr(array.tolist()), expected, message)

    check.__name__ = name
    check.__doc__ = f"Raise ValueError unless {expected}."
    return check


assert_equal = _pair("assert_equal", "equal numbers everywhere", np.equal)
assert_none_equal = _pair("assert_none_equal", "different numbers everywhere", np.not_equal)
assert_greater = _pair("assert_greater", "the first to be greater everywhere", np.greater)
assert_greater_equal = _pair("assert_greater_equal", "the first to be greater or equal everywhere", np.greater_equal)
assert_less = _pair("assert_less", "the first to be less everywhere", np.less)
assert_less_equal = _pair("assert_less_equal", "the first to be less or equal everywhere", np.less_equal)
assert_positive = _single("assert_positive", "positive numbers", lambda x: x > 0)
assert_negative = _single("assert_negative", "negative numbers", lambda x: x < 0)
assert_non_negative = _single("assert_non_negative", "numbers of 0 or more", lambda x: x >= 0)
assert_non_positive = _single("assert_non_positive", "numbers of 0 or less", lambda x: x <= 0)


def assert_near(
    x: TensorLike, y: TensorLike, rtol: float | None = None, atol: float | None = None, message: str | None = None,
    summarize: object = None, name: object = None,
) -> None:  # fmt: skip
    """Raise ValueError unless ``|x - y| <= atol + rtol |y|`` everywhere; both are 10 times float32's precision.

    Example:
        >>> assert_near(1.0, 1.0 + 1e-7)
    """
    first, second = np.asarray(x), np.asarray(y)
    precision = 10 * float(np.finfo(np.float32).eps)
    relative, absolute = (precision if each is None else each for each in (rtol, atol))
    if not np.allclose(first, second, relative, absolute):
        _refuse("assert_near", f"{first.tolist()!r} and {second.tolist()!r}", "nearly equal numbers", message)


def assert_all_finite(x: TensorLike, message: str = "", name: object = None) -> AnyTensor:
    """The tensor, whose numbers must all be finite."""
    return check_numerics(x, message)


def check_numerics(tensor: TensorLike, message: str = "", name: object = None) -> AnyTensor:
    """The tensor, whose numbers must all be finite; ValueError where one is not.

    Example:
        >>> check_numerics([1.0], "a loss").tolist()
        [1.0]
    """
    array = np.asarray(tensor)
    wrong = int(array.size - np.isfinite(array).sum())
    if wrong:
        _refuse("check_numerics", f"{wrong} of {array.size} numbers that are infinite or not a number",
                "finite ones", message)  # fmt: skip
    return ops.convert_to_tensor(tensor)


def assert_rank(x: TensorLike, rank: int, message: str | None = None, name: object = None) -> None:
    """Raise ValueError unless the tensor has as many axes as this."""
    if ops.ndim(x) != int(np.asarray(rank)):
        _refuse("assert_rank", f"{ops.ndim(x)} axes", str(rank), message)


def assert_rank_at_least(x: TensorLike, rank: int, message: str | None = None, name: object = None) -> None:
    """Raise ValueError unless the tensor has as many axes as this, or more."""
    if ops.ndim(x) < int(np.asarray(rank)):
        _refuse("assert_rank_at_least", f"{ops.ndim(x)} axes", f"{rank} or more", message)


def assert_rank_in(x: TensorLike, ranks: tuple[int, ...], message: str | None = None, name: object = None) -> None:
    """Raise ValueError unless the tensor has one of these numbers of axes."""
    if ops.ndim(x) not in tuple(ranks):
        _refuse("assert_rank_in", f"{ops.ndim(x)} axes", f"one of {tuple(ranks)}", message)


def assert_scalar(tensor: TensorLike, name: object = None, message: str | None = None) -> AnyTensor:
    """The tensor, which must be a single number."""
    assert_rank(tensor, 0, message)
    return ops.convert_to_tensor(tensor)


def assert_type(tensor: TensorLike, tf_type: object, message: str | None = None, name: object = None) -> None:
    """Raise ValueError unless the tensor has this dtype."""
    have = str(ops.dtype(tensor))
    if have != str(np.dtype(tf_type)):  # type: ignore[call-overload]  # whatever names a dtype
        _refuse("assert_type", have, str(tf_type), message)


def assert_integer(x: TensorLike, message: str | None = None, name: object = None) -> None:
    """Raise ValueError unless the tensor has whole numbers."""
    if np.dtype(str(ops.dtype(x))).kind not in "iu":
        _refuse("assert_integer", f"dtype {ops.dtype(x)}", "whole numbers", message)


def assert_shapes(shapes: object, data: object = None, summarize: object = None, message: str | None = None,
                  name: object = None) -> None:  # fmt: skip
    """Raise ValueError unless tensors have these shapes, in which a letter stands for one size everywhere.

    Args:
        shapes: pairs of a tensor and its shape: of sizes, letters and None.

    Example:
        >>> assert_shapes([([[1, 2]], ("n", 2)), ([5], ("n",))])
    """
    pairs = shapes.items() if isinstance(shapes, dict) else shapes
    known: dict[object, object] = {}
    for tensor, shape in pairs:  # type: ignore[attr-defined]  # pairs
        have = tuple(ops.shape(tensor))
        fits = len(have) == len(tuple(shape)) and all(
            want is None or size == (known.setdefault(want, size) if isinstance(want, str) else want)
            for size, want in zip(have, shape)
        )
        if not fits:
            _refuse("assert_shapes", f"shape {have}", f"{tuple(shape)}" + (f" with {known}" if known else ""), message)


def Assert(condition: TensorLike, data: object, summarize: object = None, name: object = None) -> None:
    """Raise ValueError, with ``data`` in its text, unless the condition holds."""
    if not np.all(np.asarray(condition)):
        _refuse("Assert", f"{data!r}", "the condition to hold", None)


def is_numeric_tensor(tensor: TensorLike) -> bool:
    """Whether it is a tensor of numbers."""
    return bool(ops.is_tensor(tensor)) and np.dtype(str(ops.dtype(tensor))).kind in "iuf"


def enable_check_numerics(*args: object, **settings: object) -> None:
    """Nothing: a training stops by itself when its loss is not a number, and the doctor says where that began."""


def disable_check_numerics() -> None:
    """Nothing."""
