"""What a public function does with what it is given: compute, remember on a tape, or go on with a graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar, cast

import numpy as np

from clarinet.ops.basic import Cast, Identity, Stack
from clarinet.ops.dtypes import INT, WEAK, float_dtype, result_dtype
from clarinet.ops.operation import Operation, made
from clarinet.ops.specs import Symbolic, TensorSpec, is_symbolic
from clarinet.ops.tape import ACTIVE, remember
from clarinet.ops.tensor import Tensor, tensor
from clarinet.ops.texts import as_bytes
from clarinet.problems import shown
from clarinet.types import AnyTensor, Array, Arrays, DType, TensorLike
from clarinet.variables import Variable

#: What operations take, once :func:`converted` has seen to it.
Operand = Array | Variable | AnyTensor
Given = TypeVar("Given", bound=Operand)


@dataclass
class Tracing:
    """Whether a ``call`` is being traced.

    Attributes:
        symbol: then makes the symbolic tensor that stands for a weight; None: weights are numbers.
        loop: makes a loop over symbolic tensors one operator; None: its rounds are repeated one by one.
    """

    symbol: Callable[[Variable], Symbolic] | None = None
    loop: Callable[..., tuple[object, object]] | None = None


TRACING = Tracing()


def _symbol_of(variable: Variable, value: object) -> object:
    if TRACING.symbol is None:
        return variable if is_symbolic(value) else None
    return TRACING.symbol(variable)


Variable.symbolic = staticmethod(_symbol_of)


@contextmanager
def unrolling() -> Iterator[None]:
    """While this lasts the rounds of loops over symbolic tensors are repeated one by one."""
    loop, TRACING.loop = TRACING.loop, None
    try:
        yield
    finally:
        TRACING.loop = loop


def apply(operation: Operation, *xs: TensorLike) -> AnyTensor:
    """The output of an operation, or a tuple where there are several.

    Of arrays, numbers, lists and variables it is computed at once, and a tape that watches one of them remembers it. Of
    a :class:`clarinet.ops.specs.Symbolic` it is the next one.

    Raises:
        ValueError: what is given does not go together.
    """
    arrays: list[Array] = []
    for x in xs:
        if type(x) is Tensor:
            arrays.append(x.view(np.ndarray))
        elif type(x) is np.ndarray:
            arrays.append(x)
        elif is_symbolic(x):
            return x.apply(operation, xs)
        elif TRACING.symbol is not None and isinstance(x, Variable):
            return TRACING.symbol(x).apply(operation, xs)
        else:
            arrays.append(numbers_of(x))
    try:
        y, cache = _moved(operation, arrays) if operation.moves else _computed(operation, arrays)
    except (ValueError, TypeError, IndexError) as error:
        _explain(operation, arrays, error)
    output = tuple(map(tensor, y)) if isinstance(y, tuple) else tensor(y)
    if ACTIVE.tapes:
        remember(operation, xs, output, cache)
    return output  # type: ignore[return-value]  # :func:`apply_each` says that there are several


def apply_each(operation: Operation, *xs: TensorLike) -> tuple[AnyTensor, ...]:
    """The outputs of an operation that gives several; see :func:`apply`."""
    return cast("tuple[AnyTensor, ...]", apply(operation, *xs))


def _moved(operation: Operation, arrays: list[Array]) -> tuple[Arrays, object]:
    return operation.forward(tuple(arrays))


# As in other frameworks an infinity or a NaN is a number like others; NumPy would warn in the midst of the library.
_computed = np.errstate(all="ignore")(_moved)


def _explain(operation: Operation, arrays: Sequence[Array], error: Exception) -> NoReturn:
    """Raise the error in the operation's own words, where it has some."""
    try:
        operation.infer([TensorSpec(x.shape, x.dtype) for x in arrays])
    except ValueError as clear:
        raise clear from error
    raise error


def converted(x: TensorLike) -> Operand:
    """``x`` as an operation takes it: something with a dtype; numbers and lists become arrays.

    Tensors, arrays, variables and symbolic tensors stay the objects that they are, for a tape knows them by that. A
    list that holds some becomes one tensor.
    """
    if isinstance(x, np.ndarray) or is_symbolic(x) or isinstance(x, Variable):
        return x
    if isinstance(x, (list, tuple)) and any(_followed(item) for item in x):
        return apply(made(Stack, 0), *promoted(*x))
    return numbers_of(x)


def _followed(x: object) -> bool:
    """Whether a gradient or a graph could lead through something."""
    if isinstance(x, (list, tuple)):
        return any(_followed(item) for item in x)
    return isinstance(x, (Tensor, Variable)) or is_symbolic(x)


def numbers_of(x: TensorLike) -> Array:
    """The plain array of anything that holds numbers now; Python's numbers become int32, float32 or bool.

    Raises:
        TypeError: there are no numbers in it.
    """
    if type(x) in WEAK:
        return _number(x)
    if isinstance(x, np.ndarray):
        return x.view(np.ndarray)
    if isinstance(x, Variable):
        return x.value.view(np.ndarray)
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise TypeError(f"expected numbers in rows of equal lengths, received {shown(x)}") from error
    if array.dtype.kind not in "biuf":
        kind = f"{type(x).__name__}, which NumPy reads as {array.dtype}"
        raise TypeError(f"expected numbers, received {shown(x)} of type {kind}")
    if isinstance(x, (list, tuple, range)) and array.dtype in (np.float64, np.int64) and not _holds_arrays(x):
        return _narrowed(array)
    return array


