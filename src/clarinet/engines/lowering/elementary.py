"""Operations of :mod:`clarinet.ops` in the native engine's terms.

Most are one of few native kinds: a function entry by entry (``map_…``), numbers that only move (``pick``), a reduction,
a product of matrices. Some are written with others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from clarinet.engines.lowering.attention import attention
from clarinet.engines.lowering.builder import Builder, Known, as_floats, constant
from clarinet.engines.lowering.functions import MAPS, REDUCTIONS, WRITTEN
from clarinet.engines.lowering.operands import stretched, without_batch, without_single
from clarinet.engines.lowering.operations import ACTIVATIONS
from clarinet.engines.lowering.running import RUNNING, running
from clarinet.engines.lowering.weights import NoForm
from clarinet.graph import Constant, Network
from clarinet.layers.merge import axes_in_common
from clarinet.ops import basic, creation, elementwise, reductions
from clarinet.ops.activated import Activated
from clarinet.ops.attention import DotProductAttention
from clarinet.ops.distributions import Draw
from clarinet.ops.einsum import Einsum, parsed
from clarinet.ops.gathering import GetItem, Take, TakeAlongAxis
from clarinet.ops.linear import Matmul
from clarinet.ops.operation import Operation
from clarinet.ops.repeating import Pad
from clarinet.ops.specs import TensorSpec, place, places
from clarinet.traced import trace
from clarinet.types import Array, Shape

#: Those that may leave the whole numbers that floats hold.
_GROWING = frozenset(("add", "floor_divide", "multiply", "power", "square", "subtract"))
#: Dtypes that the native engine computes in, all of them as float32.
_DTYPES = frozenset(map(np.dtype, ("float32", "bool", "int32", "uint8", "int64")))


class Elementary:
    """Operations of a network, put into a list of native ones."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder

    def network(self, network: Network, taken: Sequence[Known]) -> list[Known]:
        """The outputs of a network of operations and constants that takes these tensors."""
        found = dict(zip(network.inputs, taken, strict=True))
        for node in network.nodes:
            if isinstance(node.operator, Constant):
                found[node.outputs[0]] = constant(node.operator.value)
                continue
            if not isinstance(node.operator, Operation):
                raise NoForm(f"{type(node.operator).__name__} within a function has no native form")
            specs = [tensor.spec for tensor in node.inputs]
            own = self.apply(node.operator, specs, [found[tensor] for tensor in node.inputs])
            found.update(zip(node.outputs, own, strict=True))
        return [found[tensor] for tensor in network.outputs]

    def apply(self, operation: Operation, specs: Sequence[TensorSpec], taken: Sequence[Known]) -> list[Known]:
        """The outputs of an operation.

        Raises:
            NoForm: it has no native form.
        """
        inferred = operation.infer(specs)
        results = inferred if isinstance(inferred, tuple) else (inferred,)
        self._check(operation, [*specs, *results])
        if all(known.value is not None for known in taken) and not isinstance(operation, Draw):
            return _computed(operation, taken)
        if operation.moves and not isinstance(operation, basic.StopGradient):
            return self._moved(operation, specs, results, taken)
        return [self._computed(operation, specs, results[0], taken)]

    def _check(self, operation: Operation, specs: Sequence[TensorSpec]) -> None:
        for spec in specs:
            if spec.dtype not in _DTYPES:
                raise NoForm(f"{operation.name} of {spec.dtype} has no native form")
            if None in (spec.shape[1:] if spec.batched else spec.shape):
                raise NoForm(f"{operation.name} of a tensor of shape {spec.shape} has no native form")
            if 0 in spec.shape:
                raise NoForm(f"{operation.name} of a tensor without numbers has no native form")

    def _computed(
        self, operation: Any, specs: Sequence[TensorSpec], result: TensorSpec, taken: Sequence[Known]
    ) -> Known:
        kind = type(operation)
        if kind in MAPS:
            return self._map(MAPS[kind], operation, specs, result, taken)
        if kind is elementwise.Round and not operation.decimals:
            return self._map("round", operation, specs, result, taken)
        if kind in REDUCTIONS:
            return self._reduced(REDUCTIONS[kind], operation, specs[0], result, taken[0])
        if kind in WRITTEN:
            named = trace(lambda x: WRITTEN[kind](operation, x), specs, ["x"])
            return self.network(named.network, taken)[0]
        make = _OTHERS.get(kind)
        if make is None:
            raise NoForm(f"{operation.name} has no native form")
        return make(self, operation, specs, result, taken)

    # Entry by entry.

    def _map(
        self,
        name: str,
        operation: Operation,
        specs: Sequence[TensorSpec],
        result: TensorSpec,
        taken: Sequence[Known],
        c: float = 0.0,
    ) -> Known:
        whole = _wholeness(operation, result, taken)
        shape = sample_shape(result)
        if result.dtype.kind in "iu" and name in _GROWING:
            raise NoForm(f"{operation.name} of whole numbers has no native form")
        exponent = _small_whole(taken[1].value) if name == "power" else None
        if exponent is not None:
            taken, specs, name, c = taken[:1], specs[:1], "whole_power", exponent
        shapes = [stretched(spec, known, result) for spec, known in zip(specs, taken, strict=True)]
        groups = axes_in_common((shape, *shapes)) or [(1, (True,) * (1 + len(shapes)))]
        sources = [known for known in taken if known.value is None]
        order = iter(range(len(sources)))
        settings: dict[str, object] = {str(j): [has[1 + j] for _, has in groups] for j in range(len(shapes))}
        settings |= {"sizes": [size for size, _ in groups], "c": c}
        settings["sources"] = [-1 if known.value is not None else next(order) for known in taken]
        tables = [as_floats(known.value) for known in taken if known.value is not None]
        return self.builder.add(f"map_{name}", sources, shape, whole=whole, settings=settings, tables=tables)

    def _cast(self, operation: Any, specs: Sequence[TensorSpec], result: TensorSpec, taken: Sequence[Known]) -> Known:
        before, after = specs[0].dtype, result.dtype
        if before == after:
            return taken[0]
        if after.kind in "iu" and (after.itemsize < 4 or after.kind == "u"):
            raise NoForm(f"{after} has no native form")
        if after.kind == "b":
            return self._map("truth", operation, specs, result, taken)
        if after.kind in "iu" and before.kind == "f":
            return self._map("trunc", operation, specs, result, taken)
        return self._stopped(operation, specs, result, taken)

    def _stopped(
        self, operation: Operation, specs: Sequence[TensorSpec], result: TensorSpec, taken: Sequence[Known]
    ) -> Known:
        return self.builder.add("stop", taken, taken[0].shape, whole=taken[0].whole)

    def _filled(self, operation: Any, specs: Sequence[TensorSpec], result: TensorSpec, taken: Sequence[Known]) -> Known:
        return self._map("fill", operation, specs, result, taken, float(operation.value))

    def _activated(
        self, operation: Any, specs: Sequence[TensorSpec], result: TensorSpec, taken: Sequence[Known]
    ) -> Known:
        function, whole = operation.function, _wholeness(operation, result, taken)
        if type(function) not in ACTIVATIONS:
            raise NoForm(f"the activation {function.name!r} has no native form")
        kind, settings = ACTIVATIONS[type(function)](function)
        if "axis" in settings:
            settings["axis"] = place(function.axis, specs[0].rank, operation.name) - specs[0].rank
        return self.builder.add(kind, taken, sample_shape(result), whole=whole, settings=settings) if kind else taken[0]

    # Numbers that move.

    def _moved(
        self,
        operation: Any,
        specs: Sequence[TensorSpec],
        results: Sequence[TensorSpec],
        taken: Sequence[Known],
    ) -> list[Known]:
        if isinstance(operation, (GetItem, Take, TakeAlongAxis)):
            data, chosen = taken[:1], [known.value for known in taken[1:] if known.value is not None]
            if len(chosen) < len(taken) - 1:
                return [self._taken(operation, specs, results[0], taken)]
        else:
            data, chosen = taken, []
        whole = _wholeness(operation, results[0], data)
        starts = np.cumsum([1, *(known.size for known in data)])
        arrays = [
            np.arange(start, start + known.size).reshape(known.shape if known.whole else (1, *known.shape))
            for start, known in zip(starts, data)
        ]
        fill = operation.value if isinstance(operation, Pad) else 0.0
        plain = Pad(operation.widths) if isinstance(operation, Pad) else operation
        try:
            found, _ = plain.forward((*arrays, *chosen))
        except (ValueError, TypeError, IndexError):
            raise NoForm(f"{operation.name} of tensors of shape {specs[0].shape} has no native form") from None
        tables = found if isinstance(found, tuple) else (found,)
        return [
            self._picked(data, table, sample_shape(result), whole, fill)
            for table, result in zip(tables, results, strict=True)
        ]

    def _picked(self, data: Sequence[Known], table: Array, shape: Shape, whole: bool, fill: float = 0.0) -> Known:
        """Where each entry comes from, from 1, through all of the tensors; 0: it is ``fill``."""
        if table.size != math.prod(shape) or sum(known.size for known in data) >= 2**24:
            raise NoForm("numbers that move between so many places have no native form")
        if (
            len(data) == 1
            and table.size == data[0].size
            and np.array_equal(table.ravel(), np.arange(1, table.size + 1))
        ):
            return data[0].reshaped(shape)
        return self.builder.add("pick", data, shape, whole=whole, settings={"fill": fill}, tables=[table - 1])

    def picked(self, known: Known, places: Array) -> Known:
        """Some numbers of a tensor that is one for the batch, by their places in it."""
        return self._picked([known], places + 1, places.shape, True)

    def permuted(self, known: Known, order: Sequence[int]) -> Known:
        """The axes of a sample in another order."""
        table = np.arange(1, known.size + 1).reshape(known.shape).transpose(order)
        return self._picked([known], table, table.shape, known.whole)

    def _taken(self, operation: Any, specs: Sequence[TensorSpec], result: TensorSpec, taken: Sequence[Known]) -> Known:
        """Entries at places that are computed."""
        x, chosen = taken[:2]
        each = isinstance(operation, TakeAlongAxis)
        if isinstance(operation, GetItem) or not result.batched or chosen.whole != result.batched is False:
            raise NoForm(f"{operation.name} at places that are computed has no native form")
        axis = place(operation.axis, specs[0].rank, operation.name) - (not x.whole)
        if each and (x.whole or _without(x.shape, axis) != _without(chosen.shape, axis)):
            raise NoForm(f"{operation.name} of tensors of several shapes has no native form")
        settings = {
            "outer": math.prod(x.shape[:axis]),
            "along": x.shape[axis],
            "inner": math.prod(x.shape[axis + 1 :]),
            "taken": chosen.shape[axis] if each else chosen.size,
            "each": each,
        }
        return self.builder.add("take", [x, chosen], sample_shape(result), settings=settings)

    # Reductions.

    def _reduced(self, kind: str, operation: Any, spec: TensorSpec, result: TensorSpec, x: Known) -> Known:
        axes = places(operation.axis, spec.rank, operation.name)
        over_batch = bool(spec.batched) and 0 in axes
        own = [axis - bool(spec.batched) for axis in axes if axis or not spec.batched]
        x, (outer, along, inner) = self._beside(x, own)
        settings = {"batch": over_batch, "outer": outer, "along": along, "inner": inner}
        whole = x.whole or over_batch
        if whole and over_batch and result.batched:
            raise NoForm(f"{operation.name} over a batch that stays one has no native form")
        return self.builder.add(kind, [x], sample_shape(result), whole=whole, settings=settings)

    def _beside(self, x: Known, own: Sequence[int]) -> tuple[Known, tuple[int, int, int]]:
        """The tensor with these axes side by side; how many numbers come before them, along them and after them."""
        own = sorted(own)
        long = [axis for axis in own if x.shape[axis] > 1]
        between = range(long[0], long[-1] + 1) if long else range(0)
        if any(x.shape[axis] > 1 and axis not in own for axis in between):
            rest = [axis for axis in range(len(x.shape)) if axis not in own]
            x = self.permuted(x, [*rest, *own])
            between = range(len(rest), len(x.shape))
        sizes = (x.shape[: between.start], x.shape[between.start : between.stop], x.shape[between.stop :])
        if not long:
            sizes = (x.shape, (), ())
        outer, along, inner = map(math.prod, sizes)
        return x, (outer, along, inner)

    def _argmax(self, operation: Any, specs: Sequence[TensorSpec], result: TensorSpec, taken: Sequence[Known]) -> Known:
        if operation.axis is None or not place(operation.axis[0], specs[0].rank, operation.name) >= bool(
            specs[0].batched
        ):
            raise NoForm(f"{operation.name} over a batch has no native form")
        x = taken[0]
        if isinstance(operation, reductions.Argmin):
            x = self._map("negative", operation, specs, specs[0], [x])
        axis = place(operation.axis[0], specs[0].rank, operation.name) - bool(specs[0].batched)
        rest = [i for i in range(len(x.shape)) if i != axis]
        along = x.shape[axis]
        x = self.permuted(x, [*rest, axis])
        return self.builder.add("argmax", [x], sample_shape(result), whole=x.whole, settings={"along": along})

    # Products.

    def _matmul(
        self, operation: Operation, specs: Sequence[TensorSpec], result: TensorSpec, taken: Sequence[Known]
    ) -> Known:
        whole = _wholeness(operation, result, taken)
        a, b = (without_batch(known, spec, result) for known, spec in zip(taken, specs, strict=True))
        if len(a.shape) == 1:
            a = a.reshaped((1, *a.shape))
        if len(b.shape) == 1:
            b = b.reshaped((*b.shape, 1))
        return self._product(a, b, whole).reshaped(sample_shape(result))

    def _product(self, a: Known, b: Known, whole: bool) -> Known:
        (m, k), n = a.shape[-2:], b.shape[-1]
        outers = [math.prod(known.shape[:-2]) for known in (a, b)]
        outer = max(outers)
        if min(outers) != 1 and a.shape[:-2] != b.shape[:-2]:
            raise NoForm("matmul of many matrices that are stretched to others has no native form")
        shape = (*(a if outers[0] >= outers[1] else b).shape[:-2], m, n)
        if b.reads is not None and b.reads.weights and outers[1] == 1 and not a.whole:
            return self.builder.add("dense", [a], shape, weights=b.reads.weights, positions=outer * m)
        settings = {"outer": outer, "m": m, "k": k, "n": n, "a_outer": outers[0] > 1, "b_outer": outers[1] > 1}
        return self.builder.add("matmul", [a, b], shape, whole=whole, settings=settings)

    def _einsum(self, operation: Any, specs: Sequence[TensorSpec], result: TensorSpec, taken: Sequence[Known]) -> Known:
        """A product of matrices, where there are two tensors and every letter stands in both or in the output."""
        whole = _wholeness(operation, result, taken)
        inputs, output = parsed(operation.subscripts, tuple(spec.rank for spec in specs))
        batch = output[:1] if result.batched else ()
        letters = [tuple(n for n in own if n not in batch) for own in inputs]
        output = tuple(n for n in output if n not in batch)
        if len(taken) != 2 or any(len(set(own)) < len(own) for own in letters):
            raise NoForm("einsum has a native form for two tensors only")
        taken, letters = without_single(taken, letters)
        output = tuple(n for n in output if n in {*letters[0], *letters[1]})
        a, b = letters
        rows = [n for n in a if n in b and n in output]
        summed = [n for n in a if n in b and n not in output]
        left, right = [n for n in a if n not in b], [n for n in b if n not in a]
        if any(n not in output for n in (*left, *right)) or not summed:
            raise NoForm(f"einsum({operation.subscripts!r}) has no native form")
        x = self._as_matrices(taken[0], a, rows, left, summed)
        y = self._as_matrices(taken[1], b, rows, summed, right)
        sizes = {n: size for own, known in zip(letters, taken) for n, size in zip(own, known.shape, strict=True)}
        found = self._product(x, y, whole).reshaped([sizes[n] for n in (*rows, *left, *right)])
        found = self.permuted(found, [(*rows, *left, *right).index(n) for n in output])
        return found.reshaped(sample_shape(result))

    def _as_matrices(
        self, known: Known, letters: Sequence[str], rows: Sequence[str], left: Sequence[str], right: Sequence[str]
    ) -> Known:
        found = self.permuted(known, [letters.index(n) for n in (*rows, *left, *right)])
        sizes = found.shape
        m, n = math.prod(sizes[len(rows) : len(rows) + len(left)]), math.prod(sizes[len(rows) + len(left) :])
        return found.reshaped((*sizes[: len(rows)], m, n))


