"""Cells: what a recurrent layer does at one step, as layers of their own.

A cell is called on the inputs of a step and a list of states, and gives its output and the next states; ``state_size``
says how wide the states are. Those here are recurrent layers over a single step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from inspect import Signature, signature
from typing import ClassVar, Self, cast

from clarinet import ops
from clarinet.layers.base import Layer
from clarinet.layers.recurrent import Recurrent
from clarinet.types import AnyTensor, Config, TensorLike

#: What a recurrent layer takes and its cell does not.
_OF_SEQUENCES = ("return_sequences", "return_state", "go_backwards", "stateful", "unroll", "input_shape")


class Cell(Layer):
    """Base of the cells of the library's recurrent layers.

    Args:
        units, settings: as for the layer.
    """

    over: ClassVar[type[Recurrent]]
    takes_sequences: ClassVar[bool] = True
    says_all: ClassVar[bool] = True

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()

        def make(self: Cell, *settings: object, **named: object) -> None:
            Cell.__init__(self, *settings, **named)  # type: ignore[arg-type]  # which looks at them

        make.__dict__["__signature__"] = _like(cls.over)
        type.__setattr__(cls, "__init__", make)

    def __init__(self, *settings: object, name: str = "", trainable: bool = True, **named: object) -> None:
        super().__init__(name=name, trainable=trainable)
        own = dict(zip(_arguments(self.over), settings)) | named
        refused = [argument for argument in own if argument in _OF_SEQUENCES]
        if refused:
            raise TypeError(f"{type(self).__name__} has no argument {refused[0]!r}: give it to RNN(cell, ...)")
        make: Callable[..., Recurrent] = self.over
        try:
            self.loop: Recurrent = make(**own, return_sequences=True, return_state=True)
        except (TypeError, ValueError) as error:
            layer = self.over.__name__
            raise type(error)(str(error).replace(f"{layer}:", f"{layer}Cell:")) from None

    @property
    def units(self) -> int:
        """The size of each state."""
        return self.loop.units

    @property
    def state_size(self) -> int | list[int]:
        """The size of the state, or of each where there are several."""
        names = self.loop.carried
        return self.units if len(names) == 1 else [self.units] * len(names)

    @property
    def output_size(self) -> int:
        """The size of the output."""
        return self.units

    def call(  # type: ignore[override]
        self,
        inputs: TensorLike,
        states: TensorLike = None,
        training: bool | None = None,
        mask: TensorLike = None,
    ) -> AnyTensor:
        """The output of a step and the next states; of a sequence (n, steps, features) the outputs of all steps."""
        x = cast(AnyTensor, inputs)
        whole = len(x.shape) == 3
        y, *after = self.loop(x if whole else ops.expand_dims(x, 1), initial_state=states, training=training, mask=mask)
        behind = after if states is None or isinstance(states, (list, tuple)) else after[0]
        return cast(AnyTensor, (y if whole else after[0], behind))

    def get_config(self) -> Config:
        return {
            name: value
            for name, value in self.loop.get_config().items()
            if name not in (*_OF_SEQUENCES, "name", "trainable")
        } | {"name": self.name, "trainable": self.trainable}

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Self:
        return cast(Callable[..., Self], cls)(**config)


def _arguments(kind: type[Recurrent]) -> list[str]:
    return [f.name for f in fields(kind) if f.init and not f.kw_only and f.name not in _OF_SEQUENCES]


def _like(layer: type[Recurrent]) -> Signature:
    """The signature of the constructor of a layer's cell."""
    whole = signature(layer.__init__)
    return whole.replace(parameters=[p for p in whole.parameters.values() if p.name not in _OF_SEQUENCES])
