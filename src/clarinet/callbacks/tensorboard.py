"""Showing a training in TensorBoard as well."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet.callbacks.numbers import Numbers
from clarinet.names import explained
from clarinet.training.callback import Callback, Logs

if TYPE_CHECKING:
    from pathlib import Path

    from clarinet.records import Chunk
    from clarinet.types import Array

_BINS = 30


class TensorBoard(Callback):
    """Write event files for TensorBoard, in the folders and under the names that Keras uses; TensorFlow is not needed.

    ``epoch_loss``, ``epoch_accuracy``, … are written to ``log_dir/train`` and ``log_dir/validation``; with
    ``update_freq`` also ``batch_loss``; with ``histogram_freq`` the weights. ``tensorboard --logdir logs`` shows them.
    Needs ``pip install "clarinet[tensorboard]"``.

    Args:
        log_dir: folder; default ``"logs"``.
        histogram_freq: epochs between histograms of the weights; 0, the default, for none.
        update_freq: ``"epoch"`` (default), or every how many batches the batch's loss and learning rate are written;
            ``"batch"`` is 1.
        write_graph, write_images, write_steps_per_second, profile_batch, embeddings_freq, embeddings_metadata: accepted
            for Keras programs; graphs, profiles and embeddings are not written.

    Raises:
        ImportError: the package tensorboard is not installed. ValueError: another ``update_freq``.

    Example:
        >>> TensorBoard(update_freq=0)
        Traceback (most recent call last):
            ...
        ValueError: TensorBoard: update_freq is 'epoch', 'batch' or a positive number of batches, received 0
    """

    @explained
    def __init__(
        self,
        log_dir: str | Path = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: int | str = "epoch",
        profile_batch: object = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: object = None,
    ) -> None:
        choices: dict[Any, int] = {"epoch": 0, "batch": 1}
        whole = isinstance(update_freq, int) and not isinstance(update_freq, bool) and update_freq > 0
        if not whole and update_freq not in ("epoch", "batch"):
            raise ValueError(
                "TensorBoard: update_freq is 'epoch', 'batch' or a positive number of batches, "
                f"received {update_freq!r}"
            )
        self._protocol()  # refused now rather than when training begins
        self.log_dir, self.histogram_freq = str(log_dir), int(histogram_freq)
        self.every = int(choices.get(update_freq, update_freq))
        self._writers: dict[str, Any] = {}
        self._numbers = Numbers("TensorBoard")

    @staticmethod
    def _protocol() -> tuple[Any, Any, Any]:
        """Writer, event and summary of TensorBoard."""
        try:
            from tensorboard.compat.proto.event_pb2 import Event
            from tensorboard.compat.proto.summary_pb2 import Summary
            from tensorboard.summary.writer.event_file_writer import EventFileWriter
        except ImportError as error:
            raise ImportError(
                f'TensorBoard: needs the package tensorboard ({error}); pip install "clarinet[tensorboard]"'
            ) from None
        return EventFileWriter, Event, Summary

    def _write(self, part: str, step: int, values: dict[str, Any]) -> None:
        """Numbers by name; a histogram comes as a dictionary."""
        from clarinet import files

        writer, event, summary = self._protocol()
        if part not in self._writers:
            self._writers[part] = writer(str(files.destination(f"{self.log_dir}/{part}")))
        found = [
            summary.Value(tag=name, histo=value)
            if isinstance(value, dict)
            else summary.Value(tag=name, simple_value=value)
            for name, value in values.items()
        ]
        self._writers[part].add_event(event(step=step, wall_time=time.time(), summary=summary(value=found)))

    def on_chunk(self, chunk: Chunk) -> None:
        if self.every:
            for step in chunk.steps():
                if step.step % self.every == 0:
                    values = {"batch_loss": step.loss, "batch_learning_rate": step.learning_rate}
                    self._write("train", step.step, values)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        numbers = self._numbers(logs)
        held_out = {f"epoch_{k[4:]}": v for k, v in numbers.items() if k.startswith("val_")}
        trained: dict[str, Any] = {f"epoch_{k}": v for k, v in numbers.items() if not k.startswith("val_")}
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            for layer in self.model.layers:
                trained |= {f"{layer.name}/{i}": histogram_of(values) for i, values in enumerate(layer.get_weights())}
        self._write("train", epoch, trained)
        if held_out:
            self._write("validation", epoch, held_out)
        for writer in self._writers.values():
            writer.flush()

    def on_train_end(self, logs: Logs | None = None) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers = {}


def histogram_of(values: Array) -> dict[str, object]:
    """The fields of TensorBoard's histogram."""
    numbers = np.asarray(values, np.float64).ravel()
    counts, edges = np.histogram(numbers[np.isfinite(numbers)], _BINS)
    return {
        "min": float(edges[0]),
        "max": float(edges[-1]),
        "num": float(counts.sum()),
        "sum": float(numbers.sum()),
        "sum_squares": float(np.square(numbers).sum()),
        "bucket_limit": edges[1:].tolist(),
        "bucket": counts.astype(float).tolist(),
    }
