"""Stopping when the loss is no longer a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from clarinet.training.callback import Callback

if TYPE_CHECKING:
    from clarinet.records import Chunk


class TerminateOnNaN(Callback):
    """Stop training when the loss of a step is NaN or infinite.

    It looks at the records of every run of steps, so it notices within about a tenth of a second and costs nothing.

    Args:
        raise_error: raise RuntimeError instead of ending ``fit`` quietly.

    Example:
        >>> TerminateOnNaN().raise_error
        False
    """

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = raise_error

    def on_chunk(self, chunk: Chunk) -> None:
        bad = np.flatnonzero(~np.isfinite(chunk.losses))
        if len(bad) == 0:
            return
        first = int(bad[0])
        message = (
            f"the loss of step {chunk.first_step + first} is {chunk.losses[first]}; training stops: "
            "try a smaller learning rate, scaled inputs, or clipnorm=1.0"
        )
        if self.raise_error:
            raise RuntimeError(f"TerminateOnNaN: {message}")
        print(f"TerminateOnNaN: {message}")
        self.model.stop_training = True