_OTHERS: dict[type[Operation], Callable[..., Known]] = {
    DotProductAttention: attention,
    Activated: Elementary._activated,
    Einsum: Elementary._einsum,
    Matmul: Elementary._matmul,
    basic.Cast: Elementary._cast,
    basic.StopGradient: Elementary._stopped,
    creation.FullLike: Elementary._filled,
    reductions.Argmax: Elementary._argmax,
    reductions.Argmin: Elementary._argmax,
    **dict.fromkeys(RUNNING, running),
}


def sample_shape(spec: TensorSpec) -> Shape:
    """Of one sample, or of all where there is no batch."""
    return tuple(size or 0 for size in (spec.shape[1:] if spec.batched else spec.shape))


def _computed(operation: Operation, taken: Sequence[Known]) -> list[Known]:
    with np.errstate(all="ignore"):
        found, _ = operation.forward(tuple(known.value for known in taken if known.value is not None))
    return [constant(each) for each in (found if isinstance(found, tuple) else (found,))]


def _wholeness(operation: Operation, result: TensorSpec, taken: Sequence[Known]) -> bool:
    """Whether the output is one for the batch.

    Raises:
        NoForm: it is, though some of the tensors have a number for each row.
    """
    whole = all(known.whole for known in taken)
    if whole is bool(result.batched):
        raise NoForm(f"{operation.name} that mixes the rows of a batch has no native form")
    return whole


def _without(shape: Shape, axis: int) -> Shape:
    return (*shape[:axis], *shape[axis + 1 :])


def _small_whole(value: Array | None) -> float | None:
    """The exponent that is the same for all, where it takes a few products."""
    if value is None or value.size != 1:
        return None
    exponent = float(value.ravel()[0])
    return exponent if 0 <= exponent <= 8 and exponent == int(exponent) else None
