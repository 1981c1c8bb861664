"""``tf.summary``: numbers, texts and histograms in event files that TensorBoard shows.

Needs ``pip install "clarinet[tensorboard]"``.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, cast

import numpy as np

from clarinet import aliases, files
from clarinet.callbacks.tensorboard import TensorBoard, histogram_of
from clarinet.names import public
from clarinet.types import TensorLike

__all__ = ["SummaryWriter", "create_file_writer", "flush", "histogram", "scalar"]
__getattr__ = aliases.attribute_of(__name__)


def __dir__() -> list[str]:
    return public(globals())


class _Events(Protocol):
    """TensorBoard's writer of one file."""

    def add_event(self, event: object) -> None: ...
    def flush(self) -> None: ...
    def close(self) -> None: ...


class SummaryWriter:
    """Writes one event file; :func:`create_file_writer` makes it.

    Args:
        logdir: folder.

    Raises:
        ImportError: the package tensorboard is not installed.
    """

    def __init__(self, logdir: str) -> None:
        writer, self._event, self._summary = TensorBoard._protocol()
        self._file: _Events = writer(str(files.destination(logdir)))

    @contextmanager
    def as_default(self, step: int | None = None) -> Iterator[SummaryWriter]:
        """While this lasts ``scalar`` and the others write here, at this step where they are told none."""
        _DEFAULTS.append((self, step))
        try:
            yield self
        finally:
            _DEFAULTS.pop()
            self.flush()

    def write(self, name: str, step: int, **value: object) -> None:
        """One value by its field in TensorBoard's summary."""
        found = self._summary(value=[self._summary.Value(tag=name, **value)])
        self._file.add_event(self._event(step=step, wall_time=time.time(), summary=found))

    def flush(self) -> None:
        """Have all that was written in the file."""
        self._file.flush()

    def close(self) -> None:
        """Write all, and write no more."""
        self._file.close()


_DEFAULTS: list[tuple[SummaryWriter, int | None]] = []


def create_file_writer(
    logdir: object, max_queue: object = None, flush_millis: object = None, filename_suffix: object = None, **_: object
) -> SummaryWriter:
    """A writer of event files; ``with writer.as_default(): tf.summary.scalar("loss", 0.5, step=1)``.

    Args:
        logdir: folder, made where it is not there.
        max_queue, flush_millis, filename_suffix: accepted for TensorFlow programs; they change nothing here.

    Raises:
        ImportError: the package tensorboard is not installed.
    """
    return SummaryWriter(str(logdir))


def _write(what: str, name: str, step: TensorLike, **value: object) -> bool:
    if not _DEFAULTS:
        return False  # as in TensorFlow, where nobody is to write
    writer, usual = _DEFAULTS[-1]
    at = usual if step is None else step
    if at is None:
        raise ValueError(f"tf.summary.{what}: at which step? Say step=..., or writer.as_default(step=...)")
    writer.write(name, int(np.asarray(at)), **value)
    return True


def scalar(name: str, data: TensorLike, step: TensorLike = None, description: object = None) -> bool:
    """Write a number, in the folder of the writer that is the default.

    Args:
        name: of the curve.
        data: one number.
        step: default: that of ``as_default``.
        description: changes nothing here.

    Returns:
        Whether there is a writer.

    Example:
        >>> scalar("loss", 0.5, step=1)
        False
    """
    return _write("scalar", name, step, simple_value=float(np.asarray(data)))


def histogram(name: str, data: TensorLike, step: TensorLike = None, buckets: object = None, **_: object) -> bool:
    """Write how many numbers are where; arguments as of :func:`scalar`."""
    return _write("histogram", name, step, histo=histogram_of(np.asarray(data)))


def flush(writer: object = None, name: object = None) -> None:
    """Have all in the file that was written by a writer, or by the default one."""
    found = writer if writer is not None else _DEFAULTS[-1][0] if _DEFAULTS else None
    if found is not None:
        cast(SummaryWriter, found).flush()
