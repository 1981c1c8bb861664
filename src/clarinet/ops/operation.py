"""What an operation is: a function of arrays, its derivative, and what it makes of shapes and dtypes.

Notation: ``x`` or ``a, b`` inputs, ``y`` the output, ``dy`` the gradient of some number at ``y``; ``backward`` returns
the gradients of that number at the inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar, Never, Protocol, Self, TypeVar, cast

import numpy as np

from clarinet.configurable import Value, abstract
from clarinet.names import snake_case
from clarinet.ops.dtypes import BOOL
from clarinet.ops.specs import Batch, Shape, TensorSpec, broadcast
from clarinet.philox import Key
from clarinet.types import Array, Arrays, Cache, DType, Namespace

Gradients = tuple[Array | None, ...]
#: The gradient at an output, or a tuple of those at several. The operation alone knows which; all others pass it on.
Dy = Never
Made = TypeVar("Made", bound="Operation")
#: One for each input: whether its gradient is asked for.
Wanted = Sequence[bool]


@dataclass(eq=False, repr=False)
class Operation(Value):
    """Base class: a pure function of arrays. Instances are pure configuration, and equal where their settings are.

    A subclass is a frozen dataclass of its settings, which define :meth:`forward`, :meth:`backward` and
    :meth:`result`; where rows of a batch can become mixed, also :meth:`batch`. Inputs have one dtype where they meet:
    the public functions see to that.
    """

    kind: ClassVar[str] = "operation"
    goes_with: ClassVar[Mapping[str, str]] = {"forward": "backward"}
    #: How many inputs it takes; None: any number.
    arity: ClassVar[int | None] = 1
    #: Whether it only copies or moves numbers, so that nothing can overflow.
    moves: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """What messages and plans call it."""
        return snake_case(type(self).__name__)

    @abstract
    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Arrays, object]:
        """The output, or a tuple where there are several, and what :meth:`backward` needs."""
        raise NotImplementedError

    @abstract
    def backward(self, cache: Cache, dy: Dy, xp: Namespace = np) -> Gradients:
        """The gradient at every input, given the one at the output (a tuple where there are several).

        None stands for an input that has none, such as indices.
        """
        raise NotImplementedError

    def partial(self, cache: Cache, dy: Dy, wanted: Wanted, xp: Namespace = np) -> Gradients:
        """:meth:`backward` for some of the inputs; what is not wanted may be None."""
        return self.backward(cache, dy, xp)

    def keyed(self, key: Key) -> Self:
        """What runs in a plan, where every operation has a key at every step; only random ones look at it."""
        return self

    @abstract
    def result(self, *specs: TensorSpec) -> TensorSpec | tuple[TensorSpec, ...]:
        """Shape and dtype of the output, or of each; ``batched`` is left alone.

        Raises:
            ValueError: inputs that it cannot take.
        """
        raise NotImplementedError

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        """``"keeps"`` where row i of the output comes of row i of every batched input; ``"mixes"`` otherwise."""
        return "mixes"

    def infer(self, specs: Sequence[TensorSpec]) -> TensorSpec | tuple[TensorSpec, ...]:
        """What is known of the output, or of each, from what is known of the inputs.

        Raises:
            ValueError: inputs that it cannot take.
        """
        if self.arity is not None and len(specs) != self.arity:
            raise ValueError(f"{self.name} takes {self.arity} tensors, received {len(specs)}")
        found = self.result(*specs)
        if any(spec.tried for spec in specs):
            found = _with_guesses(found, self._guessed(specs))
        batched = any(spec.batched for spec in specs) and self.batch(specs) == "keeps"
        rows = next((spec.rows for spec in specs if spec.rows is not None), None) if batched else None
        per = None if batched else self._joined(specs)
        if isinstance(found, tuple):
            return tuple(replace(spec, batched=batched, rows=rows, per=per) for spec in found)
        return replace(found, batched=batched, rows=rows, per=per)

    def _joined(self, specs: Sequence[TensorSpec]) -> int | None:
        """How many entries of axis 0 each row of a batch still has, see :attr:`TensorSpec.per`."""
        found = {spec.per for spec in specs if spec.per is not None}
        if len(found) != 1 or any(spec.batched for spec in specs):
            return None
        return found.pop() if self.batch([replace(s, batched=s.per is not None) for s in specs]) == "keeps" else None

    def _guessed(self, specs: Sequence[TensorSpec]) -> list[TensorSpec | tuple[TensorSpec, ...] | None]:
        """What :meth:`result` gives for each of the guesses; None where they do not go together."""
        found: list[TensorSpec | tuple[TensorSpec, ...] | None] = []
        for given in zip(*(spec.guessed() for spec in specs), strict=True):
            known = [spec for spec in given if spec is not None]
            try:
                found.append(self.result(*known) if len(known) == len(given) else None)
            except ValueError:
                found.append(None)
        return found


def _with_guesses(
    found: TensorSpec | tuple[TensorSpec, ...], guessed: Sequence[TensorSpec | tuple[TensorSpec, ...] | None]
) -> TensorSpec | tuple[TensorSpec, ...]:
    """What is known of an output, or of each, with the shapes that it has for each of the guesses."""
    each = [None if one is None else one if isinstance(one, tuple) else (one,) for one in guessed]
    specs = found if isinstance(found, tuple) else (found,)
    told = tuple(
        replace(spec, tried=tuple(None if one is None else one[number].shape for one in each))
        for number, spec in enumerate(specs)
    )
    return told if isinstance(found, tuple) else told[0]


class _Making(Protocol):
    def __call__(self, kind: Callable[..., Made], /, *settings: object) -> Made:
        """The operation of these settings; it is made once."""
        ...


def _make(kind: Callable[..., Made], *settings: object) -> Made:
    """The operation of these settings; it is made once."""
    return kind(*settings)


made = cast(_Making, lru_cache(maxsize=4096, typed=True)(_make))


class Elementwise(Operation):
    """Base of operations that compute each entry of the output from one entry of each input, after broadcasting."""

    def result(self, *specs: TensorSpec) -> TensorSpec:
        require_one_dtype(specs, self.name)
        return TensorSpec(broadcast([spec.shape for spec in specs], self.name), self.out_dtype(specs[0].dtype))

    def out_dtype(self, dtype: DType) -> DType:
        """The output's dtype, given that of the inputs."""
        return dtype

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        return aligned(specs)


