"""ONNX graphs, node by node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from clarinet.ops.dtypes import FLOAT, TEXT
from clarinet.sizes import is_unknown
from clarinet.types import DType

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

#: The version of the operators, and of the format that goes with it.
OPSET, ML_OPSET, IR_VERSION = 18, 3, 8
#: The operators for texts and classical models.
ML = "ai.onnx.ml"
INT64 = np.dtype(np.int64)
#: Beyond every axis, in both directions.
FAR = 2**62

#: A setting of an operator.
Setting = int | float | str | Sequence[int] | Sequence[float] | Sequence[str] | object | None
#: A size of an axis in a description: a number, or a name where it is not known.
Size = int | str | None
#: Where an axis is cut: first, last and step, as in a slice.
Cut = tuple[int | None, int | None, int | None]


class NoForm(ValueError):
    """Something has no form in ONNX; the text says what, and begins in lower case."""


@dataclass(frozen=True)
class Value:
    """A tensor of a graph: its name and its dtype."""

    name: str
    dtype: DType


class Graph:
    """A graph that is being put together.

    Args:
        outer: the graph within which this one is a loop's round; its values can be used here.
    """

    def __init__(self, outer: Graph | None = None) -> None:
        self.nodes: list[NodeProto] = []
        self._root: Graph = self if outer is None else outer._root
        self.constants: list[TensorProto] = []
        self._known: dict[tuple[object, ...], Value] = {}
        self._names: dict[str, int] = {}
        self.scope: str = "" if outer is None else outer.scope

    def fresh(self, wish: str) -> str:
        """A name that nothing has yet."""
        names = self._root._names
        count = names[wish] = names.get(wish, -1) + 1
        return self.fresh(f"{wish}_{count}") if count else wish

    def add(self, kind: str, *taken: Value | None, dtype: DType | None = None, **settings: Setting) -> Value:
        """An operator with one output; its dtype is that of the numbers that it takes unless it is said."""
        own = dtype if dtype is not None else cast(Value, taken[kind == "Where"]).dtype
        return self.several(kind, taken, [own], **settings)[0]

    def several(
        self, kind: str, taken: Sequence[Value | None], dtypes: Sequence[DType | None], **settings: Setting
    ) -> tuple[Value, ...]:
        """An operator with several outputs; None stands for inputs that are left out, and outputs that nobody takes."""
        from onnx import helper

        more: Any = settings
        base = self.fresh(f"{self.scope}/{kind}" if self.scope else kind)
        gives = [Value(base if i == 0 else self.fresh(f"{base}:{i}"), dtype or FLOAT) for i, dtype in enumerate(dtypes)]
        names = [value.name if dtype is not None else "" for value, dtype in zip(gives, dtypes, strict=True)]
        inputs = ["" if value is None else value.name for value in taken]
        self.nodes.append(helper.make_node(kind, inputs, names, name=base, **more))
        return tuple(gives)

    # Numbers.

    def constant(self, values: object, dtype: DType | None = None, name: str | None = None) -> Value:
        """Numbers that never change, each array once."""
        from onnx import numpy_helper

        array = np.asarray(values, dtype)
        key = str(array.dtype), array.shape, tuple(array.ravel()) if array.dtype == TEXT else array.tobytes()
        root = self._root
        if key not in root._known:
            wish = name or f"{self.scope}/constant" if self.scope else name or "constant"
            root._known[key] = Value(root.fresh(wish), array.dtype)
            root.constants.append(
                numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), root._known[key].name)
            )
        return root._known[key]

    def number(self, value: float, like: Value | None = None) -> Value:
        """One number, in the dtype of another value; default float32."""
        return self.constant(value, FLOAT if like is None else like.dtype)

    def ints(self, values: Iterable[int]) -> Value:
        """Whole numbers in a row."""
        return self.constant([int(value) for value in values], INT64)

    # Dtypes and shapes.

    def cast(self, x: Value, dtype: DType) -> Value:
        """The same numbers in another dtype."""
        return x if x.dtype == dtype else self.add("Cast", x, dtype=dtype, to=kind_of(dtype))

    def floats(self, x: Value) -> Value:
        """The same numbers in float32."""
        return self.cast(x, FLOAT)

    def shape(self, x: Value, first: int = 0, last: int | None = None) -> Value:
        """Sizes of some axes, in a row."""
        return self.add("Shape", x, dtype=INT64, start=first, end=last)

    def reshape(self, x: Value, sizes: Sequence[object] | Value) -> Value:
        """The same numbers in another shape; 0 keeps the size of an axis, -1 follows from the others.

        Raises:
            NoForm: several sizes are not known.
        """
        if isinstance(sizes, Value):
            return self.add("Reshape", x, sizes)
        whole = [-1 if is_unknown(size) else int(cast(int, size)) for size in sizes]
        if whole.count(-1) > 1:
            raise NoForm("a shape with several sizes that are not known before there are numbers")
        return self.add("Reshape", x, self.ints(whole))

    def transpose(self, x: Value, order: Sequence[int]) -> Value:
        """Axes in another order."""
        return x if [*order] == sorted(order) else self.add("Transpose", x, perm=[*order])

    def unsqueeze(self, x: Value, axes: Sequence[int]) -> Value:
        """New axes of size 1, where they are in the result."""
        return self.add("Unsqueeze", x, self.ints(axes)) if axes else x

    def squeeze(self, x: Value, axes: Sequence[int]) -> Value:
        """Without some axes of size 1."""
        return self.add("Squeeze", x, self.ints(axes)) if axes else x

    def cut(self, x: Value, cuts: Mapping[int, Cut]) -> Value:
        """Slices along axes."""
        if not cuts:
            return x
        steps = [1 if step is None else step for _, _, step in cuts.values()]
        firsts = [(0 if step > 0 else FAR) if cut[0] is None else cut[0] for cut, step in zip(cuts.values(), steps)]
        lasts = [(FAR if step > 0 else -FAR) if cut[1] is None else cut[1] for cut, step in zip(cuts.values(), steps)]
        return self.add("Slice", x, *(self.ints(each) for each in (firsts, lasts, [*cuts], steps)))

    def reversed(self, x: Value, axes: Sequence[int]) -> Value:
        """Backwards along axes."""
        return self.cut(x, dict.fromkeys(axes, (-1, None, -1)))

    def joined(self, parts: Sequence[Value], axis: int) -> Value:
        """One after the other along an axis."""
        return parts[0] if len(parts) == 1 else self.add("Concat", *parts, axis=axis)

    def padded(self, x: Value, margins: Sequence[tuple[int, int]], value: Value | float = 0.0) -> Value:
        """A number around it, so often before and after each axis."""
        if not any(map(any, margins)):
            return x
        befores, afters = zip(*margins, strict=True)
        fill = value if isinstance(value, Value) else self.number(value, x)
        return self.add("Pad", x, self.ints([*befores, *afters]), fill)

    def reduced(self, kind: str, x: Value, axes: Sequence[int], keepdims: bool = True) -> Value:
        """One number of all along some axes, e.g. by ``ReduceMean``."""
        return self.add(kind, x, self.ints(axes), keepdims=int(keepdims)) if axes else x

    def of_rows(self, rows: Value, sizes: Sequence[int]) -> Value:
        """A shape: as many rows as a tensor has, and other sizes."""
        return self.joined([self.shape(rows, 0, 1), self.ints(sizes)], 0)

    def zeros(self, rows: Value, sizes: Sequence[int]) -> Value:
        """Zeros, as many rows as a tensor has."""
        return self.add("Expand", self.number(0.0), self.of_rows(rows, sizes))


def kind_of(dtype: DType) -> int:
    """ONNX's number for a dtype."""
    from onnx import TensorProto, helper

    return TensorProto.STRING if dtype == TEXT else int(helper.np_dtype_to_tensor_dtype(dtype))
