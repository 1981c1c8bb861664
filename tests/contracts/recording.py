"""A small graph of operations: what ``clarinet.ops`` makes of symbolic tensors, and how it is run with any arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from clarinet.ops import Operation, TensorSpec
from clarinet.ops.structures import leaves


@dataclass(frozen=True, eq=False)
class Node:
    """An operation and what it is applied to; None for an input."""

    operation: Operation | None
    inputs: tuple[Any, ...]
    specs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]


@dataclass(frozen=True, eq=False)
class Recorded:
    """A symbolic tensor: an output of a node."""

    node: Node
    index: int = 0

    @property
    def spec(self) -> TensorSpec:
        return self.node.outputs[self.index]

    def apply(self, operation: Operation, inputs: tuple[Any, ...]) -> Any:
        specs = tuple(x.spec if isinstance(x, Recorded) else spec_of_array(x) for x in inputs)
        found = operation.infer(specs)
        node = Node(operation, inputs, specs, found if isinstance(found, tuple) else (found,))
        outputs = tuple(Recorded(node, i) for i in range(len(node.outputs)))
        return outputs if isinstance(found, tuple) else outputs[0]


def spec_of_array(x: Any) -> TensorSpec:
    return TensorSpec(x.shape, x.dtype, batched=False)


def symbol(shape: Any, dtype: Any, batched: bool = False) -> Recorded:
    """An input."""
    return Recorded(Node(None, (), (), (TensorSpec(shape, dtype, batched),)))


def nodes_of(outputs: Any) -> list[Node]:
    """The nodes before some outputs, each after those that it needs."""
    found: dict[int, Node] = {}

    def visit(node: Node) -> None:
        if id(node) not in found:
            for x in node.inputs:
                if isinstance(x, Recorded):
                    visit(x.node)
            found[id(node)] = node

    for output in leaves(outputs):
        if isinstance(output, Recorded):
            visit(output.node)
    return list(found.values())


class Replay:
    """A graph, run with arrays of a library."""

    def __init__(self, outputs: Any, values: dict[int, Any], xp: Any = np) -> None:
        self.xp, self.outputs = xp, [output for output in leaves(outputs) if isinstance(output, Recorded)]
        self.values = dict(values)  # by node and index
        self.ran: list[tuple[Node, tuple[Any, ...], Any]] = []
        for node in nodes_of(outputs):
            if node.operation is not None:
                self._run(node)

    @np.errstate(all="ignore")
    def _run(self, node: Node) -> None:
        xs = tuple(self.value(x) for x in node.inputs)
        y, cache = node.operation.forward(xs, self.xp)
        for i, one in enumerate(y if isinstance(y, tuple) else (y,)):
            self.values[id(node), i] = one
        self.ran.append((node, xs, cache))

    def value(self, x: Any) -> Any:
        return self.values[id(x.node), x.index] if isinstance(x, Recorded) else self.xp.asarray(x)

    @np.errstate(all="ignore")
    def gradients(self, dys: list[Any]) -> dict[Any, Any]:
        """What comes back at every node, given the gradients at the outputs."""
        found: dict[Any, Any] = {}
        for output, dy in zip(self.outputs, dys):
            if dy is not None:
                self._add(found, output, dy)
        for node, _, cache in reversed(self.ran):
            at = [found.get((id(node), i)) for i in range(len(node.outputs))]
            if all(dy is None for dy in at):
                continue
            values = [self.values[id(node), i] for i in range(len(node.outputs))]
            at = [self.xp.zeros_like(v) if dy is None else dy for dy, v in zip(at, values)]
            several = isinstance(node.operation.infer(node.specs), tuple)
            shares = node.operation.backward(cache, tuple(at) if several else at[0], self.xp)
            for x, share in zip(node.inputs, shares):
                if share is not None and isinstance(x, Recorded):
                    self._add(found, x, share)
        return found

    def _add(self, found: dict[Any, Any], x: Recorded, share: Any) -> None:
        key = id(x.node), x.index
        found[key] = found[key] + share if key in found else share
