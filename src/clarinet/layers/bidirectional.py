"""A recurrent layer that reads sequences both ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, cast

from clarinet.configurable import Unsupported
from clarinet.layers.base import Layer, Part
from clarinet.layers.containers import Chains, Container
from clarinet.layers.merge import Merge
from clarinet.layers.recurrent import Recurrent
from clarinet.layers.states import TakesStates
from clarinet.layers.steps import TakeSteps
from clarinet.names import lookup, snake_case
from clarinet.types import TensorLike

_MERGES = {"concat": "concatenate", "sum": "add", "mul": "multiply", "ave": "average"}


@dataclass(eq=False, repr=False)
class Bidirectional(TakesStates, Container):
    """Two recurrent layers over one sequence, of which the second begins with the last step (Schuster and Paliwal, IEEE
    Transactions on Signal Processing 45, 1997).

    ``y = merge(forward(x), backward(x))``, where all steps' outputs of the second are brought into the order of ``x``.
    Shapes: ``x`` (n, steps, inputs); the output is that of the layer, with twice as many units for ``"concat"``.
    Gradients: those of the two layers, added up at ``x``. Weights: those of the layer that goes forwards, then those of
    the other.

    Args:
        layer: a recurrent layer, such as ``LSTM(64)``, after which both are made, with weights of their own.
        merge_mode: ``"concat"`` (default), ``"sum"``, ``"mul"``, ``"ave"``, or None for a tuple of both outputs.
        backward_layer: the one that goes backwards; default: as ``layer``.

    Raises:
        TypeError: ``layer`` is no recurrent layer. ValueError: an unknown merge; two layers that go the same way, or
        of which one alone gives sequences or states.

    Example:
        >>> from clarinet.layers import LSTM, Bidirectional
        >>> Bidirectional(LSTM(8, return_sequences=True)).output_shape((10, 3))
        (10, 16)
    """

    unsupported: ClassVar[Mapping[str, Unsupported]] = {
        **Layer.unsupported,
        "weights": Unsupported("use set_weights() of the layer in its model"),
    }

    layer: Layer | Mapping[str, object]
    merge_mode: str | None = "concat"
    backward_layer: Layer | Mapping[str, object] | None = None

    def check(self) -> None:
        if self.merge_mode is not None and self.merge_mode not in _MERGES:
            lookup(self.merge_mode, "merge_mode", {name: name for name in _MERGES})
        forward = self._recurrent(self.layer, "layer")
        if self.backward_layer is None:
            backward = forward.changed(go_backwards=True, name=_name("backward", forward))
        else:
            backward = self._recurrent(self.backward_layer, "backward_layer")
        self._refuse_unlike(forward, backward)
        self._hold(((forward.changed(name=_name("forward", forward)),), (backward,)))
        self._settle()

    @staticmethod
    def _recurrent(given: Layer | Mapping[str, object], what: str) -> Recurrent:
        from clarinet import layers

        layer = given if isinstance(given, Layer) else layers.get(given)
        if not isinstance(layer, Recurrent):
            instead = "; of a cell make two RNN layers, one with go_backwards=True, and join what they give"
            raise TypeError(
                f"Bidirectional: {what}: expected a recurrent layer such as LSTM(64), received {type(layer).__name__}"
                f"{instead if hasattr(layer, 'cell') else ''}"
            )
        return layer

    @staticmethod
    def _refuse_unlike(forward: Recurrent, backward: Recurrent) -> None:
        if forward.go_backwards == backward.go_backwards:
            raise ValueError(
                f"Bidirectional: both layers have go_backwards={forward.go_backwards}; the second goes the other way"
            )
        for name in ("stateful", "return_sequences", "return_state"):
            one, other = getattr(forward, name), getattr(backward, name)
            if one != other:
                raise ValueError(
                    f"Bidirectional: layer has {name}={one}, backward_layer {other}; expected one for both"
                )

    @property
    def forward_layer(self) -> Recurrent:
        """The layer that begins with the first step."""
        return self._two()[0]

    def expect_rows(self, rows: int | None) -> None:
        for layer in self._two():
            layer.expect_rows(rows)

    def _two(self) -> tuple[Recurrent, Recurrent]:
        return cast(tuple[Recurrent, Recurrent], self.children)

    @property
    def state_names(self) -> tuple[str, ...]:
        return tuple(f"{layer.name}: {name}" for layer in self._two() for name in layer.state_names)

    supports_masking = True
    uses_mask = True

    def compute_mask(self, inputs: TensorLike, mask: TensorLike = None) -> object:
        """The mask of the steps, where the layers give all of them; states have none."""
        own = self.forward_layer
        outputs = [mask if own.return_sequences else None] * (2 if self.merge_mode is None else 1)
        states = [None] * (2 * len(own.carried) * own.return_state)
        return [*outputs, *states] if len(outputs) + len(states) > 1 else outputs[0]

    def parts(self) -> tuple[Layer | Part, ...]:
        return self._connected()[0]

    @property
    def ends(self) -> tuple[int, ...]:
        return self._connected()[1]

    def _connected(self) -> tuple[tuple[Part, ...], tuple[int, ...]]:
        """The parts, and the numbers of the tensors that it gives."""
        forward, backward = self._two()
        own = forward
        states = len(own.carried)
        taken = range(1, self.inputs)
        half = len(taken) // 2
        parts = [
            Part(forward, (0, *taken[:half]), prefix="0."),
            Part(backward, (0, *taken[half:]), prefix="1."),
        ]
        given = 1 + states * own.return_state  # by each of the two
        first, second, following = self.inputs, self.inputs + given, self.inputs + 2 * given
        last = tuple(number for start in (first, second) for number in range(start + 1, start + given))
        if own.return_sequences:
            parts.append(Part(TakeSteps(backwards=True), (second,)))
            second, following = following, following + 1
        if self.merge_mode is None:
            return tuple(parts), (first, second, *last)
        parts.append(Part(Merge(_MERGES[self.merge_mode]), (first, second)))
        return tuple(parts), (following, *last)

    def _settings(self, chains: Chains) -> dict[str, object]:
        return {"layer": chains[0][0], "backward_layer": chains[1][0]}


def _name(way: str, layer: Layer) -> str:
    name = layer.name or snake_case(type(layer).__name__)
    return f"{way}_{name.removeprefix('forward_').removeprefix('backward_')}"
