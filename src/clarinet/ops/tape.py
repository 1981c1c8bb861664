"""Gradients of what is computed with operations: the tape remembers them, and walks back through their ``backward``."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import NamedTuple, Self, cast

import numpy as np

from clarinet.ops.gradients import add, every, none, output_gradient, seed, shape_of, zeros
from clarinet.ops.operation import Operation
from clarinet.ops.structures import leaves, like, paired
from clarinet.ops.tensor import Tensor, tensor
from clarinet.problems import shown
from clarinet.types import AnyTensor, Array, DType, TensorLike
from clarinet.variables import Variable

#: Of everything that any tape follows.
_numbers = count(1)


class Record(NamedTuple):
    """One operation that was computed under a tape. Tensors go by their numbers.

    The operation is None where a tape gave a gradient while this one recorded. ``versions`` are the variables that it
    used, as they were.
    """

    operation: Operation | None
    cache: object
    inputs: tuple[int | None, ...]
    outputs: tuple[int | None, ...]
    shapes: tuple[tuple[tuple[int, ...], DType], ...]
    several: bool = False
    versions: tuple[tuple[Variable, int], ...] = ()


class _Local(threading.local):
    """The tapes that record in this thread."""

    tapes: tuple[GradientTape, ...] = ()


ACTIVE = _Local()


def remember(operation: Operation, inputs: Sequence[TensorLike], y: Tensor | tuple[Tensor, ...], cache: object) -> None:
    """Have every tape that records remember an operation, if any of its inputs matters there.

    Args:
        operation: whose ``backward`` gives the gradients.
        inputs: arrays, tensors or variables as they were given.
        y: the tensor that it gave, or a tuple of several.
        cache: what its ``backward`` needs.
    """
    for tape in ACTIVE.tapes:
        tape.record(operation, inputs, y, cache)


@contextmanager
def paused() -> Iterator[None]:
    """No tape remembers what is computed in this block."""
    before, ACTIVE.tapes = ACTIVE.tapes, ()
    try:
        yield
    finally:
        ACTIVE.tapes = before


class GradientTape:
    """Remembers the operations in its ``with`` block, to give gradients of what they computed.

    Variables that are trainable are watched when an operation first uses them; tensors and arrays have to be given to
    :meth:`watch`. Branches and loops over values work: what is derived is what was computed. Several tapes may record
    at once; the gradient of a gradient, for which one tape records while another one gives its gradient, is refused.

    An array that is watched or used goes in without a copy: do not change it in place before the gradient is taken. A
    variable that has been assigned to since, by an optimizer for instance, is refused.

    Args:
        persistent: gradients may be asked for several times; default False: once, after which all is forgotten.
        watch_accessed_variables: watch trainable variables unasked; default True.

    Example:
        >>> import clarinet
        >>> x = clarinet.ops.convert_to_tensor([1.0, 2.0, 3.0])
        >>> with clarinet.ops.GradientTape() as tape:
        ...     tape.watch(x)
        ...     loss = clarinet.ops.sum(x * x)
        >>> tape.gradient(loss, x)
        Tensor([2., 4., 6.], dtype=float32)
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self._persistent = bool(persistent)
        self._unasked = bool(watch_accessed_variables)
        self._used = False
        self.reset()

    def __enter__(self) -> Self:
        if self in ACTIVE.tapes:
            raise RuntimeError("this GradientTape records already; make another one")
        if self._used:
            raise RuntimeError("this GradientTape has given its gradient; make a new one, or one with persistent=True")
        ACTIVE.tapes = (*ACTIVE.tapes, self)
        return self

    def __exit__(self, *_: object) -> None:
        ACTIVE.tapes = tuple(tape for tape in ACTIVE.tapes if tape is not self)

    def reset(self) -> None:
        """Forget everything."""
        self._records: list[Record] = []
        self._watched: dict[int, tuple[Array | Variable, int]] = {}
        self._computed: set[int] = set()
        self._aliases: dict[int, tuple[Variable, int | None]] = {}

    def watch(self, tensor: TensorLike) -> None:
        """Remember what is computed of a tensor, an array of NumPy's, a variable, or several in lists or dictionaries.

        Raises:
            TypeError: something else, such as a number, of which nobody could ask for the gradient afterwards.
            ValueError: whole numbers, which have no derivative.
        """
        for one in leaves(tensor):
            if not isinstance(one, (np.ndarray, Variable)):
                raise TypeError(
                    f"tape.watch: expected a tensor, an array or a variable, received {shown(one)}; "
                    "ops.convert_to_tensor makes a tensor of numbers"
                )
            array = one if isinstance(one, np.ndarray) else one.value
            if array.dtype.kind != "f":
                raise ValueError(
                    f"tape.watch: {array.dtype} has no derivative; ops.cast(x, 'float32') before the tape makes floats"
                )
            if self._number(one, unasked=False) is None:
                self._watch(one)

    def take_for(self, variable: Variable, given: TensorLike) -> None:
        """Take a variable for the value that it was given, which may be watched or computed."""
        self._aliases[id(variable)] = variable, self._number(given, self._unasked)

    def _watch(self, one: Array | Variable) -> int:
        number = next(_numbers)
        self._watched[id(one)] = one, number  # as long as the object is held its id is its own
        return number

    def watched_variables(self) -> tuple[Variable, ...]:
        """The variables that are watched, in the order in which they were first used."""
        return tuple(one for one, _ in self._watched.values() if not isinstance(one, np.ndarray))

    @contextmanager
    def stop_recording(self) -> Iterator[None]:
        """What is computed in this block is not remembered."""
        before = ACTIVE.tapes
        ACTIVE.tapes = tuple(tape for tape in before if tape is not self)
        try:
            yield
        finally:
            ACTIVE.tapes = before

    def _number(self, x: TensorLike, unasked: bool) -> int | None:
        """The number of something that is watched or was computed from it; variables may be watched for the asking."""
        if type(x) is Tensor and x._number in self._computed:
            return x._number
        found = self._aliases.get(id(x)) or self._watched.get(id(x))
        if found is not None:
            return found[1]
        if unasked and isinstance(x, Variable) and x.dtype.kind == "f" and x.trainable:
            return self._watch(x)
        return None

    def watches(self, variable: Variable) -> bool:
        """Whether a gradient may be asked for at a variable that is used now."""
        return id(variable) in self._watched or (self._unasked and variable.trainable)

    def record(
        self, operation: Operation, inputs: Sequence[TensorLike], y: Tensor | tuple[Tensor, ...], cache: object
    ) -> None:
        """Remember an operation if any of its inputs matters; arguments as for :func:`remember`."""
        numbers = tuple([self._number(x, self._unasked) for x in inputs])  # lists: every operation comes here
        if numbers.count(None) == len(numbers):
            return
        outputs = y if isinstance(y, tuple) else (y,)
        given = tuple([self._compute(one) if one.dtype.kind == "f" else None for one in outputs])
        shapes = tuple([(one.shape, one.dtype) for one in outputs])
        versions = tuple([(x, x.version) for x in inputs if type(x) is Variable])
        self._records.append(Record(operation, cache, numbers, given, shapes, isinstance(y, tuple), versions))

    def _compute(self, one: Tensor) -> int:
        """Follow a tensor that was computed; several tapes know it by one number."""
        if one._number is None:
            one._number = next(_numbers)
        self._computed.add(one._number)
        return one._number

    def gradient(
        self,
        target: TensorLike,
        sources: TensorLike,
        output_gradients: TensorLike = None,
        unconnected_gradients: str = "none",
    ) -> AnyTensor:
        """The gradient of ``target`` at each of the sources.

        Args:
            target: a tensor, or several in lists or dictionaries; their gradients are added. Where one has several
                entries, it is that of their sum.
            sources: tensors, arrays or variables, one or in lists, tuples and dictionaries.
            output_gradients: in the structure of ``target``: what its gradient is multiplied by; default 1.
            unconnected_gradients: what stands where a source has no influence: ``"none"`` or ``"zero"``.

        Returns:
            In the structure of ``sources`` a tensor of the shape of each, or None where there is no path.

        Raises:
            RuntimeError: the tape has given its gradient already, and is not persistent.
            TypeError: what is asked for is not a tensor, array or variable.
            ValueError: an output gradient of another shape.
        """
        if self._used:
            raise RuntimeError(
                "this GradientTape has given its gradient and forgotten the rest; ask for all sources at once, in a "
                "list, or make it with GradientTape(persistent=True)"
            )
        if unconnected_gradients not in ("none", "zero"):
            raise ValueError(f"unconnected_gradients is 'none' or 'zero', received {unconnected_gradients!r}")
        asked: list[Array | Variable] = []
        for one in leaves(sources):
            if not isinstance(one, (np.ndarray, Variable)):
                raise TypeError(f"tape.gradient: sources are tensors, arrays or variables, received {shown(one)}")
            asked.append(one)
        numbers = [self._number(one, unasked=False) for one in asked]
        found = self._walk(self._seeds(target, output_gradients), {n for n in numbers if n is not None})
        empty = zeros if unconnected_gradients == "zero" else none
        gradients = [tensor(found[n]) if n in found else empty(one) for n, one in zip(numbers, asked)]
        for tape in ACTIVE.tapes:
            tape._take_gradients([g for g in gradients if g is not None])
        if not self._persistent:
            self._used = True
            self.reset()
        return cast(AnyTensor, like(sources, gradients))

    def jacobian(
        self, target: TensorLike, sources: TensorLike, unconnected_gradients: str = "none", **others: object
    ) -> AnyTensor:
        """The derivative of every entry of ``target`` at each of the sources, one walk back for each entry.

        Args:
            target: a tensor that was computed.
            sources, unconnected_gradients: as for :meth:`gradient`.
            others: accepted for other libraries' programs; how derivatives are computed is no choice here.

        Returns:
            In the structure of ``sources`` tensors of shape ``(*target.shape, *source.shape)``, or None.

        Raises:
            RuntimeError, TypeError: as :meth:`gradient`.

        Example:
            >>> import clarinet
            >>> x = clarinet.ops.convert_to_tensor([1.0, 2.0])
            >>> with clarinet.ops.GradientTape() as tape:
            ...     tape.watch(x)
            ...     y = x * x
            >>> tape.jacobian(y, x).tolist()
            [[2.0, 0.0], [0.0, 4.0]]
        """
        shape = shape_of(target)
        whole = np.eye(int(np.prod(shape)), dtype=np.float32).reshape(-1, *shape)
        return self._side_by_side(target, sources, whole, shape, 0, unconnected_gradients)

    def batch_jacobian(
        self, target: TensorLike, source: TensorLike, unconnected_gradients: str = "none", **others: object
    ) -> AnyTensor:
        """The derivative of every entry of each row of ``target`` at the same row of ``source``; rows must not see each
        other.

        Args:
            target, source: tensors with as many rows (n, …).
            unconnected_gradients, others: as for :meth:`jacobian`.

        Returns:
            A tensor of shape ``(n, *target.shape[1:], *source.shape[1:])``, or None.

        Raises:
            ValueError: other numbers of rows. RuntimeError, TypeError: as :meth:`gradient`.
        """
        shape = shape_of(target)
        if not shape or shape_of(source)[:1] != shape[:1]:
            raise ValueError(f"tape.batch_jacobian: expected as many rows, received {shape} and {shape_of(source)}")
        one = np.eye(int(np.prod(shape[1:])), dtype=np.float32).reshape(-1, 1, *shape[1:])
        whole = np.broadcast_to(one, (len(one), *shape))
        return self._side_by_side(target, source, whole, shape[1:], 1, unconnected_gradients)

    def _side_by_side(
        self,
        target: TensorLike,
        sources: TensorLike,
        seeds: Array,
        shape: tuple[int, ...],
        axis: int,
        unconnected_gradients: str,
    ) -> AnyTensor:
        """Gradients for each of some output gradients, along axes of this shape."""
        kept, self._persistent = self._persistent, True
        try:
            found = [self.gradient(target, sources, seed, unconnected_gradients) for seed in seeds]
        finally:
            self._persistent = kept
        if not kept:
            self._used = True
            self.reset()
        columns = zip(*(every(sources, each) for each in found), strict=True)
        joined = [
            None
            if any(g is None for g in each)
            else tensor(np.stack(each, axis).reshape(*shape_of(each[0])[:axis], *shape, *shape_of(each[0])[axis:]))
            for each in columns
        ]
        return cast(AnyTensor, like(sources, joined))

    def _seeds(self, target: TensorLike, output_gradients: TensorLike) -> dict[int, Array]:
        """The gradients from which the walk begins, by number."""
        targets = list(leaves(target))
        try:
            given = [None] * len(targets) if output_gradients is None else list(paired(target, output_gradients))
        except ValueError as error:
            raise ValueError(f"tape.gradient: output_gradients in the structure of the target: {error}") from error
        seeds: dict[int, Array] = {}
        for one, dy in zip(targets, given):
            if not isinstance(one, (np.ndarray, Variable)):
                raise TypeError(f"tape.gradient: the target is a tensor that was computed, received {shown(one)}")
            number = self._number(one, unasked=False)
            if number is not None:
                add(seeds, number, seed(one, dy))
        return seeds

    @np.errstate(all="ignore")
    def _walk(self, gradients: dict[int, Array], sources: set[int]) -> dict[int, Array]:
        """The gradients at the sources: from the last operation to the first, shares added in that order."""
        reached = self._reached(sources)
        for record in reversed(self._records):
            if not any(number in gradients and number in reached for number in record.outputs):
                continue
            if record.operation is None:
                raise RuntimeError(
                    "tape.gradient: the target depends on a gradient that was taken inside this tape's `with` block (a "
                    "GradientTape inside a GradientTape): second derivatives are not supported; for a gradient penalty "
                    "take a difference quotient, (f(x + h * v) - f(x)) / h along unit vectors v, or clip the weights"
                )
            _refuse_changed(record)
            dys = [output_gradient(gradients, *output, kept=sources) for output in zip(record.outputs, record.shapes)]
            wanted = [number in reached for number in record.inputs]
            dy = tuple(dys) if record.several else dys[0]
            shares = record.operation.partial(record.cache, dy, wanted)  # type: ignore[arg-type]  # its own
            for number, share in zip(record.inputs, shares):
                if share is not None and number is not None and number in reached:
                    add(gradients, number, share)
        return {number: gradients[number] for number in sources if number in gradients}

    def _reached(self, sources: set[int]) -> set[int | None]:
        """Everything that depends on the sources."""
        reached: set[int | None] = set(sources)
        for record in self._records:
            if any(number in reached for number in record.inputs):
                reached.update(number for number in record.outputs if number is not None)
        return reached

    def _take_gradients(self, gradients: Sequence[Tensor]) -> None:
        """Gradients that were taken while this tape records: whoever derives them once more is told."""
        everything = (*self._computed, *(number for _, number in self._watched.values()))
        for one in gradients:
            number = self._compute(one)
            self._records.append(Record(None, None, everything, (number,), ((one.shape, one.dtype),)))


def _refuse_changed(record: Record) -> None:
    """Raise where a variable is not any more what it was when it was used."""
    for variable, version in record.versions:
        if variable.version != version:
            raise RuntimeError(
                f"tape.gradient: {variable.path} has been changed since the tape saw it used, so its gradient cannot "
                "be computed any more; take all gradients before the optimizer applies the first"
            )
