"""Weights of a layer whose author calls ``build`` before anything else uses it."""

from __future__ import annotations

from typing import Any, cast

from clarinet.layers.handle import Handle
from clarinet.sizes import as_sizes, probed
from clarinet.variables import pending_variables


def build(layer: Handle, input_shape: object) -> None:
    """Have weights for inputs of a shape, which are drawn when somebody looks; a layer that has them keeps them.

    Args:
        layer: of the library's own.
        input_shape: with the batch axis, or one size alone: that of the last axis, which is all that most layers look
            at; a list of shapes where the layer takes several tensors.

    Raises:
        ValueError: the layer takes no such samples.
    """
    if any(leaf.layer._variables is not None for leaf in layer.leaf_layers()):
        return
    own = cast(Any, layer)
    several = cast("list[tuple[int | None, ...]]", input_shape if own.merges else [input_shape])
    shapes = tuple(probed(as_sizes(_of_sample(tuple(shape)))) for shape in several)
    own.output_shapes(shapes)  # says so if such samples do not fit
    taken = shapes if own.merges else shapes[0]
    specs = [*((w, False) for w in own.weight_specs(taken)), *((w, True) for w in own.state_specs(taken))]
    for leaf, prefix, _ in layer.leaf_layers():
        leaf._variables = pending_variables(leaf, specs, prefix)


def _of_sample(shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
    """Without the batch axis."""
    return shape if len(shape) == 1 and shape[0] is not None else shape[1:]
