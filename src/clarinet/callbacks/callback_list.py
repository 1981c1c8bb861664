"""Callbacks as one, for training loops of one's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from clarinet.trainable import Trainable
from clarinet.training import callback
from clarinet.training.callback import Callback, Logs, Params
from clarinet.training.history import History
from clarinet.training.progress import ProgressBar


class CallbackList(callback.CallbackList):
    """Calls every callback in order, for a training loop of one's own; ``fit`` takes a list and makes its own.

    Args:
        callbacks: one or a list; default none.
        add_history, add_progbar: whether to add :class:`History` and :class:`ProgressBar`, where there is none.
        model: passed to each of them.
        params: passed to each of them, such as ``epochs=10``.

    Example:
        >>> from clarinet.callbacks import LambdaCallback
        >>> seen = []
        >>> several = CallbackList([LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))])
        >>> several.on_epoch_end(0, {"loss": 0.5})
        >>> seen
        [0]
    """

    def __init__(
        self,
        callbacks: Callback | Iterable[Callback] | None = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Trainable | None = None,
        **params: object,
    ) -> None:
        given: list[object] = [callbacks] if isinstance(callbacks, Callback) else list(callbacks or ())
        kinds: tuple[tuple[bool, type[Callback]], ...] = ((add_progbar, ProgressBar), (add_history, History))
        for wanted, kind in kinds:
            if wanted and not any(isinstance(one, kind) for one in given):
                given.append(kind())
        super().__init__((), cast(Trainable, model), cast(Params, params))
        self.callbacks = given
        self.model = model
        self.set_params(cast(Params, params))
        if model is not None:
            self.set_model(model)

    def append(self, callback: Callback) -> None:
        """One more."""
        self.callbacks.append(callback)

    def set_params(self, params: Params) -> None:
        """Give all of them the parameters of a training."""
        self.params = params
        self._call("set_params", params)

    def set_model(self, model: Trainable) -> None:
        """Give all of them the model."""
        self.model = model
        self._call("set_model", model)

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Another name of ``on_train_batch_begin``."""
        self.on_train_batch_begin(batch, logs)

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Another name of ``on_train_batch_end``."""
        self.on_train_batch_end(batch, logs)
