"""The base class of layers: a frozen configuration with pure maths, and a small handle on its weights.

The maths never touches ``self`` beyond the configuration: parameters and state are passed in, and forward returns what
backward needs. So two threads can share a model, and the loop that runs it holds every activation and gradient. Only
what the handle holds may change after construction: ``name``, ``trainable``, the weights, and who has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import InitVar, dataclass, field, fields, replace
from typing import TYPE_CHECKING, ClassVar, Self, cast

import numpy as np

from clarinet.configurable import Configurable, Unsupported, abstract, auto_config, is_ours
from clarinet.graph import flatten, is_symbolic, use, within_trace
from clarinet.layers.adopting import assign
from clarinet.layers.altering import alter
from clarinet.layers.calling import Computing, computed_with_masks, inside_call, listed
from clarinet.layers.context import Context
from clarinet.layers.sharing import once
from clarinet.ops.operation import Gradients
from clarinet.params import Weight
from clarinet.problems import shown
from clarinet.sizes import UNKNOWN, is_unknown
from clarinet.types import AnyTensor, Array, Cache, Config, Json, Scalar, Shape, ShapeLike, TensorLike

if TYPE_CHECKING:
    from clarinet.activations import Activation

#: No memory holds as many numbers.
_LIMIT = 2**63


@dataclass(frozen=True)
class Part:
    """One of the layers that a layer consists of, and how it is connected.

    Attributes:
        layer: whose forward and backward define it.
        sources: the tensors it takes: first those that the whole layer takes, 0 where it takes one; then what each
            part gives, ``i + 1`` for part ``i`` of a layer that takes one. None (default) is what the part before
            gives, and all that the whole layer takes for the first.
        names: the whole layer's names for the part's weights and state, if they differ.
        prefix: put before every name.
        training: whether it behaves as in training (True) or as in use (False), whatever the model does; None
            (default): as the model does.
    """

    layer: Layer
    sources: tuple[int, ...] | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""
    training: bool | None = None
    mask: int | None = None  # number of the tensor that is its mask, once the layer is taken apart
    whole: Part | None = None  # the part whose layer this part belongs to

    def called(self, name: str) -> str:
        """The outermost layer's name for the part's weight ``name``."""
        name = self.prefix + self.names.get(name, name)
        return name if self.whole is None else self.whole.called(name)

    def within(self, whole: Part | None) -> Part:
        """This part as one of a layer that is itself a part."""
        return self if whole is None else replace(self, whole=whole if self.whole is None else self.whole.within(whole))


_HANDLE_FIELDS = frozenset(
    {"name", "trainable", "_build_spec", "_frozen", "_holders", "_variables", "_nodes", "_draws", "_losses"}
)


@dataclass(eq=False, repr=False)
class Layer(Computing, Configurable):
    """Base class of all layers.

    A subclass is a dataclass whose fields are its configuration; it defines :meth:`output_shape`, :meth:`forward`,
    :meth:`backward` and, where it has weights, :meth:`weight_specs` and :meth:`state_specs`.

    Args:
        name: unique in a model; by default made of the class name, e.g. ``"dense_1"``.
        trainable: False freezes the weights (and makes batch normalisation use its running statistics). Takes effect at
            the next ``fit``.
        input_shape: shape of one sample, on a model's first layer.
        input_dim: short for ``input_shape=(input_dim,)``.
    """

    kind: ClassVar[str] = "layer"
    unsupported: ClassVar[Mapping[str, Unsupported]] = {
        "dtype": Unsupported("it is that of the model; use model.compile(dtype='float64')", None, "float32"),
        "autocast": Unsupported("all layers of a model have its dtype", default=True),
        "activity_regularizer": Unsupported("put ActivityRegularization after the layer"),
        **dict.fromkeys(
            ("lora_rank", "lora_alpha", "quantization_config"), Unsupported("there is no such form of the weights")
        ),
    }
    not_called: ClassVar[Mapping[str, str]] = {}
    #: What a class gets that defines ``call``, see :mod:`clarinet.layers.authored`.
    authoring: ClassVar[Mapping[str, object]] = {}
    build_above: ClassVar[Callable[[Layer, ShapeLike], None]]
    #: How it sums weighted inputs, without its activation: ``"dense"``, over the last axis; ``"window"``, over a window
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
    #: Whether the gradient begins here, of its own share in the loss, though nothing takes what it gives.
    adds_loss: ClassVar[bool] = False
    #: Whether it takes ids, which it looks up, instead of numbers.
    looks_up: ClassVar[bool] = False
    #: Whether its output has the mask that :meth:`compute_mask` says; True for a class that defines it. Without, a mask
    #: that comes along with an input ends here, with a warning.
    supports_masking: ClassVar[bool] = False
    #: Whether ``forward`` looks at the mask of its input, in its context.
    uses_mask: ClassVar[bool] = False

    _frozen: ClassVar[bool] = False  # of one that is made: True

    input_shape: Shape | None = field(default=None, kw_only=True)
    input_dim: InitVar[int | None] = field(default=None, kw_only=True)

    def __init__(
        self,
        *,
        name: str = "",
        trainable: bool = True,
        input_shape: Shape | None = None,
        input_dim: int | None = None,
        **others: object,
    ) -> None:
        """For layers of the user's own; those of the library are dataclasses."""
        for argument, value in others.items():
            if argument not in self.unsupported:
                raise TypeError(f"{type(self).__name__} has no argument {argument!r}, received {value!r}")
            if not self.unsupported[argument].is_default(value):
                raise TypeError(
                    f"{type(self).__name__}: {argument} is not supported: {self.unsupported[argument].reason}"
                )
        super().__init__(name=name, trainable=trainable)
        self.input_shape = input_shape
        self.__post_init__(input_dim)

    def __init_subclass__(cls) -> None:
        if "compute_mask" in vars(cls) and "supports_masking" not in vars(cls):
            cls.supports_masking = True
        for name, value in cls.authoring.items() if "call" in vars(cls) else ():
            if name not in vars(cls):
                setattr(cls, name, value)

    def __post_init__(self, input_dim: int | None) -> None:
        self.name = self.name or ""  # Keras's default is None
        if not isinstance(self.name, str):
            raise TypeError(f"{type(self).__name__}: name is a text such as 'hidden', received {self.name!r}")
        if input_dim is not None:
            self.input_shape = (input_dim,)
        if self.input_shape is not None:
            self.input_shape = check_shape(self.input_shape, f"{type(self).__name__}: input_shape", some_unknown=True)
        self.check()
        object.__setattr__(self, "_frozen", True)

    def __setattr__(self, key: str, value: object) -> None:
        if key not in _HANDLE_FIELDS and self._frozen and not self.is_authored:
            alter(self, key, value)
            return
        (assign if self.is_authored else object.__setattr__)(self, key, value)

    def __repr__(self) -> str:
        shown = ", ".join(f"{k}={v!r}" for k, v in self.get_config().items() if v is not None and k != "trainable")
        return f"{type(self).__name__}({shown})"

    def get_config(self) -> Config:
        if not self.is_authored:
            return super().get_config()
        base: Config = {"name": self.name, "trainable": self.trainable}
        return base if not is_ours(type(self), "get_config") else auto_config(self, base)

    def encoded(self) -> Json:
        return once(self, lambda: Configurable.encoded(self))

    def check(self) -> None:
        """Check and normalise the configuration; called once, by the constructor."""

    # The maths, which a subclass defines.

    def output_shape(self, input_shape: Shape) -> Shape:
        """Shape of one output sample; raises ValueError where the input does not fit."""
        return input_shape

    def output_shapes(self, input_shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
        """Shapes of one sample of every tensor that it gives, from those of every tensor that it takes.

        Raises:
            ValueError: they do not fit, or there are several where it takes one.
        """
        self.check_inputs(len(input_shapes))
        if self.merges:
            return (self.output_shape(input_shapes),)  # type: ignore[arg-type]  # of one that merges
        return (self.output_shape(input_shapes[0]),)

    def check_inputs(self, count: int) -> None:
        """Raise ValueError unless it can take so many tensors."""
        if count != 1 and not self.merges:
            raise ValueError(
                f"{type(self).__name__} takes one tensor, received {count}; join them first, e.g. with Concatenate()"
            )

    def taking(self, inputs: int) -> Self:
        """The layer as it is where it takes so many tensors, without weights if it is another one there."""
        return self

    def weight_specs(self, input_shape: Shape) -> tuple[Weight, ...]:
        """The trainable weights for inputs of this shape, in Keras's order."""
        return ()

    def state_specs(self, input_shape: Shape) -> tuple[Weight, ...]:
        """The numbers that are kept between batches and not trained."""
        return ()

    @abstract
    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        """Compute ``y, cache, new_state``; ``cache`` is what :meth:`backward` needs."""
        raise NotImplementedError(f"{type(self).__name__} does not define forward")

    @abstract
    def backward(self, params: dict[str, Array], cache: Cache, dy: Array) -> tuple[Array | Gradients, dict[str, Array]]:
        """Compute ``dx`` and the gradients by weight name from ``dy``, the gradient of the loss at the output.

        A layer that merges gives a tuple, one gradient for each input.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define backward")

    def weight_gradients(self, params: dict[str, Array], cache: Cache, dy: Array) -> dict[str, Array]:
        """What :meth:`backward` gives by weight name, for a layer whose ``dx`` nobody wants, such as the first."""
        return self.backward(params, cache, dy)[1]

    def penalty(self, y: Array) -> Scalar:
        """The share of an elementary layer with output ``y`` in the loss of a batch; ``backward`` takes it into
        account."""
        return 0.0

    def compute_mask(self, inputs: TensorLike, mask: TensorLike = None) -> object:
        """Which steps of the output count, where the layer supports masking: by default those of the input.

        Args:
            inputs: what the layer is called on, a list where it takes several tensors.
            mask: of the input, a tensor of truth values without the last axis, or None; a list where there are several.
        """
        return mask

    def in_place_of_masked(self, inputs: Sequence[TensorLike], masks: Sequence[TensorLike]) -> Sequence[TensorLike]:
        """The tensors that it takes in the place of its inputs, where some of these have masks; by default the same."""
        return inputs

    def parts(self) -> tuple[Layer | Part, ...]:
        """The layers an engine runs in place of this one, e.g. an affine map and its activation.

        The last part's output is the layer's. A bare layer takes the output of the one before, and its weights have the
        same names as in this layer.
        """
        return (self.bare(),)

    def parts_where_masked(self) -> tuple[Layer | Part, ...]:
        """The same where the input has a mask; parts that look at one are given it."""
        return self.parts()

    @property
    def ends(self) -> tuple[int, ...]:
        """The tensors that it gives, numbered as :attr:`Part.sources` numbers them; empty: what its last part gives."""
        return ()

    @property
    def mixes_rows(self) -> bool:
        """Whether what an elementary layer gives for a row, in use, depends on the other rows of the batch."""
        return False

    @property
    def reads_outside(self) -> bool:
        """Whether it reads numbers in Python at each step, which a compiled step would keep as they were."""
        return False

    @property
    def pure_activation(self) -> Activation | None:
        """The activation of an elementary layer that only applies it; None for other layers."""
        return None

    @property
    def takes_steps(self) -> bool:
        """Whether an elementary layer does to every step of a sequence what it does to a sample."""
        return False

    @property
    def children(self) -> tuple[Layer, ...]:
        """The layers that a container holds."""
        return ()

    def build(self, input_shape: ShapeLike) -> None:
        """Make the weights, where there are none yet; a layer of the user's own does so with :meth:`add_weight`.

        Args:
            input_shape: with the batch axis None; a list of shapes where the layer takes several tensors.
        """
        type(self).build_above(self, input_shape)

    def call(self, inputs: TensorLike, training: bool | None = None) -> AnyTensor:
        """For layers of the user's own: what they compute, of calls of layers and functions of :mod:`clarinet.ops`.
        A layer whose ``call`` calls that of the class above it, as ``super().call(inputs, training=True)``, has a layer
        of that class within it.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define call")

    def __call__(self, inputs: object, training: bool | None = None, mask: TensorLike = None) -> AnyTensor:
        """Use the layer: on tensors of a network it makes the next one, on a batch of numbers it computes.

        On numbers it gives a :class:`clarinet.ops.Tensor`, and a :class:`clarinet.GradientTape` remembers the call.
        Without a model weights are drawn at the first call, and go along when the layer is put in one. With
        ``training=True`` moving averages are updated, and every call draws new random numbers.

        Args:
            inputs: a tensor as ``Input`` makes it, or rows (n, ...); a list of them where it takes several.
            training: whether it behaves as in training; None (default) is as the ``call`` around it does; without one
                it is True for layers that augment, as in Keras, and False for all others. On a tensor of a network,
                None: as the model does.
            mask: which steps count, truth values (n, steps), for layers that look at it; default: the mask that came
                along with ``inputs``.

        Raises:
            TypeError: neither tensors nor an array. ValueError: samples that do not fit.

        Example:
            >>> from clarinet.layers import Input, Rescaling
            >>> Rescaling(1 / 255)([[0.0, 255.0]]).tolist()
            [[0.0, 1.0]]
            >>> Rescaling(1 / 255)(Input((28, 28))).shape
            (None, 28, 28)
        """
        inputs = within_trace(inputs)
        return self.called_on(listed(self, inputs) if self.merges else [inputs], training, mask)

    def called_on(self, given: Sequence[object], training: bool | None, mask: TensorLike) -> AnyTensor:
        """The tensor that it gives for these, or a tuple where it gives several."""
        if is_symbolic(given):
            outputs: Sequence[object] = use(self, flatten(given), training, mask).results
        else:
            with inside_call(self, training):
                outputs = computed_with_masks(self, given, mask)
        return cast(AnyTensor, outputs[0] if len(outputs) == 1 else tuple(outputs))

    def changed(self, **changes: object) -> Self:
        """A copy with another configuration."""
        own = {f.name: self.configured(f.name) for f in fields(self) if f.init}
        kind: Callable[..., Self] = type(self)
        return kind(**(own | changes))


def check_shape(shape: object, what: str, some_unknown: bool = False) -> Shape:
    """A tuple of positive integers.

    Args:
        shape: what a user gave.
        what: the message of any error starts with it.
        some_unknown: whether None stands for a size that is not known before there are numbers.

    Raises:
        ValueError, TypeError: anything else.
    """
    if isinstance(shape, (int, np.integer)):
        shape = (shape,)
    if not isinstance(shape, (list, tuple)):
        raise TypeError(f"{what}: expected a tuple of positive integers such as (28, 28), received {shape!r}")
    is_open = [size is None or is_unknown(size) or (type(size) is int and size == -1) for size in shape]
    return tuple(
        UNKNOWN if some_unknown and o else _checked(s, shape, what) for s, o in zip(shape, is_open, strict=True)
    )


def _checked(size: object, shape: Sequence[object], what: str) -> int:
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size <= 0:
        raise ValueError(f"{what}: expected positive integers, received {tuple(shape)!r}")
    if size >= _LIMIT:
        raise ValueError(f"{what}: expected integers below 2**63, received {shown(size)}")
    return int(size)


def check_positive_int(value: object, what: str) -> int:
    """A whole number of at least 1; the message of any error starts with ``what``."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{what}: expected a positive whole number, received {value!r} of type {type(value).__name__}")
    if not 0 < value < _LIMIT:
        most = " below 2**63" if value > 0 else ""
        raise ValueError(f"{what}: expected a positive whole number{most}, received {shown(int(value))}")
    return int(value)