def _number(x: TensorLike) -> Array:
    """A number of Python's; a whole one that 32 bits cannot hold takes 64."""
    try:
        return np.asarray(x, WEAK[type(x)])
    except OverflowError:
        return np.asarray(x, np.int64)


def _narrowed(array: Array) -> Array:
    """What NumPy made of Python's numbers, in 32 bits where these hold it."""
    if array.dtype.kind == "f":
        return array.astype(np.float32)
    small = array.astype(np.int32)
    return small if np.array_equal(small, array) else array


def _holds_arrays(x: TensorLike) -> bool:
    if isinstance(x, (list, tuple)):
        return any(map(_holds_arrays, x))
    return hasattr(x, "dtype") and not isinstance(x, np.generic)


def as_tensor(x: Operand) -> AnyTensor:
    """Something that :func:`converted` gave, as a tensor, or a symbolic one."""
    return x if type(x) is Tensor or is_symbolic(x) else apply(made(Identity), x)


def spec_of(x: Operand) -> TensorSpec:
    """What is known of something that :func:`converted` gave; arrays have no batch."""
    if isinstance(x, np.ndarray):
        return TensorSpec(x.shape, x.dtype)
    if isinstance(x, Variable):
        return TensorSpec(x.shape, x.dtype)
    return cast(Symbolic, x).spec


def shape_of(x: Operand) -> tuple[int | None, ...]:
    """The shape of something that :func:`converted` gave."""
    return x.shape if isinstance(x, np.ndarray) else spec_of(x).shape


def sizes_of(x: Operand, what: str, first: int = 0) -> tuple[int, ...]:
    """The sizes of the axes of something that :func:`converted` gave, from one on, which have to be known.

    Raises:
        ValueError: one is not known yet.
    """
    sizes = shape_of(x)[first:]
    if None in sizes:
        raise ValueError(f"{what}: a tensor of shape {shape_of(x)} has sizes that are not known yet, and are needed")
    return sizes  # type: ignore[return-value]


def dtype_of(x: Operand) -> DType:
    """The dtype of something that :func:`converted` gave."""
    return x.dtype if isinstance(x, np.ndarray) else spec_of(x).dtype


def typed(x: Given, dtype: DType) -> Given | AnyTensor:
    """Something that :func:`converted` gave, in a dtype; the object itself where it has it."""
    if dtype_of(x) == dtype:
        return x
    return apply(made(Cast, dtype.name), x)


def promoted(*xs: TensorLike, least: type | None = None) -> list[Operand]:
    """What is given as an operation takes it, all in the dtype in which they meet.

    Args:
        xs: anything that holds numbers.
        least: ``float`` where the operation needs floats, ``int`` where truth values have to be numbers.
    """
    first = xs[0]
    if type(first) is Tensor and (least is None or first.dtype.kind == "f"):  # the usual case costs no time
        dtype = first.dtype
        if all(type(x) is Tensor and x.dtype == dtype for x in xs):
            return [*xs]  # type: ignore[list-item]  # they are tensors
    found = [None if type(x) in WEAK else converted(x) for x in xs]
    kinds: list[Any] = [type(x) if one is None else dtype_of(one) for x, one in zip(xs, found)]
    if any(getattr(kind, "kind", "") in ("O", "S", "U") for kind in kinds if not isinstance(kind, type)):
        return _as_texts(xs, found, least)
    dtype = result_dtype(*kinds, *([least] if least else []))
    return [np.asarray(x, dtype) if one is None else typed(one, dtype) for x, one in zip(xs, found)]


def _as_texts(xs: Sequence[TensorLike], found: Sequence[Operand | None], least: type | None) -> list[Operand]:
    """Texts as bytes, which operations move about that need no numbers.

    Raises:
        TypeError: numbers are needed, or are among them.
    """
    for x, one in zip(xs, found):
        if least is not None or one is None or dtype_of(one).kind not in "OSU":
            words = "numbers, received a text" if least is not None else f"texts throughout, received {shown(x)}"
            raise TypeError(f"expected {words}; tf.strings.to_number and tf.strings.as_string make one of the other")
    return [one if dtype_of(one).kind == "O" else as_bytes(np.asarray(one)) for one in found if one is not None]


def floats(x: TensorLike) -> Operand:
    """``x`` as an operation takes it that needs floats."""
    if type(x) is Tensor and x.dtype.kind == "f":
        return x
    x = converted(x)
    return typed(x, float_dtype(dtype_of(x)))


def whole_numbers(indices: TensorLike, what: str) -> Operand:
    """Places as an operation takes them.

    Raises:
        TypeError: they are no whole numbers.
    """
    indices = converted(indices)
    if dtype_of(indices).kind not in "iu":
        if 0 not in shape_of(indices):
            raise TypeError(f"{what}: indices are whole numbers, received {dtype_of(indices)}; ops.cast makes some")
        indices = typed(indices, INT)  # an empty list
    return indices


def refuse_symbolic(what: str, *xs: TensorLike) -> None:
    """Raise where one has no numbers yet, for what depends on them.

    Raises:
        TypeError: one is symbolic.
    """
    if any(is_symbolic(x) for x in xs):
        raise TypeError(
            f"ops.{what} needs numbers: what it does depends on them, and a tensor of a graph that is being put "
            "together has none yet; use it in a training loop of your own, or in the forward of a layer"
        )
