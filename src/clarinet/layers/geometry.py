"""Shared by layers with sliding windows: settings per spatial axis, padding, output sizes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clarinet.arrays import window_count
from clarinet.fields import Field
from clarinet.layers.base import check_positive_int
from clarinet.ops.convolving import transposed_ends
from clarinet.types import Shape

#: How messages call the axes of one sample.
_AXES = {1: "(steps, channels)", 2: "(height, width, channels)", 3: "(depth, height, width, channels)"}


def per_axis(value: object, rank: int, what: str) -> tuple[int, ...]:
    """One positive whole number for each of ``rank`` spatial axes; a single number counts for all.

    Raises:
        TypeError, ValueError: anything else; the message starts with ``what``.
    """
    if isinstance(value, (list, tuple)):
        if len(value) != rank:
            raise ValueError(f"{what}: expected a whole number or {rank} of them, received {value!r}")
        return tuple(check_positive_int(v, what) for v in value)
    return (check_positive_int(value, what),) * rank


#: Entries before and after every spatial axis.
Margins = tuple[tuple[int, int], ...]
#: One number for all spatial axes, or one for each.
Sizes = int | Sequence[int]


class SizesField(Field[Sizes, Shape]):
    """One positive whole number for each spatial axis of the layer: as many as its ``rank`` says, else two."""

    def convert(self, value: Sizes, owner: object) -> Shape:
        return per_axis(value, getattr(owner, "rank", 2), self.what(owner))


def check_padding(value: object, what: str, allowed: tuple[str, ...] = ("valid", "same")) -> str:
    """``"valid"`` or ``"same"`` (or ``"causal"`` where that is allowed), in upper or lower case."""
    name = value.lower() if isinstance(value, str) else value
    if name not in allowed:
        raise ValueError(f"{what}: expected {' or '.join(map(repr, allowed))}, received {value!r}")
    return str(name)


def check_data_format(value: object, what: str) -> str | None:
    """None or ``"channels_last"``, which mean the same."""
    if value not in (None, "channels_last"):
        raise ValueError(
            f"{what}: data_format is 'channels_last', received {value!r}; move the channels of x to the last axis, "
            "e.g. with np.moveaxis(x, 1, -1)"
        )
    return value


def check_rank(input_shape: Shape, rank: int, what: str) -> None:
    """Samples have ``rank`` spatial axes and one of channels.

    Raises:
        ValueError: they have not; if the axis of channels is missing the message says how to add it.
    """
    if len(input_shape) == rank + 1:
        return
    fix = ""
    if len(input_shape) == rank:
        inside = ", ".join(map(str, (*input_shape, 1)))
        fix = f"; if only the channels are missing, use x.reshape(-1, {inside}) or put Reshape(({inside})) first"
    raise ValueError(f"{what}: expected samples of shape {_AXES[rank]}, received {input_shape}{fix}")


def margins(spatial: Shape, window: Shape, strides: Shape, dilation: Shape, padding: str) -> Margins:
    """Entries to add before and after every spatial axis.

    ``"same"`` makes the output ``ceil(size / stride)``, the odd entry after the axis; ``"causal"`` adds all before it.
    """
    found = []
    for size, reach, stride, step in zip(spatial, window, strides, dilation, strict=True):
        span = (reach - 1) * step
        if padding == "same":
            span = max((-(-size // stride) - 1) * stride + span + 1 - size, 0)
        before = {"valid": 0, "same": span // 2, "causal": span}[padding]
        found.append((before, 0 if padding in ("valid", "causal") else span - before))
    return tuple(found)


def transposed_margins(
    spatial: Shape, window: Shape, strides: Shape, dilation: Shape, padding: str, extra: Shape | None
) -> tuple[Shape, Margins]:
    """Sizes of what a transposed convolution gives, and how far its windows reach over every end.

    Args:
        spatial: sizes of the input, each of whose places has a window.
        extra: entries beyond the least size; None: as many as the padding says.
    """
    sizes, edges = [], []
    for axis, (size, reach, stride, step) in enumerate(zip(spatial, window, strides, dilation, strict=True)):
        span = (reach - 1) * step + 1
        before, after = transposed_ends(span, stride, None if extra is None else extra[axis], padding)
        sizes.append((size - 1) * stride + span + before + after)
        edges.append((-before, max(-after, 0)))
    return tuple(sizes), tuple(edges)


def within(place: Shape, spatial: Shape) -> bool:
    """Whether a place is in samples of these sizes."""
    return all(0 <= at < size for at, size in zip(place, spatial, strict=True))


def output_sizes(spatial: Shape, window: Shape, strides: Shape, dilation: Shape, padding: str, what: str) -> Shape:
    """How many places a window has on every spatial axis.

    Raises:
        ValueError: the window does not fit.
    """
    edges = margins(spatial, window, strides, dilation, padding)
    padded = [size + sum(edge) for size, edge in zip(spatial, edges, strict=True)]
    counts = tuple(window_count(*sizes) for sizes in zip(padded, window, strides, dilation, strict=True))
    if 0 in counts:
        reach = tuple((np.array(window) - 1) * dilation + 1)
        raise ValueError(
            f"{what}: a window of {' x '.join(map(str, reach))} does not fit in samples of "
            f"{' x '.join(map(str, spatial))}; use a smaller one, padding='same', or fewer layers that shrink"
        )
    return counts
