"""A layer that takes every step of a sequence by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Never, cast

from clarinet.layers.base import Layer, Part
from clarinet.layers.containers import Chains, Container
from clarinet.layers.context import Context
from clarinet.layers.parts import flatten_parts
from clarinet.ops.operation import Gradients
from clarinet.params import Weight
from clarinet.types import Array, Arrays, Namespace, Scalar, Shape


@dataclass(eq=False, repr=False)
class OverSteps(Layer):
    """An elementary layer that takes the steps of all samples as so many samples.

    Args:
        layer: of single steps.
    """

    layer: Layer

    def check(self) -> None:
        self.__dict__["merges"] = self.layer.merges

    def _of_steps(self, input_shape: Any) -> Any:
        """The shape of a step's samples, or a tuple of them where the layer takes several tensors."""
        return tuple(shape[1:] for shape in input_shape) if self.merges else input_shape[1:]

    def output_shape(self, input_shape: Shape | tuple[Shape, ...]) -> Shape:
        sequence: Any = input_shape[0] if self.merges else input_shape
        return (sequence[0], *self.layer.output_shape(self._of_steps(input_shape)))

    def weight_specs(self, input_shape: Shape | tuple[Shape, ...]) -> tuple[Weight, ...]:
        return self.layer.weight_specs(self._of_steps(input_shape))

    def state_specs(self, input_shape: Shape | tuple[Shape, ...]) -> tuple[Weight, ...]:
        return self.layer.state_specs(self._of_steps(input_shape))

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Arrays, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        xs = x if isinstance(x, tuple) else (x,)
        rows, xp = xs[0].shape[:2], ctx.xp
        joined: Any = tuple(xp.reshape(each, (rows[0] * rows[1], *each.shape[2:])) for each in xs)
        y, cache, changed = self.layer.forward(params, state, joined if self.merges else joined[0], ctx)
        return xp.reshape(y, (*rows, *y.shape[1:])), (cache, rows, xp), changed

    def backward(
        self, params: dict[str, Array], cache: tuple[object, Shape, Namespace], dy: Array
    ) -> tuple[Array | Gradients, dict[str, Array]]:
        own, rows, xp = cache
        dx, grads = self.layer.backward(params, cast(Never, own), xp.reshape(dy, (rows[0] * rows[1], *dy.shape[2:])))
        each = dx if isinstance(dx, tuple) else (dx,)
        back = tuple(None if d is None else xp.reshape(d, (*rows, *d.shape[1:])) for d in each)
        return back if isinstance(dx, tuple) else xp.reshape(dx, (*rows, *dx.shape[1:])), grads

    def penalty(self, y: Array) -> Scalar:
        return self.layer.penalty(y)


def _refuse_operations(layer: Any) -> None:
    """Raise for a model of one's own operations, or of layers with a ``call``, which are no parts of a layer."""
    for node in layer.network.nodes if layer.is_model else ():
        own: Any = node.operator
        if (not isinstance(own, Layer) and not getattr(own, "is_model", False)) or own.is_authored:
            raise ValueError(
                f"TimeDistributed: the model {layer.name!r} uses {own.name!r}, which is not a layer of the library: "
                "reshape to (-1, ...) in a layer of your own, call the model there, and reshape back"
            )


@dataclass(eq=False, repr=False)
class TimeDistributed(Container):
    """A layer at every step of a sequence, with the same weights: ``y[:, t] = layer(x[:, t])``.

    Shapes: ``x`` (n, steps, ...), where ``layer`` takes samples (...); the output is (n, steps, ...). Gradients: those
    of the layer, added up over the steps. The steps of all samples count as so many samples.

    Args:
        layer: of single steps, e.g. ``Dense(3)`` or ``Conv2D(8, 3)``.

    Raises:
        TypeError: no layer. ValueError: when built, samples without steps.

    Example:
        >>> from clarinet.layers import Conv2D, TimeDistributed
        >>> TimeDistributed(Conv2D(8, 3)).output_shape((5, 28, 28, 1))
        (5, 26, 26, 8)
    """

    supports_masking = True

    layer: Layer | Mapping[str, object]

    def check(self) -> None:
        from clarinet import layers

        found: Any = layers.get(self.layer) if isinstance(self.layer, Mapping) else self.layer
        self._hold(((found,) if getattr(found, "is_model", False) else self._adopt(found, "TimeDistributed: layer"),))
        self._settle()

    def configured(self, name: str) -> object:
        layer = self.children[0] if name == "layer" else None
        return layer.encoded() if layer is not None and layer.is_model else super().configured(name)

    def output_shapes(self, input_shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
        if len(input_shapes[0]) < 2:
            raise ValueError(
                f"TimeDistributed: samples have the shape {input_shapes[0]}; expected steps and at least one more axis"
            )
        return super().output_shapes(input_shapes)

    def parts(self) -> tuple[Layer | Part, ...]:
        (child,) = self.children
        whole = Part(child, prefix="0.")
        _refuse_operations(child)
        return tuple(
            replace(part, layer=part.layer if part.layer.takes_steps else OverSteps(part.layer)).within(whole)
            for part in flatten_parts(child)
        )

    def _settings(self, chains: Chains) -> dict[str, object]:
        return {"layer": chains[0][0]}
