"""Python functions of tensors as networks of operations, which derive themselves."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Never, NoReturn, cast

import numpy as np

from clarinet.graph import (
    NOTHING,
    Argument,
    Constant,
    Network,
    Node,
    Tensor,
    as_tensor,
    described,
    flatten,
    made_of,
    making,
    reading,
    rebuilt,
    replayed,
    spec_of,
)
from clarinet.ops.batches import tracing
from clarinet.ops.core import cast as cast_tensor
from clarinet.ops.dispatch import unrolling
from clarinet.ops.dtypes import FLOAT, INT
from clarinet.ops.operation import Operation
from clarinet.ops.sizing import Sized
from clarinet.ops.specs import TensorSpec
from clarinet.philox import Key
from clarinet.registry import KEEPERS
from clarinet.types import AnyTensor, Array, Json, Namespace
from clarinet.variables import Variable

Arrays = Sequence[Array]


#: What each operation keeps for its own ``backward``, and the numbers of every tensor.
Kept = tuple[dict[Node, Never], dict[Tensor, Array]]


@dataclass(frozen=True)
class Traced:
    """A function of arrays that is known as a network of operations: its values, and their derivatives.

    Attributes:
        network: of operations, constants and variables, which are read when it runs.
    """

    network: Network

    def forward(self, xs: Arrays, xp: Namespace = np, key: Key | None = None) -> tuple[list[Array], Kept]:
        """The function's values, and what :meth:`backward` needs; ``key`` is that of random numbers."""
        found: dict[Tensor, Any] = dict(zip(self.network.inputs, xs, strict=True))
        caches: dict[Node, object] = {}
        for node in self.network.nodes:
            if isinstance(node.operator, Operation):
                operation = node.operator if key is None else node.operator.keyed(key)
                y, caches[node] = operation.forward(tuple(found[tensor] for tensor in node.inputs), xp)
                found.update(zip(node.outputs, y if len(node.specs) > 1 else (y,), strict=True))
            else:
                found[node.outputs[0]] = xp.asarray(_now(node.operator))
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


def _now(operator: object) -> Array:
    """The numbers of a constant, or those that a variable has now."""
    assert isinstance(operator, (Constant, Variable))
    return operator.value


class KeptFunction:
    """What a file keeps of a function of labels and predictions: its operations, for samples of some shapes.

    Args:
        described: of :func:`kept`.

    Raises:
        ValueError: it does not make sense.
    """

    __name__ = "function"

    def __init__(self, described: object) -> None:
        if not isinstance(described, list) or not described:
            raise ValueError("expected what is kept of a function as a list of networks")
        self.networks: list[Network] = [_rebuilt(each) for each in described]
        self.described: Json = described

    def __call__(self, *xs: AnyTensor | Array) -> AnyTensor:
        """The function's value.

        Raises:
            ValueError: arguments of other shapes.
        """
        for network in self.networks:
            specs = [tensor.spec for tensor in network.inputs]
            if all(map(_fits, specs, xs)):
                return replayed(network, list(map(_typed, specs, xs)))[0]
        known = " or ".join(", ".join(str(t.shape[1:]) for t in network.inputs) for network in self.networks)
        raise ValueError(
            f"a function of a file is kept for samples of shape {known}, received {', '.join(str(x.shape) for x in xs)}"
            "; give the function itself to compile"
        )


def _fits(spec: TensorSpec, x: Any) -> bool:
    """Whether an argument has the shape; the number of rows does not count, nor do sizes that are not known."""
    return spec.rank == len(x.shape) and all(m in (n, None) for m, n in zip(spec.shape[1:], x.shape[1:]))


def _typed(spec: TensorSpec, x: Any) -> Any:
    """Labels in whole numbers, where the function was made for those; predictions as they are."""
    return x if spec.dtype.kind == "f" else cast_tensor(x, spec.dtype)


def _rebuilt(described: object) -> Network:
    if not isinstance(described, Mapping) or not isinstance(described.get("inputs"), list):
        raise ValueError("expected a network as an object")
    specs = [spec_of(each) for each in described["inputs"]]
    inputs = tuple(Tensor(Node(Argument(f"x{number}"), (), (spec,))) for number, spec in enumerate(specs))
    tensors = rebuilt(described["nodes"], inputs, NOTHING)
    outputs = tuple(tensors[number] for number in described["outputs"])
    return Network(made_of(outputs, inputs), inputs, outputs)


