"""What stands for a tensor of PyTorch in a network of layers.

PyTorch has channels first, layers here have them last. So a tensor here is either PyTorch's with the channels moved to
the end, or as it is; what needs it the other way puts a ``Permute`` before itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clarinet import layers
from clarinet.doctor.adapters.torch_layers import recurrent

if TYPE_CHECKING:
    import torch

    from clarinet.types import AnyTensor


@dataclass(frozen=True)
class Value:
    """A tensor of PyTorch in the network.

    Attributes:
        tensor: of the network.
        moved: whether its channels are last where PyTorch has them first.
        column: whether it has a last axis of one that PyTorch has not.
    """

    tensor: AnyTensor
    moved: bool = False
    column: bool = False

    @property
    def ndim(self) -> int:
        return len(self.tensor.shape)

    def with_tensor(self, tensor: AnyTensor) -> Value:
        return Value(tensor, self.moved, self.column)


@dataclass
class Steps:
    """What a recurrent module returns, of which mostly the last step is used."""

    tensor: AnyTensor
    module: torch.nn.Module
    place: int | None
    _ends: AnyTensor | None = None
    _all: AnyTensor | None = None

    def _made(self, sequences: bool, use: Callable[..., AnyTensor]) -> AnyTensor:
        tensor = self.tensor
        for number in range(self.module.num_layers):
            last = number == self.module.num_layers - 1
            tensor = use(recurrent(self.module, number, sequences or not last), tensor, self.place)
            if not last and self.module.dropout:
                tensor = use(layers.Dropout(self.module.dropout), tensor, self.place)
        return tensor

    def all(self, use: Callable[..., AnyTensor]) -> AnyTensor:
        if self._all is None:
            self._all = self._made(True, use)
        return self._all

    def last(self, use: Callable[..., AnyTensor]) -> AnyTensor:
        if self._all is not None:
            return self._all[:, -1]
        if self._ends is None:
            self._ends = self._made(False, use)
        return self._ends


@dataclass(frozen=True)
class State:
    """The last states of a recurrent module, or with a number those of one of its layers."""

    steps: Steps
    number: int | None = None


def flat(value: torch.Tensor) -> list[torch.Tensor]:
    """What a structure of tuples and lists holds."""
    return [each for part in value for each in (flat(part) if isinstance(part, (tuple, list)) else [part])]
