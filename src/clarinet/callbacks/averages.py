"""Moving averages of weights in the weights' place, for a while."""

from __future__ import annotations

from clarinet.training.callback import Callback, Logs


class SwapEMAWeights(Callback):
    """Validate, evaluate and predict with the moving averages of the weights that the optimizer keeps.

    Averages and weights change places before, and once more after it. In ``fit`` this goes for validation, in
    ``evaluate(callbacks=)`` and ``predict(callbacks=)`` for the whole call. At the end of ``fit`` the weights are the
    averages, with this callback or without it.

    Args:
        swap_on_epoch: change places at the end of each epoch already, until the next begins, for callbacks that come
            after this one in the list, such as :class:`ModelCheckpoint`; default False.

    Raises:
        ValueError: when it would change places, an optimizer without ``use_ema=True``.

    Example:
        >>> import clarinet
        >>> model = clarinet.Sequential([clarinet.Input((1,)), clarinet.layers.Dense(1)])
        >>> model.compile(clarinet.optimizers.SGD(0.1, use_ema=True), "mse")
        >>> x, y = [[1.0], [2.0]], [2.0, 4.0]
        >>> history = model.fit(x, y, epochs=3, validation_data=(x, y), callbacks=[SwapEMAWeights()], verbose=0)
        >>> bool(history.history["val_loss"][-1] == model.evaluate(x, y, verbose=0))
        True
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        self.swap_on_epoch = swap_on_epoch

    def _place(self, averages: bool) -> None:
        """Have the averages in the weights' place, or the weights themselves."""
        optimizer = self.model.optimizer
        if optimizer is not None and optimizer.use_ema:
            if optimizer.averages_in_place is not averages:
                optimizer.swap_averages(self.model.trainable_variables)
        elif averages:
            given = "no optimizer" if optimizer is None else f"{type(optimizer).__name__}(use_ema=False)"
            raise ValueError(
                f"SwapEMAWeights: an optimizer with use_ema=True keeps averages of weights; there is {given}"
            )

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if self.swap_on_epoch:
            self._place(averages=False)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.swap_on_epoch:
            self._place(averages=True)

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._place(averages=False)  # of a training that was broken off

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._place(averages=True)

    def on_test_end(self, logs: Logs | None = None) -> None:
        self._place(averages=False)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._place(averages=True)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._place(averages=False)
