"""Functions whose arguments hold sizes that are not known before there are numbers.

``ops.shape`` gives a :class:`Size` for the rows of the batch, and for an axis of unknown size. One may count with it,
and it is a tensor of one number where one is wanted. A function that is given one in the place of a whole number
becomes the operation :class:`Sized`, which calls the function once the sizes are known.
"""

from __future__ import annotations

import builtins
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache, wraps
from math import prod
from typing import Any, ClassVar, NamedTuple, Never, NoReturn, Protocol, Self, TypeVar, cast

import numpy as np

from clarinet.ops.basic import Cast
from clarinet.ops.batches import rows_of, traced
from clarinet.ops.dtypes import FLOAT, INT
from clarinet.ops.operation import Gradients, Operation, made
from clarinet.ops.reductions import Sum
from clarinet.ops.seeds import SeedGenerator
from clarinet.ops.shapes import AcrossBatch
from clarinet.ops.size_lists import as_list
from clarinet.ops.specs import Symbolic, TensorSpec, is_symbolic
from clarinet.ops.tensor import NUMPY_OPERATORS
from clarinet.philox import Key
from clarinet.sizes import GUESSES, Expression, SizeToCome, evaluated, leaves_of
from clarinet.types import AnyTensor, Array, Json, Namespace, TensorLike
from clarinet.variables import Variable

F = TypeVar("F", bound=Callable[..., object])
#: More numbers than any function of sizes makes.
_MOST = 2**30


class Size(SizeToCome):
    """A size that is not known before there are numbers; functions of tensors take it as a tensor of one number."""

    shape: ClassVar[tuple[int, ...]] = ()

    def __init__(self, expression: Expression) -> None:
        super().__init__(expression)
        SizeToCome.seen = True

    @property
    def is_whole(self) -> bool:
        """Whether it is a whole number: nothing was divided, and no fraction is in it."""
        return "." not in str(self.expression).replace("'/'", ".")

    @property
    def dtype(self) -> str:
        """``"int32"``; ``"float32"`` of what may be a fraction."""
        return "int32" if self.is_whole else "float32"

    @property
    def spec(self) -> TensorSpec:
        """Of the tensor that it is."""
        return TensorSpec((), INT if self.is_whole else FLOAT, False)

    def apply(self, operation: Operation, inputs: tuple[object, ...]) -> AnyTensor:
        """The output of an operation on such sizes and other things."""
        own = tuple(x.tensor if isinstance(x, Size) else x for x in inputs)
        return next(x for x in own if is_symbolic(x)).apply(operation, own)

    @property
    def tensor(self) -> Symbolic:
        """The size as a tensor."""
        if not any(leaf[0] == "rows" for leaf in leaves_of(self.expression)):
            return cast(Symbolic, _deferred("convert_to_tensor", (self,), {}))
        found = evaluated(self.expression, _as_float)
        return cast(Symbolic, found.apply(made(Cast, INT.name), (found,)) if self.is_whole else found)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: TensorLike, **arguments: object) -> AnyTensor:
        found = NUMPY_OPERATORS.get(ufunc) if method == "__call__" and not arguments else None
        return self._refuse() if found is None else found(*inputs)

    def __array__(self, *_: object, **__: object) -> NoReturn:
        self._refuse()


def _as_float(leaf: Sequence[object]) -> Symbolic:
    """A tensor of the number of rows, or of an axis's size, as a float: the native engine adds those up."""
    if leaf[0] == "rows":
        rows = rows_of("the number of rows")
        ones = cast(Symbolic, rows.apply(made(AcrossBatch, ()), (np.ones((), FLOAT), rows)))
        return cast(Symbolic, ones.apply(made(Sum, (0,)), (ones,)))
    size = cast(Symbolic, _deferred("convert_to_tensor", (Size(tuple(leaf)),), {}))
    return cast(Symbolic, size.apply(made(Cast, FLOAT.name), (size,)))


