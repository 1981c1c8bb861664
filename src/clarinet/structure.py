"""The structure of a model: which layers, how they are connected, where the weights are."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np

from clarinet.configurable import refuse_overrides
from clarinet.graph import Network, Tensor, with_rounds
from clarinet.layers.base import Layer, Part
from clarinet.layers.calling import compute_output_shape
from clarinet.layers.handle import BuildSpec, Handle, take_name
from clarinet.layers.parts import ends_of, parts_of
from clarinet.layers.places import own_weights
from clarinet.names import Names
from clarinet.optimizers import OptimizerState
from clarinet.params import Store, Weight
from clarinet.philox import next_seed
from clarinet.sizes import inferred, probed
from clarinet.summaries import WithSummary
from clarinet.training_lock import TrainingLock
from clarinet.types import Array, Arrays, Config, DType, Predictions, Shape, ShapeLike
from clarinet.weight_layout import Seed, lay_out, wanted

NO_LAYERS = "the model has no layers; add one, e.g. model.add(Dense(10))"
_FIXED_STEP = "define train_step, test_step or predict_step, or write a loop of your own with GradientTape"


class Structure(WithSummary, TrainingLock, Handle):
    """Layers, how they are connected, and where their weights lie; a model may be used as a layer of another one.

    A subclass says what the network is.

    Args:
        name: for people, and unique in another model.
    """

    is_model: ClassVar[bool] = True
    kind: ClassVar[str] = "model"
    goes_with: ClassVar[Mapping[str, str]] = {}
    not_called: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("make_train_function", "make_test_function", "make_predict_function"), _FIXED_STEP),
    }
    #: As those of layers, which a model that is used as one is asked for.
    merges: ClassVar[bool] = True
    passes_through = weighted_sum = rescales_by = disturbs_by = ""
    looks_up: ClassVar[bool] = False
    supports_masking: ClassVar[bool] = False
    uses_mask: ClassVar[bool] = False
    _layers: list[Layer]
    _arguments: Config | None = None  # of a user's constructor
    #: What a file said of its class, where that is not there.
    restored_from: Config | None = None

    def __init__(self, name: str | None) -> None:
        refuse_overrides(type(self))
        super().__init__(name=name or self.base_name)
        self._seed = Seed(next_seed())
        self._layers = []
        self.dtype: DType = np.dtype(np.float32)
        self.optimizer_state: OptimizerState | None = None
        self._store: Store | None = None

    @property
    def seed(self) -> int:
        """Fixes the initial weights, shuffling and dropout."""
        return self._seed.value

    @seed.setter
    def seed(self, seed: int) -> None:
        self._seed.value = seed

    def detached(self) -> Self:
        clone = copy.deepcopy(self)
        for leaf in clone.leaf_layers():
            leaf.layer._variables = None
        family: list[Structure] = [*clone.models_within(), clone]
        for model in family:
            model._store = None
            model._structure_changed()
        for model in family:
            if model._connected:
                model._lay_out(() if model is clone else family)
        return clone

    def clone(self) -> Self:
        return copy.deepcopy(self)

    __copy__ = clone

    def __getstate__(self) -> dict[str, object]:
        kept = {name: value for name, value in super().__getstate__().items() if name not in ("_trained_by", "_store")}
        return kept | {"_seed": Seed(self.seed)}  # the values of weights are with their layers

    def __setstate__(self, state: dict[str, object]) -> None:
        super().__setstate__(state | {"_store": None})
        self._layers = [*self._layers]
        for layer in self.layers:
            layer.join(self)
        if self._connected:
            self._lay_out()

    # What the network is.

    @property
    def network(self) -> Network:
        """The layers as the nodes of a graph.

        Raises:
            ValueError: the shape of the input is not known.
        """
        raise NotImplementedError

    @property
    def inner_network(self) -> Network:
        return self.network

    @property
    def _connected(self) -> bool:
        """Whether it is known what the network is."""
        raise NotImplementedError

    def build(self, input_shape: ShapeLike | None = None) -> None:
        """Fix the shape of one sample where it is not known yet.

        Args:
            input_shape: with or without the leading batch axis None, e.g. ``(None, 784)`` or ``(784,)``.
        """
        raise NotImplementedError

    def build_for_data(self, x: object) -> None:
        """Become a network for such data, where that is left to them."""

    @property
    def is_chain(self) -> bool:
        """Whether its layers stand in order, and each takes what the one before gives."""
        raise NotImplementedError

    @property
    def empty(self) -> bool:
        """Whether it has no layers, and none to come."""
        return not self.layers

    @property
    def layers(self) -> list[Layer]:
        """The layers and models in it."""
        return self._layers

    @layers.setter
    def layers(self, layers: list[Layer]) -> None:
        self._layers = layers

    @property
    def children(self) -> tuple[Handle, ...]:
        return tuple(self.layers)

    @property
    def trainable(self) -> bool:
        """False freezes all layers; setting it sets that of every layer within, as in Keras."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = value
        for layer in getattr(self, "layers", ()):
            layer.trainable = value

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """A layer by its name or index.

        Raises:
            ValueError: there is none.
        """
        if index is not None and name is None and -len(self.layers) <= index < len(self.layers):
            return self.layers[index]
        for layer in self.layers:
            if name is not None and layer.name == name:
                return layer
        have = ", ".join(layer.name for layer in self.layers)
        raise ValueError(f"no layer {name if index is None else index!r}; this model has {have or 'no layers'}")

    # Where the weights lie.

    def _rebuild(self) -> None:
        """Lay out the weights anew; layers that had weights of the same shapes keep them."""
        self._structure_changed()
        if self._connected:
            self._lay_out()

    def _structure_changed(self) -> None:
        """What was made for the old structure is of no use any more."""
        self.optimizer_state = None

    def _lay_out(self, family: Sequence[Structure] = ()) -> None:
        specs = self._specs(self.numbered)
        self._store = lay_out(self, specs, self.dtype, self._seed, self._store, family)
        for layer, shape in specs:
            layer.set_build_spec(BuildSpec(self.dtype, shape))

    @property
    def numbered(self) -> tuple[Handle, ...]:
        """The layers by their numbers, and behind them the weights that the model makes itself, if any."""
        return tuple(sorted(self.children, key=lambda child: child.only_weights))

    def _specs(self, layers: Sequence[Handle]) -> list[tuple[Any, Any]]:
        """Each layer and the shape of its samples: a tuple of them for several tensors, none if nothing reaches it."""
        taken: dict[int, Any] = {}
        for node in () if self.bodiless else with_rounds(self.network.nodes):
            layer = node.operator
            if isinstance(layer, (Layer, Structure)):
                shapes = tuple(probed(tensor.sample_shape) for tensor in node.data)
                taken.setdefault(id(layer), shapes if layer.merges else shapes[0])
        return [(layer, taken.get(id(layer))) for layer in layers]

    def _take_dtype(self, layer: Handle) -> None:
        """Compute in the dtype of the weights that another model has laid out, before there are own ones."""
        if self._store is None:
            placed = [leaf.layer for leaf in layer.leaf_layers() if leaf.layer._build_spec and leaf.layer.models()]
            self.dtype = next((v.dtype for leaf in placed for v in leaf.weights), self.dtype)

    @property
    def store(self) -> Store:
        """Where the model's weights lie.

        Raises:
            ValueError: the model is not built.
        """
        if self._store is None and self.bodiless:
            self._take_those_within()
            self._lay_out()
        elif self._store is None:
            self.network  # noqa: B018  # says why not
            self._rebuild()
        assert self._store is not None
        return self._store

    def _take_those_within(self) -> None:
        """Of a model without a network: have what it has as attributes.

        Raises:
            ValueError: some of it has no weights yet.
        """
        self._built_weights()
        names = Names(layer.name for layer in self.layers if layer.name)
        for layer in self.layers:
            if not layer.name:
                take_name(layer, names)
            layer.join(self)

    @property
    def bodiless(self) -> bool:
        """Whether it computes nothing by itself."""
        return False

    def get_weights(self) -> list[Array]:
        """Copies of all weights, layer by layer.

        Raises:
            ValueError: the model is not built.
        """
        self.store  # noqa: B018  # builds, or says why not
        return super().get_weights()

    def set_weights(self, weights: Sequence[object]) -> None:
        """Replace all weights.

        Args:
            weights: arrays in the order and shapes of :meth:`get_weights`.

        Raises:
            ValueError: wrong number of arrays or a wrong shape; nothing is changed then.
        """
        self.store  # noqa: B018  # builds, or says why not
        super().set_weights(weights)

    def _about_to_be_set(self) -> None:
        self.store.skip_drawing()

    def count_params(self, trainable: bool = False) -> int:
        """Number of elements in all weights, state included; or of what is trained alone."""
        self.store  # noqa: B018  # builds, or says why not
        return super().count_params(trainable)

    # What goes in and comes out.

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs."""
        raise NotImplementedError

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs."""
        raise NotImplementedError

    @property
    def input_shapes(self) -> tuple[Shape, ...]:
        """Of one sample of each input."""
        return tuple(tensor.sample_shape for tensor in self.network.inputs)

    @property
    def sample_shape(self) -> Shape | None:
        """Shape of one sample; None before the model is built, and where there are several inputs."""
        raise NotImplementedError

    @property
    def prediction_shape(self) -> Shape | None:
        """Shape of one prediction; None before the model is built, and where there are several outputs."""
        raise NotImplementedError

    def packed(self, outputs: Arrays) -> Predictions:
        """Predictions, or other things of each output, as users get them: one, or a structure of them."""
        return outputs

    # Used as a layer of another model.

    def output_shapes(self, input_shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
        """Shapes of one sample of every tensor that it gives, from those of every tensor that it takes.

        Raises:
            ValueError: they do not fit.
        """
        if not self._connected and len(input_shapes) == 1:
            self.build((None, *input_shapes[0]))
        network = self.network
        if len(input_shapes) != len(network.inputs):
            raise ValueError(
                f"model {self.name!r} takes {len(network.inputs)} tensors, received {len(input_shapes)}; give one for "
                "each of its inputs"
            )
        if input_shapes == tuple(tensor.sample_shape for tensor in network.inputs):
            return tuple(tensor.sample_shape for tensor in network.outputs)
        found: dict[Tensor, Shape] = dict(zip(network.inputs, input_shapes, strict=True))
        for node in network.nodes:
            layer = node.operator
            if not isinstance(layer, (Layer, Structure)):
                raise ValueError(
                    f"model {self.name!r} takes samples of shape {', '.join(map(str, self.input_shapes))}, received "
                    f"{', '.join(map(str, input_shapes))}: it is made of operations for these shapes"
                )
            shapes = inferred(layer.output_shapes, tuple(found[tensor] for tensor in node.data))
            found.update(zip(node.results, shapes, strict=True))
        return tuple(found[tensor] for tensor in network.outputs)

    compute_output_shape = compute_output_shape

    def parts(self) -> tuple[Part, ...]:
        """Its layers as parts of a layer."""
        return parts_of(self.network, self.layers)

    @property
    def ends(self) -> tuple[int, ...]:
        """The tensors that it gives, numbered as :attr:`Part.sources` numbers them."""
        return ends_of(self.network)

    def weight_specs(self, input_shape: object) -> tuple[Weight, ...]:
        """The trainable weights, each named after the number of its layer."""
        return self._prefixed(state=False)

    def state_specs(self, input_shape: object) -> tuple[Weight, ...]:
        """What is kept between batches and not trained, likewise."""
        return self._prefixed(state=True)

    def _prefixed(self, state: bool) -> tuple[Weight, ...]:
        own = own_weights(self.children, [wanted(*each, state) for each in self._specs(self.children)])
        return tuple(replace(w, name=f"{number}.{w.name}") for number, weights in enumerate(own) for w in weights)

    def models_within(self) -> list[Structure]:
        """The models within this one, those within others first."""
        found: dict[int, Structure] = {}
        for layer in self.layers:
            if isinstance(layer, Structure):
                found |= {id(model): model for model in (*layer.models_within(), layer)}
        return list(found.values())

    def _set_dtype(self, dtype: DType) -> None:
        """Have the weights in another dtype, those of the models within as well."""
        if dtype == self.dtype:
            return
        within = self.models_within()
        for model in (*within, self):
            model.dtype = dtype
        for model in within:
            model._structure_changed()
            model._lay_out([*within, self])
        self._rebuild()

    def _refuse_other_dtype(self, dtype: DType) -> None:
        """Refuse to change the dtype of weights that a model has too that is not within this one."""
        within = set(map(id, self.models_within()))
        for layer, other in self._sharing() if dtype != self.dtype else ():
            if id(other) not in within:
                raise ValueError(
                    f"compile: dtype={dtype.name!r}: layer {layer.name!r} is shared with model {other.name!r}, and its "
                    f"weights are {self.dtype.name}; leave the dtype as it is, or use a copy: copy.deepcopy(model)"
                )
