"""A model as a graph: its layers are the nodes between some tensors and others."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import wraps
from typing import Any, ClassVar, cast

from clarinet import layers
from clarinet.configurable import is_ours
from clarinet.graph import (
    AddedLoss,
    Network,
    Node,
    Tensor,
    adds_loss,
    called,
    flatten,
    form_of,
    network_of,
    ordered,
    packed,
    same_tensors,
    with_rounds,
    within_call,
)
from clarinet.graph_configs import graph_config
from clarinet.layers import Layer
from clarinet.layers.adopting import assign
from clarinet.layers.attributes import attributes_of
from clarinet.layers.authored import Authored, held
from clarinet.layers.ends import from_inputs, inputs_like, with_rows
from clarinet.layers.handle import Handle, take_name
from clarinet.names import Names, snake_case
from clarinet.structure import Structure
from clarinet.types import AnyTensor, Arrays, Config, Json, Predictions, Shape, ShapeLike, TensorLike


class Functional(Structure):
    """The structure of a model from input tensors to output tensors; :class:`clarinet.Model` adds learning to it.

    Args:
        inputs, outputs: a tensor, or lists, tuples or dictionaries of them.
        name: for people.

    Raises:
        TypeError: something else than tensors. ValueError: an output needs an input that is not among the inputs.
    """

    #: Whether its layers stand in a list of its own.
    lists_layers: ClassVar[bool] = False

    _network: Network | None = None
    _attributes: list[Handle] | None = None  # the layers of a model with a ``call``, as they were assigned
    _untraceable = False  # whether ``call`` has been found to be no network
    _input_form: Json = None
    _output_form: Json = None

    _says_shape = False  # whether ``build`` of the user's own has been called
    _within_build = False

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "build" in vars(cls) and not cls.__module__.startswith("clarinet."):
            setattr(cls, "build", _once(vars(cls)["build"]))  # noqa: B010  # a method, for the type checker

    def __setattr__(self, name: str, value: object) -> None:
        (object.__setattr__ if is_ours(type(self), "__init__") else assign)(self, name, value)

    add_weight = add_variable = Authored.add_weight

    @property
    def children(self) -> tuple[Handle, ...]:
        """The weights that it makes itself, if any, and its layers."""
        own: Handle | None = vars(self).get("_own")
        return (*([] if own is None else [own]), *self.layers)

    @property
    def base_name(self) -> str:
        return snake_case(type(self).__name__) if not is_ours(type(self), "__init__") else "functional"

    def __init__(self, inputs: object, outputs: object, name: str | None = None) -> None:
        super().__init__(name)
        self._connect(inputs, outputs)

    def _connect(self, inputs: object, outputs: object, updates: Sequence[Node] = ()) -> None:
        """Become the network between these tensors."""
        ins, outs = flatten(inputs), flatten(outputs)
        if not ins or not outs:
            raise ValueError("Model: expected at least one input and one output tensor")
        twice = [tensor for number, tensor in enumerate(ins) if tensor in set(ins[:number])]
        if twice:
            raise ValueError(f"Model: the input {twice[0]!r} is there twice; give every tensor once")
        ins, outs = from_inputs(ins, [with_rows(tensor) for tensor in outs])
        ends = {tensor.node for tensor in ins}
        nodes, more = ordered(outs, ins), network_of(ins, outs, updates).nodes
        if updates:  # nodes that no output needs
            nodes = [*ends, *more]
        nodes += [node for node in more if node.is_mask and node not in nodes]  # masks that only a loss looks at
        self._network = Network(tuple(node for node in nodes if node not in ends), tuple(ins), tuple(outs))
        self._hold([node for node in nodes if node not in ends or node.is_input])
        self._input_form, self._output_form = form_of(inputs), form_of(outputs)
        self._rebuild()

    def _hold(self, nodes: Sequence[Node]) -> None:
        """Have the layers of these nodes, in order, and name those that have no name as they were used."""
        found: dict[int, Any] = {}
        first: dict[int, int] = {}
        for node in with_rounds(nodes):
            if not isinstance(node.operator, Handle):
                continue
            found.setdefault(id(node.operator), node.operator)
            first[id(node.operator)] = min(node.number, first.get(id(node.operator), node.number))
        if self._attributes is None:
            self.layers = list(found.values())
        else:  # as they were assigned, and without inputs; then those that ``call`` has from elsewhere
            others = [layer for layer in found.values() if not layer.is_input]
            self.layers = list({id(layer): layer for layer in (*self._attributes, *others)}.values())
            for node in nodes:
                layer: Any = node.operator
                if isinstance(layer, Handle) and layer.is_input:
                    layer.name = layer.name or "inputs"
        held = [layer for layer in self.layers if layer.holders or layer.built]
        names = Names((), (layer.name for layer in held))
        for layer in sorted(self.layers, key=lambda layer: first.get(id(layer), 0)):
            self._take_dtype(layer)
            take_name(layer, names)
            layer.join(self)

    @property
    def network(self) -> Network:
        if self._network is None:
            raise ValueError(f"model {self.name!r} is not built: call it on data, or fit it")
        return self._network

    def add_loss(self, loss: TensorLike) -> None:
        """Add to the loss; arguments as for layers. A tensor of the model's own network may be given outside of a
        ``call``, too, as Keras 2 had it.

        Raises:
            ValueError: a tensor that needs an input which the model does not have.
        """
        given = loss if isinstance(loss, (list, tuple)) else [loss]
        if self._network is None or within_call() or not all(isinstance(each, Tensor) for each in given):
            super().add_loss(loss)
            return
        self.refuse_in_training("add_loss")
        ordered(flatten(list(given)), self.inputs)  # refuses other inputs
        before = [node for node in self._network.nodes if not node.specs]
        added = [Node(AddedLoss(weakref.ref(self)), (each,), ()) for each in flatten(list(given))]
        self._connect(self.input, self.output, [*before, *added])

    @property
    def is_chain(self) -> bool:
        network, uses = self.network, len({id(node.operator) for node in self.network.nodes})
        before = (network.inputs, *(node.outputs for node in network.nodes))
        straight = all(same_tensors(node.inputs, given) for node, given in zip(network.nodes, before))
        return straight and same_tensors(network.outputs, before[-1]) and uses == len(network.nodes)

    @property
    def may_add_loss(self) -> bool:
        """Whether a layer adds something to the loss, or what is in it is not known yet."""
        return adds_loss(self.network) if self._connected else self.has_call

    @property
    def empty(self) -> bool:
        """Never: where there are no layers yet, ``call`` will use some."""
        return False

    @property
    def _connected(self) -> bool:
        return self._network is not None

    def _is_built(self) -> bool:
        """Whether it is known what the network is; the weights are laid out when somebody looks. A model that only has
        steps of its own has no network: the models and layers that it has as attributes have to be built."""
        return self._network is not None or (self.bodiless and super()._is_built())

    def build(self, input_shape: ShapeLike | None = None) -> None:
        """Fix the shape of one sample where the model has a ``call``; else ``Input`` has said it.

        Args:
            input_shape: with or without the leading batch axis None, e.g. ``(None, 784)`` or ``(784,)``.
        """
        if self._network is None and input_shape is not None and not self._within_build:
            self._says_shape = True
            shape = tuple(input_shape) if not isinstance(input_shape, int) else (input_shape,)
            self._trace(layers.Input(shape[1:] if shape[:1] == (None,) else shape))
        if not self._within_build:
            self.network  # noqa: B018  # says so if it is not there

    @property
    def bodiless(self) -> bool:
        """Whether it computes nothing by itself, but has steps that use the models in it; or its ``call`` has run as it
        stands alone, and built all layers."""
        if self._network is not None or self.lists_layers:
            return False
        return not self.has_call or (bool(self._attributes) and all(layer.built for layer in self._attributes or ()))

    def _trace_if_possible(self, shape: object) -> None:
        """Become a network after a ``build`` of the user's own, where one shape is enough for ``call``."""
        rows = isinstance(shape, Sequence) and all(size is None or isinstance(size, int) for size in shape)
        if self._network is None and self.has_call and rows and len(cast(Shape, shape)) > 1:
            with suppress(TypeError, ValueError):
                self._trace(layers.Input(cast(Shape, shape)[1:]))

    # A model that says in ``call`` what it computes.

    @property
    def has_call(self) -> bool:
        """Whether it has a ``call`` of the user's."""
        return not is_ours(type(self), "call")

    @property
    def layers(self) -> list[Layer]:
        """The layers and models in it, in Keras's order; those it has as attributes while the network is not known."""
        if self._network is not None or self.lists_layers:
            return self._layers
        return [cast(Layer, part) for value in attributes_of(self).values() for part in held(value)]

    @layers.setter
    def layers(self, layers: list[Layer]) -> None:
        self._layers = layers

    def call(self, *inputs: TensorLike, **settings: object) -> AnyTensor:
        """What a subclass computes, of calls of layers and models; ``training`` is None where it is asked for."""
        raise NotImplementedError(f"{type(self).__name__}: define call(self, inputs), or give Model inputs and outputs")

    def _refuse_without_call(self) -> None:
        own = ("__init__", "call", "train_step", "test_step")  # one with models for a loop of its own needs no call
        if all(not hasattr(self, name) or is_ours(type(self), name) for name in own):
            raise TypeError(
                f"{type(self).__name__}: expected Model(inputs, outputs), tensors as Input and calls of layers make "
                "them, or a subclass with call(self, inputs); a list of layers is a Sequential"
            )

    def _trace(self, inputs: TensorLike) -> None:
        """Become the network that ``call`` makes of tensors."""
        if not is_ours(type(self), "build") and not self._says_shape:
            self._within_build = True
            try:
                self.build(cast(ShapeLike, packed([tensor.shape for tensor in flatten(inputs)], form_of(inputs))))
            finally:
                self._within_build = False
        self._attributes = [layer for value in attributes_of(self).values() for layer in held(value)]
        outputs, updates = called(self.call, [inputs], {})
        self._connect(inputs, outputs, updates)
        self._name_outputs()

    def _name_outputs(self) -> None:
        """The outputs are known now; what judges them may have waited for that."""

    def build_for_data(self, x: object) -> None:
        """Become a network for such data, where there is none yet.

        Args:
            x: rows, or a list, tuple or dictionary of them; or a tensor as ``Input`` makes it.
        """
        if self._network is None:
            self._trace(x if isinstance(x, Tensor) else inputs_like(x))

    def open_for(self, sample: Shape) -> None:
        """Take samples of other sizes, too, where data may say that: its inputs do here."""

    def build_again(self, rows: Arrays) -> None:
        """Become the network that ``call`` makes of samples of other sizes; layers keep their weights.

        Args:
            rows: of each input.
        """
        each = zip(rows if isinstance(rows, tuple) else (rows,), self.network.inputs, strict=True)
        inputs = [layers.Input(own.shape[1:], dtype=tensor.dtype) for own, tensor in each]
        self._trace(packed(inputs, self._input_form))

    def _build_for_tensors(self, x: TensorLike) -> list[Tensor]:
        """The tensors of a structure in the order of the model's inputs; without a network it becomes one for them."""
        if self._network is None:
            leaf_layers = flatten(x)
            self._trace(packed([layers.Input(t.row_shape, dtype=t.dtype) for t in leaf_layers], x))
            return leaf_layers
        if isinstance(x, Mapping) and not isinstance(self._input_form, Mapping):
            return [x[name] for name in self.input_names]
        return flatten(x)

    # What goes in and comes out.

    @property
    def inputs(self) -> list[Tensor]:
        """The tensors that the model begins with."""
        return list(self.network.inputs)

    @property
    def outputs(self) -> list[Tensor]:
        """The tensors that the model ends with."""
        return list(self.network.outputs)

    @property
    def input(self) -> AnyTensor:
        """The tensor that the model begins with, or the structure of them that it was made with."""
        return cast(AnyTensor, packed(self.network.inputs, self._input_form))

    @property
    def output(self) -> AnyTensor:
        """The tensor that the model ends with, or the structure of them that it was made with."""
        return self._in_form(self.network.outputs)

    def _in_form(self, tensors: Sequence[Tensor]) -> AnyTensor:
        """Outputs in the structure that the model was made with."""
        return cast(AnyTensor, packed(tensors, self._output_form))

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs: the keys of a dictionary, or those given to ``Input``."""
        if isinstance(self._input_form, Mapping) and len(self._input_form) == len(self.network.inputs):
            return sorted(self._input_form)
        return [tensor.name for tensor in self.network.inputs]

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs: the keys of a dictionary, or those of the layers that make them."""
        if isinstance(self._output_form, Mapping) and len(self._output_form) == len(self.network.outputs):
            return sorted(self._output_form)
        names = Names()
        return [names.take("", tensor.name) for tensor in self.network.outputs]

    @property
    def input_shape(self) -> object:
        """The shape of the input with the batch axis, of several inputs a list of their shapes; None before the model
        is built."""
        return _shape_of(self.network.inputs) if self._connected else None

    @property
    def output_shape(self) -> object:
        """The shape of the output, likewise."""
        return _shape_of(self.network.outputs) if self._connected else None

    @property
    def sample_shape(self) -> Shape | None:
        return self.input_shapes[0] if self._connected and len(self.network.inputs) == 1 else None

    @property
    def prediction_shape(self) -> Shape | None:
        outputs = self.network.outputs if self._connected else ()
        return outputs[0].sample_shape if len(outputs) == 1 else None

    @property
    def has_mask(self) -> bool:
        """Whether a mask says which steps of an output count."""
        return bool(self.network.masks)

    def packed(self, outputs: Arrays) -> Predictions:
        found = packed(outputs if isinstance(outputs, tuple) else (outputs,), self._output_form)
        if isinstance(found, (list, tuple)) and len(found) == 1 and not self.has_call:  # as in Keras
            return cast(Predictions, found[0])
        return cast(Predictions, found)

    # Configuration.

    def structure_config(self) -> Config:
        """Layers and how they are connected, whatever the class, as JSON can hold it, without weights."""
        return graph_config(self, self._input_form, self._output_form)


def _once(build: Callable[..., object]) -> Callable[..., object]:
    """A ``build`` of the user's own, which notes that it was called."""

    @wraps(build)
    def called(self: Functional, *args: object, **settings: object) -> object:
        self._says_shape = True
        found = build(self, *args, **settings)
        if not self._within_build:
            self._trace_if_possible(args[0] if args else next(iter(settings.values()), None))
        return found

    return called


def _shape_of(tensors: Sequence[Tensor]) -> object:
    """The shape of the only tensor, or a list of shapes."""
    return tensors[0].shape if len(tensors) == 1 else [tensor.shape for tensor in tensors]
