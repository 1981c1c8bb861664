"""A layer that gives what it takes, and the base of layers around another one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Self, Unpack, cast

from clarinet.layers.activation import Activation
from clarinet.layers.base import Layer, Part
from clarinet.layers.composite import Composite
from clarinet.layers.options import Options
from clarinet.types import AnyTensor, Config, TensorLike


@dataclass(eq=False, repr=False)
class Identity(Composite):
    """``y = x``: a place where a layer may come, or where nothing is to be done.

    Shapes: output as ``x``. Gradient: ``dx = dy``.

    Example:
        >>> Identity().output_shape((3, 4))
        (3, 4)
    """

    supports_masking = True

    def parts(self) -> tuple[Layer | Part, ...]:
        return (Activation("linear"),)


class Wrapper(Layer):
    """Base of layers around another one, which is the attribute ``layer``; by itself it gives what that gives.

    Shapes: those of the layer.

    Args:
        layer: or its configuration.

    Raises:
        TypeError: no layer.

    Example:
        >>> from clarinet.layers import Dense
        >>> Wrapper(Dense(3)).layer.units
        3
    """

    says_all: ClassVar[bool] = True

    def __init__(self, layer: Layer | Mapping[str, object], **settings: Unpack[Options]) -> None:
        super().__init__(**settings)
        from clarinet.layers import get

        self.layer = get(layer)

    def call(self, inputs: TensorLike, training: bool | None = None) -> AnyTensor:
        """What the layer gives."""
        return self.layer(inputs) if training is None else self.layer(inputs, training=training)

    def get_config(self) -> Config:
        return {"layer": self.layer.encoded(), "name": self.name, "trainable": self.trainable}

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Self:
        return cast(Callable[..., Self], cls)(**config)
