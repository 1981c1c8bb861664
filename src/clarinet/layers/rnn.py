"""A layer that takes a cell over the steps of a sequence, and several cells as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from inspect import signature
from typing import Any, ClassVar, Protocol, Self, Unpack, cast

import numpy as np

from clarinet import ops
from clarinet.configurable import check_flag
from clarinet.layers.base import Layer
from clarinet.layers.options import Options
from clarinet.ops.control import go_along
from clarinet.ops.dispatch import apply
from clarinet.ops.operation import made
from clarinet.ops.shapes import KeptRows
from clarinet.ops.specs import is_symbolic
from clarinet.types import AnyTensor, Config, Json, TensorLike
from clarinet.variables import Variable


class _Cell(Protocol):
    """What a cell is to those who take it over steps."""

    state_size: object
    call: Callable[..., object]

    def __call__(self, inputs: object, *states: object, **settings: object) -> tuple[AnyTensor, list[AnyTensor]]: ...
    def encoded(self) -> Json: ...


def _cell_of(given: object) -> _Cell:
    """A cell, from a layer or its configuration; raises TypeError for something else."""
    from clarinet import layers

    cell: object = given
    if isinstance(given, Mapping):
        cell = layers.get(given)
        if not hasattr(cell, "state_size") and "state_size" in given:  # of a file, without its class
            object.__setattr__(cell, "state_size", given["state_size"])
    if not isinstance(cell, Layer) or not hasattr(cell, "state_size"):
        raise TypeError(
            f"RNN: expected a cell such as LSTMCell(64), or a Layer with state_size and call(inputs, states), received "
            f"{given!r}"
        )
    return cast(_Cell, cell)


def _described(cell: _Cell) -> Json:
    """A cell as files have it."""
    return cast(Json, {**cast("dict[str, Json]", cell.encoded()), "state_size": cell.state_size})


def _sizes(state_size: object) -> list[int]:
    """The sizes of all states, one after another."""
    if isinstance(state_size, (list, tuple)):
        return [size for each in state_size for size in _sizes(each)]
    return [cast(int, state_size)]


def _nested(states: Iterable[object], state_size: Iterable[object]) -> list[object]:
    """States one after another in the form in which a cell names their sizes."""
    rest = iter(states)

    def fill(size: object) -> object:
        return [fill(each) for each in size] if isinstance(size, (list, tuple)) else next(rest)

    return [fill(size) for size in state_size]


def _flat(states: object) -> list[AnyTensor]:
    """All states, one after another."""
    if isinstance(states, (list, tuple)):
        return [state for each in states for state in _flat(each)]
    return [cast(AnyTensor, states)]


def _told(cell: _Cell, training: bool | None) -> dict[str, bool | None]:
    """What a call of a cell is told beside its inputs and states."""
    return {"training": training} if "training" in signature(cell.call).parameters else {}


def _mask_along(x: object) -> TensorLike:
    """The mask that came along with a tensor."""
    return cast(TensorLike, getattr(x, "_keras_mask", None))


def _over(
    cell: _Cell, x: AnyTensor, states: object, training: bool | None, mask: TensorLike = None
) -> tuple[AnyTensor, list[AnyTensor]]:
    """The outputs of all steps, and the states behind them, in a list.

    Args:
        cell, x, training: what is called, and on what.
        states: first ones; None: zeros.
        mask: which steps count: the others leave the states as they are, and give the first state, which is taken for
            the output of the step before, as in Keras; None: all.
    """
    if getattr(cell, "takes_sequences", False):
        masked = {} if mask is None or mask is _mask_along(x) else {"mask": mask}
        y, after = cell(x, *([] if states is None else [states]), training=training, **masked)
        return y, list(after)
    form = cell.state_size if isinstance(cell.state_size, (list, tuple)) else [cell.state_size]
    begin = _flat(_first_states(cell, x, form) if states is None else states)

    def step(before: list[AnyTensor], entry: list[AnyTensor]) -> tuple[list[AnyTensor], AnyTensor]:
        y, found = cell(entry[0], _nested(before, form), **_told(cell, training))
        after = _flat(found)
        if mask is None:
            return after, y
        counts = ops.expand_dims(entry[1], -1)
        after = [ops.where(counts, new, old) for new, old in zip(after, before, strict=True)]
        return after, ops.where(counts, y, before[0])

    last, outputs = go_along(step, begin, [x] if mask is None else [x, mask], axis=1)
    return outputs, last


def _first_states(cell: _Cell, x: AnyTensor, form: Iterable[object]) -> list[AnyTensor]:
    """What the states of a cell begin with: what its ``get_initial_state`` says, or zeros."""
    zero = ops.zeros_like(x[:, 0, :1])
    own: Callable[..., object] | None = getattr(cell, "get_initial_state", None)
    if own is None:
        return [zero + ops.zeros((size,)) for size in _sizes(form)]
    return [zero + state for state in _flat(own(batch_size=ops.shape(x)[0]))]


class StackedRNNCells(Layer):
    """Several cells as one: each takes the output of the one before.

    Shapes: as for the first cell's inputs and the last one's output; the states are a list of each cell's.

    Args:
        cells: at least one.

    Raises:
        TypeError: something that is no cell. ValueError: no cells.

    Example:
        >>> from clarinet.layers import GRUCell, LSTMCell, StackedRNNCells
        >>> StackedRNNCells([LSTMCell(8), GRUCell(4)]).state_size
        [[8, 8], 4]
    """

    takes_sequences: ClassVar[bool] = True
    says_all: ClassVar[bool] = True

    def __init__(self, cells: Iterable[object], **settings: Unpack[Options]) -> None:
        super().__init__(**settings)
        self.cells = [_cell_of(cell) for cell in cells]
        if not self.cells:
            raise ValueError("StackedRNNCells: expected at least one cell, received none")

    @property
    def state_size(self) -> list[object]:
        """The sizes of each cell's states."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> int:
        """The size of the last cell's output."""
        last = self.cells[-1]
        return getattr(last, "output_size", None) or _sizes(last.state_size)[0]

    def call(  # type: ignore[override]
        self,
        inputs: TensorLike,
        states: TensorLike = None,
        training: bool | None = None,
        mask: TensorLike = None,
    ) -> AnyTensor:
        """The output of a step and the next states of each cell; of a sequence the outputs of all steps."""
        x = cast(AnyTensor, inputs)
        step = len(x.shape) == 2
        counts = _mask_along(x) if mask is None else mask
        begin = [None] * len(self.cells) if states is None else _nested(_flat(states), self.state_size)
        last: list[object] = []
        for cell, own in zip(self.cells, begin, strict=True):
            several = isinstance(cell.state_size, (list, tuple))
            if step:
                x, after = cell(x, own if several else [own], **_told(cell, training))
            else:
                x, after = _over(cell, x, own, training, counts)
            last.append(after if several else _flat(after)[0])
        return cast(AnyTensor, (x, last))

    def get_config(self) -> Config:
        return {"cells": [_described(cell) for cell in self.cells], "name": self.name, "trainable": self.trainable}

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Self:
        return cast(Callable[..., Self], cls)(**config)


