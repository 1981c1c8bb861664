"""Updates of variables in a training loop of one's own: slots for each variable, of whatever models, or of none."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Never, Protocol, cast

import numpy as np

from clarinet.constraints import allowed
from clarinet.optimizers.state import OptimizerState, Slotted
from clarinet.params import Block, Layout, Segment
from clarinet.types import Array, DType, Scalar, TensorLike
from clarinet.variables import Variable


class Updating(Slotted, Protocol):
    """An optimizer, as far as loops of one's own need it; :class:`clarinet.optimizers.Optimizer` explains each part."""

    name: str
    full_batch: ClassVar[bool]
    loss_scale_factor: float | None

    def rate(self, step: int) -> float: ...

    def scalars(self, learning_rate: float, step: int) -> dict[str, Scalar]: ...

    def applied(
        self,
        weights: Sequence[Array],
        grads: Sequence[Array],
        slots: Sequence[dict[str, Array]],
        scalars: dict[str, Scalar],
        *,
        names: Sequence[str] = ...,
    ) -> tuple[list[Array], list[dict[str, Array]]]: ...

    def finish(self, weights: Sequence[Array], slots: Sequence[dict[str, Array]]) -> None: ...


class CompiledModel(Protocol):
    """A compiled model, which keeps its optimizer's slots."""

    @property
    def optimizer(self) -> Updating | None: ...

    @property
    def optimizer_state(self) -> OptimizerState | None: ...

    def slots(self) -> Slots: ...


@dataclass(frozen=True, eq=False)
class Slots:
    """Where an optimizer keeps what it remembers of some variables.

    Attributes:
        state: the buffers.
        places: of each variable, by its identity, its place there.
        size: of a buffer.
        model: of a compiled model, which keeps them itself; held weakly.
        variables: those of no such model.
    """

    state: OptimizerState
    places: dict[int, Segment]
    size: int
    model: weakref.ref[CompiledModel] | None = None
    variables: tuple[Variable, ...] = ()

    def lasts(self, optimizer: Updating) -> bool:
        """Whether a compiled model still has these, for this optimizer."""
        model = None if self.model is None else self.model()
        return model is None or (model.optimizer is optimizer and model.optimizer_state is self.state)


#: Makes a function that updates variables natively, of their gradients and a rate; None where it cannot. Arguments: the
#: optimizer, the variables, their places in the slots, and these.
Native = Callable[[Never, Sequence[Variable], Sequence[Segment], Slots], Callable[[list[Array], float], None] | None]
#: Those that there are; :mod:`clarinet.engines.updates` adds one.
NATIVE: list[Native] = []


@dataclass(eq=False)
class Update:
    """One optimizer's update of the same variables, again and again.

    Attributes:
        variables: what is updated.
        segments, slots: of each its place in the slots, and these.
    """

    optimizer: Updating
    variables: tuple[Variable, ...]
    segments: list[Segment]
    slots: list[Slots]
    blocks: list[Block] = field(init=False)

    def __post_init__(self) -> None:
        self.blocks = [v.location[0] for v in self.variables]
        self._native = None
        if all(slots is self.slots[0] for slots in self.slots):
            made = (make(cast(Never, self.optimizer), self.variables, self.segments, self.slots[0]) for make in NATIVE)
            self._native = next((one for one in made if one is not None), None)

    def lasts(self) -> bool:
        """Whether everything is still where it was."""
        for v, block in zip(self.variables, self.blocks, strict=True):
            if v.location[0] is not block:
                return False
        return all(slots.lasts(self.optimizer) for slots in set(self.slots))

    def apply(self, grads: list[Array], rate: float, step: int) -> None:
        """Update number ``step``, from 1."""
        if self._native is not None:
            self.slots[0].state.step = step - 1  # the native update counts it
            self._native(grads, rate)
        else:
            self._apply(grads, rate, step)
        for v in self.variables:
            v.version += 1

    def _apply(self, grads: Sequence[Array], rate: float, step: int) -> None:
        weights = [v.view() for v in self.variables]
        views = [slots.state.views(s) for slots, s in zip(self.slots, self.segments, strict=True)]
        names = [v.path for v in self.variables]
        with np.errstate(all="ignore"):
            scalars = self.optimizer.scalars(rate, step)
            found, new = self.optimizer.applied(weights, grads, views, scalars, names=names)
        for v, w, value, own, changed in zip(self.variables, weights, found, views, new, strict=True):
            w[...] = allowed(value, v.constraint)
            for name, array in own.items():
                array[...] = changed[name]
        for slots in self.slots:
            slots.state.step = step


