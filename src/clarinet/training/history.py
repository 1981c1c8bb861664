"""Keeping the numbers of every epoch."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from clarinet.training.callback import Callback, Logs, Params

if TYPE_CHECKING:
    from clarinet.trainable import Trainable


class History(Callback):
    """The result of ``fit``: the loss and metrics of every epoch.

    Attributes:
        history: a list for each of ``loss``, the metrics, ``val_loss``, ….
        epoch: the epochs' numbers, from 0.
        model: the trained model, as long as it exists: the model holds its history, not the other way round.
        params: ``epochs``, ``steps``, ``samples`` and ``verbose`` as ``fit`` had them.

    Example:
        >>> history = History()
        >>> history.on_train_begin()
        >>> history.on_epoch_end(0, {"loss": 0.5})
        >>> history.history, history.epoch
        ({'loss': [0.5]}, [0])
    """

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []
        self._model: weakref.ref[Trainable] | None = None

    @property
    def model(self) -> Trainable:
        """The trained model.

        Raises:
            ReferenceError: it is gone. AttributeError: nothing was trained yet.
        """
        if self._model is None:
            raise AttributeError("this history has no model: fit sets it")
        model = self._model()
        if model is None:
            raise ReferenceError("the model of this history is gone; keep the model itself to use it after training")
        return model

    @model.setter
    def model(self, model: Trainable) -> None:
        self._model = weakref.ref(model)

    def set_params(self, params: Params) -> None:
        super().set_params(
            Params(
                epochs=params.get("epochs", 0),
                steps=params.get("steps"),
                samples=params.get("samples"),
                verbose=params.get("verbose", 0),
            )
        )

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.epoch = []

    def get_state(self) -> dict[str, object]:
        return {"history": self.history, "epoch": self.epoch}

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)

    def __repr__(self) -> str:
        return f"History({len(self.epoch)} epochs of {', '.join(self.history) or 'nothing'})"

    def _repr_html_(self) -> str:
        from clarinet.html_snippets import paragraph, table
        from clarinet.views.sparkline import sparkline

        rows = []
        for name, values in self.history.items():
            known = [value for value in values if value == value] or values  # NaN has no order
            numbers = [f"{value:.4g}" for value in (values[0], values[-1], min(known), max(known))]
            rows.append([name, sparkline(values), *numbers])
        columns = ["", "over epochs", "first", "last", "lowest", "highest"]
        return paragraph(f"History of {len(self.epoch)} epochs") + table(columns, rows, numbers=range(2, 6))

    def __getstate__(self) -> dict[str, object]:
        """Without the model, which holds its history itself."""
        return self.__dict__ | {"_model": None}