def sizes_of_shape(x: Symbolic, sizes: Sequence[int | None]) -> tuple[int | Size | None, ...]:
    """The sizes of a tensor, with what one may count with in the place of those that are not known.

    The rows of the batch are that where a ``call`` is traced, and None elsewhere.
    """
    found = [Size(("axis", x, axis)) if size is None else size for axis, size in enumerate(sizes)]
    if x.spec.batched and sizes[0] is None:
        return (None if traced() is None else Size(("rows",)), *found[1:])
    return tuple(found)


# Functions that take them.


class Taking(NamedTuple):
    """A function whose arguments may be sizes.

    Attributes:
        function: as it is without.
        rows: where it takes None for the rows of the batch: ``"first"`` in shapes, ``"only"`` as its only argument,
            ``"there"`` as an argument; else nowhere.
    """

    function: Callable[..., object]
    rows: str


_FUNCTIONS: dict[str, Taking] = {}


def sized(rows: str = "", name: str = "") -> Callable[[F], F]:
    """Have a function take sizes that are not known yet, see :class:`Taking`."""

    def decorate(function: F) -> F:
        known = name or function.__name__
        _FUNCTIONS[known] = Taking(function, rows)

        @wraps(function)
        def wrapped(*args: object, **settings: object) -> object:
            if SizeToCome.seen and rows == "first":
                args, settings = tuple(map(as_list, args)), {key: as_list(each) for key, each in settings.items()}
            if SizeToCome.seen and _any_size((args, settings)):
                return _deferred(known, args, settings)
            return function(*args, **settings)

        return cast(F, wrapped)

    return decorate


def _any_size(value: object) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_any_size, value))
    if isinstance(value, dict):
        return any(map(_any_size, value.values()))
    if isinstance(value, builtins.slice):
        return _any_size((value.start, value.stop, value.step))
    return isinstance(value, Size)


def _deferred(name: str, args: tuple[object, ...], settings: Mapping[str, object]) -> AnyTensor:
    """What a function gives for arguments that hold sizes."""
    tensors: list[object] = []
    form = _written([list(args), dict(settings)], tensors)
    if _takes_rows(_FUNCTIONS[name].rows, form) and '"axis"' not in json.dumps(form):
        filled: Any = _read(form, tensors, lambda _: None)
        return cast(AnyTensor, _FUNCTIONS[name].function(*filled[0], **filled[1]))
    if '"rows"' in json.dumps(form):
        tensors.append(rows_of(name))
    return next(x for x in tensors if is_symbolic(x)).apply(Sized(name, json.dumps(form)), tuple(tensors))


def _written(value: Any, tensors: list[object]) -> Json:
    """An argument as JSON can hold it; tensors, and those whose sizes count, go into a list."""
    if isinstance(value, Size):
        return {"size": _numbered(value.expression, tensors)}
    if isinstance(value, (np.ndarray, Variable)) or is_symbolic(value):
        return {"tensor": _place(value, tensors)}
    if isinstance(value, builtins.slice):
        return {"slice": [_written(part, tensors) for part in (value.start, value.stop, value.step)]}
    if isinstance(value, tuple):
        return {"tuple": [_written(part, tensors) for part in value]}
    if isinstance(value, list):
        return [_written(part, tensors) for part in value]
    if isinstance(value, dict):
        return {"settings": {key: _written(part, tensors) for key, part in value.items()}}
    if isinstance(value, SeedGenerator):
        return {"seed": value.seed}
    if value is Ellipsis:
        return {"ellipsis": True}
    if isinstance(value, np.generic):
        return cast(Json, value.item())
    return value if value is None or isinstance(value, (bool, int, float, str)) else np.dtype(value).name


def _place(tensor: object, tensors: list[object]) -> int:
    found = next((number for number, own in enumerate(tensors) if own is tensor), len(tensors))
    tensors[found:] = tensors[found:] or [tensor]
    return found