class ByHand:
    """What an optimizer knows of the variables that it updates in loops of one's own."""

    def __init__(self, optimizer: Updating) -> None:
        self._optimizer = weakref.ref(optimizer)
        self._slots: list[Slots] = []
        self._updates: dict[tuple[int, ...], Update] = {}
        self.counter: OptimizerState | None = None  # whose step is the optimizer's
        self.built: tuple[Variable, ...] = ()
        self.swapped = False  # moving averages are in the variables' place

    @property
    def optimizer(self) -> Updating:
        optimizer = self._optimizer()
        assert optimizer is not None
        return optimizer

    @property
    def step(self) -> int:
        """Updates so far."""
        return 0 if self.counter is None else self.counter.step

    def build(self, variables: Sequence[Variable]) -> None:
        """Have slots for all of these."""
        self._slots = [slots for slots in self._slots if slots.lasts(self.optimizer)]
        missing = [v for v in variables if self._find(v) is None]
        for variable in missing:
            model = _compiled_with(self.optimizer, variable)
            if self._find(variable) is None and model is not None:
                self._add(model.slots())
        rest = [v for v in missing if self._find(v) is None]
        for dtype in dict.fromkeys(v.dtype for v in rest):
            self._add(_new(self.optimizer, [v for v in rest if v.dtype == dtype], dtype))
        known = set(map(id, self.built))
        self.built += tuple(v for v in variables if id(v) not in known)

    def _add(self, slots: Slots) -> None:
        step = max(self.step, slots.state.step)
        self._slots.append(slots)
        if self.counter is None or slots.model is not None:
            self.counter = slots.state
        self.counter.step = step

    def _find(self, variable: Variable) -> Slots | None:
        return next((slots for slots in reversed(self._slots) if id(variable) in slots.places), None)

    def update(self, variables: Sequence[Variable]) -> Update:
        """The update of these variables."""
        key = tuple(map(id, variables))
        known = self._updates.get(key)
        if known is not None and known.lasts():
            return known
        self.build(variables)
        slots = [found for v in variables if (found := self._find(v)) is not None]
        segments = [own.places[id(v)] for v, own in zip(variables, slots, strict=True)]
        self._updates[key] = made = Update(self.optimizer, tuple(variables), segments, slots)
        return made

    def hand_over(self, slots: Slots, variables: Iterable[Variable]) -> None:
        """Let the slots of a model that is compiled now go on from what is known of its variables."""
        for variable in variables:
            before, place = self._find(variable), slots.places.get(id(variable))
            if before is not None and before.model is None and place is not None:
                slots.state.step = max(slots.state.step, before.state.step)
                for name, values in before.state.views(before.places[id(variable)]).items():
                    slots.state.views(place)[name][...] = values
        model = None if slots.model is None else slots.model()
        self._slots = [own for own in self._slots if own.model is None or own.model() is not model]
        self._slots.append(slots)
        self.counter = slots.state
        self._updates = {}

    def finish(self, variables: Sequence[Variable]) -> None:
        """Put the moving averages in the place of variables."""
        if self.swapped:
            self.swap(variables)
        self.build(variables)
        for v in variables:
            self.optimizer.finish([v.view()], [self._views(v)])
            v.version += 1

    def swap(self, variables: Sequence[Variable]) -> None:
        """Have variables and their moving averages change places."""
        self.build(variables)
        for v in variables:
            weight, average = v.view(), self._views(v)["average"]
            weight[...], average[...] = average.copy(), weight.copy()
            v.version += 1
        self.swapped = not self.swapped

    def _views(self, variable: Variable) -> dict[str, Array]:
        slots = self._find(variable)
        assert slots is not None
        return slots.state.views(slots.places[id(variable)])

    def slot_variables(self) -> list[Variable]:
        """The slots as variables, those of one variable after those of another."""
        found = []
        for variable in self.built:
            slots = self._find(variable)
            for name, buffer in slots.state.slots.items() if slots is not None else ():
                place = slots.places[id(variable)]  # type: ignore[union-attr]
                weight = replace(place.weight, name=f"{variable.path}_{name}".replace("/", "_"))
                home = replace(place, weight=weight, state=False)
                found.append(Variable.at(Block.over(buffer), home))
        for one in found:
            one.trainable = False
        return found


def _new(optimizer: Updating, variables: Sequence[Variable], dtype: DType) -> Slots:
    """Fresh slots for variables of no compiled model."""
    layout = Layout.packed((replace(v.location[1], state=False) for v in variables), dtype.itemsize)
    places = {id(v): s for v, s in zip(variables, layout.segments, strict=True)}
    return Slots(OptimizerState.new(optimizer, layout, dtype), places, layout.size, None, tuple(variables))


def _compiled_with(optimizer: Updating, variable: Variable) -> CompiledModel | None:
    """The model that was compiled with this optimizer and has the variable, or None."""
    layer: Any = variable.owner
    models = [] if layer is None else layer.models()
    return next((model for model in models if getattr(model, "optimizer", None) is optimizer), None)


def apply(hand: ByHand, grads: Sequence[TensorLike], variables: Sequence[Variable]) -> None:
    """Update variables; those without a gradient stay as they are.

    Raises:
        ValueError: no gradient at all, or one of another shape than its variable. TypeError: no variable.
    """
    optimizer = hand.optimizer
    pairs = [(g, v) for g, v in zip(grads, variables, strict=True) if g is not None]
    for _, v in pairs:
        if type(v) is not Variable and not isinstance(v, Variable):
            raise TypeError(
                f"{optimizer.name}: expected pairs of a gradient and a variable, received {v!r} as variable"
            )
    if not pairs:
        raise ValueError(
            f"{optimizer.name}: no gradients provided for any variable: compute the loss inside the tape's `with` "
            "block, from what the model gives"
        )
    if len(pairs) < len(variables):
        lost = ", ".join(v.path for g, v in zip(grads, variables, strict=True) if g is None)
        warnings.warn(
            f"Gradients do not exist for variables {lost} when minimizing the loss; they stay as they are.",
            stacklevel=3,
        )
    if optimizer.full_batch:
        raise ValueError(f"{type(optimizer).__name__} takes no single gradients: it looks at all rows; use fit")
    update = hand.update([v for _, v in pairs])
    step = hand.step
    scale = optimizer.loss_scale_factor
    fitting = [_fitting(g, v) for g, v in pairs]
    update.apply(fitting if scale is None else [g / scale for g in fitting], optimizer.rate(step), step + 1)
    hand.counter.step = step + 1  # type: ignore[union-attr]


def _fitting(g: TensorLike, v: Variable) -> Array:
    array = np.asarray(g)
    if array.shape != v.shape:
        raise ValueError(f"{v.path}: a gradient of shape {array.shape} for a variable of shape {v.shape}")
    return array if array.dtype == v.dtype else array.astype(v.dtype)