class RNN(Layer):
    """A cell over the steps of a sequence, with the same weights at every step.

    A cell is a layer with ``state_size``, a number or a list of them, and ``call(inputs, states)``, which gives the
    output of a step and the list of the next states. A cell of the library runs as its layer does, one of one's own as
    :func:`clarinet.ops.scan`, for any number of steps. Steps that a mask leaves out change no state; what such a cell
    gives there is its first state, as in Keras.

    Shapes: ``x`` (n, steps, inputs); output (n, units), or (n, steps, units).

    Args:
        cell: or a list of cells, which are stacked.
        return_sequences: return the outputs at all steps; default False, the last.
        return_state: return a tuple of the output and of each state behind the last step; default False.
        go_backwards: begin with the last step; default False. Sequences come out in the order of working.
        stateful: begin every batch with the states that the batch before it ended with, row by row, until
            ``reset_state()``; default False. All batches have the number of rows that ``Input(batch_shape=...)`` says.
        unroll, zero_output_for_mask: accepted for Keras programs; they change nothing.

    Raises:
        TypeError: something that is no cell. ValueError: ``stateful`` without a number of rows.

    Example:
        >>> from clarinet.layers import RNN, Input, LSTMCell
        >>> RNN([LSTMCell(8), LSTMCell(4)], return_sequences=True)(Input((10, 3))).shape
        (None, 10, 4)
    """

    says_all: ClassVar[bool] = True

    def __init__(
        self,
        cell: object,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **settings: Unpack[Options],
    ) -> None:
        super().__init__(**settings)
        self.cell = _cell_of(StackedRNNCells(cell) if isinstance(cell, (list, tuple)) else cell)
        self.return_sequences = check_flag(return_sequences, "RNN: return_sequences")
        self.return_state = check_flag(return_state, "RNN: return_state")
        self.go_backwards = check_flag(go_backwards, "RNN: go_backwards")
        self.stateful = check_flag(stateful, "RNN: stateful")
        self.kept_states: list[Variable] = []

    def call(  # type: ignore[override]
        self,
        sequences: TensorLike,
        initial_state: TensorLike = None,
        mask: TensorLike = None,
        training: bool | None = None,
    ) -> AnyTensor:
        """The output, and with ``return_state`` the states behind the last step."""
        x = cast(AnyTensor, sequences)
        counts = _mask_along(x) if mask is None else mask
        if self.go_backwards:
            x, counts = ops.flip(x, 1), None if counts is None else ops.flip(counts, 1)
        begin = self._kept_states(x) if self.stateful and initial_state is None else initial_state
        y, states = _over(self.cell, x, begin, training, counts)
        if self.stateful:
            for variable, state in zip(self._own_states(x), states, strict=True):
                variable.assign(state)
        y = y if self.return_sequences else y[:, -1]
        return cast(AnyTensor, (y, *states) if self.return_state else y)

    def compute_mask(self, inputs: TensorLike, mask: TensorLike = None) -> object:
        """The mask of the steps, where the layer gives all of them; states have none."""
        own = mask if self.return_sequences else None
        return [own, *(None for _ in _sizes(self.cell.state_size))] if self.return_state else own

    # States that are kept.

    def _own_states(self, x: AnyTensor) -> list[Variable]:
        """The states of each row of a batch, which are kept from one batch to the next."""
        if not self.kept_states:
            rows = x.spec.rows if is_symbolic(x) else x.shape[0]
            if rows is None:
                raise ValueError(
                    "RNN: stateful=True keeps a state for each row of a batch, so the number of rows has to be known: "
                    "begin the model with Input(batch_shape=(rows, steps, inputs))"
                )
            sizes = enumerate(_sizes(self.cell.state_size))
            add_weight: Callable[..., Variable] = cast(Any, self).add_weight
            self.kept_states = [
                add_weight((rows, size), "zeros", trainable=False, name=f"state_{i}") for i, size in sizes
            ]
        return self.kept_states

    def _kept_states(self, x: AnyTensor) -> list[AnyTensor]:
        """What the states begin with, as rows of the batch."""
        return [apply(made(KeptRows), state, x) for state in self._own_states(x)]

    def reset_state(self) -> None:
        """Have every sequence of a layer with ``stateful=True`` begin with zeros again."""
        for state in self.kept_states:
            state.assign(np.zeros(state.shape))

    reset_states = reset_state

    def get_config(self) -> Config:
        flags = ("return_sequences", "return_state", "go_backwards", "stateful", "name", "trainable")
        return {"cell": _described(self.cell), **{name: getattr(self, name) for name in flags}}

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Self:
        return cast(Callable[..., Self], cls)(**config)