def require_one_dtype(specs: Sequence[TensorSpec], what: str) -> None:
    """Raise unless all have one dtype."""
    dtypes = [str(spec.dtype) for spec in specs]
    if len(set(dtypes)) > 1:
        raise ValueError(f"{what}: expected inputs of one dtype, received {', '.join(dtypes)}; cast brings them to one")


def aligned(specs: Sequence[TensorSpec]) -> Batch:
    """Whether broadcasting leaves the batch axes of the inputs on each other, and in front.

    A first axis whose size is not known, in a tensor without rows, can only go with rows if it has as many.
    """
    rank = max(spec.rank for spec in specs)
    other = [spec for spec in specs if not spec.batched and spec.rank == rank]
    inside = any(spec.batched and spec.rank < rank for spec in specs)
    return "mixes" if inside or any(spec.shape[0] not in (1, None) for spec in other if rank) else "keeps"


class Unary(Elementwise):
    """Base of functions of one number; a subclass gives :meth:`value` and :meth:`derivative`."""

    def value(self, x: Array, xp: Namespace) -> Array:
        """The function, entry by entry."""
        raise NotImplementedError

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        """``dy`` times the derivative, given the function's input and output."""
        raise NotImplementedError

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        (x,) = xs
        y = self.value(x, xp)
        return y, (x, y)

    def backward(self, cache: tuple[Array, Array], dy: Array, xp: Namespace = np) -> Gradients:
        return (self.derivative(dy, *cache, xp),)


class Flat(Unary):
    """Base of functions of one number that are constant wherever they have a derivative, which is 0."""

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return xp.zeros_like(dy)


#: The shapes of two inputs; and they and the output, where the derivatives depend on them.
Kept = tuple[Shape, Shape, tuple[Array, Array, Array]]


class Binary(Elementwise):
    """Base of functions of two numbers; a subclass gives :meth:`value`, :meth:`left` and :meth:`right`."""

    arity = 2
    #: Whether the derivatives depend on the inputs; where they do not, these need not be kept.
    keeps: ClassVar[bool] = True

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        """The function, entry by entry, with broadcasting."""
        raise NotImplementedError

    def left(self, dy: Array, a: Array, b: Array, y: Array, xp: Namespace) -> Array:
        """``dy`` times the derivative by ``a``, in the shape of ``dy``."""
        raise NotImplementedError

    def right(self, dy: Array, a: Array, b: Array, y: Array, xp: Namespace) -> Array:
        """``dy`` times the derivative by ``b``, in the shape of ``dy``."""
        raise NotImplementedError

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        a, b = xs
        y = self.value(a, b, xp)
        return y, (a.shape, b.shape, (a, b, y) if self.keeps else (None, None, None))

    def partial(self, cache: Kept, dy: Array, wanted: Wanted, xp: Namespace = np) -> Gradients:
        one, two, (a, b, y) = cache
        return (
            unbroadcast(self.left(dy, a, b, y, xp), one, xp) if wanted[0] else None,
            unbroadcast(self.right(dy, a, b, y, xp), two, xp) if wanted[1] else None,
        )

    def backward(self, cache: Kept, dy: Array, xp: Namespace = np) -> Gradients:
        return self.partial(cache, dy, (True, True), xp)


class Truth:
    """What operations have in common whose outputs are true or false: no gradient."""

    def out_dtype(self, dtype: DType) -> DType:
        """Always bool."""
        return BOOL


class Question(Truth, Unary):
    """Base of questions about one number; a subclass gives :meth:`value`."""

    def backward(self, cache: object, dy: Array, xp: Namespace = np) -> Gradients:
        return (None,)


class Comparison(Truth, Binary):
    """Base of questions about two numbers; a subclass gives :meth:`value`."""

    keeps = False

    def partial(self, cache: object, dy: Array, wanted: Wanted, xp: Namespace = np) -> Gradients:
        return None, None


def unbroadcast(gradient: Array, shape: Shape, xp: Namespace = np) -> Array:
    """The gradient at an array of this shape that was broadcast: the sum over everything that it was copied to.

    Example:
        >>> unbroadcast(np.ones((2, 3)), (3,)).tolist()
        [2.0, 2.0, 2.0]
    """
    if gradient.shape == shape:
        return gradient
    extra = gradient.ndim - len(shape)
    axes = [i for i, size in enumerate(shape, extra) if size == 1 and gradient.shape[i] != 1]
    summed = xp.sum(gradient, axis=(*range(extra), *axes), keepdims=True, dtype=gradient.dtype)
    return xp.reshape(summed, shape)
