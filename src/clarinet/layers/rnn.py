"""A layer that takes a cell over the steps of a sequence, and several cells as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from inspect import signature
from typing import ClassVar, Protocol, Self, Unpack, cast

from clarinet import ops
from clarinet.configurable import check_flag
from clarinet.layers.base import Layer
from clarinet.layers.options import Options
from clarinet.types import AnyTensor, Config, Json, TensorLike

#: Steps that a loop over a cell of one's own may have: each becomes operations of the network.
MAX_STEPS = 1000


class _Cell(Protocol):
    """What a cell is to those who take it over steps."""

    state_size: object
    call: Callable[..., object]

    def __call__(self, inputs: object, *states: object, **settings: object) -> tuple[AnyTensor, list[AnyTensor]]: ...
    def encoded(self) -> Json: ...


def _cell_of(given: object) -> _Cell:
    """A cell, from a layer or its configuration; raises TypeError for something else."""
    from clarinet import layers

    cell = layers.get(given) if isinstance(given, Mapping) else given
    if not isinstance(cell, Layer) or not hasattr(cell, "state_size"):
        raise TypeError(
            f"RNN: expected a cell such as LSTMCell(64), or a Layer with state_size and call(inputs, states), received "
            f"{given!r}"
        )
    return cast(_Cell, cell)


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


def _over(cell: _Cell, x: AnyTensor, states: object, training: bool | None) -> tuple[AnyTensor, list[AnyTensor]]:
    """The outputs of all steps, and the states behind them, in a list; ``states`` None: zeros."""
    if getattr(cell, "takes_sequences", False):
        y, after = cell(x, *([] if states is None else [states]), training=training)
        return y, list(after)
    steps = x.shape[1]
    if steps is None or steps > MAX_STEPS:
        raise ValueError(
            f"RNN: {steps or 'any number of'} steps of {type(cell).__name__}, a cell of one's own, are more than "
            f"{MAX_STEPS}, each of which becomes operations of the network; use shorter sequences of "
            "one length, or LSTM, GRU or SimpleRNN"
        )
    form = cell.state_size if isinstance(cell.state_size, (list, tuple)) else [cell.state_size]
    zero = ops.zeros_like(x[:, 0, :1])
    now = _flat([zero + ops.zeros((size,)) for size in _sizes(form)] if states is None else states)
    outputs = []
    for t in range(steps):
        y, after = cell(x[:, t], _nested(now, form), **_told(cell, training))
        now = _flat(after)
        outputs.append(y)
    return ops.stack(outputs, 1), now


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
        self, inputs: TensorLike, states: TensorLike = None, training: bool | None = None
    ) -> AnyTensor:
        """The output of a step and the next states of each cell; of a sequence the outputs of all steps."""
        x = cast(AnyTensor, inputs)
        step = len(x.shape) == 2
        begin = [None] * len(self.cells) if states is None else _nested(_flat(states), self.state_size)
        last: list[object] = []
        for cell, own in zip(self.cells, begin, strict=True):
            several = isinstance(cell.state_size, (list, tuple))
            if step:
                x, after = cell(x, own if several else [own], **_told(cell, training))
            else:
                x, after = _over(cell, x, own, training)
            last.append(after if several else _flat(after)[0])
        return cast(AnyTensor, (x, last))

    def get_config(self) -> Config:
        return {"cells": [cell.encoded() for cell in self.cells], "name": self.name, "trainable": self.trainable}

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Self:
        return cast(Callable[..., Self], cls)(**config)


class RNN(Layer):
    """A cell over the steps of a sequence, with the same weights at every step.

    A cell is a layer with ``state_size``, a number or a list of them, and ``call(inputs, states)``, which gives the
    output of a step and the list of the next states. A cell of the library runs as its layer does; the operations of
    one's own are repeated for every step.

    Shapes: ``x`` (n, steps, inputs); output (n, units), or (n, steps, units).

    Args:
        cell: or a list of cells, which are stacked.
        return_sequences: return the outputs at all steps; default False, the last.
        return_state: return a tuple of the output and of each state behind the last step; default False.
        go_backwards: begin with the last step; default False. Sequences come out in the order of working.
        stateful: only False: give ``initial_state`` instead.
        unroll, zero_output_for_mask: accepted for Keras programs; they change nothing.

    Raises:
        TypeError: something that is no cell. ValueError: ``stateful``; more than 1000 steps of a cell of one's own.

    Example:
        >>> from clarinet.layers import RNN, Input, LSTMCell
        >>> RNN([LSTMCell(8), LSTMCell(4)], return_sequences=True)(Input((10, 3))).shape
        (None, 10, 4)
    """

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
        if stateful:
            raise ValueError(
                "RNN: stateful=True is not supported over a cell: use LSTM, GRU or SimpleRNN, or keep the states that "
                "return_state=True gives and pass them as initial_state"
            )

    def call(  # type: ignore[override]
        self, sequences: TensorLike, initial_state: TensorLike = None, training: bool | None = None
    ) -> AnyTensor:
        """The output, and with ``return_state`` the states behind the last step."""
        x = cast(AnyTensor, ops.flip(sequences, 1) if self.go_backwards else sequences)
        y, states = _over(self.cell, x, initial_state, training)
        y = y if self.return_sequences else y[:, -1]
        return cast(AnyTensor, (y, *states) if self.return_state else y)

    def get_config(self) -> Config:
        flags = ("return_sequences", "return_state", "go_backwards", "name", "trainable")
        return {"cell": self.cell.encoded(), **{name: getattr(self, name) for name in flags}}

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Self:
        return cast(Callable[..., Self], cls)(**config)
