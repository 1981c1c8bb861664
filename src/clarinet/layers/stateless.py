"""Calls that leave everything as it is: the weights come in as arguments, and what would change goes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import cast

import numpy as np

from clarinet.layers.adding import Adding
from clarinet.ops.dispatch import numbers_of
from clarinet.ops.tape import ACTIVE
from clarinet.ops.tensor import tensor
from clarinet.types import AnyTensor, Array, TensorLike
from clarinet.variables import Variable


@dataclass(eq=False, repr=False)
class Stateless(Adding):
    """The part of a layer or model that calls a copy of it."""

    @property
    def built(self) -> bool:
        """Whether it has weights, or is known to need none."""
        raise NotImplementedError

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """The weights that training leaves alone: state, and frozen ones."""
        raise NotImplementedError

    @property
    def trainable_variables(self) -> list[Variable]:
        """The weights that training changes."""
        return self.trainable_weights

    def stateless_call(
        self,
        trainable_variables: Sequence[TensorLike],
        non_trainable_variables: Sequence[TensorLike],
        *inputs: TensorLike,
        return_losses: bool = False,
        **settings: TensorLike,
    ) -> tuple[AnyTensor, list[AnyTensor]] | tuple[AnyTensor, list[AnyTensor], list[TensorLike]]:
        """What a call gives with other values of the weights; nothing of the layer or model itself changes.

        A :class:`clarinet.GradientTape` goes back to the values that are given. Random layers draw new numbers at every
        call in training, which are no variables here.

        Args:
            trainable_variables, non_trainable_variables: values in the order and shapes of the attributes of that name.
            inputs, settings: of the call.
            return_losses: also give what the call adds to the loss, and penalties on the weights, as ``losses`` has it.

        Returns:
            The outputs and the new values of ``non_trainable_variables``; and with ``return_losses`` the losses.

        Raises:
            ValueError: it is not built, or there are other numbers of values, or of other shapes.

        Example:
            >>> import clarinet
            >>> layer = clarinet.layers.BatchNormalization(momentum=0.5)
            >>> layer.build((None, 2))
            >>> values = layer.trainable_variables, layer.non_trainable_variables
            >>> y, state = layer.stateless_call(*values, [[0.0, 4.0]], training=True)
            >>> state[0].tolist(), layer.non_trainable_variables[0].numpy().tolist()
            ([0.0, 2.0], [0.0, 0.0])
        """
        expect_values(self, trainable_variables, non_trainable_variables)
        copy = deepcopy(self)
        given = zip(
            (*copy.trainable_variables, *copy.non_trainable_variables),
            (*trainable_variables, *non_trainable_variables),
            strict=True,
        )
        for variable, value in given:
            variable.assign(numbers_of(value))
            for tape in ACTIVE.tapes:
                tape.take_for(variable, value)
        outputs = cast("Callable[..., AnyTensor]", copy)(*inputs, **settings)
        for own, its in zip(_everything(self), _everything(copy), strict=True):
            own.drawn_as(its)
        state = [cast(AnyTensor, tensor(v.numpy())) for v in copy.non_trainable_variables]
        return (outputs, state, list(copy.losses)) if return_losses else (outputs, state)

    def drawn_as(self, other: Stateless) -> None:
        """Note which random numbers a copy has used."""
        for name in ("_draws", "_calls"):
            if name in vars(other):
                object.__setattr__(self, name, vars(other)[name])


def expect_values(layer: Stateless, trainable: Sequence[TensorLike], others: Sequence[TensorLike]) -> None:
    """Raise where values are no values of a layer's or model's weights.

    Raises:
        ValueError: it is not built, or the values do not fit.
    """
    name = layer.name or type(layer).__name__
    if not layer.built:
        raise ValueError(f"stateless_call: {name!r} is not built, so its weights are not known; call it, or build it")
    for what, given in (("trainable_variables", trainable), ("non_trainable_variables", others)):
        own: list[Variable] = getattr(layer, what)
        if len(given) != len(own):
            raise ValueError(f"stateless_call: {name!r} has {len(own)} {what}, received {len(given)} values")
        for variable, value in zip(own, given, strict=True):
            if np.shape(cast(Array, value)) != variable.shape:
                found = np.shape(cast(Array, value))
                raise ValueError(f"stateless_call: {variable.path} has shape {variable.shape}, received {found}")


def _everything(layer: Stateless) -> Iterator[Stateless]:
    yield layer
    for child in layer.children:
        yield from _everything(cast(Stateless, child))
