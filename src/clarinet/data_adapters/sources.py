"""What may be given as ``x`` besides rows: files, sources of batches, rows that stream. Streams are loaded when one is
met."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, TypeGuard, cast

from clarinet.data_adapters.batches import Batches
from clarinet.data_adapters.structures import rows_for
from clarinet.settings import BATCH_SIZE

if TYPE_CHECKING:
    from clarinet.data import Streamed
    from clarinet.trainable import Trainable


def batches_of(
    model: Trainable,
    source: object,
    steps: int | None = None,
    size: int | None = None,
    seed: int | None = None,
    **settings: object,
) -> Batches:
    """A source of batches, or rows that stream, for a model.

    Args:
        model: whose inputs and outputs they are for.
        source: what yields batches; or rows that stream.
        steps: batches an epoch; None takes all.
        size: rows a batch of rows that stream; default 32.
        seed: of the order of rows that stream; None: as they are stored.
        settings: as of :class:`Batches`.
    """
    kind: Callable[..., Batches] = Batches
    settings = {"arrange": partial(rows_for, model), **settings}
    if is_stream(source):
        from clarinet.data_adapters.streams import StreamBatches

        return StreamBatches(source, size or BATCH_SIZE, seed, steps, **settings)
    return kind(source, steps, **settings)


def is_stream(source: object) -> TypeGuard[Streamed]:
    """Whether these are rows that stream, see :class:`clarinet.data.Streamed`."""
    return hasattr(source, "pass_from")


def opened(
    model: Trainable,
    x: object,
    y: object = None,
    target: str | None = None,
    labels: bool = True,
    about: Mapping[str, object] | None = None,
) -> object:
    """``x`` itself, or where it names files the rows in them; see :func:`clarinet.data_adapters.streams.opened`."""
    first = x[0] if isinstance(x, (list, tuple)) and x else x
    if not isinstance(first, (str, os.PathLike)):
        return x
    from clarinet.data_adapters import streams

    return streams.opened(x, y, target, labels, about or cast(dict[str, object], model.metadata.get("data") or {}))


__all__ = ["batches_of", "is_stream", "opened"]
