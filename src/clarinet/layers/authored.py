"""Layers of the user's own, as in Keras: ``build`` makes weights, ``call`` computes, and derives itself.

``call`` is run on tensors without numbers; what it does with them, of calls of layers and functions of
:mod:`clarinet.ops`, becomes a network within the layer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, fields, replace
from inspect import signature
from typing import Any, ClassVar, Self
from typing import cast as typed

import numpy as np

from clarinet import constraints, initializers, regularizers
from clarinet.graph import (
    Network,
    Tensor,
    Training,
    arguments,
    call_form,
    called,
    flatten,
    form_of,
    is_symbolic,
    making,
    masks_of,
    network_of,
    of_network,
    packed,
    with_rounds,
    within_trace,
)
from clarinet.layers.arguments import next_in_order, training_in_order, without_masks
from clarinet.layers.attributes import attributes_of
from clarinet.layers.base import Layer, check_shape
from clarinet.layers.building import build
from clarinet.layers.calling import inside_call, mask_of, set_masks
from clarinet.layers.describing import kept_layer
from clarinet.layers.handle import Handle, take_name
from clarinet.layers.input_spec import check_inputs
from clarinet.layers.sharing import once
from clarinet.names import Names
from clarinet.ops.core import cast, convert_to_tensor
from clarinet.ops.structures import leaves, like
from clarinet.ops.tensor import Tensor as Tensors
from clarinet.params import Weight
from clarinet.sizes import probed
from clarinet.types import AnyTensor, Json, Shape, ShapeLike, TensorLike
from clarinet.variables import Variable, pending_variables


@dataclass(eq=False, repr=False)
class OwnWeights(Layer):
    """The weights that a layer of the user's own makes itself, beside those of the layers within it."""

    only_weights = True

    _specs: tuple[tuple[Weight, bool], ...] = field(default=(), init=False)

    @property
    def path(self) -> str:
        """That of the layer or model whose they are."""
        return next((holder.path for holder in self.holders), self.name)

    def add(self, weight: Weight, kept: bool, owner: Handle) -> Variable:
        """One more weight; ``kept`` says that it is state, which is not trained."""
        specs = [*self._specs, (weight, kept)]
        (variable,) = pending_variables(self, [(weight, kept)])
        both = sorted(zip(specs, [*(self._variables or ()), variable], strict=True), key=lambda pair: pair[0][1])
        object.__setattr__(self, "_specs", tuple(spec for spec, _ in both))
        self._variables = tuple(own for _, own in both)
        return variable

    def weight_specs(self, input_shape: object) -> tuple[Weight, ...]:
        return tuple(weight for weight, kept in self._specs if not kept)

    def state_specs(self, input_shape: object) -> tuple[Weight, ...]:
        return tuple(weight for weight, kept in self._specs if kept)


