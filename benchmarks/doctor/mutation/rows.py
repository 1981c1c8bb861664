"""Changes of rows and labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.doctor.mutation.spec import Change, Data, rows

Array = np.ndarray
Rng = np.random.Generator
F = np.float32


def _mapped(x: Any, change: Any) -> Any:
    return {name: change(array) for name, array in x.items()} if isinstance(x, dict) else change(x)


def _both(data: Data, change: Any) -> Data:
    held = data.validation
    held = None if held is None else (_mapped(held[0], change), held[1])
    return data.changed(x=_mapped(data.x, change), test_x=_mapped(data.test_x, change), validation=held)


def inputs(factor: float, offset: float = 0.0) -> Change:
    """All numbers in other units, in training and in use."""
    return lambda data, _: _both(data, lambda x: (x * factor + offset).astype(F))


def one_column(factor: float) -> Change:
    """One column in other units."""

    def change(x: Array) -> Array:
        x = x.astype(F).copy()
        x[..., -1] *= factor
        return x

    return lambda data, _: _both(data, change)


def _labels(data: Data, change: Any) -> Data:
    held = data.validation
    return data.changed(y=change(data.y), validation=None if held is None else (held[0], change(held[1])))


def targets(factor: float, offset: float = 0.0) -> Change:
    """Amounts in other units."""
    return lambda data, _: _labels(
        data.changed(truth=data.truth * factor + offset), lambda y: (y * factor + offset).astype(F)
    )


def labels_from(first: int) -> Change:
    """Class numbers that begin with another one than 0; answers are compared with them as they are."""
    return lambda data, _: _labels(data.changed(truth=data.truth + first), lambda y: y + first)


def labels_times(factor: float) -> Change:
    """Yes as another number than 1."""
    return lambda data, _: _labels(data, lambda y: y * factor)


def one_hot(data: Data, _: Rng) -> Data:
    """A column for each class."""
    return _labels(data, lambda y: np.eye(int(data.truth.max()) + 1, dtype=F)[y.astype(int).reshape(-1)])


def ids(data: Data, _: Rng) -> Data:
    """Class numbers for columns."""
    return _labels(data, lambda y: y.argmax(axis=-1))


def signs(data: Data, _: Rng) -> Data:
    """-1 for no."""
    return _labels(data, lambda y: (2 * y - 1).astype(F))


def holes(share: float) -> Change:
    """NaN in cells of the training rows; share 0: in one."""

    def change(data: Data, rng: Rng) -> Data:
        x = data.x.astype(F).copy()
        flat = x.reshape(-1)
        flat[rng.choice(flat.size, max(1, int(share * flat.size)), replace=False)] = np.nan
        return data.changed(x=x)

    return change


def shuffled(data: Data, rng: Rng) -> Data:
    """Labels that belong to other rows."""
    return data.changed(y=data.y[rng.permutation(len(data.y))])


def alike(data: Data, _: Rng) -> Data:
    """The first label for all."""
    return data.changed(y=np.repeat(data.y[:1], len(data.y), axis=0))


def _classes(y: Array) -> Array:
    y = np.asarray(y).reshape(len(y), -1)
    return np.asarray(y.argmax(axis=1) if y.shape[1] > 1 else y[:, 0])


def _kept(data: Data, chosen: Array) -> Data:
    return data.changed(x=rows(data.x, chosen), y=data.y[chosen])


def in_order(data: Data, _: Rng) -> Data:
    """Rows sorted by label."""
    return _kept(data, np.argsort(_classes(data.y), kind="stable"))


def thinned(share: float) -> Change:
    """All classes but the first with few training rows."""

    def change(data: Data, rng: Rng) -> Data:
        own = _classes(data.y)
        return _kept(data, np.flatnonzero((own == own.min()) | (rng.random(len(own)) < share)))

    return change


def first(count: int) -> Change:
    """So many training rows."""
    return lambda data, _: _kept(data, np.arange(min(count, len(data.y))))


def leaking(data: Data, _: Rng) -> Data:
    """Training rows for validation."""
    return data.changed(validation=(data.x[:200], data.y[:200]))


def validated_otherwise(factor: float) -> Change:
    """Validation rows in other units."""

    def change(data: Data, _: Rng) -> Data:
        half = len(data.y) // 5
        held = (data.x[:half] * factor, data.y[:half])
        return data.changed(x=data.x[half:], y=data.y[half:], validation=held)

    return change


def with_constant(data: Data, _: Rng) -> Data:
    """One column more that never changes."""
    return _both(data, lambda x: np.concatenate([x, np.full_like(x[..., :1], 3.0)], axis=-1))


def repeated(data: Data, rng: Rng) -> Data:
    """A tenth of the rows twice."""
    return _kept(data, np.concatenate([np.arange(len(data.y)), rng.choice(len(data.y), len(data.y) // 10)]))


def in_columns(data: Data, _: Rng) -> Data:
    """Labels (n,) as (n, 1), and the other way round."""
    return _labels(data, lambda y: y[:, None] if y.ndim == 1 else y[:, 0] if y.shape[1] == 1 else y)
