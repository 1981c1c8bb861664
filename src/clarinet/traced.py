"""Python functions of tensors as networks of operations, which derive themselves."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Never, cast

import numpy as np

from clarinet.graph import Argument, Constant, Network, Node, Tensor, flatten, made_of
from clarinet.ops.operation import Operation
from clarinet.ops.specs import TensorSpec
from clarinet.types import Array, Namespace

Arrays = Sequence[Array]


#: What each operation keeps for its own ``backward``, and the numbers of every tensor.
Kept = tuple[dict[Node, Never], dict[Tensor, Array]]


@dataclass(frozen=True)
class Traced:
    """A function of arrays that is known as a network of operations: its values, and their derivatives.

    Attributes:
        network: of operations and constants alone.
    """

    network: Network

    def forward(self, xs: Arrays, xp: Namespace = np) -> tuple[list[Array], Kept]:
        """The function's values, and what :meth:`backward` needs."""
        found: dict[Tensor, Any] = dict(zip(self.network.inputs, xs, strict=True))
        caches: dict[Node, object] = {}
        for node in self.network.nodes:
            if isinstance(node.operator, Operation):
                y, caches[node] = node.operator.forward(tuple(found[tensor] for tensor in node.inputs), xp)
                found.update(zip(node.outputs, y if len(node.specs) > 1 else (y,), strict=True))
            else:
                assert isinstance(node.operator, Constant)
                found[node.outputs[0]] = xp.asarray(node.operator.value)
        return [found[tensor] for tensor in self.network.outputs], (cast("dict[Node, Never]", caches), found)

    def backward(self, cache: Kept, dys: Arrays, xp: Namespace = np) -> list[Array | None]:
        """The gradients at the arguments, given those at the values; None where there is none."""
        caches, found = cache
        deltas: dict[Tensor, Array] = {}

        def add(tensor: Tensor, share: Array | None) -> None:
            if share is not None:
                deltas[tensor] = deltas[tensor] + share if tensor in deltas else share

        for tensor, dy in zip(self.network.outputs, dys, strict=True):
            add(tensor, dy)
        for node in reversed(self.network.nodes):
            own = [deltas.pop(tensor, None) for tensor in node.outputs]
            if node not in caches or all(dy is None for dy in own):
                continue
            whole = tuple(
                xp.zeros_like(found[tensor]) if dy is None else dy for tensor, dy in zip(node.outputs, own, strict=True)
            )
            operation: Any = node.operator
            shares = operation.backward(caches[node], whole if len(node.specs) > 1 else whole[0], xp)
            for tensor, share in zip(node.inputs, shares, strict=True):
                add(tensor, share)
        return [deltas.get(tensor) for tensor in self.network.inputs]


def trace(function: Callable[..., object], specs: Sequence[TensorSpec], names: Sequence[str]) -> Traced:
    """Know a function of tensors by what it does with them.

    It is called twice, with different random states of NumPy and Python: what it takes from them would be the same
    numbers at every step.

    Args:
        function: of as many tensors; it gives one, or several in a list.
        specs: what is known of them.
        names: what messages call them.

    Raises:
        TypeError: it needs numbers, or gives no tensor. ValueError: it draws random numbers of its own.
    """
    first, second = (_traced(function, specs, names, seed) for seed in (1, 2))
    for one, other in zip(_constants(first), _constants(second)):
        if not np.array_equal(one, other, equal_nan=True):
            raise ValueError(
                f"{_name(function)}: it draws random numbers with NumPy or Python, which would be the same at every "
                "step; use clarinet.random, or give the numbers as an argument"
            )
    return Traced(first)


def _traced(function: Callable[..., object], specs: Sequence[TensorSpec], names: Sequence[str], seed: int) -> Network:
    inputs = tuple(Tensor(Node(Argument(name), (), (spec,))) for name, spec in zip(names, specs, strict=True))
    with _random_state(seed):
        result = function(*inputs)
    try:
        outputs = flatten(result)
    except TypeError:
        raise TypeError(
            f"{_name(function)}: expected a tensor as its result, received {result!r}; compute with functions of "
            "clarinet.ops and operators such as +"
        ) from None
    return Network(made_of(outputs, inputs), inputs, tuple(outputs))


def _constants(network: Network) -> list[Array]:
    return [node.operator.value for node in network.nodes if isinstance(node.operator, Constant)]


def _name(function: Callable[..., object]) -> str:
    return getattr(function, "__name__", repr(function))


@contextmanager
def _random_state(seed: int) -> Iterator[None]:
    """Other random states of NumPy and Python, for a while."""
    numpy, python = np.random.get_state(), random.getstate()  # noqa: NPY002  # what users' functions draw from
    np.random.seed(seed)  # noqa: NPY002
    random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(numpy)  # noqa: NPY002
        random.setstate(python)
