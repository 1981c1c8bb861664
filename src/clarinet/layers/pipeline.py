"""Several layers as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import ClassVar, Self, cast

from clarinet.layers.base import Layer
from clarinet.types import AnyTensor, Config, Json, TensorLike


class Pipeline(Layer):
    """Layers one after another as one layer, e.g. for ``Dataset.map``.

    Shapes: as the first layer takes and the last one gives.

    Args:
        layers: in their order.

    Raises:
        TypeError: something that is not a layer.

    Example:
        >>> from clarinet.layers import RandomFlip, Rescaling
        >>> Pipeline([RandomFlip(), Rescaling(1 / 255)])([[[[255.0]]]]).tolist()
        [[[[1.0]]]]
    """

    says_all: ClassVar[bool] = True
    trains_when_called: ClassVar[bool] = True

    def __init__(self, layers: Sequence[Layer | Mapping[str, object]], name: str | None = None) -> None:
        super().__init__(name=name or "")
        from clarinet.layers import get

        self.layers = [get(layer) for layer in layers]

    def call(self, inputs: TensorLike, training: bool | None = None) -> AnyTensor:
        """What the last layer gives."""
        for layer in self.layers:
            call: Callable[..., AnyTensor] = layer
            inputs = call(inputs) if training is None else partial(call, training=training)(inputs)
        return cast(AnyTensor, inputs)

    def get_config(self) -> Config:
        return {"layers": cast(Json, [layer.encoded() for layer in self.layers]), "name": self.name}

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Self:
        return cast(Callable[..., Self], cls)(**config)