def _numbered(expression: Expression, tensors: list[object]) -> Json:
    """An expression with tensors by their numbers."""
    if isinstance(expression, (int, float)):
        return expression
    name, *rest = expression
    if name == "axis":
        return ["axis", _place(rest[0], tensors), cast(int, rest[1])]
    return [cast(str, name), *(_numbered(cast(Expression, part), tensors) for part in rest)]


def _read(form: Any, tensors: Sequence[object], size: Callable[[Expression], object]) -> Any:
    """The argument that :func:`_written` wrote.

    Args:
        tensors: for each number.
        size: gives what stands for a size.
    """
    if isinstance(form, list):
        return [_read(part, tensors, size) for part in form]
    if not isinstance(form, dict):
        return form
    ((kind, held),) = form.items()
    if kind == "size":
        return size(held)
    if kind == "tensor":
        return tensors[held]
    if kind == "settings":
        return {key: _read(part, tensors, size) for key, part in held.items()}
    if kind in ("tuple", "slice"):
        parts = [_read(part, tensors, size) for part in held]
        return tuple(parts) if kind == "tuple" else builtins.slice(*parts)
    return SeedGenerator(held) if kind == "seed" else Ellipsis


_ROWS = {"size": ["rows"]}


def _takes_rows(where: str, form: Any) -> bool:
    """Whether the rows of the batch stand nowhere but where a function takes None for them."""
    args, settings = form[0], form[1]["settings"]
    given = [*args, *settings.values()]
    if where == "first":
        shapes = [part["tuple"] if isinstance(part, dict) and "tuple" in part else part for part in given]
        taken = sum(isinstance(shape, list) and shape[:1] == [_ROWS] for shape in shapes)
    elif where == "only":
        taken = int(args == [_ROWS] and not set(settings) - {"dtype"})
    else:
        taken = given.count(_ROWS) if where == "there" else 0
    return json.dumps(form).count('"rows"') == taken


class Specified(Protocol):
    """A tensor, as far as it is looked at here."""

    @property
    def spec(self) -> TensorSpec: ...


class Made(Protocol):
    """A network, as far as it is looked at here."""

    @property
    def outputs(self) -> Sequence[Specified]: ...


class Known(Protocol):
    """A function of arrays that is known, with its derivatives, once there are sizes; see :mod:`clarinet.traced`."""

    @property
    def network(self) -> Made:
        """What it is made of."""

    def forward(self, xs: Sequence[Array], xp: Namespace, key: Key | None, /) -> tuple[list[Array], object]:
        """The function's values, and what ``backward`` needs."""

    def backward(self, cache: Never, dys: Sequence[Array], xp: Namespace, /) -> list[Array | None]:
        """The gradients at the arguments, given those at the values."""