def kept(function: Callable[..., object], y_pred: Sequence[int], names: Sequence[str]) -> list[Json]:
    """What files keep of a function of labels and predictions.

    Args:
        function: of tensors.
        y_pred: the shape of one prediction. Labels may have it too, or be one number in place of its last axis.
        names: what messages call the arguments.

    Raises:
        TypeError: it cannot be kept: it is not made of operations alone.
    """
    shapes = dict.fromkeys([tuple(y_pred), (*y_pred[:-1], 1), tuple(y_pred[:-1])])
    found, errors = list[Json](), list[Exception]()
    for shape in shapes:
        for dtype in (FLOAT, INT):
            specs = [TensorSpec((None, *shape), dtype, True), TensorSpec((None, *y_pred), FLOAT, True)]
            try:
                found.append(described(trace(function, specs, names).network, _nowhere))
                break
            except Exception as error:  # whatever the function raises
                errors.append(error)
    return found or _refuse(function, errors[0])


class _Keeper:
    """Keeps functions of one tensor, whose sizes are not known."""

    def kept(self, function: Callable[..., object]) -> Json:
        if isinstance(function, KeptFunction):
            return function.described
        found, errors = list[Json](), list[Exception]()
        for rank in range(1, 6):
            try:
                spec = TensorSpec((None,) * rank, FLOAT, False)
                found.append(described(trace(function, [spec], ["x"]).network, _nowhere))
            except Exception as error:  # whatever the function raises
                errors.append(error)
        return found or _refuse(function, errors[0])

    def function(self, described: object) -> KeptFunction:
        return KeptFunction(described)


KEEPERS.append(_Keeper())


def _refuse(function: Callable[..., object], error: Exception) -> NoReturn:
    raise TypeError(
        f"{_name(function)!r} cannot be saved, because it is not made of functions of clarinet.ops and operators "
        f"alone: {error}; give it to compile after loading, or register it"
    ) from error


def _nowhere(found: object) -> Json:
    raise TypeError("it uses a weight, which it does not get as an argument")


def trace(function: Callable[..., object], specs: Sequence[TensorSpec], names: Sequence[str]) -> Traced:
    """Know a function of tensors by what it does with them.

    It is called twice, with different random states of NumPy and Python: what it takes from them would be the same
    numbers at every step.

    Args:
        function: of as many tensors; it gives one, or several in a list.
        specs: what is known of them.
        names: what messages call them.

    Raises:
        TypeError: it needs numbers, or gives no tensor. ValueError: it draws random numbers.
    """
    first, second = (_traced(function, specs, names, seed) for seed in (1, 2))
    for one, other in zip(_constants(first), _constants(second)):
        if not np.array_equal(one, other, equal_nan=True):
            raise ValueError(
                f"{_name(function)}: it draws random numbers with NumPy or Python, which would be the same at every "
                "step; give them as an argument, or draw them in the call of a layer with clarinet.random"
            )
    _refuse_draws(first, _name(function))
    return Traced(first)


def _refuse_draws(network: Network, name: str) -> None:
    """Raise where a function draws numbers anew: nobody gives it the key of a step."""
    for node in network.nodes:
        if getattr(node.operator, "fresh", False):
            raise ValueError(
                f"{name}: it draws random numbers, other ones at every step; draw them in the call of a layer and "
                "take its output, or give a whole number as seed for numbers that stay the same"
            )


def _traced(function: Callable[..., object], specs: Sequence[TensorSpec], names: Sequence[str], seed: int) -> Network:
    inputs = tuple(Tensor(Node(Argument(name), (), (spec,))) for name, spec in zip(names, specs, strict=True))
    with _random_state(seed), tracing(inputs), unrolling(), reading():
        result = function(*inputs)
    try:
        outputs = flatten(result)
    except TypeError:
        raise TypeError(
            f"{_name(function)}: expected a tensor as its result, received {result!r}; compute with functions of "
            "clarinet.ops and operators such as +"
        ) from None
    network = Network(made_of(outputs, inputs), inputs, tuple(outputs))
    for node in network.nodes:
        if not isinstance(node.operator, (Operation, Constant, Variable)):
            raise TypeError(
                f"{_name(function)}: it calls {node.operator.name!r}, and losses, metrics and activations are made of "
                "operations alone: call layers and models in compute_loss of a Model, or in train_step with a tape"
            )
    return network


def _of_sizes(function: Callable[..., object], specs: Sequence[TensorSpec]) -> Traced:
    """A function of the library's, of which it is known that it always does the same."""
    inputs = tuple(Tensor(Node(Argument(f"x{number}"), (), (spec,))) for number, spec in enumerate(specs))
    with making(when=None, updates=None, masking=False), tracing(inputs), unrolling():
        output = as_tensor(function(*inputs))
    return Traced(Network(made_of([output], inputs), inputs, (output,)))


Sized.trace = staticmethod(_of_sizes)


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
