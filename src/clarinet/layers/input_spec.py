"""What a layer of the user's own says of the tensors that it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Self

from clarinet import ops
from clarinet.ops.structures import leaves
from clarinet.types import TensorLike


@dataclass
class InputSpec:
    """Which tensors a layer takes: its attribute ``input_spec``, one or a list, is looked at in every call.

    Args:
        dtype: by name; default None, any.
        shape: with the batch's size; None in it is any size.
        ndim, max_ndim, min_ndim: number of axes, the batch counted.
        axes: sizes of some axes, by number.
        allow_last_axis_squeeze: whether a last axis of size 1 may be there or not.
        name: of the tensor, where a layer takes a dictionary.
        optional: whether None may stand in its place.

    Raises:
        TypeError: axes that are no whole numbers. ValueError: an axis that is none.

    Example:
        >>> InputSpec(shape=(None, 28, 28)).ndim
        3
    """

    dtype: str | None = None
    shape: Sequence[int | None] | None = None
    ndim: int | None = None
    max_ndim: int | None = None
    min_ndim: int | None = None
    axes: Mapping[int, int | None] | None = None
    allow_last_axis_squeeze: bool = False
    name: str | None = None
    optional: bool = False

    def __post_init__(self) -> None:
        if self.shape is not None:
            self.shape = tuple(self.shape)
            self.ndim = len(self.shape)
        try:
            self.axes = {int(axis): size for axis, size in (self.axes or {}).items()}
        except (TypeError, ValueError, AttributeError):
            raise TypeError(f"InputSpec: axes is a dictionary of sizes by axis, received {self.axes!r}") from None
        most = self.ndim or self.max_ndim
        if most is not None and any(axis >= most for axis in self.axes):
            raise ValueError(f"InputSpec: axes names axis {max(self.axes)}, and there are {most} axes")

    def get_config(self) -> dict[str, object]:
        """The arguments."""
        return asdict(self)

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Self:
        """The one that :meth:`get_config` described."""
        return cls(**config)  # type: ignore[arg-type]

    def wrong(self, x: TensorLike) -> str | None:
        """What is expected where a tensor does not fit; None where it does."""
        shape = tuple(ops.shape(x))
        if self.ndim is not None and not self.allow_last_axis_squeeze and len(shape) != self.ndim:
            return f"{self.ndim} axes"
        if self.max_ndim is not None and len(shape) > self.max_ndim:
            return f"at most {self.max_ndim} axes"
        if self.min_ndim is not None and len(shape) < self.min_ndim:
            return f"at least {self.min_ndim} axes"
        if self.dtype is not None and str(ops.dtype(x)) != self.dtype:
            return f"dtype {self.dtype}"
        for axis, size in (self.axes or {}).items():
            if size is not None and shape[axis] not in (size, None):
                return f"size {size} on axis {axis}"
        wanted = tuple(self.shape or shape)
        if self.allow_last_axis_squeeze:
            shape, wanted = (sizes[:-1] if sizes and sizes[-1] == 1 else sizes for sizes in (shape, wanted))
        fits = all(a == b or None in (a, b) for a, b in zip(wanted, shape))
        return None if fits else f"shape {self.shape}"


def check_inputs(specs: object, inputs: TensorLike, layer: str) -> None:
    """Raise ValueError unless the tensors are what a layer says that it takes.

    Args:
        specs: one, or several in a list or dictionary, None for what may be anything.
        inputs: a tensor, or as many in the same form.
        layer: named in messages.
    """
    wanted = [spec for spec in leaves(specs) if spec is None or isinstance(spec, InputSpec)]
    given = list(leaves(inputs))
    if len(given) != len(wanted):
        raise ValueError(f"{layer}: input_spec says that it takes {len(wanted)} tensors, received {len(given)}")
    for number, (spec, x) in enumerate(zip(wanted, given, strict=True)):
        if spec is None or (x is None and spec.optional):
            continue
        expected = spec.wrong(x)
        if expected is not None:
            which = f" as input {number}" if len(given) > 1 else ""
            raise ValueError(f"{layer}: expected {expected}{which}, received shape {tuple(ops.shape(x))}")
