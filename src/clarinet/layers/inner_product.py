"""The inner product of two tensors along an axis of each."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar, Unpack

from clarinet.arrays import EPSILON
from clarinet.configurable import check_flag
from clarinet.layers.base import Layer
from clarinet.layers.context import Context
from clarinet.layers.merge import several
from clarinet.layers.options import Options
from clarinet.types import AnyTensor, Array, Arrays, Axes, Namespace, Shape, TensorLike


@dataclass(eq=False, repr=False)
class Dot(Layer):
    """Inner products of two tensors, sample by sample: ``y[p, q] = sum_k a[p, k] b[q, k]``.

    ``k`` runs along one axis of each, ``p`` and ``q`` along all others. With ``normalize`` of ``a[p, :] / |a[p, :]|``
    and ``b[q, :] / |b[q, :]|``: the cosines of the angles between them. Lengths below 1e-7 count as 1e-7.

    Shapes: both axes have one size; the output has the other axes of ``a``, then those of ``b``, and is ``(None, 1)``
    where there are none.

    Gradients: ``da[p, k] = sum_q dy[p, q] b[q, k]``, ``db[q, k] = sum_p dy[p, q] a[p, k]``; through ``u = a / |a|``
    ``da = (du - u sum_k u[k] du[k]) / |a|``.

    Args:
        axes: the axis of both, or one of each, such as ``(1, 2)``; they count the batch axis as 0, and from the end
            where they are negative.
        normalize: whether to divide by lengths; default False.

    Raises:
        TypeError: no axes; called on something else than a list. ValueError: not two tensors, the batch axis, shapes
        that do not fit.

    Example:
        >>> Dot(axes=1)([[[1.0, 2.0]], [[3.0, 4.0]]]).tolist()
        [[11.0]]
        >>> Dot(axes=(1, 2)).output_shape(((3, 5), (10, 3)))
        (5, 10)
    """

    merges: ClassVar[bool] = True

    axes: Axes
    normalize: bool = False

    def compute_mask(self, inputs: TensorLike, mask: TensorLike = None) -> object:
        """None: steps are added up."""

    def check(self) -> None:
        self.axes = _checked(self.axes)
        self.normalize = check_flag(self.normalize, "Dot: normalize")

    def output_shape(self, input_shape: Shape | tuple[Shape, ...]) -> Shape:
        shapes = several("Dot", input_shape)
        a, b = self.sample_axes(shapes)
        if shapes[0][a] != shapes[1][b]:
            raise ValueError(
                f"Dot: samples of shapes {shapes[0]} and {shapes[1]} have {shapes[0][a]} and {shapes[1][b]} entries "
                f"along axes={self.axes}; expected as many in both"
            )
        return (*_without(shapes[0], a), *_without(shapes[1], b)) or (1,)

    def sample_axes(self, shapes: tuple[Shape, ...]) -> tuple[int, int]:
        """The axis of each of two samples."""
        if len(shapes) != 2:
            raise ValueError(f"Dot takes two tensors, received {len(shapes)}")
        axes = self.axes if isinstance(self.axes, tuple) else (self.axes, self.axes)
        found = [axis - 1 if axis >= 0 else axis + len(shape) for axis, shape in zip(axes, shapes, strict=True)]
        for axis, shape in zip(found, shapes, strict=True):
            if not 0 <= axis < len(shape):
                raise ValueError(
                    f"Dot: axes={self.axes} names no axis of samples of shape {shape}; the batch's is 0, theirs are "
                    f"{', '.join(map(str, range(1, len(shape) + 1))) or 'none'}"
                )
        return found[0], found[1]

    def runs(self, shapes: tuple[Shape, ...]) -> dict[str, object]:
        """Of each of two samples the numbers of entries before, along and after its axis."""
        around = [
            (prod(shape[:axis]), shape[axis], prod(shape[axis + 1 :]))
            for shape, axis in zip(shapes, self.sample_axes(shapes), strict=True)
        ]
        return {"a": around[0], "b": around[1], "normalize": self.normalize}

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Arrays, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        xp, shapes = ctx.xp, tuple(a.shape[1:] for a in x)
        axes = self.sample_axes(shapes)
        u, v = (_rows(a, axis, xp) for a, axis in zip(x, axes, strict=True))
        lengths: tuple[Array, ...] = ()
        if self.normalize:
            lengths = (_lengths(u, xp), _lengths(v, xp))
            u, v = u / lengths[0], v / lengths[1]
        y = xp.matmul(u, xp.permute_dims(v, (0, 2, 1)))
        return xp.reshape(y, (u.shape[0], *self.output_shape(shapes))), (u, v, lengths, shapes, axes, xp), {}

    def backward(
        self,
        params: dict[str, Array],
        cache: tuple[Array, Array, tuple[Array, ...], tuple[Shape, ...], tuple[int, int], Namespace],
        dy: Array,
    ) -> tuple[tuple[Array, ...], dict[str, Array]]:
        u, v, lengths, shapes, axes, xp = cache
        dy = xp.reshape(dy, (u.shape[0], u.shape[1], v.shape[1]))
        found = [xp.matmul(dy, v), xp.matmul(xp.permute_dims(dy, (0, 2, 1)), u)]
        if lengths:
            found = [_through_length(*four, xp) for four in zip(found, (u, v), lengths, strict=True)]
        return tuple(_put_back(*three, xp) for three in zip(found, shapes, axes, strict=True)), {}


class DotOptions(Options, total=False):
    """Settings of :class:`Dot` by name."""

    normalize: bool


def dot(inputs: object, axes: Axes = -1, **settings: Unpack[DotOptions]) -> AnyTensor:
    """:class:`Dot`, called on two tensors or arrays.

    Args:
        inputs: a list of the two.
        axes: see :class:`Dot`; default -1, the last of both.
        settings: of the layer, e.g. ``normalize`` or ``name``.

    Example:
        >>> dot([[[3.0, 4.0]], [[6.0, 8.0]]], normalize=True).round(6).tolist()
        [[1.0]]
    """
    return Dot(axes=axes, **settings)(inputs)


def _checked(axes: object) -> int | tuple[int, int]:
    if isinstance(axes, int) and not isinstance(axes, bool):
        return axes
    if not isinstance(axes, (list, tuple)):
        raise TypeError(f"Dot: axes is a whole number or two such as (1, 2), received {axes!r}")
    if len(axes) != 2 or any(isinstance(axis, bool) or not isinstance(axis, int) for axis in axes):
        raise ValueError(f"Dot: axes is a whole number or two such as (1, 2), received {axes!r}")
    return axes[0], axes[1]


def _without(shape: Shape, axis: int) -> Shape:
    return shape[:axis] + shape[axis + 1 :]


def _rows(x: Array, axis: int, xp: Namespace) -> Array:
    """(n, all other axes, the axis of a sample)."""
    others = _without(tuple(range(1, x.ndim)), axis)
    x = xp.permute_dims(x, (0, *others, axis + 1))
    return xp.reshape(x, (x.shape[0], prod(x.shape[1:-1]), x.shape[-1]))


def _put_back(rows: Array, shape: Shape, axis: int, xp: Namespace) -> Array:
    """What :func:`_rows` gives as it was."""
    turned = xp.reshape(rows, (rows.shape[0], *_without(shape, axis), shape[axis]))
    last = len(shape)
    return xp.permute_dims(turned, (0, *range(1, axis + 1), last, *range(axis + 1, last)))


def _lengths(rows: Array, xp: Namespace) -> Array:
    return xp.clip(xp.sqrt(xp.sum(rows * rows, axis=-1, keepdims=True)), EPSILON, None)


def _through_length(du: Array, u: Array, length: Array, xp: Namespace) -> Array:
    slope = u * xp.sum(u * du, axis=-1, keepdims=True)
    return (du - xp.where(length > EPSILON, slope, xp.zeros_like(slope))) / length
