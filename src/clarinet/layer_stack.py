"""Layers in order: the network whose edges are implied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, cast

from clarinet import layers as layers_module
from clarinet.graph import Network, Tensor, flatten, network_of, use
from clarinet.layers.base import Layer, check_shape
from clarinet.layers.handle import take_name
from clarinet.layers.places import Once
from clarinet.names import Names
from clarinet.structure import Structure
from clarinet.types import AnyTensor, Arrays, Predictions, Shape, ShapeLike

_FIXED_ORDER = "a Sequential runs its layers in order; use Model(inputs, outputs) for skips and branches"


class LayerStack(Structure):
    """Layers in order, and the place of their weights; :class:`clarinet.Sequential` adds learning to it.

    Args:
        layers: layers and models in order, perhaps with an ``Input`` before them.
        name: for people.
    """

    lists_layers: ClassVar[bool] = True
    not_called: ClassVar[Mapping[str, str]] = {
        **Structure.not_called,
        **dict.fromkeys(("call", "__call__"), _FIXED_ORDER),
    }

    _chain: Network | None = None  # once it is known
    _batch_size: int | None = None  # if its Input says one
    _said = False  # whether its Input, or its first layer, says the shape of a sample

    def __init__(self, layers: Iterable[object] = (), name: str | None = None) -> None:
        Structure.__init__(self, name)  # a sequential model is made here, not of tensors
        self._sample_shape: Shape | None = None
        self._extend(layers or ())

    @property
    def base_name(self) -> str:
        return "sequential"

    @property
    def sample_shape(self) -> Shape | None:
        """Of one sample; None before the model is built."""
        return self._sample_shape

    @sample_shape.setter
    def sample_shape(self, shape: Shape | None) -> None:
        self._sample_shape = shape

    def add(self, layer: object) -> None:
        """Append a layer.

        Raises:
            TypeError: not a layer. ValueError: the layer is already in this model, or its name is taken.
            RuntimeError: the model is being trained.
        """
        self.refuse_in_training("add")
        self._extend([layer])

    def _extend(self, layers: Iterable[object]) -> None:
        given = [*layers]
        held = [layer for layer in given if isinstance(layer, Layer) and (layer.holders or layer.built)]
        names, once = Names((layer.name for layer in self.layers), (layer.name for layer in held)), Once(self.layers)
        for layer in given:
            self._append(layer, names, once)
        self._rebuild()

    def _append(self, layer: object, names: Names, once: Once) -> None:
        beginning = layer.node.operator if isinstance(layer, Tensor) else layer
        if isinstance(beginning, layers_module.InputLayer):
            if self.layers or self.sample_shape is not None:
                raise ValueError(f"Input comes first and once, received it after {len(self.layers)} layers")
            self.sample_shape, self._batch_size, self._said = beginning.shape, beginning.batch_size, True
            return
        if not isinstance(layer, (Layer, Structure)):
            raise TypeError(f"add: expected a layer such as Dense(10), received {layer!r}")
        if isinstance(layer, Layer) and layer.merges and not layer.is_authored:
            raise ValueError(
                f"add: {type(layer).__name__} takes a list of tensors, and layers of a Sequential hand on one; call "
                "layers on tensors instead, and make a Model(inputs, outputs)"
            )
        twice = once.twice(layer)
        if twice is not None:
            raise ValueError(
                f"layer {twice.name!r} is already in this model; make a second layer with the same settings"
            )
        if not self.layers and self.sample_shape is None:
            self.sample_shape = _taken_elsewhere(layer)
            self._said = self.sample_shape is not None
        self._take_dtype(layer)
        take_name(layer, names)
        layer.join(self)
        self.layers.append(cast(Layer, layer))  # a model is as good as one

    def pop(self) -> Layer:
        """Remove the last layer and return it; the others keep their weights.

        Raises:
            ValueError: there are no layers. RuntimeError: the model is being trained.
        """
        self.refuse_in_training("pop")
        if not self.layers:
            raise ValueError("pop: the model has no layers")
        layer = self.layers.pop()
        layer.leave(self)
        self._rebuild()
        return layer

    def build(self, input_shape: ShapeLike | None = None) -> None:
        """Fix the shape of one sample.

        Args:
            input_shape: with or without the leading batch axis None, e.g. ``(None, 784)`` or ``(784,)``.

        Raises:
            ValueError, TypeError: no shape, or one that a layer cannot take. RuntimeError: the model is being trained.
        """
        if self.built:
            self.refuse_in_training("build")
        if input_shape is not None:
            shape = tuple(input_shape) if not isinstance(input_shape, int) else (input_shape,)
            self.sample_shape = check_shape(shape[1:] if shape[:1] == (None,) else shape, "Input: shape", True)
        self._rebuild()

    def _build_for_tensors(self, x: object) -> list[Tensor]:
        tensors = flatten(x)
        if not self.built and tensors:
            self.build((None, *tensors[0].row_shape))
        elif tensors:
            self.open_for(tensors[0].row_shape)
        return tensors

    def open_for(self, sample: Shape) -> None:
        """Take samples of other sizes, too, where the first data have said which it takes."""
        own = self.sample_shape
        if self._said or own is None or len(own) != len(sample) or tuple(own) == tuple(sample):
            return
        try:
            self.build((None, *(size if size == other else None for size, other in zip(own, sample))))
        except ValueError:  # its weights follow from that size, as the check of the data says
            self.build((None, *own))

    def build_for_data(self, x: object) -> None:
        """Nothing: the first rows that are checked say the shape."""

    def packed(self, outputs: Arrays) -> Predictions:
        return outputs

    def _in_form(self, tensors: Sequence[Tensor]) -> AnyTensor:
        return cast(AnyTensor, tensors if len(tensors) > 1 else tensors[0])

    @property
    def is_chain(self) -> bool:
        return True

    @property
    def empty(self) -> bool:
        return not self.layers

    def _is_built(self) -> bool:
        """Whether the shapes are known, so that there are weights."""
        return self._store is not None

    @property
    def _connected(self) -> bool:
        return self.sample_shape is not None

    @property
    def network(self) -> Network:
        """The layers as the nodes of a graph.

        Raises:
            ValueError: the shape of the input is not known.
        """
        if self._chain is None:
            first = tensor = layers_module.Input(self._known_shape(), self._batch_size)
            for layer in self.layers:
                tensor, *others = use(layer, [tensor]).results
                if others:
                    raise ValueError(
                        f"layer {layer.name!r} gives {1 + len(others)} tensors, and layers of a Sequential hand on "
                        "one: make it with return_state=False, or a Model(inputs, outputs)"
                    )
            self._chain = network_of([first], [tensor])
        return self._chain

    def _structure_changed(self) -> None:
        super()._structure_changed()
        self._chain = None

    def _shapes(self) -> list[Shape]:
        """The shapes of one sample: at the input of each layer, and at the output of the last."""
        network = self.network
        return [
            t.sample_shape for t in (*network.inputs, *(node.outputs[0] for node in network.nodes if not node.is_mask))
        ]

    def _known_shape(self) -> Shape:
        if self.sample_shape is None:
            raise ValueError(
                f"model {self.name!r} does not know the shape of its input: start it with Input(shape), give the first "
                "layer input_shape=..., or call fit"
            )
        return self.sample_shape

    @property
    def prediction_shape(self) -> Shape | None:
        """Shape of one prediction; None before the model is built."""
        return None if self.sample_shape is None else self._shapes()[-1]

    @property
    def input_names(self) -> list[str]:
        return ["input"]

    @property
    def output_names(self) -> list[str]:
        return [self.layers[-1].name if self.layers else "output"]


def _taken_elsewhere(layer: Layer | Structure) -> Shape | None:
    """The shape of a sample as a layer takes it in another model, or says that it takes it."""
    known = None if layer._build_spec is None else layer._build_spec.input_shape
    if known is None:
        return layer.sample_shape if isinstance(layer, Structure) else layer.input_shape
    if layer.merges and known[:1] and isinstance(known[0], tuple):  # of each of the tensors that it may take
        return known[0]
    return known
