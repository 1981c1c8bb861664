"""What a layer is: a frozen configuration with pure maths, and a small handle on its weights.

The maths never touches ``self`` beyond the configuration: parameters and state are passed in, and what backward needs
is returned. So two threads can share a model, and every activation and gradient is in the hand of the loop that runs
it. Only ``name``, ``trainable`` and the place in a model's store may change after construction.
"""

from __future__ import annotations

import copy
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import InitVar, dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

import numpy as np

from clarinet.configurable import Configurable, Refused, abstract
from clarinet.layers.parts import Part, leaves
from clarinet.names import snake_case
from clarinet.params import Store, Weight
from clarinet.problems import shown
from clarinet.random import Key
from clarinet.types import Array, Cache, Namespace

if TYPE_CHECKING:
    from clarinet.activations import Activation
    from clarinet.params import Segment

Shape = tuple[int, ...]
#: No memory holds as many numbers.
_LIMIT = 2**63


@dataclass(frozen=True)
class Context:
    """What a forward pass may depend on besides its inputs.

    Attributes:
        training: True while training; dropout and batch statistics look at it.
        key: names the random numbers of this layer on this step.
        xp: array namespace (NumPy, or another one that follows the array API standard).
    """

    training: bool = False
    key: Key = field(default_factory=lambda: Key(0))
    xp: Namespace = np


class Place(NamedTuple):
    """Where a built layer's weights are: those of a layer of the model, or within it those whose names begin so.

    The shape of a sample as it enters the layer is known for those that the model itself holds.
    """

    store: Store
    index: int  # type: ignore[assignment]  # tuple.index gives way
    prefix: str = ""
    input_shape: Shape | None = None


_NO_CONSTRAINTS = Refused("there are no weight constraints; use a regularizer, or set_weights in a callback")
_CONSTRAINED = ("kernel", "bias", "depthwise", "pointwise", "recurrent", "embeddings", "gamma", "beta", "alpha")
_HANDLE_FIELDS = frozenset({"name", "trainable", "_place", "_frozen", "_owner", "_holder", "_brought", "_draws"})


