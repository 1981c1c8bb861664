"""What steps of a model of one's own call in programs for earlier versions of Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clarinet.metrics import Metric
    from clarinet.training.steps import Stepped
    from clarinet.types import AnyTensor, TensorLike


class _Eager(Protocol):
    _eagerly: bool


class _Layered(Protocol):
    @property
    def layers(self) -> Sequence[object]: ...


class CompiledMetrics:
    """``model.compiled_metrics``: the metrics of ``compile``, all at once."""

    def __init__(self, model: Stepped) -> None:
        self._model = model

    @property
    def metrics(self) -> Sequence[Metric]:
        """Those of ``model.metrics`` beside the loss."""
        return [metric for metric in self._model.metrics if metric.name != "loss"]

    def update_state(self, y: TensorLike, y_pred: TensorLike, sample_weight: TensorLike = None) -> None:
        """Add one batch."""
        self._model.compute_metrics(None, y, y_pred, sample_weight)


class EarlierNames:
    """Names of a model that Keras 3 has for programs of before."""

    @property
    def compiled_metrics(self: Stepped) -> CompiledMetrics:
        """The metrics of ``compile``: ``update_state(y, y_pred)`` adds a batch."""
        return CompiledMetrics(self)

    @property
    def compiled_loss(self: Stepped) -> Callable[..., AnyTensor]:
        """The loss of ``compile``: ``(y, y_pred, sample_weight=None, regularization_losses=None)``."""

        def loss(
            y: TensorLike, y_pred: TensorLike, sample_weight: TensorLike = None, regularization_losses: object = None
        ) -> AnyTensor:
            found = self.compute_loss(y=y, y_pred=y_pred, sample_weight=sample_weight)
            self._loss_tracker.update_state(found)
            return found

        return loss

    @property
    def run_eagerly(self: _Eager) -> bool:
        """What ``compile(run_eagerly=)`` was told."""
        return self._eagerly

    @property
    def jit_compile(self) -> bool:
        """False: models run natively without a compiler."""
        return False

    def reset_states(self: _Layered) -> None:
        """Have the sequences of all layers with ``stateful=True`` begin with zeros again."""
        for layer in self.layers:
            reset = getattr(layer, "reset_states", None)
            if reset is not None:
                reset()
