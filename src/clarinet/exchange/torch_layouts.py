"""How PyTorch's modules lay out what layers of ours have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

import numpy as np

from clarinet import layers
from clarinet.layers import recurrent
from clarinet.types import Array

#: Tensors of a module by their names in it.
Tensors = dict[str, Array]


_Normalization = layers.BatchNormalization | layers.LayerNormalization | layers.GroupNormalization


class Layout(Protocol):
    """Turns weights of a layer into a module's tensors, and back."""

    def theirs(self, weights: Sequence[Array]) -> Tensors: ...
    def ours(self, tensors: Tensors) -> list[Array]: ...


class Kernel:
    """A kernel that is turned, and a bias.

    Args:
        layer: whose they are.
    """

    def __init__(self, layer: layers.Layer) -> None:
        self.layer = layer

    def turn(self, kernel: Array) -> Array:
        """PyTorch's weight of our kernel."""
        return kernel.T

    def turn_back(self, weight: Array) -> Array:
        """The other way round."""
        return weight.T

    def theirs(self, weights: Sequence[Array]) -> Tensors:
        kernel, *bias = weights
        found = {"weight": np.ascontiguousarray(self.turn(kernel))}
        return found | ({"bias": bias[0]} if bias else {})

    def ours(self, tensors: Tensors) -> list[Array]:
        return [self.turn_back(tensors["weight"]), *([tensors["bias"]] if "bias" in tensors else [])]


class Convolved(Kernel):
    """(spatial, in, out) here; (out, in, spatial) there; transposed ones have out and in exchanged on both sides."""

    def turn(self, kernel: Array) -> Array:
        return np.moveaxis(kernel, (-1, -2), (0, 1))

    def turn_back(self, weight: Array) -> Array:
        return np.moveaxis(weight, (0, 1), (-1, -2))


class Depthwise(Kernel):
    """(spatial, channels, multiplier) here; (channels multiplier, 1, spatial) there."""

    def turn(self, kernel: Array) -> Array:
        flat = kernel.reshape(*kernel.shape[:-2], 1, -1)
        return np.moveaxis(flat, (-1, -2), (0, 1))

    def turn_back(self, weight: Array) -> Array:
        flat = np.moveaxis(weight, (0, 1), (-1, -2))
        return flat.reshape(*flat.shape[:-2], -1, cast(layers.DepthwiseConv2D, self.layer).depth_multiplier)


class Named:
    """The same arrays by PyTorch's names.

    Args:
        names: of the layer's weights, in their order.
        counts: whether there is a counter of batches.
    """

    def __init__(self, names: Sequence[str], counts: bool = False) -> None:
        self.names, self.counts = names, counts

    def theirs(self, weights: Sequence[Array]) -> Tensors:
        found = {name: array.ravel() if name == "alpha" else array for name, array in zip(self.names, weights)}
        return found | ({"num_batches_tracked": np.zeros((), np.int64)} if self.counts else {})

    def ours(self, tensors: Tensors) -> list[Array]:
        return [tensors[name] for name in self.names]


def _normalization(
    layer: layers.BatchNormalization | layers.LayerNormalization | layers.GroupNormalization, *state: str
) -> Named:
    names = ["weight"] * layer.scale + ["bias"] * layer.center
    return Named([*names, *state], counts=bool(state))


class Recurrent:
    """A direction: kernels turned, gates in PyTorch's order, two biases there where there is one here.

    Args:
        layer: LSTM or SimpleRNN.
    """

    def __init__(self, layer: recurrent.Recurrent) -> None:
        self.order = tuple(range(layer.gates))

    def _turned(self, columns: Array) -> Array:
        """Gates in the other order, which undoes itself."""
        gates = columns.reshape(*columns.shape[:-1], len(self.order), -1)
        return gates[..., self.order, :].reshape(columns.shape)

    def theirs(self, weights: Sequence[Array]) -> Tensors:
        kernel, other, *bias = map(self._turned, weights)
        found = {"weight_ih": np.ascontiguousarray(kernel.T), "weight_hh": np.ascontiguousarray(other.T)}
        if bias:
            both = bias[0] if bias[0].ndim == 2 else [bias[0], np.zeros_like(bias[0])]
            found |= {"bias_ih": np.ascontiguousarray(both[0]), "bias_hh": np.ascontiguousarray(both[1])}
        return found

    def ours(self, tensors: Tensors) -> list[Array]:
        found = [tensors["weight_ih"].T, tensors["weight_hh"].T]
        if "bias_ih" in tensors:
            both = np.stack([tensors["bias_ih"], tensors["bias_hh"]])
            found.append(self.joined(both))
        return [self._turned(array) for array in found]

    def joined(self, biases: Array) -> Array:
        """What the layer has of both biases: their sum."""
        total: Array = biases.sum(axis=0)
        return total


class Gated(Recurrent):
    """GRU: PyTorch has the reset gate first, and both biases are there on either side.

    Args:
        layer: GRU.
    """

    def __init__(self, layer: layers.GRU) -> None:
        self.order = (1, 0, 2)
        if not layer.reset_after:
            raise ValueError(f"state_dict: {layer.name}: PyTorch's GRU applies its gate as reset_after=True does")

    def joined(self, biases: Array) -> Array:
        return biases


class Both:
    """Two directions, the second of which PyTorch calls reverse.

    Args:
        layer: Bidirectional.
    """

    def __init__(self, layer: layers.Bidirectional) -> None:
        self.directions = [LAYOUTS[type(child)](child) for child in layer.children]

    def theirs(self, weights: Sequence[Array]) -> Tensors:
        half = len(weights) // 2
        first, second = (d.theirs(w) for d, w in zip(self.directions, (weights[:half], weights[half:]), strict=True))
        return first | {f"{name}_reverse": array for name, array in second.items()}

    def ours(self, tensors: Tensors) -> list[Array]:
        first = {name: array for name, array in tensors.items() if not name.endswith("_reverse")}
        second = {n.removesuffix("_reverse"): array for n, array in tensors.items() if n.endswith("_reverse")}
        return [*self.directions[0].ours(first), *self.directions[1].ours(second)]


_CONVOLUTIONS = (
    layers.Conv1D,
    layers.Conv1DTranspose,
    layers.Conv2D,
    layers.Conv2DTranspose,
    layers.Conv3D,
    layers.Conv3DTranspose,
)
#: The layout of each kind of layer.
LAYOUTS: dict[type, Callable[[Any], Layout]] = {
    **dict.fromkeys(_CONVOLUTIONS, Convolved),
    **dict.fromkeys((layers.DepthwiseConv1D, layers.DepthwiseConv2D), Depthwise),
    **dict.fromkeys((layers.LSTM, layers.SimpleRNN), Recurrent),
    layers.BatchNormalization: lambda layer: _normalization(layer, "running_mean", "running_var"),
    layers.Bidirectional: Both,
    layers.Dense: Kernel,
    layers.Embedding: lambda layer: Named(["weight"]),
    layers.GRU: Gated,
    layers.GroupNormalization: _normalization,
    layers.LayerNormalization: _normalization,
    layers.PReLU: lambda layer: Named(["weight"]),
}