@dataclass(eq=False, repr=False)
class Layer(Configurable):
    """Base class of all layers.

    A subclass is a dataclass whose fields are its configuration; it gives :meth:`output_shape`, :meth:`forward`,
    :meth:`backward` and, where it has weights, :meth:`weight_specs` and :meth:`state_specs`.

    Args:
        name: unique in a model; by default made of the class name, e.g. ``"dense_1"``.
        trainable: False freezes the weights (and makes batch normalisation use its running statistics). Takes effect at
            the next ``fit``.
        input_shape: shape of one sample, on a model's first layer.
        input_dim: short for ``input_shape=(input_dim,)``.
    """

    kind: ClassVar[str] = "layer"
    refused: ClassVar[Mapping[str, Refused]] = {
        "dtype": Refused("all layers of a model have its dtype; use model.compile(dtype='float64')"),
        "autocast": Refused("all layers of a model have its dtype", default=True),
        "activity_regularizer": Refused("put ActivityRegularization after the layer"),
        **{f"{weight}_constraint": _NO_CONSTRAINTS for weight in _CONSTRAINED},
        **dict.fromkeys(
            ("lora_rank", "lora_alpha", "quantization_config"), Refused("there is no such form of the weights")
        ),
    }
    not_called: ClassVar[Mapping[str, str]] = {
        "call": "define forward(params, state, x, ctx) and backward(params, cache, dy), see docs/differences.md",
        "build": "define weight_specs(input_shape), see docs/differences.md",
        "add_weight": "define weight_specs(input_shape), see docs/differences.md",
        "compute_output_shape": "define output_shape(input_shape)",
        "compute_mask": "there are no masks",
        "compute_output_spec": "define output_shape(input_shape)",
    }
    #: ``training`` where a model is called on an array and does not say: augmentation then augments, as in Keras.
    trains_when_called: ClassVar[bool] = False
    #: Whether it takes several inputs: ``x`` and ``dx`` are tuples of arrays then, and ``input_shape`` one of shapes.
    merges: ClassVar[bool] = False
    #: How it sums weighted inputs, but for its activation: ``"dense"``, over the last axis; ``"window"``, over a window
    #: by a kernel that all places share; ``"windows"``, such sums one after the other. Empty: not so.
    weighted_sum: ClassVar[str] = ""
    #: How the numbers of ``x`` come out unchanged: ``"identity"``, ``"reshape"`` or ``"permute"``. Empty: they do not.
    passes_through: ClassVar[str] = ""
    #: What it shifts and scales ``x`` by: ``"constants"``, or statistics of the ``"data"``, of a ``"batch"`` (in use:
    #: moving averages), of a ``"sample"``. Empty: it does not.
    rescales_by: ClassVar[str] = ""
    #: What it changes ``x`` by at random, in training alone: ``"dropout"`` of single numbers, other ``"noise"``, or
    #: ``"augmentation"``. Empty: by nothing.
    disturbs_by: ClassVar[str] = ""
    #: Whether it takes ids, which it looks up, instead of numbers.
    looks_up: ClassVar[bool] = False

    name: str = field(default="", kw_only=True)
    trainable: bool = field(default=True, kw_only=True)
    input_shape: Shape | None = field(default=None, kw_only=True)
    input_dim: InitVar[int | None] = field(default=None, kw_only=True)

    _place: Place | None = field(default=None, init=False)
    _holder: weakref.ref[Any] | None = field(default=None, init=False)  # weak, so that it does not keep its owner
    _brought: list[Array] | None = field(default=None, init=False)  # weights from an earlier model, to begin with
    _draws: Key | None = field(default=None, init=False)  # random numbers of the last call on an array

    def __post_init__(self, input_dim: int | None) -> None:
        self.name = self.name or ""  # Keras's default is None
        if not isinstance(self.name, str):
            raise TypeError(f"{type(self).__name__}: name is a text such as 'hidden', received {self.name!r}")
        if input_dim is not None:
            self.input_shape = (input_dim,)
        if self.input_shape is not None:
            self.input_shape = check_shape(self.input_shape, f"{type(self).__name__}: input_shape")
        self.check()
        object.__setattr__(self, "_frozen", True)

    def __setattr__(self, key: str, value: object) -> None:
        if key not in _HANDLE_FIELDS and getattr(self, "_frozen", False):
            if key not in self.__dataclass_fields__:
                raise AttributeError(
                    f"{type(self).__name__}.{key}: the settings of a layer are the fields of a dataclass: write "
                    f"@dataclass(eq=False, repr=False) above the class and {key}: int = ... within it, no __init__"
                )
            raise AttributeError(
                f"{type(self).__name__}.{key} is fixed once the layer is made; make a new layer with {key}={value!r}"
            )
        object.__setattr__(self, key, value)

    def __repr__(self) -> str:
        shown = ", ".join(f"{k}={v!r}" for k, v in self.get_config().items() if v is not None and k != "trainable")
        return f"{type(self).__name__}({shown})"

    def check(self) -> None:
        """Check and normalise the configuration; called once, by the constructor."""

    # The maths, for a subclass to give.

    def output_shape(self, input_shape: Shape) -> Shape:
        """Shape of one output sample; raises ValueError where the input does not fit."""
        return input_shape

    def weight_specs(self, input_shape: Shape) -> tuple[Weight, ...]:
        """The trainable weights for inputs of this shape, in Keras's order."""
        return ()

    def state_specs(self, input_shape: Shape) -> tuple[Weight, ...]:
        """What is kept between batches and not trained."""
        return ()

    @abstract
    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        """Compute ``y, cache, new_state``; ``cache`` is what :meth:`backward` needs."""
        raise NotImplementedError(f"{type(self).__name__} does not define forward")

    @abstract
    def backward(self, params: dict[str, Array], cache: Cache, dy: Array) -> tuple[Array, dict[str, Array]]:
        """Compute ``dx`` and the gradients by weight name from ``dy``, the gradient of the loss at the output."""
        raise NotImplementedError(f"{type(self).__name__} does not define backward")

    def penalty(self, y: Array) -> float:
        """What an elementary layer adds to the loss of a batch for which it gives ``y``; ``backward`` knows of it."""
        return 0.0

    def parts(self) -> tuple[Layer | Part, ...]:
        """The layers an engine runs in place of this one, e.g. an affine map and its activation.

        The last gives the output. A bare layer takes what the one before gives, and its weights are called as in this
        layer.
        """
        return (copy.copy(self),)

    @property
    def pure_activation(self) -> Activation | None:
        """The activation that an elementary layer applies and does nothing else; None for other layers."""
        return None

    @property
    def adapted(self) -> bool:
        """Whether it has seen the data that it has to look at before training; True where it needs none."""
        return True

    @property
    def children(self) -> tuple[Layer, ...]:
        """The layers that a container holds."""
        return ()

    def add_weight(self, *shape: object, **settings: object) -> Any:
        """Refused: a layer says of its weights what they are, and a model keeps them."""
        raise TypeError(f"{type(self).__name__}: add_weight is not there; define weight_specs(input_shape)")

    # The handle.

    def __call__(self, x: object, training: bool | None = None) -> Array:
        """What the layer gives for a batch; nothing is updated.

        Weights are those of the model that it is in. Without a model they are drawn at the first call, and go along
        when the layer is put in one. Every call with ``training=True`` draws new random numbers.

        Args:
            x: rows (n, ...).
            training: whether it behaves as in training; None (default) is True for layers that augment, as in Keras,
                and False for all others.

        Raises:
            TypeError: no array. ValueError: samples that do not fit.

        Example:
            >>> from clarinet.layers import Rescaling
            >>> Rescaling(1 / 255)([[0.0, 255.0]]).tolist()
            [[0.0, 1.0]]
        """
        from clarinet.layers.calling import call

        return call(self, x, training)

    @property
    def _owner(self) -> Any:
        """The model or container that holds it; None where there is none, or none any more."""
        return None if self._holder is None else self._holder()

    @_owner.setter
    def _owner(self, owner: object) -> None:
        self._holder = None if owner is None else weakref.ref(owner)

    @property
    def is_free(self) -> bool:
        """Whether a model or container may take it as it is: it has no owner, and no weights in one's buffers."""
        return self._owner is None and not self.built

    def __copy__(self) -> Self:
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        return twin

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_holder"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update((name, value) for name, value in state.items() if name != "_owner")  # of earlier copies
        for child in self.children:
            child._owner = self

    @property
    def built(self) -> bool:
        """Whether the layer has weights (or is part of a built model)."""
        return self._place is not None

    def _built_place(self) -> Place:
        if self._place is None:
            raise ValueError(
                f"layer {self.name or snake_case(type(self).__name__)!r} is not built, so it has no weights yet: put "
                "it in a model that starts with Input(shape) or input_shape=..., or call fit"
            )
        return self._place

    def _weights(self) -> list[tuple[Segment, Array]]:
        store, index, prefix, _ = self._built_place()
        return [w for leaf in leaves(self, prefix) for w in store.weights_of(index, leaf.prefix)]

    @property
    def weights(self) -> list[Array]:
        """Copies of all weights, trainable first, then state."""
        return self.get_weights()

    def get_weights(self) -> list[Array]:
        """Copies of all weights in Keras's order: kernel, bias; or gamma, beta, moving_mean, moving_variance.

        Raises:
            ValueError: the layer is not built.
        """
        if self._place is None:
            brought = [leaf.layer._brought for leaf in leaves(self)]
            if None not in brought:  # it has been called on an array
                return [array.copy() for own in brought for array in own or ()]
        return [view.copy() for _, view in self._weights()]

    def set_weights(self, weights: Sequence[object]) -> None:
        """Replace all weights.

        Args:
            weights: arrays in the order and shapes of :meth:`get_weights`.

        Raises:
            ValueError: wrong number of arrays or a wrong shape; nothing is changed then.
        """
        own = self._weights()
        arrays = [np.asarray(w) for w in weights]
        if len(arrays) != len(own):
            names = ", ".join(s.name for s, _ in own) or "none"
            raise ValueError(f"layer {self.name!r} has {len(own)} weights ({names}), received {len(arrays)} arrays")
        for (segment, _), array in zip(own, arrays, strict=True):
            if array.shape != segment.shape:
                raise ValueError(
                    f"layer {self.name!r}: weight {segment.name!r} has shape {segment.shape}, received {array.shape}"
                )
        for (_, view), array in zip(own, arrays, strict=True):
            view[...] = array

    def count_params(self, trainable: bool = False) -> int:
        """Number of elements in all weights, state included; or of what is trained alone."""
        store, index, prefix, _ = self._built_place()
        # From the layouts alone: a look at the buffers draws the initial weights, and fit(seed=) would come too late.
        layouts = (store.layout,) if trainable else (store.layout, store.state_layout)
        own = [leaf.prefix for leaf in leaves(self, prefix) if leaf.trainable or not trainable]
        return sum(s.size for layout in layouts for begin in own for s in layout.of_layer(index, begin))

    def unplaced(self) -> Layer:
        """A copy that belongs to no model."""
        twin = copy.copy(self)
        twin._place = twin._owner = twin._brought = None
        return twin

    def twin(self) -> Layer:
        """A copy that belongs to no model and brings its weights along."""
        twin = self.unplaced()
        for mine, its in zip(leaves(self), leaves(twin), strict=True):
            its.layer._brought = mine.layer.own_weights()
        return twin

    def own_weights(self) -> list[Array] | None:
        """Copies of the weights, those of an earlier model where they are not built; None where there are none yet."""
        return self.get_weights() if self.built else self._brought

    def put(self, place: Place | None) -> None:
        """Say where the weights of this layer and of its children are."""
        self._place = place
        for number, child in enumerate(self.children):
            child.put(None if place is None else Place(place.store, place.index, f"{place.prefix}{number}."))

    def changed(self, **changes: object) -> Any:
        """A copy with another configuration."""
        own = {f.name: self.configured(f.name) for f in fields(self) if f.init}
        return type(self)(**(own | changes))


def check_shape(shape: object, what: str) -> Shape:
    """A tuple of positive integers.

    Raises:
        ValueError, TypeError: anything else; the message starts with ``what``.
    """
    if isinstance(shape, (int, np.integer)):
        shape = (shape,)
    if not isinstance(shape, (list, tuple)):
        raise TypeError(f"{what}: expected a tuple of positive integers such as (28, 28), received {shape!r}")
    for size in shape:
        if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size <= 0:
            raise ValueError(f"{what}: expected positive integers, received {tuple(shape)!r}")
        if size >= _LIMIT:
            raise ValueError(f"{what}: expected integers below 2**63, received {shown(size)}")
    return tuple(int(size) for size in shape)


def check_positive_int(value: object, what: str) -> int:
    """A whole number of at least 1; the message of any error starts with ``what``."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{what}: expected a positive whole number, received {value!r} of type {type(value).__name__}")
    if not 0 < value < _LIMIT:
        most = " below 2**63" if value > 0 else ""
        raise ValueError(f"{what}: expected a positive whole number{most}, received {shown(int(value))}")
    return int(value)