@dataclass(eq=False, repr=False)
class Sized(Operation):
    """What a function gives for arguments that hold sizes; inputs are the tensors among its arguments, then those whose
    sizes count, then one that has the rows of the batch, if these count.

    Args:
        function: its name.
        arguments: as JSON, see the functions above.
    """

    arity = None
    #: Knows a function of tensors by what it does with them, for tensors of which this is known.
    trace: ClassVar[Callable[[Callable[..., object], Sequence[TensorSpec]], Known]]
    #: The key that a plan gave; it is no setting.
    _key: ClassVar[Key | None] = None

    function: str
    arguments: str

    def __post_init__(self) -> None:
        if self.function not in _FUNCTIONS:
            raise ValueError(f"there is no function {self.function!r} that takes sizes")
        json.loads(self.arguments)

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.function} of a size"

    def keyed(self, key: Key) -> Self:
        keyed = copy(self)
        object.__setattr__(keyed, "_key", key)
        return keyed

    def network(self, specs: Sequence[TensorSpec]) -> Made | None:
        """What it is made of where the inputs' sizes are known, but for the rows of the batch; None where they are not,
        or it takes the rows to know it."""
        form = json.loads(self.arguments)
        counted = [leaf for size in _sizes_in(form) for leaf in leaves_of(size)]
        known = all(leaf[0] == "rows" or _size_of(leaf, specs) is not None for leaf in counted)
        if not known or not _takes_rows(_FUNCTIONS[self.function].rows, form):
            return None
        return _traced(self.function, self.arguments, tuple(specs)).network

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        specs = tuple(TensorSpec(x.shape, np.dtype(str(x.dtype).rpartition(".")[2]), False) for x in xs)
        found = _traced(self.function, self.arguments, specs)
        (y,), cache = found.forward(xs, xp, self._key)
        return y, (found, cache)

    def backward(self, cache: tuple[Known, Never], dy: Array, xp: Namespace = np) -> Gradients:
        return tuple(cache[0].backward(cache[1], [dy], xp))

    def result(self, *specs: TensorSpec) -> TensorSpec:
        return self.infer(specs)

    def infer(self, specs: Sequence[TensorSpec]) -> TensorSpec:
        network = self.network(specs)
        if network is not None:
            return network.outputs[0].spec
        found = self._for_guesses(specs)
        shapes = [spec.shape for spec in found if spec is not None]
        shape = tuple(sizes[0] if len(set(sizes)) == 1 else None for sizes in zip(*shapes, strict=True))
        firsts = [spec is None or spec.shape[:1] == (rows,) for spec, (_, rows) in zip(found, GUESSES)]
        batched = any(spec.batched for spec in specs) and all(firsts)
        rows = next((spec.rows for spec in specs if spec.rows is not None), None) if batched else None
        dtype = next(spec.dtype for spec in found if spec is not None)
        return TensorSpec(shape, dtype, batched, rows, tuple(None if spec is None else spec.shape for spec in found))

    def _for_guesses(self, specs: Sequence[TensorSpec]) -> list[TensorSpec | None]:
        """What is known of the output for each guess of sizes; None where they do not go together.

        Raises:
            ValueError: fewer than two do.
        """
        found: list[TensorSpec | None] = []
        for given in zip(*(spec.guessed() for spec in specs), strict=True):
            known = tuple(spec for spec in given if spec is not None)
            try:
                own = _traced(self.function, self.arguments, known) if len(known) == len(given) else None
                found.append(None if own is None else own.network.outputs[0].spec)
            except (ValueError, IndexError) as error:
                found.append(None)
                refusal = error
        if len(found) - found.count(None) < 2:
            raise ValueError(f"{self.name} that is not known before there are numbers: {refusal}")
        return found


def _size_of(leaf: Sequence[object], specs: Sequence[TensorSpec]) -> int | None:
    """The size of a numbered axis, or of the rows, of which the last input has some."""
    if leaf[0] == "rows":
        return specs[-1].shape[0]
    return specs[cast(int, leaf[1])].shape[cast(int, leaf[2])]


def _sizes_in(form: Any) -> Iterator[Expression]:
    """The sizes in arguments."""
    if isinstance(form, dict) and "size" in form:
        yield form["size"]
    elif isinstance(form, (list, dict)):
        for part in form if isinstance(form, list) else form.values():
            yield from _sizes_in(part)


@lru_cache(maxsize=512)
def _traced(function: str, arguments: str, specs: tuple[TensorSpec, ...]) -> Known:
    """The function where sizes are known; the rows of the batch are None where they are not."""

    def size(expression: Expression) -> object:
        found = (
            evaluated(expression, lambda leaf: _size_of(leaf, specs)) if expression != ["rows"] else specs[-1].shape[0]
        )
        counts.append(found)
        return found

    counts: list[Any] = []

    def called(*xs: object) -> object:
        filled: Any = _read(json.loads(arguments), xs, size)
        if prod(abs(n) for n in counts if n) > _MOST:
            raise ValueError(f"{function} of sizes {counts[:8]}: at most {_MOST} numbers are allowed")
        return _FUNCTIONS[function].function(*filled[0], **filled[1])

    return Sized.trace(called, specs)
