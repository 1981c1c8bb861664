"""What Keras's optimizers keep, by its place in a file: ``optimizer/vars/0`` is the number of updates so far."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from clarinet.optimizers import Muon, Optimizer, OptimizerState
from clarinet.params import Segment
from clarinet.problems import ClarinetWarning
from clarinet.trainable import Trainable
from clarinet.types import Array
from clarinet.variables import Variable

_PLACE = "optimizer/vars/"
#: Slots that Keras has one after the other for all weights; the others of an optimizer come weight by weight.
_APART = {
    "Adam": ("velocity_hat",),
    "AdamW": ("velocity_hat",),
    "RMSprop": ("velocity", "momentum", "average_gradient"),
}


def order(optimizer: Optimizer, variables: Sequence[Variable]) -> Iterator[tuple[str, Variable]]:
    """The slots of weights in the order in which Keras makes them.

    Args:
        optimizer: whose they are.
        variables: the weights that it trains.
    """
    apart = _APART.get(type(optimizer).__name__, ())
    together = [slot for slot in optimizer.slots if slot not in apart]
    groups = [["average"]] * optimizer.use_ema + [together] + [[slot] for slot in apart if slot in optimizer.slots]
    for slots in groups:
        for variable in variables:
            own = optimizer.rule_for(variable.path, variable.shape)
            used = slots if not isinstance(optimizer, Muon) or own is not optimizer else ["momentum"]
            yield from ((slot, variable) for slot in used)


def _places(model: Any) -> Mapping[int, Segment]:
    """Where the slots of each weight are."""
    found: Mapping[int, Segment] = model.slots().places
    return found


def pack(model: Trainable, variables: Sequence[Variable]) -> dict[str, Array]:
    """What a model's optimizer keeps, by its places; nothing before it has trained.

    Args:
        model: compiled.
        variables: the weights that are trained, in Keras's order.
    """
    optimizer, state = model.optimizer, model.optimizer_state
    if optimizer is None or state is None:
        return {}
    found: list[Array] = [np.array(state.step, np.int32)]
    if not callable(vars(optimizer)["learning_rate"]):
        found.append(np.array(optimizer.rate(state.step), np.float32))
    places = _places(model)
    for slot, variable in order(optimizer, variables):
        found.append(state.views(places[id(variable)])[slot].copy())
    return {f"{_PLACE}{number}": array for number, array in enumerate(found)}


def fill(model: Trainable, arrays: Mapping[str, Array]) -> None:
    """Have a model's optimizer go on with what a file has of it; where that is another one's, begin anew and say so."""
    optimizer = model.optimizer
    found = [arrays[name] for number in range(len(arrays)) if (name := f"{_PLACE}{number}") in arrays]
    if optimizer is None or not found:
        return
    model.optimizer_state = state = OptimizerState.new(optimizer, model.store.layout, model.dtype)
    wanted = [*order(optimizer, model.trainable_variables)]
    rate = not callable(vars(optimizer)["learning_rate"])
    step, *rest = found
    places = _places(model)
    rates, values = (rest[:1], rest[1:]) if rate else ([], rest)
    fits = [array.shape for array in values] == [variable.shape for _, variable in wanted]
    if step.shape != () or any(array.shape != () for array in rates) or not fits:
        if values:
            warnings.warn(
                f"the file has {len(values)} arrays of {optimizer.name}, expected {len(wanted)}: layers were frozen or "
                "thawed since it was compiled; the optimizer starts afresh",
                ClarinetWarning,
                stacklevel=2,
            )
        return
    for (slot, variable), array in zip(wanted, values, strict=True):
        state.views(places[id(variable)])[slot][...] = array
    state.step = max(int(step), 0)
    if rates and np.float32(optimizer.rate(0)) != np.float32(rates[0]):
        optimizer.learning_rate = float(rates[0])
