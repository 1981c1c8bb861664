"""What it takes to compute with a layer, as it is called on numbers: one operation, which tapes remember."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from reprlib import repr as short
from typing import Any, ClassVar, Never, Protocol, Self, cast

import numpy as np

from clarinet.configurable import check_flag
from clarinet.graph import Maskable, arguments, flatten, form_of, masks_of, packed
from clarinet.layers.context import Context
from clarinet.layers.earlier import EARLIER, understood
from clarinet.layers.handle import Handle, leaf_layers
from clarinet.ops.dtypes import FLOAT
from clarinet.ops.operation import Gradients, Operation
from clarinet.ops.specs import TensorSpec, Tried
from clarinet.ops.tape import remember
from clarinet.ops.tensor import Tensor, tensor
from clarinet.params import Weight
from clarinet.philox import Key, Stream, next_seed
from clarinet.regularizers import penalty_on
from clarinet.types import Array, Cache, DType, Namespace, Penalty, Shape
from clarinet.variables import Variable


def compute_output_shape(self: Callable[..., object], *input_shapes: object) -> object:
    """The shape of what a layer or model gives, with the batch axis; a structure of shapes where it gives several.

    Args:
        input_shapes: with the batch axis, ``(None, 8)``; a list or dictionary of shapes where it takes several tensors.

    Raises:
        ValueError: it does not take tensors of such shapes.

    Example:
        >>> from clarinet.layers import Add, Conv2D
        >>> Conv2D(8, 3).compute_output_shape((None, 28, 28, 1)), Add()([[[1.0]]] * 2).shape
        ((None, 26, 26, 8), (1, 1))
    """
    rows: list[object] = []

    def argument(shape: Any) -> object:
        if isinstance(shape, Mapping):
            return {key: argument(inner) for key, inner in shape.items()}
        if not all(size is None or isinstance(size, (int, np.integer)) for size in shape):
            return [argument(inner) for inner in shape]
        rows.append(shape[0])
        return arguments([TensorSpec((None, *shape[1:]), FLOAT, True)], (None,))[0][0]

    given = [argument(shape) for shape in input_shapes]
    found = self(*given)
    shapes = [(rows[0], *tensor.shape[1:]) for tensor in flatten(found)]
    return packed(shapes, form_of(found))


@dataclass(eq=False, repr=False)
class Computing(Handle):
    """The maths of a layer, as far as a call on numbers needs it; :class:`clarinet.layers.Layer` explains each part."""

    compute_output_shape = compute_output_shape

    @classmethod
    def understood(cls, arguments: dict[str, object]) -> dict[str, object]:
        """The arguments by name, with those of earlier versions of Keras under their names of today."""
        return understood(cls, arguments) if not EARLIER.isdisjoint(arguments) else arguments

    @property
    def dtype(self) -> str:
        """``"float32"``, or what its weights have."""
        return next((v.dtype.name for v in self.weights), "float32")

    #: Whether it takes several inputs: ``x`` and ``dx`` are tuples of arrays then, and ``input_shape`` one of shapes.
    merges: ClassVar[bool] = False
    #: Whether it puts what it merges beside one another, as it is.
    joins: ClassVar[bool] = False
    uses_mask: ClassVar[bool] = False
    supports_masking: ClassVar[bool] = False

    @property
    def codes(self) -> int | None:
        """How many codes it may give, from 0 on; None where it gives no codes."""
        return None

    @property
    def needs_adapt(self) -> bool:
        """Whether its ``adapt`` has to see data before it is used as it is meant."""
        return not self.adapted

    @property
    def counts_sizes(self) -> bool:
        """Whether it takes sizes that may not be known before there are numbers."""
        return False

    @property
    def guessed(self) -> Tried:
        """The shapes of its output that :attr:`clarinet.ops.TensorSpec.tried` explains."""
        return ()

    @property
    def output_penalty(self) -> Penalty | None:
        """The penalty on its output, which is divided by the rows of a batch, if any."""
        return getattr(self, "activity_regularizer", None)

    def output_shapes(self, input_shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
        raise NotImplementedError

    def taking(self, inputs: int) -> Self:
        raise NotImplementedError

    def compute_mask(self, inputs: object, mask: object = None) -> object:
        raise NotImplementedError

    def in_place_of_masked(self, inputs: Sequence[object], masks: Sequence[object]) -> Sequence[object]:
        raise NotImplementedError

    def weight_specs(self, input_shape: Shape) -> tuple[Weight, ...]:
        raise NotImplementedError

    def state_specs(self, input_shape: Shape) -> tuple[Weight, ...]:
        raise NotImplementedError

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        raise NotImplementedError

    def backward(self, params: dict[str, Array], cache: Cache, dy: Array) -> tuple[Array | Gradients, dict[str, Array]]:
        raise NotImplementedError


@dataclass(eq=False, repr=False)
class Called(Operation):
    """A layer at work: it takes the layer's inputs, then its weights, then its state.

    Args:
        layer: whose ``forward`` and ``backward`` it is.
        context: of the call.
        inputs: how many.
        weights, state: their names.
    """

    arity = None

    layer: Computing
    context: Context
    inputs: int
    weights: tuple[str, ...]
    state: tuple[str, ...]

    def forward(
        self, xs: tuple[Array, ...], xp: Namespace = np
    ) -> tuple[Array, tuple[dict[str, Array], object, dict[str, Array]]]:
        """The output; and the parameters, the layer's own cache and its new state."""
        first, last = self.inputs, self.inputs + len(self.weights)
        params = dict(zip(self.weights, xs[first:last], strict=True))
        state = dict(zip(self.state, xs[last:], strict=True))
        x: Any = xs[:first] if self.layer.merges else xs[0]
        y, cache, changed = self.layer.forward(params, state, x, self.context)
        return y, (params, cache, changed)

    @np.errstate(all="ignore")
    def backward(self, cache: tuple[dict[str, Array], object, object], dy: Array, xp: Namespace = np) -> Gradients:
        params, own, _ = cache
        dx, grads = self.layer.backward(params, cast(Never, own), dy)
        dxs = dx if isinstance(dx, tuple) else (dx,)
        return (*dxs, *(grads.get(name) for name in self.weights), *(None for _ in self.state))

    def result(self, *specs: TensorSpec) -> TensorSpec:
        raise ValueError(f"{self.layer.name}: a call on numbers is not part of a network")


