"""A layer whose maths is that of its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from clarinet.layers.base import Layer, Part
from clarinet.layers.context import Context
from clarinet.layers.parts import shapes_within, taken_apart
from clarinet.ops.operation import Gradients
from clarinet.params import Weight
from clarinet.types import Array, Arrays, Shape


@dataclass(eq=False, repr=False)
class Composite(Layer):
    """Base of layers that only define :meth:`parts`: weights, shapes and both passes follow from them.

    Without an engine it computes the same as an engine does with its parts; if several parts take one tensor, their
    gradients are added from the last to the first. One that takes several tensors (:attr:`merges`), or gives several
    (:attr:`ends`), has tuples of arrays. Random parts count on from the layer number of their key.
    """

    def output_shape(self, input_shape: Shape | tuple[Shape, ...]) -> Shape:
        return self.output_shapes(self._each(input_shape))[0]

    def output_shapes(self, input_shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
        self.taking(len(input_shapes)).check_inputs(len(input_shapes))
        parts, ends = self._apart(len(input_shapes))
        given = [*input_shapes, *(shapes[0] for shapes, _ in shapes_within(input_shapes, parts))]
        return tuple(given[number] for number in ends)

    def weight_specs(self, input_shape: Shape | tuple[Shape, ...]) -> tuple[Weight, ...]:
        return tuple(self._renamed(self._each(input_shape), lambda spec, shape: spec.weight_specs(shape)))

    def state_specs(self, input_shape: Shape | tuple[Shape, ...]) -> tuple[Weight, ...]:
        return tuple(self._renamed(self._each(input_shape), lambda spec, shape: spec.state_specs(shape)))

    def _each(self, taken: Any) -> tuple[Any, ...]:
        """What the whole layer takes (arrays, or shapes) as a tuple, also where that is one."""
        return tuple(taken) if self.merges else (taken,)

    def _apart(self, inputs: int) -> tuple[list[Part], tuple[int, ...]]:
        """The parts where it takes so many tensors, and the numbers of those that it gives."""
        return taken_apart(self, tuple(range(inputs)), inputs)

    def _renamed(self, shapes: tuple[Shape, ...], specs: Callable[[Layer, Any], Iterable[Weight]]) -> Iterable[Weight]:
        """The weights of all parts, under the whole layer's names."""
        parts, _ = self._apart(len(shapes))
        for part, (_, taken) in zip(parts, shapes_within(shapes, parts), strict=True):
            for weight in specs(part.layer, taken if part.layer.merges else taken[0]):
                yield replace(weight, name=part.called(weight.name))

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Arrays, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        tensors: list[Array] = [*self._each(x)]
        inputs = len(tensors)
        parts, ends = self._apart(inputs)
        steps, new_state = [], {}
        for number, part in enumerate(parts):
            spec, sources = part.layer, part.sources or ()
            taken: Any = tuple(tensors[s] for s in sources)
            shape: Any = tuple(t.shape[1:] for t in taken) if spec.merges else taken[0].shape[1:]
            own = {w.name: params[part.called(w.name)] for w in spec.weight_specs(shape)}
            kept = {w.name: state[part.called(w.name)] for w in spec.state_specs(shape)}
            its_ctx = replace(ctx, key=ctx.key.at(layer=ctx.key.layer + number))
            y, cache, changed = spec.forward(own, kept, taken if spec.merges else taken[0], its_ctx)
            new_state.update({part.called(name): value for name, value in changed.items()})
            steps.append((part, own, cache))
            tensors.append(y)
        given: Any = tuple(tensors[number] for number in ends)
        return given[0] if len(given) == 1 else given, (steps, inputs, ends), new_state

    def backward(
        self,
        params: dict[str, Array],
        cache: tuple[list[tuple[Part, dict[str, Array], object]], int, tuple[int, ...]],
        dy: Arrays,
    ) -> tuple[Array | Gradients, dict[str, Array]]:
        steps, inputs, ends = cache
        grads: dict[str, Array] = {}
        deltas: dict[int, Array] = {}  # by tensor

        def add(tensor: int, delta: Array) -> None:
            deltas[tensor] = deltas[tensor] + delta if tensor in deltas else delta

        for tensor, dy_there in zip(reversed(ends), reversed(dy if isinstance(dy, tuple) else (dy,)), strict=True):
            add(tensor, dy_there)
        for number in reversed(range(len(steps))):
            part, own, its_cache = steps[number]
            dx, its_grads = part.layer.backward(own, its_cache, deltas.pop(number + inputs))  # type: ignore[arg-type]
            for source, delta in zip(part.sources or (), dx if isinstance(dx, tuple) else (dx,), strict=True):
                assert delta is not None  # no part chooses among its inputs
                add(source, delta)
            grads.update({part.called(name): g for name, g in its_grads.items()})
        return tuple(deltas[number] for number in range(inputs)) if self.merges else deltas[0], grads
