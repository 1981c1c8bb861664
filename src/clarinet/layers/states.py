"""Layers that begin with states, which they may be given beside a sequence."""

from __future__ import annotations

from typing import Self

from clarinet.layers.base import Layer
from clarinet.ops.structures import leaves
from clarinet.types import AnyTensor, TensorLike
from clarinet.variables import Variable


class TakesStates(Layer):
    """Base of layers that take a sequence, and perhaps first states (n, units) beside it."""

    @property
    def state_names(self) -> tuple[str, ...]:
        """Names of the states, in the order in which they are given."""
        raise NotImplementedError

    def taking(self, inputs: int) -> Self:
        if inputs == 1 or self.merges:
            return self
        names = self.state_names
        if inputs != 1 + len(names):
            raise ValueError(
                f"{type(self).__name__}: initial_state: expected {len(names)} tensors (n, units), one for each state "
                f"({', '.join(names)}), received {inputs - 1}"
            )
        form = self.bare()
        form.__dict__["merges"] = True
        return form

    @property
    def inputs(self) -> int:
        """How many tensors it takes."""
        return 1 + self.merges * len(self.state_names)

    @property
    def states(self) -> list[Variable]:
        """What a layer with ``stateful=True`` remembers from one batch to the next; of others none."""
        return [variable for leaf in self.leaf_layers() for variable in leaf.layer._variables or () if variable.state]

    def reset_state(self) -> None:
        """Have every sequence of a layer with ``stateful=True`` begin with zeros again."""
        for variable in self.states:
            variable.view()[...] = 0.0

    reset_states = reset_state

    def __call__(  # type: ignore[override]  # which takes states too
        self,
        sequence: object = None,
        initial_state: TensorLike = None,
        mask: TensorLike = None,
        training: bool | None = None,
        *,
        inputs: object = None,
    ) -> AnyTensor:
        """Use the layer, see :meth:`Layer.__call__`.

        Args:
            sequence: sequences; ``inputs=``, as Keras 2 has it, is the same.
            initial_state: what the states begin with: a tensor or rows (n, units), a list of them where there are
                several states; default: zeros.
            mask: which steps count, see :meth:`Layer.__call__`.
            training: whether it behaves as in training.

        Returns:
            The output; with ``return_state`` a tuple of it and of the states behind the last step.
        """
        x = inputs if sequence is None else sequence
        return self.called_on([x, *([] if initial_state is None else leaves(initial_state))], training, mask)