class Losing(Protocol):
    """A layer or model, which may add losses in its call."""

    def clear_losses(self) -> None: ...


class _Current(threading.local):
    """The call of a layer or model of the user's own that this thread is in."""

    depth = 0
    training: bool | None = None


_CURRENT = _Current()


@contextmanager
def inside_call(layer: Losing, training: bool | None) -> Iterator[bool | None]:
    """While the ``call`` of a layer or model runs: layers within behave as it does, where they are not told.

    The outermost call begins the list of losses anew.

    Returns:
        Whether it is as in training, as far as anybody has said.
    """
    if _CURRENT.depth == 0:
        layer.clear_losses()
    before = _CURRENT.training
    _CURRENT.training = training = before if training is None else training
    _CURRENT.depth += 1
    try:
        yield training
    finally:
        _CURRENT.depth -= 1
        _CURRENT.training = before


def computed_with_masks(layer: Computing, given: Sequence[object], mask: object = None) -> tuple[Tensor, ...]:
    """What a layer gives for numbers that may have masks beside them; the outputs get the masks that the layer says.

    Args:
        layer, given: as for :func:`computed`.
        mask: said by the user; None: those of the numbers.
    """
    came = [mask_of(each) for each in given]
    previous = mask if mask is not None else came if layer.merges else came[0]
    if any(own is not None for own in came):
        given = layer.in_place_of_masked(given, came)
    outputs = computed(layer, given, mask=None if layer.merges else previous)
    set_masks(layer, list(given) if layer.merges else given[0], previous, outputs)
    return outputs


def mask_of(x: object) -> Tensor | None:
    """The mask that came along with numbers, if any."""
    return x._keras_mask if isinstance(x, Tensor) else None


def set_masks(layer: Maskable, inputs: object, previous: object, outputs: Sequence[object]) -> None:
    """Give what a layer has computed the masks that it says, where it has none yet."""
    given = [output for output in outputs if isinstance(output, Tensor)]
    if all(output._keras_mask is not None for output in given):
        return
    for output, mask in zip(given, masks_of(layer, inputs, previous, len(given)), strict=False):
        if mask is not None and output._keras_mask is None:
            output._keras_mask = tensor(np.asarray(mask))


def computed(
    layer: Computing,
    given: Sequence[object],
    training: bool | None = None,
    key: Key | None = None,
    mask: object = None,
) -> tuple[Tensor, ...]:
    """The tensors that a layer gives for numbers.

    State that changes, such as moving averages, is kept.

    Args:
        layer: which; without a ``call`` of its own.
        given: rows (n, …) of each tensor that it takes.
        training: whether it behaves as in training; None: as the call that this one is in, or as is usual for it.
        key: names its random numbers; default: new ones.
        mask: which steps of ``x`` count, for layers that look at it.
    """
    arrays, form = batches(layer, given), layer.taking(len(given))
    shapes = tuple(array.shape[1:] for array in arrays)
    if getattr(layer, "stateful", False):
        layer.expect_rows(len(arrays[0]))
    layer.output_shapes(shapes)  # says so if such samples do not fit
    weights, state = variables_for(layer, shapes if layer.merges else shapes[0], arrays[0].dtype)
    drawn = randomness(layer, training)
    looked_at = None if mask is None or not layer.uses_mask else np.asarray(mask, bool)
    context = Context(drawn[0], drawn[1] if key is None else key, mask=looked_at)
    operation = Called(form, context, len(given), tuple(weights), tuple(state))
    used = [*weights.values(), *state.values()]
    numbers = [v.view().astype(arrays[0].dtype, copy=False) for v in used]
    with np.errstate(all="ignore"):
        y, cache = operation.forward((*arrays, *numbers))
    for name, value in cache[2].items():
        state[name].view()[...] = value
    outputs = tuple(map(tensor, y if isinstance(y, tuple) else (y,)))
    remember(operation, (*given, *used), outputs if isinstance(y, tuple) else outputs[0], cache)
    if layer.output_penalty is not None:
        layer.add_loss(penalty_on(layer.output_penalty, outputs[0], 1 / max(1, len(outputs[0]))))
    return outputs


