"""A function as a layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Unpack, cast

from clarinet.layers import authored  # noqa: F401  # which gives classes with a call what they need
from clarinet.layers.base import Layer
from clarinet.layers.options import Options
from clarinet.types import AnyTensor, TensorLike


class Lambda(Layer):
    """A Python function of tensors as a layer; it derives itself.

    Args:
        function: ``y = function(x)``, or ``function(x, **arguments)``; ``x`` is a list where the layer is called on
            several tensors. It is made of functions of :mod:`clarinet.ops` and operators. A function that takes
            ``training`` or ``mask`` is given these.
        output_shape: accepted for Keras programs; shapes are found out.
        mask: of the output, or a function of the inputs and their mask; default None: the mask of the input ends here.
        arguments: more arguments, by name.

    Raises:
        TypeError: no function.

    Example:
        >>> from clarinet import ops
        >>> from clarinet.layers import Input
        >>> Lambda(lambda x: ops.sqrt(x) + 1)(Input((3,))).shape
        (None, 3)
    """

    def __init__(
        self,
        function: Callable[..., object],
        output_shape: object = None,
        mask: object = None,
        arguments: Mapping[str, object] | None = None,
        **settings: Unpack[Options],
    ) -> None:
        super().__init__(**settings)
        if not callable(function):
            raise TypeError(f"Lambda: expected a function of a tensor, received {function!r}")
        self.function, self.arguments = function, dict(arguments or {})
        self.mask = mask
        object.__setattr__(self, "supports_masking", mask is not None)
        self._asks = tuple(name for name in ("mask", "training") if name in _parameters(function))
        if "mask" in self._asks:
            object.__setattr__(self, "call", self._call_with_mask)  # which says that it looks at masks

    def compute_mask(self, inputs: TensorLike, mask: TensorLike = None) -> object:
        """What was given as mask."""
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def call(self, inputs: TensorLike, training: bool | None = None) -> AnyTensor:
        return self._call_with_mask(inputs, None, training)

    def _call_with_mask(self, inputs: TensorLike, mask: TensorLike = None, training: bool | None = None) -> AnyTensor:
        given = {"mask": mask, "training": training}
        settings = self.arguments | {name: given[name] for name in self._asks}
        return cast(AnyTensor, self.function(inputs, **settings))


def _parameters(function: Callable[..., object]) -> Mapping[str, object]:
    """The arguments of a function; none where that cannot be found out, as of some built-in ones."""
    try:
        return signature(function).parameters
    except (TypeError, ValueError):
        return {}
