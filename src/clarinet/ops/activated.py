"""Activation functions as operations: their mathematics stand in :mod:`clarinet.activations`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from clarinet import activations
from clarinet.activations import Activation
from clarinet.activations.custom import Function
from clarinet.ops.dispatch import apply, as_tensor, converted, floats
from clarinet.ops.operation import Unary
from clarinet.ops.specs import Batch, TensorSpec, place
from clarinet.ops.tape import GradientTape, paused
from clarinet.ops.tensor import tensor
from clarinet.types import AnyTensor, Array, Namespace, TensorLike


def _derived(function: Callable[..., object], z: Array) -> tuple[Array, Callable[[Array], Array]]:
    """What a Python function gives for an array, and what makes the gradient at the array of the one there."""
    x = tensor(z)
    with paused(), GradientTape() as tape:
        tape.watch(x)
        y = as_tensor(converted(function(x)))

    def pull(dy: Array) -> Array:
        found: Array = tape.gradient(y, x, output_gradients=dy, unconnected_gradients="zero").numpy()
        return found

    return y.numpy(), pull


Function.derived = staticmethod(_derived)


@dataclass(eq=False, repr=False)
class Activated(Unary):
    """y = f(x), f an activation function; dx as its ``backward`` gives it.

    Args:
        function: an activation, its name or its configuration.
    """

    function: Activation

    def __post_init__(self) -> None:
        object.__setattr__(self, "function", activations.get(self.function))

    @property
    def name(self) -> str:
        """The activation's."""
        return self.function.name

    def value(self, x: Array, xp: Namespace) -> Array:
        return self.function.forward(x, xp)

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return self.function.backward(dy, x, y, xp)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        axis = getattr(self.function, "axis", None)
        if axis is not None:
            place(axis, specs[0].rank, self.name)
        return super().result(*specs)

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        axis = getattr(self.function, "axis", None)
        return "keeps" if axis is None or place(axis, specs[0].rank, self.name) else "mixes"


def _of_tensor(function: Activation, x: TensorLike) -> AnyTensor:
    """The activation of a tensor, as an operation."""
    return apply(Activated(function), floats(x))


Activation.of_tensor = _of_tensor  # type: ignore[assignment,method-assign]  # a tensor is an array, or stands for one