def batch(layer: Handle, x: object) -> Array:
    """The argument of a call as an array of the dtype of the layer's weights.

    Raises:
        TypeError: no batch of numbers.
    """
    try:
        rows = np.asarray(x)
    except ValueError:  # lists of several lengths
        rows = np.empty((), object)
    if rows.dtype.kind not in "buif" or not rows.ndim:
        raise TypeError(
            f"{type(layer).__name__}: called on {short(x)}; expected a batch of numbers as an array (n, ...), or "
            "a tensor as Input(shape) makes it"
        )
    return rows.astype(np.float32 if layer._build_spec is None else layer._build_spec.dtype, copy=False)


def batches(layer: Handle, given: Sequence[object]) -> tuple[Array, ...]:
    """The arguments of a call as arrays.

    Raises:
        TypeError: not batches of numbers. ValueError: they have several numbers of rows.
    """
    found = tuple(batch(layer, each) for each in given)
    rows = [len(each) for each in found]
    if len(set(rows)) > 1:
        raise ValueError(
            f"{type(layer).__name__}: called on arrays of {', '.join(map(str, rows))} rows; expected as many in each, "
            "one for every sample"
        )
    return found


def listed(layer: Handle, x: object) -> Sequence[object]:
    """What a layer that takes several tensors is called on, one or more of them.

    Raises:
        TypeError: not a list.
    """
    if not isinstance(x, (list, tuple)) or not x:
        name = type(layer).__name__
        raise TypeError(f"{name} takes a list of tensors or arrays, e.g. {name}(...)([a, b]), received {short(x)}")
    return x


def randomness(layer: Handle, training: bool | None) -> tuple[bool, Key]:
    """Whether a call is as in training, and the key of its random numbers: in training every call draws new ones."""
    training = _CURRENT.training if training is None else training
    what = f"{type(layer).__name__}: training"
    if not (layer.trains_when_called if training is None else check_flag(training, what)):
        return False, Key(0)
    key = layer._draws or Key(next_seed(), Stream.DROPOUT)
    layer._draws = key = key.at(epoch=key.epoch + 1)
    return True, key


Named = dict[str, Variable]


def variables_for(layer: Computing, shape: Shape | tuple[Shape, ...], dtype: DType) -> tuple[Named, Named]:
    """Weights and state by name; a layer that has none yet draws them, and takes them along into a model.

    Args:
        layer: the layer that is called.
        shape: of one sample, a tuple of shapes where it takes several tensors.
        dtype: of the values that are drawn.

    Raises:
        ValueError: the layer has weights of another shape.
    """
    taken = cast(Shape, shape)  # as the layer wants it
    specs, kept = layer.weight_specs(taken), layer.state_specs(taken)
    _draw(layer, [*((spec, False) for spec in specs), *((spec, True) for spec in kept)], dtype)
    found = layer.named_weights()
    return _chosen(layer, shape, specs, found), _chosen(layer, shape, kept, found)


def _chosen(layer: Computing, shape: object, specs: Sequence[Weight], found: Named) -> Named:
    for spec in specs:
        if spec.name not in found or found[spec.name].shape != spec.shape:
            has = found[spec.name].shape if spec.name in found else "not there"
            raise ValueError(
                f"{type(layer).__name__}: samples of shape {shape} need a weight {spec.name!r} of shape {spec.shape}; "
                f"the layer's is {has}; make another layer for them"
            )
    return {spec.name: found[spec.name] for spec in specs}


def _draw(layer: Handle, specs: list[tuple[Weight, bool]], dtype: DType) -> None:
    """Draw what a layer without weights needs: each of these and whether it is state."""
    for leaf, prefix, _ in leaf_layers(layer):
        if leaf._variables is None:
            own = [(spec, state) for spec, state in specs if spec.name.startswith(prefix)]
            values = [spec.draw(dtype) for spec, _ in own]
            named = [(replace(spec, name=spec.name.removeprefix(prefix)), state) for spec, state in own]
            leaf.bring(named, values, dtype)
