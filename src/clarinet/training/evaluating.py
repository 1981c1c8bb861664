"""A pass over data in inference mode, for ``evaluate`` and for validation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clarinet import data_adapters
from clarinet.engines import Data, Engine
from clarinet.training.callback import CallbackList
from clarinet.training.prepare import evaluation_batches

if TYPE_CHECKING:
    from clarinet.trainable import Trainable


def run_evaluation(
    model: Trainable, engine: Engine, source: Data | data_adapters.Batches, batch_size: int, callbacks: CallbackList
) -> dict[str, float]:
    """Loss and metrics in inference mode; empty where no row came that counts: a mean of nothing is no number."""
    callbacks.on_test_begin()
    engine.reset_metrics()
    counted = False
    pieces = evaluation_batches(model, source, batch_size, callbacks.wants_test_batches)
    for number, (batch, size) in enumerate(pieces):
        if callbacks.wants_test_batches:
            callbacks.on_test_batch_begin(number)
        engine.evaluate(batch, size)
        if callbacks.wants_test_batches:
            callbacks.on_test_batch_end(number, dict(engine.results()))
        counted = counted or any(weight is None or weight.any() for weight in batch.weights)
    logs = dict(engine.results()) if counted else {}
    callbacks.on_test_end(logs)
    return logs