class Authored:
    """What a layer with a ``call`` of its own has instead of the maths of others."""

    merges: ClassVar[bool] = True
    is_authored: ClassVar[bool] = True
    #: Whether class and configuration say all that it computes, as those of the library do; else files keep operations.
    says_all: ClassVar[bool] = False

    @property
    def uses_mask(self) -> bool:
        """Whether ``call`` asks for masks."""
        this: Any = self
        return any(name.endswith("mask") for name in signature(this.call).parameters)

    @property
    def children(self) -> tuple[Handle, ...]:
        """Its own weights, and the layers and models that it has as attributes."""
        own = _own(self)
        within = (child for value in attributes_of(self).values() for child in held(value))
        core = vars(self).get("_core")
        return (own, *([core] if core is not None else []), *within)

    def add_weight(
        self,
        shape: ShapeLike | None = None,
        initializer: object = None,
        dtype: object = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: object = None,
        constraint: object = None,
        name: str | None = None,
        **others: object,
    ) -> Variable:
        """A weight of the layer.

        Args:
            shape: of the weight; default (), a single number.
            initializer: name or object; default ``"glorot_uniform"``, zeros for a weight that is not trained.
            dtype, autocast: accepted for Keras programs: a weight has the model's dtype.
            trainable: False for state, which training leaves alone.
            regularizer: name or object.
            constraint: name, object or function; projects it after every update.
            name: in the layer; default made up.

        Returns:
            The weight; functions of :mod:`clarinet.ops` and operators take it.
        """
        if isinstance(shape, str):  # as Keras had it once: the name came first
            shape, name = (), shape
        own: Any = _own(self)
        names = Names(weight.name for weight, _ in own._specs)
        size = () if shape is None or shape == () else check_shape(shape, f"{type(self).__name__}.add_weight: shape")
        default = "glorot_uniform" if trainable and size else "zeros"
        weight = Weight(
            names.take(name or "", "weight"),
            size,
            initializers.get(default if initializer is None else initializer),
            regularizers.get(regularizer),
            constraints.get(constraint),
        )
        return own.add(weight, not trainable, self)  # type: ignore[no-any-return]

    def clone(self) -> Self:
        """A copy with its own weights of the same values, and its own of what it has as attributes."""
        return deepcopy(self)

    __copy__ = clone

    def _built_for(self, arguments: Iterable[TensorLike]) -> None:
        if "_done" not in vars(self):
            object.__setattr__(self, "_done", True)
            this: Any = self
            shapes = [shape for argument in arguments if (shape := _shape_of(argument)) is not None]
            this.build(*shapes[: len(signature(this.build).parameters)])
            if _own(self)._variables is None:
                _own(self)._variables = ()

    def __call__(self, *inputs: TensorLike, training: bool | None = None, **settings: object) -> AnyTensor:
        """Use the layer: on tensors of a network it makes the next ones, on numbers it computes at once."""
        this: Any = self
        inputs, training = training_in_order(this.call, inputs, training, settings)
        inputs = (*inputs, *next_in_order(this.call, len(inputs), settings))
        inputs = typed("tuple[TensorLike, ...]", within_trace(inputs))
        if "training" in signature(this.call).parameters:
            settings["training"] = None if isinstance(training, Training) else training
        if getattr(self, "input_spec", None) is not None:
            check_inputs(this.input_spec, inputs[0], type(self).__name__)
        taken = (inputs, {name: value for name, value in settings.items() if is_symbolic(value)})
        if is_symbolic(inputs):
            return _symbolic(this, inputs, settings, training, flatten(taken))
        given, named = as_tensors(inputs), {name: tensor_of(value) for name, value in settings.items()}
        self._built_for((*given, *without_masks(named)))
        previous = _find_masks(this, given, named, mask_of)
        with inside_call(this, training) as mode:
            found: AnyTensor = this.call(*given, **named | ({"training": mode} if "training" in named else {}))
        set_masks(this, given[0], previous, [*leaves(found)])
        return found

    def output_shapes(self, input_shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
        """Shapes of one sample of every tensor that it gives."""
        return tuple(t.sample_shape for t in _network(self, input_shapes).outputs)

    def output_shape(self, input_shape: tuple[Shape, ...]) -> Shape:
        """Of one sample of the first tensor that it gives."""
        return self.output_shapes(input_shape)[0]

    def weight_specs(self, input_shape: object) -> tuple[Weight, ...]:
        """The trainable weights, each named after the number of the layer within that has it."""
        return tuple(_specs(self, "weight_specs"))

    def state_specs(self, input_shape: object) -> tuple[Weight, ...]:
        """What is kept between batches and not trained, likewise."""
        return tuple(_specs(self, "state_specs"))

    def encoded(self) -> Json:
        """The layer as files have it: its class by name, and the operations of its ``call``."""
        kinds = type(self).__mro__  # every class with a ``call`` has says_all = False, also one whose base says it
        if kinds[0].__module__.startswith("clarinet.") and any(vars(kind).get("says_all") for kind in kinds):
            return Layer.encoded(typed(Layer, self))
        return once(self, lambda: kept_layer(typed(Handle, self)))

    def forward(self, *_: object) -> AnyTensor:
        """Unsupported: what runs are the operations of ``call``."""
        raise TypeError(f"{type(self).__name__} has a call of its own: it runs as the operations of that")

    backward = forward


def _own(layer: Handle | Authored) -> OwnWeights:
    if "_own" not in vars(layer):
        own = OwnWeights(name="own")
        object.__setattr__(layer, "_own", own)
        own.join(typed(Handle, layer))
    return vars(layer)["_own"]  # type: ignore[no-any-return]


def _shape_of(argument: object) -> object:
    """What ``build`` is told of an argument: a shape with the batch axis None, or a structure; None: no tensor."""
    if isinstance(argument, Tensor):
        return argument.shape
    if isinstance(argument, Tensors):
        return (None, *argument.shape[1:]) if argument.ndim else None
    if isinstance(argument, Mapping):
        return {key: _shape_of(value) for key, value in argument.items()} or None
    shapes = [_shape_of(value) for value in argument] if isinstance(argument, (list, tuple)) else []
    return shapes if shapes and shapes[0] is not None else None


def held(value: object) -> Iterator[Handle]:
    """The layers in a value, also in lists and dictionaries."""
    if isinstance(value, Handle):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from held(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from held(item)


def _symbolic(
    layer: Any,
    inputs: tuple[TensorLike, ...],
    settings: dict[str, object],
    training: bool | None,
    tensors: list[Tensor],
) -> AnyTensor:
    """The tensors that a call on tensors gives; the layer remembers what it is made of."""
    layer._built_for((*inputs, *without_masks(settings)))
    names = Names(child.name for child in layer.children[1:] if _is_named(child))
    for child in layer.children[1:]:
        if not _is_named(child):
            take_name(child, names)
        child.join(layer)
    own, inside = arguments([tensor.spec for tensor in tensors], tuple(tensor.mask for tensor in tensors))
    rest = iter(own)
    args = [packed(rest, form_of(x)) if is_symbolic(x) else x for x in inputs]
    named = {name: packed(rest, form_of(x)) if is_symbolic(x) else x for name, x in sorted(settings.items())}
    previous = _find_masks(layer, args, named, _mask_of_symbol)
    result, updates = called(layer.call, args, named)
    outputs = flatten(result)
    found = [tensor.mask for tensor in outputs]
    if None in found:
        with making(masking=True):
            said = masks_of(layer, args[0], previous, len(outputs))
        found = [own if own is not None else its for own, its in zip(found, said or found, strict=True)]
    network = network_of((*own, *inside), outputs, updates, found)
    object.__setattr__(layer, "_network", network)
    plain = {name: value for name, value in settings.items() if name != "training" and not is_symbolic(value)}
    form = call_form(inputs, {n: x for n, x in settings.items() if is_symbolic(x)}, plain, result)
    known = None if isinstance(training, Training) else training
    node = of_network(layer, tensors, network, tuple(found), known, call=form)
    layer.note(node)
    return typed(AnyTensor, packed(node.results, form_of(result)))


def _is_named(child: Handle) -> bool:
    """Whether a layer has its name from the user; models name themselves, perhaps as others do."""
    return bool(child.name) and not child.is_model


def _mask_of_symbol(tensor: object) -> Tensor | None:
    return tensor.mask if isinstance(tensor, Tensor) else None


def _find_masks(
    layer: Layer, args: Sequence[TensorLike], named: dict[str, Any], of: Callable[[object], object]
) -> object:
    """The mask of what a ``call`` is given first, or a structure of masks; those that it asks for are added.

    One that takes a single argument with tensors asks for its masks with ``mask``, others with ``inputs_mask``, … after
    the argument's name.

    Args:
        layer: with a ``call``.
        args, named: what it is given.
        of: gives the mask of a tensor, or None.
    """
    asked = signature(layer.call).parameters
    given = dict(zip(asked, args)) | {name: value for name, value in named.items() if not name.endswith("mask")}
    given = {name: x for name, x in given.items() if is_symbolic(x) or any(isinstance(t, Tensors) for t in leaves(x))}
    for name, x in given.items():
        mask = "mask" if len(given) == 1 else f"{name}_mask"
        if mask in asked and named.get(mask) is None:
            named[mask] = like(x, map(of, leaves(x)))
    return like(args[0], map(of, leaves(args[0]))) if named.get("mask") is None else named["mask"]


def _network(layer: Layer | Authored, input_shapes: tuple[Shape, ...]) -> Network:
    """What the layer is made of where it takes samples of these shapes."""
    known: Network | None = vars(layer).get("_network")
    own = () if known is None else known.inputs[: len(input_shapes)]  # masks come behind
    if known is not None and tuple(t.sample_shape for t in own) == tuple(input_shapes):
        return known
    raise ValueError(
        f"{type(layer).__name__} has a call of its own, and has not been called on tensors of these shapes yet: "
        f"{', '.join(map(str, input_shapes))}; use it in Model(inputs, outputs) or Sequential"
    )


def _specs(layer: Authored, kind: str) -> Iterator[Weight]:
    network: Network | None = vars(layer).get("_network")
    taken: dict[int, Any] = {}
    for node in with_rounds(network.nodes) if network is not None else ():
        operator: Any = node.operator
        if isinstance(operator, Handle):
            shapes = tuple(probed(tensor.sample_shape) for tensor in node.data)
            taken.setdefault(id(operator), shapes if operator.merges else shapes[0])  # type: ignore[attr-defined]
    for number, child in enumerate(layer.children):
        if number == 0 or id(child) in taken:
            for weight in getattr(child, kind)(taken.get(id(child), ())):
                yield replace(weight, name=f"{number}.{weight.name}")
        elif not child.children:  # its author reads its weights, and does not call it
            for variable in child._variables or ():
                if variable.state is (kind == "state_specs"):
                    yield replace(variable.weight, name=f"{number}.{variable.weight.name}")


def tensor_of(x: object) -> object:
    """Numbers as eager tensors, in whatever structure, floats as float32; everything else as it is."""
    if isinstance(x, Mapping):
        return {key: tensor_of(value) for key, value in x.items()}
    if isinstance(x, (list, tuple)) and any(isinstance(item, (np.ndarray, Variable, list, tuple)) for item in x):
        kind: Callable[..., object] = type(x)
        return kind(map(tensor_of, x))
    if isinstance(x, (np.ndarray, list)):
        found = convert_to_tensor(x)
        return cast(found, "float32") if found.dtype == np.float64 else found
    return x


def as_tensors(inputs: tuple[object, ...]) -> tuple[object, ...]:
    """:func:`tensor_of` for the arguments of a call."""
    return typed("tuple[object, ...]", tensor_of(inputs))


def _core_of(self: Layer) -> Layer | None:
    """Within a layer with a ``call`` of its own one of the library's class above it, if there is one."""
    if "_core" not in vars(self):
        above = next(
            cls for cls in type(self).__mro__ if cls.__module__.startswith("clarinet.") and "call" not in vars(cls)
        )
        if above is Layer or not issubclass(above, Layer):
            return None
        settings = {
            f.name: getattr(self, f.name) for f in fields(above) if f.init and f.name not in ("name", "input_dim")
        }
        object.__setattr__(self, "_core", above(name=above.__name__.lower(), **settings))
    return typed(Layer, vars(self)["_core"])


def _call_above(self: Layer, inputs: TensorLike, training: bool | None = None) -> AnyTensor:
    """What a layer of the library computes, for a subclass with a ``call`` of its own."""
    core = _core_of(self)
    if core is None:
        raise NotImplementedError(f"{type(self).__name__} does not define call")
    found: AnyTensor = core(inputs, training=training)
    return found


def _build_above(self: Layer, input_shape: ShapeLike) -> None:
    """The weights of a layer of the library; those that one with a ``call`` has from the class above it."""
    if not self.is_authored:
        build(self, input_shape)
    elif not type(self).__module__.startswith("clarinet."):
        core = _core_of(self)
        if core is not None and type(core).weight_specs is not Layer.weight_specs:
            build(core, input_shape)


Layer.call = _call_above  # type: ignore[method-assign]  # which needs what is above
Layer.build_above = staticmethod(_build_above)


Layer.authoring = {name: value for name, value in vars(Authored).items() if name[:2] != "__" or name == "__call__"}
