"""A layer as its holder knows it: its name, its weights and the layers within it, independent of its maths."""

from __future__ import annotations

import re
import weakref
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self, cast

import numpy as np
from numpy.typing import DTypeLike

from clarinet import renamed
from clarinet.aliases.members import missing
from clarinet.graph import Network, Node
from clarinet.layers.attributes import meet
from clarinet.layers.leaves import each_once, trained_leaves
from clarinet.layers.stateless import Stateless
from clarinet.names import Names, snake_case
from clarinet.ops.dtypes import FLOAT
from clarinet.params import Weight
from clarinet.philox import Key
from clarinet.sizes import probed
from clarinet.types import AnyTensor, Array, DType, Shape
from clarinet.variables import Variable, own_locations, pending_variables, variables_of


class BuildSpec(NamedTuple):
    """Facts about a layer from the model that has laid out its weights.

    The shape of a sample as it enters the layer is known for those that the model itself holds.
    """

    dtype: DType
    input_shape: Shape | None = None


#: What a copy of a layer does not have.
_OF_HOLDERS = frozenset({"_build_spec", "_holders", "_variables", "_nodes"})


@dataclass(eq=False, repr=False)
class Handle(Stateless):
    """The part of a layer that its models and containers use: everything that may change. A model is one, too.

    A layer without children has its own variables; a layer with children has theirs.

    Args:
        name: unique in a model.
        trainable: False freezes the weights.
    """

    #: The default of ``training`` if a model is called on an array: augmentation then augments, as in Keras.
    trains_when_called: ClassVar[bool] = False
    #: Whether it is a model, which lays out weights, and not a layer or container.
    is_model: ClassVar[bool] = False
    #: Whether it is where a network begins, and computes nothing.
    is_input: ClassVar[bool] = False
    #: Whether it has a ``call`` of the user's, which says what it is made of.
    is_authored: ClassVar[bool] = False
    #: Whether it is not a layer, but the weights that one with a ``call`` makes itself.
    only_weights: ClassVar[bool] = False
    #: Whether it runs on data before any step, and not in one.
    prepares: ClassVar[bool] = False

    name: str = field(default="", kw_only=True)
    trainable: bool = field(default=True, kw_only=True)

    _build_spec: BuildSpec | None = field(default=None, init=False)  # once a model has laid it out
    _holders: tuple[weakref.ref[Handle], ...] = field(default=(), init=False)  # weak: it keeps nobody
    _variables: tuple[Variable, ...] | None = field(default=None, init=False)  # once it has weights
    _nodes: tuple[weakref.ref[Node], ...] = field(default=(), init=False)  # where networks use it
    _draws: Key | None = field(default=None, init=False)  # random numbers of the last call on an array

    @property
    def children(self) -> tuple[Handle, ...]:
        """The layers that a container holds."""
        return ()

    @property
    def inner_network(self) -> Network | None:
        """What a model is made of; None for layers."""
        return None

    def leaf_layers(self) -> Iterator[Leaf]:
        """The layers without children within this one; itself if it has none."""
        return leaf_layers(self)

    @property
    def adapted(self) -> bool:
        """Whether it has seen the data that it has to look at before training; True where it needs none."""
        return True

    @property
    def base_name(self) -> str:
        """What it is called where nobody names it, perhaps with a number."""
        return snake_case(type(self).__name__)

    @property
    def output_dtype(self) -> DType:
        """The dtype of what it gives, as far as it is known before there are numbers."""
        return FLOAT

    # Where it is used.
    def note(self, node: Node) -> None:
        """Remember a use in a network, for :attr:`input` and :attr:`output`; it keeps nobody."""
        self._nodes = (*(ref for ref in self._nodes if ref() is not None), weakref.ref(node))
        self.expect_rows(next((tensor.spec.rows for tensor in node.inputs), None))

    def expect_rows(self, rows: int | None) -> None:
        """Note how many rows every batch has; None: nobody says so."""

    def _first_node(self) -> Node:
        node = next((node for ref in self._nodes if (node := ref()) is not None), None)
        if node is None:
            name = self.name or snake_case(type(self).__name__)
            raise AttributeError(
                f"layer {name!r} has no input and output yet: it is not used in a network; call it on a tensor, or put "
                "it in a model that starts with Input(shape)"
            )
        return node

    @property
    def input(self) -> AnyTensor:
        """The tensor that it takes where a network first uses it; a list where it takes several."""
        inputs = (node := self._first_node()).data or node.results  # of an Input: itself
        return cast(AnyTensor, inputs[0] if len(inputs) == 1 else list(inputs))

    @property
    def output(self) -> AnyTensor:
        """The tensor that it gives there; a list where it gives several."""
        outputs = self._first_node().results
        return cast(AnyTensor, outputs[0] if len(outputs) == 1 else list(outputs))

    # Its holders.
    @property
    def holders(self) -> list[Handle]:
        """The existing models and containers that hold it, the first one first."""
        return [holder for ref in self._holders if (holder := ref()) is not None]

    def models(self) -> list[Handle]:
        """The models that it is in, directly or within other layers and models."""
        found: dict[int, Handle] = {}
        for holder in self.holders:
            for model in [holder] * holder.is_model + holder.models():
                found[id(model)] = model
        return list(found.values())

    def join(self, holder: Handle) -> None:
        """Add a model or a container to its holders."""
        if not any(known is holder for known in self.holders):
            self._holders = (*(ref for ref in self._holders if ref() is not None), weakref.ref(holder))

    def leave(self, holder: Handle) -> None:
        """Remove a holder; a layer without any model keeps its weights."""
        self._holders = tuple(ref for ref in self._holders if ref() is not None and ref() is not holder)
        for leaf in self.leaf_layers():
            if leaf.layer._variables and not leaf.layer.models():
                own = leaf.layer._variables
                for variable, location in zip(
                    own, own_locations([(v.weight, v.state) for v in own], [v.view() for v in own])
                ):
                    variable.move(*location)
        if not self.models():
            self.set_build_spec(None)

    def set_build_spec(self, spec: BuildSpec | None) -> None:
        """Note that a model has laid out the weights of this layer and its children, or that none has."""
        if spec is None or self._build_spec is None or len(self.models()) < 2:
            self._build_spec = spec
        for child in self.children:
            if spec is not None or not child.models():
                child.set_build_spec(None if spec is None else BuildSpec(spec.dtype))

    @property
    def path(self) -> str:
        """Its name after those of the layers that it is within, e.g. ``"residual/dense"``."""
        around = next((holder.path + "/" for holder in self.holders if not holder.is_model), "")
        return around + (self.name or snake_case(type(self).__name__))

    @property
    def trains(self) -> bool:
        """Whether it and every layer that it is within are trainable."""
        return self.trainable and not [held for held in self.holders if not held.is_model and not held.trains]

    # Its weights.
    @property
    def built(self) -> bool:
        """Whether the layer has weights, or is known to need none. A ``build`` may say so, to no effect."""
        return self._is_built()

    @built.setter
    def built(self, value: bool) -> None: ...
    def _is_built(self) -> bool:
        return all(leaf.layer._variables is not None for leaf in self.leaf_layers())

    @property
    def weights(self) -> list[Variable]:
        """All weights in Keras's order, each once: trainable first, then state; none before the layer is built."""
        self._expect_weights()
        return each_once(v for leaf in self.leaf_layers() for v in leaf.layer._variables or ())

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that training changes: none in a layer with ``trainable=False``."""
        self._expect_weights()
        trained = [layer for layer, trained in trained_leaves(self) if trained]
        return each_once([v for layer in trained for v in layer._variables or () if not v.state])

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The other weights: state, and frozen ones."""
        trained = set(map(id, self.trainable_weights))
        return [v for v in self.weights if id(v) not in trained]

    variables = weights
    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    def named_weights(self) -> dict[str, Variable]:
        """The weights by their names in :meth:`Layer.weight_specs` and ``state_specs`` of this layer."""
        return {prefix + v.name: v for layer, prefix, _ in self.leaf_layers() for v in layer._variables or ()}

    @property
    def shown_kind(self) -> str:
        """What it is called where its kind is shown: the name of its class, or of the operation that it applies."""
        return type(self).__name__

    if not TYPE_CHECKING:  # where any misspelt attribute would pass for a weight

        def __getattr__(self, name: str) -> Variable:
            """A weight by its name: ``layer.kernel``."""
            if name[:1] != "_":  # input and output are properties, which say themselves what is missing
                (self._first_node if name in ("input", "output") else self._expect_weights)()
            for variable in vars(self).get("_core", self)._variables or ():
                if variable.name == name:
                    return variable
            if isinstance(getattr(type(self), name, None), property):  # which failed within: its own error tells more
                return object.__getattribute__(self, name)
            raise missing(self, name, *(("model",) if self.is_model else ()), "layer")

    def _expect_weights(self) -> None:
        """Have weights, not drawn yet, where a network uses the layer that no model has laid out."""
        if self.is_model or self.is_authored:
            return
        node = next((node for ref in self._nodes if (node := ref()) is not None), None)
        if node is None or Handle._is_built(self):
            return
        layer, shapes = cast(Any, self), tuple(probed(tensor.sample_shape) for tensor in node.data)
        taken = shapes if layer.merges else shapes[0]
        own = [*((w, False) for w in layer.weight_specs(taken)), *((w, True) for w in layer.state_specs(taken))]
        for leaf, prefix, _ in self.leaf_layers():
            leaf._variables = leaf._variables or pending_variables(leaf, own, prefix)

    def _built_weights(self) -> list[Variable]:
        self._expect_weights()
        if not self.built:
            raise ValueError(
                f"layer {self.name or snake_case(type(self).__name__)!r} is not built, so it has no weights yet: put "
                "it in a model that starts with Input(shape) or input_shape=..., or call fit"
            )
        return self.weights

    def get_weights(self) -> list[Array]:
        """Copies of all weights in Keras's order: kernel, bias; or gamma, beta, moving_mean, moving_variance.

        Raises:
            ValueError: the layer is not built.
        """
        return [variable.numpy() for variable in self._built_weights()]

    def set_weights(self, weights: Sequence[object]) -> None:
        """Replace all weights.

        Args:
            weights: arrays in the order and shapes of :meth:`get_weights`.

        Raises:
            ValueError: wrong number of arrays or a wrong shape; nothing is changed then.
        """
        self._built_weights()
        called = {id(v): name for name, v in reversed(self.named_weights().items())}
        own = {called[id(v)]: v for v in self.weights}
        arrays = [np.asarray(w) for w in weights]
        if len(arrays) != len(own):
            names = ", ".join(_within(name, v) for name, v in own.items()) or "none"
            raise ValueError(f"layer {self.name!r} has {len(own)} weights ({names}), received {len(arrays)} arrays")
        for (name, variable), array in zip(own.items(), arrays, strict=True):
            if array.shape != variable.shape:
                which = _within(name, variable)
                raise ValueError(
                    f"layer {self.name!r}: weight {which!r} has shape {variable.shape}, received {array.shape}"
                )
        self._about_to_be_set()
        for variable, array in zip(own.values(), arrays, strict=True):
            variable.view()[...] = array

    def _about_to_be_set(self) -> None:
        """All weights are about to get other values."""

    def count_params(self, trainable: bool = False) -> int:
        """Number of elements in all weights, state included; or only in the trained ones."""
        self._built_weights()
        return sum(v.size for v in (self.trainable_weights if trainable else self.weights))

    # Weights that no model has laid out.

    def bring(
        self, weights: Sequence[tuple[Weight, bool]], values: Iterable[Array], dtype: DTypeLike | None = None
    ) -> None:
        """Set these weights, each with whether it is state, in memory of the layer's own; a model takes them over.

        Args:
            weights: of a layer without children.
            values: of each.
            dtype: default that of the first values.
        """
        self._variables = variables_of(self, weights, values, dtype)

    def bring_those_of(self, layer: Handle) -> None:
        """The same with copies of another layer's."""
        if layer._variables is not None:
            self.bring([(v.weight, v.state) for v in layer._variables], [v.view() for v in layer._variables])

    # Copies, which share nothing.

    def bare(self) -> Self:
        """A layer with the same settings and without weights or holders, for plans."""
        clone = object.__new__(type(self))
        clone.__dict__.update(item for item in self.__dict__.items() if item[0] not in _OF_HOLDERS)
        return clone

    def detached(self) -> Self:
        """A copy that belongs to no model and has no weights yet."""
        return self.bare()

    def clone(self) -> Self:
        """A copy that belongs to no model, with its own weights of the same values."""
        clone = self.detached()
        for mine, its in zip(leaf_layers(self), leaf_layers(clone), strict=True):
            its.layer.bring_those_of(mine.layer)
        return clone

    __copy__ = clone
    unplaced = renamed.method("unplaced", detached)
    twin = renamed.method("twin", clone)

    def __getstate__(self) -> dict[str, object]:
        return {
            name: value for name, value in self.__dict__.items() if name not in ("_holders", "_build_spec", "_nodes")
        }

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        meet(self)
        for child in self.children:
            child.join(self)
        for variable in self._variables or ():
            variable.belong(self)


