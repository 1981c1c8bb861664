"""A model called on numbers: as one operation that runs natively, or layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import signature
from itertools import count
from typing import Any, NamedTuple, Protocol, cast

import numpy as np

from clarinet import checks, data_adapters
from clarinet.configurable import check_flag
from clarinet.data_adapters.structures import arranged
from clarinet.engines import NativeEngine, ReferenceEngine
from clarinet.engines.calls import Calls, Run, trained_as
from clarinet.graph import AddedLoss, Choice, Constant, Network, Node, Scan, Update, fits, within_trace
from clarinet.graph import Tensor as Symbol
from clarinet.layers.arguments import next_in_order, training_in_order
from clarinet.layers.authored import as_tensors, tensor_of
from clarinet.layers.base import Layer
from clarinet.layers.calling import computed, inside_call
from clarinet.layers.handle import Handle
from clarinet.layers.leaves import trained_leaves
from clarinet.making_plans import make_plan
from clarinet.ops.axes import reshape
from clarinet.ops.dispatch import apply
from clarinet.ops.operation import Operation
from clarinet.ops.structures import leaves as flat
from clarinet.ops.tape import ACTIVE, remember
from clarinet.ops.tensor import Tensor, tensor
from clarinet.philox import Key, Stream
from clarinet.structure import NO_LAYERS
from clarinet.trainable import Trainable
from clarinet.training.prepare import build_for
from clarinet.types import AnyTensor, Array, Shape, TensorLike
from clarinet.variables import Variable

#: Rows of a call outside of tapes that are computed at once.
_BATCH = 256


class CallableModel(Trainable, Protocol):
    """A model, as far as its calls on numbers need it."""

    _untraceable: bool
    _eagerly: bool
    _requested_engine: str
    _called: tuple[object, Native | None] | None

    def clear_losses(self) -> None: ...

    @property
    def trainable(self) -> bool: ...

    @property
    def children(self) -> tuple[Handle, ...]: ...

    @property
    def numbered(self) -> tuple[Handle, ...]: ...

    @property
    def has_call(self) -> bool: ...

    def open_for(self, sample: Shape) -> None: ...

    @property
    def call(self) -> Callable[..., object]: ...

    @property
    def network(self) -> Network: ...

    @property
    def weights(self) -> list[Variable]: ...

    @property
    def non_trainable_weights(self) -> list[Variable]: ...


def training_in_place(
    self: CallableModel, inputs: tuple[TensorLike, ...], training: bool | None, settings: dict[str, object]
) -> tuple[tuple[TensorLike, ...], bool | None]:
    """The inputs of a call without ``training``, and that, where it is given in its place, as in ``model(x, True)``."""
    if self.has_call:
        return training_in_order(self.call, inputs, training, settings)
    said = len(inputs) == 2 and isinstance(inputs[1], bool)
    return (inputs[:1], bool(inputs[1])) if said else (inputs, training)


def all_inputs(
    self: CallableModel, inputs: tuple[TensorLike, ...], settings: dict[str, object]
) -> tuple[TensorLike, ...]:
    """What a model is called on, with what is given by name; that is taken out of ``settings``.

    Raises:
        TypeError: an argument that the model does not have.
    """
    inputs = cast("tuple[TensorLike, ...]", within_trace(inputs))
    has_call = self.has_call
    if has_call:
        given = (*inputs, *next_in_order(self.call, len(inputs), settings))
    else:
        given = (*inputs, *(settings.pop(name) for name in ("inputs",) if name in settings))
    others = [] if has_call else [name for name, value in settings.items() if value is not None]
    if others:
        raise TypeError(
            f"model {self.name!r} has no argument {', '.join(others)}: call it on its inputs, a list of several"
        )
    if not given:
        name = next(iter(signature(self.call).parameters)) if has_call else "inputs"
        raise TypeError(f"model {self.name!r} is called on nothing: give rows, or {name}=")
    if has_call:
        return given
    return given if len(given) == 1 else ([*given],)


def call(
    self: CallableModel, inputs: tuple[TensorLike, ...], training: bool | None, settings: Mapping[str, object]
) -> AnyTensor:
    """What a model gives for numbers: a tensor, or a structure of tensors.

    Inside a :class:`clarinet.GradientTape` the call is remembered. With ``training=True`` moving averages are updated,
    and every call draws new random numbers, which follow from the model's seed and the number of the call.

    A ``call`` of the user's own is traced once, as ``fit`` does, where it takes nothing but the inputs and needs no
    numbers; else it runs as it stands, at every call.

    Args:
        inputs: rows (n, *input_shape); a list, or a dictionary by name, where the model has several inputs. Several
            arguments where ``call`` takes them.
        training: whether layers behave as in training. None (default): layers that augment do, as in Keras, and all
            others behave as in inference.
        settings: other arguments of ``call``.

    Raises:
        TypeError, ValueError: the rows do not have the model's input shape, or ``training`` is something else.
    """
    if training is not None:
        check_flag(training, "training")
    if self.empty:
        raise ValueError(NO_LAYERS)
    if getattr(inputs[0], "ndim", 0) == 3 and getattr(self, "lists_layers", False) and _prepares_pictures(self.layers):
        return call(self, (cast(Array, inputs[0])[None],), training, {})[0]
    if self.has_call and (settings or len(inputs) > 1 or not _traces(self, inputs[0])):
        return _as_it_stands(self, inputs, training, settings)
    (x,) = inputs
    given: Sequence[object] = data_adapters.given_for(self, x) if self.prepares_data else _given(self, x)
    arrays = _checked(self, given)
    if self.target is not None and ACTIVE.tapes:
        raise ValueError(
            f"model {self.name!r} learns a transformed target (compile(target=...)), which a GradientTape does not go "
            "back through; compile it without, and transform the labels"
        )
    native = _native(self, training)
    if native is None:
        outputs = _by_layer(self, given, training)
    elif not ACTIVE.tapes and (not training or not len(arrays[0])):
        outputs = [tensor(native.calls.predict(arrays[0], _BATCH))]
    else:
        outputs = [_as_one(self, native, given[0], arrays[0], bool(training))]
    if self.target is not None:
        outputs = [tensor(self.target.inverse(outputs[0].numpy()))]
    return cast(AnyTensor, self.packed(tuple(outputs) if len(outputs) > 1 else outputs[0]))


def _prepares_pictures(layers: Sequence[object]) -> bool:
    """Whether all that layers do is to change pictures, which a single one goes through as well."""
    changing = [
        getattr(layer, "disturbs_by", "") == "augmentation" or getattr(layer, "takes_pictures", False)
        for layer in layers
    ]
    return any(changing) and all(change or getattr(layer, "rescales_by", "") for change, layer in zip(changing, layers))


# A call of the user's own.


def _traces(self: CallableModel, x: object) -> bool:
    """Whether ``call`` can be known as a network."""
    if self._untraceable or self._eagerly:
        return False
    try:
        self.build_for_data(x)
    except Exception:  # whatever it is, the call on numbers says it if it is an error there too
        self._untraceable = True
    return not self._untraceable and fits(self.network, x)


def _as_it_stands(
    self: CallableModel, inputs: tuple[TensorLike, ...], training: bool | None, settings: Mapping[str, object]
) -> AnyTensor:
    given, named = as_tensors(inputs), {name: tensor_of(value) for name, value in settings.items()}
    with inside_call(self, training) as mode:
        if "training" in signature(self.call).parameters:
            named["training"] = mode
        return cast(AnyTensor, self.call(*given, **named))


# What comes in.


def _given(self: CallableModel, x: TensorLike) -> list[object]:
    """What a user gave for each input, as it was given: a tape knows it by that."""
    self.build_for_data(x)
    names = self.input_names
    if len(names) == 1:
        return [x[names[0]] if isinstance(x, Mapping) and list(x) == [names[0]] else x]
    return arranged(_flattened(x), names, "x")


def _flattened(x: TensorLike) -> object:
    """Inputs in lists within lists as one list."""
    return x if isinstance(x, Mapping) else [*flat(x)] if isinstance(x, (list, tuple)) else x


def _checked(self: CallableModel, given: Sequence[TensorLike]) -> list[Array]:
    """Arrays that fit the model, which is built for them if it is not yet."""
    if len(given) == 1 and isinstance(given[0], np.ndarray):
        x = given[0].view(np.ndarray)
        if (
            not self.prepares_data
            and self.built
            and x.shape[1:] == self.sample_shape
            and x.dtype.kind in "fiub"
            and checks.lookup(self) is None
        ):
            return [x]
    rows = data_adapters.inputs_for(self, given[0] if len(given) == 1 else list(given))
    build_for(self, rows)
    if isinstance(rows, np.ndarray):
        self.open_for(rows.shape[1:])
    checks.raise_first(checks.check_input(self, rows))
    return list(rows) if isinstance(rows, tuple) else [rows]


# As one operation.


class Native(NamedTuple):
    """What runs a model natively.

    Attributes:
        calls: that run it.
        weights: with gradients.
        operation: that tapes remember.
    """

    calls: Calls
    weights: tuple[Variable, ...]
    operation: Run


def _native(self: CallableModel, training: bool | None) -> Native | None:
    """What runs the model natively; None where that cannot be, or where single layers have something to say."""
    every = [leaf for layer in self.children for leaf in trained_leaves(layer, self.trainable)]
    if training is None and any(layer.trains_when_called for layer, _ in every):
        return None
    trained = [trainable for _, trainable in every]
    watched = _watched_frozen(self) if ACTIVE.tapes and not all(trained) else []
    wanted = id(self.store), self._requested_engine, trained, watched
    if self._called is None or self._called[0] != wanted:
        self._called = wanted, _made(self, watched)
    return self._called[1]


def _made(self: CallableModel, watched: Sequence[int]) -> Native | None:
    plan = make_plan(self.network, self.numbered, self.store, seed=self.seed)
    if (
        len(plan.input_shapes) > 1
        or len(plan.outputs) > 1
        or plan.outputs[0].mask is not None  # which is handed out with the output
        or any(type(op.spec).penalty is not Layer.penalty for op in plan.ops)
        or NativeEngine.supports(plan) is not None
        or (plan.loops and watched)
    ):
        return None
    by_place = {_place(*variable.location): variable for variable in self.weights}
    segments = [s for op in plan.ops for s in op.weights]
    found = {s.spot: by_place[_place(*self.store.place(s))] for s in segments}
    plan = trained_as(plan, [s for s in segments if id(found[s.spot]) in watched])
    trained = tuple(s for _, s in plan.trainable)
    calls = Calls(plan, self.store, ReferenceEngine if self._requested_engine == "reference" else NativeEngine)
    return Native(calls, tuple(found[s.spot] for s in trained), Run(calls, trained))


def _place(block: object, segment: Any) -> tuple[object, ...]:
    return id(block), *segment.spot


def _watched_frozen(self: CallableModel) -> list[int]:
    """The identities of weights that training leaves alone, and that a tape was told to watch."""
    frozen = [v for v in self.non_trainable_weights if not v.state]
    return [id(v) for v in frozen if any(tape.watches(v) for tape in ACTIVE.tapes)]


def _as_one(self: CallableModel, native: Native, given: TensorLike, x: Array, training: bool) -> Tensor:
    """The output, which tapes remember with all weights."""
    if training:
        self._calls += 1
    matched = data_adapters.match_last_axis(x, native.calls.plan.input_shapes[0])
    if matched is not x:  # a last axis of length 1 more or less, as fit takes it
        x, given = matched, reshape(given, matched.shape)
    y, kept = native.calls.forward(x, training, self._calls if training else 0)
    output = tensor(y)
    remember(native.operation, (given, *native.weights), output, kept)
    return output


# Layer by layer.


def _by_layer(self: CallableModel, given: Sequence[TensorLike], training: bool | None) -> list[Tensor]:
    self._calls += 1
    key = Key(self.seed, Stream.DROPOUT, epoch=self._calls, step=2**31)
    states = [(v, v.value.copy()) for v in self.non_trainable_weights if v.state]
    try:
        with inside_call(self, training) as mode:
            return run_network(self.network, given, mode, key)
    except BaseException:
        for variable, before in states:
            variable.assign(before)
        raise


def run_network(
    network: Network, inputs: Sequence[TensorLike], training: bool | None, key: Key, forced: bool | None = None
) -> list[Tensor]:
    """What a network gives for numbers, node by node.

    Args:
        network: of layers, models, operations, weights and numbers.
        inputs: for each of its inputs.
        training: whether layers behave as in training; None: as is usual for each.
        key: names the random numbers.
        forced: what is said of the node that this network is within, which counts more.
    """
    found: dict[Symbol, Any] = dict(zip(network.inputs, inputs, strict=True))
    for number, node in enumerate(network.nodes):
        own = node.training if forced is None else forced
        if node.when not in (None, bool(training if forced is None else forced)):
            continue
        taken = [found.get(symbol) for symbol in node.inputs]
        outputs = _run_node(node, taken, training, key.at(layer=key.layer + number), own)
        found.update(zip(node.outputs, outputs, strict=True))
    for symbol in network.outputs:
        if symbol.mask is not None and symbol.mask in found and isinstance(found[symbol], Tensor):
            found[symbol]._keras_mask = found[symbol.mask]
    return [found[symbol] for symbol in network.outputs]


def _run_node(
    node: Node, taken: list[TensorLike], training: bool | None, key: Key, forced: bool | None
) -> Sequence[object]:
    operator: Any = node.operator
    if isinstance(operator, Variable):
        return [operator]
    if isinstance(operator, Constant):
        return [operator.value]
    if isinstance(operator, Operation):
        found = apply(operator.keyed(key), *taken)
        return found if isinstance(found, tuple) else [found]
    mode = training if forced is None else forced
    if isinstance(operator, (Update, AddedLoss, Choice)):
        return _effect(operator, taken, bool(mode))
    if isinstance(operator, Scan):
        turns = count()
        return operator.applied(
            taken,
            lambda given: run_network(operator.body, given, training, key.at(layer=key.layer + next(turns)), forced),
        )
    inner: Network | None = node.inner or operator.inner_network
    if inner is not None:
        return run_network(inner, taken, training, key, forced)
    *data, mask = taken if node.masked else (*taken, None)
    if operator.prepares:
        return [operator(data if operator.merges else data[0])]
    return computed(operator, data, mode, key, mask)


def _effect(operator: Update | AddedLoss | Choice, taken: list[TensorLike], training: bool) -> Sequence[AnyTensor]:
    """Of what a ``call`` does beside computing."""
    if isinstance(operator, Choice):
        return [cast(AnyTensor, taken[0] if training else taken[1])]
    if isinstance(operator, Update):
        operator.variable.assign(taken[0])
    elif (owner := operator.owner()) is not None:
        owner.add_loss(taken[0])
    return []


__all__ = ["all_inputs", "call", "run_network"]
