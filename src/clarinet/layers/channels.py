"""Channels in the first axis of a sample instead of the last: a layer is then what it is otherwise, between two
transpositions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

from clarinet.fields import Field
from clarinet.layers.base import Layer, Part
from clarinet.layers.composite import Composite
from clarinet.layers.context import Context
from clarinet.types import Array, Namespace, Shape

FIRST, LAST = "channels_first", "channels_last"

M = TypeVar("M", bound=Callable[..., object])


class DataFormatField(Field[str | None, str | None]):
    """Where the channels are: ``"channels_last"``, which None means too, or ``"channels_first"``."""

    def convert(self, value: str | None, owner: object) -> str | None:
        if value not in (None, FIRST, LAST):
            raise ValueError(f"{self.what(owner)} is '{LAST}' or '{FIRST}', received {value!r}")
        return value


def or_by_parts(method: M) -> M:
    """Decorator of a :class:`Spatial` layer's method that is written for channels in the last axis: where they are in
    the first one, the layer is computed as its parts."""

    @wraps(method)
    def chosen(self: Spatial, *given: Any) -> object:
        return getattr(_Parts(self), method.__name__)(*given) if self.channels_first else method(self, *given)

    return cast(M, chosen)


class Spatial(Layer):
    """Base of elementary layers whose samples have spatial axes and one of channels."""

    @property
    def channels_first(self) -> bool:
        """Whether the channels are in the first axis of a sample."""
        return getattr(self, "data_format", None) == FIRST

    @property
    def keeps_axes(self) -> bool:
        """Whether the output has an axis for each of the input's."""
        return True

    def parts(self) -> tuple[Layer | Part, ...]:
        return self.in_last()

    def in_last(self) -> tuple[Layer, ...]:
        """The layer, with its channels in the last axis of what it takes and gives."""
        if not self.channels_first:
            return (self.bare(),)
        turned = (MoveChannels(), self.changed(data_format=None))
        return (*turned, MoveChannels(back=True)) if self.keeps_axes else turned


@dataclass(eq=False, repr=False)
class _Parts(Composite):
    """A layer as its parts."""

    whole: Spatial

    def parts(self) -> tuple[Layer | Part, ...]:
        return self.whole.parts()


@dataclass(eq=False, repr=False)
class MoveChannels(Layer):
    """The channels in the last axis of a sample instead of the first, or back in the first.

    Args:
        back: whether to bring them from the last axis to the first.
    """

    passes_through = "permute"

    back: bool = False

    def order(self, axes: int) -> Shape:
        """Where each of so many axes of a sample comes from.

        Example:
            >>> MoveChannels().order(3), MoveChannels(back=True).order(3)
            ((1, 2, 0), (2, 0, 1))
        """
        own = tuple(range(axes))
        return (*own[-1:], *own[:-1]) if self.back else (*own[1:], *own[:1])

    def output_shape(self, input_shape: Shape) -> Shape:
        return tuple(input_shape[axis] for axis in self.order(len(input_shape)))

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        return self._turned(x, ctx.xp), ctx.xp, {}

    def backward(self, params: dict[str, Array], cache: Namespace, dy: Array) -> tuple[Array, dict[str, Array]]:
        return MoveChannels(back=not self.back)._turned(dy, cache), {}

    def _turned(self, x: Array, xp: Namespace) -> Array:
        return xp.permute_dims(x, (0, *(axis + 1 for axis in self.order(x.ndim - 1))))