def _within(name: str, variable: Variable) -> str:
    """The name of a weight in messages; the path of one that belongs to a layer within."""
    return variable.path if "." in name else name


class Leaf(NamedTuple):
    """A layer without children, the prefix of its weights' names in the outermost layer, and whether it is trained."""

    layer: Handle
    prefix: str
    trainable: bool


def leaf_layers(layer: Handle, prefix: str = "", trainable: bool = True) -> Iterator[Leaf]:
    """The layers without children that a layer holds, in order; itself where it holds none."""
    trainable, children = trainable and layer.trainable, layer.children
    if not children:
        yield Leaf(layer, prefix, trainable)
    for number, child in enumerate(children):
        yield from leaf_layers(child, f"{prefix}{number}.", trainable)


def take_name(layer: Handle, names: Names) -> None:
    """Give a layer that joins a model or a container its name there.

    A layer with a name from an earlier holder gets another name everywhere, if the name is taken here.

    Raises:
        ValueError: the name that the user gave it is taken.
    """
    base = layer.base_name
    given_by_holder = (layer.is_model or layer.holders or layer.built) and re.fullmatch(rf"{base}(_\d+)?", layer.name)
    wanted = "" if given_by_holder and layer.name in names else layer.name
    name = names.take(wanted, base)
    elsewhere = set() if wanted else {other.name for holder in layer.holders for other in holder.children}
    while name in elsewhere:
        name = names.take("", base)
    layer.name = name
