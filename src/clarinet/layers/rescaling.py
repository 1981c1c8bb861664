"""Layers that scale inputs to another range."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import prod
from reprlib import repr as short
from typing import TypeAlias, overload

import numpy as np
from numpy.typing import ArrayLike

from clarinet.fields import Field
from clarinet.initializers import Constant
from clarinet.layers.base import Layer
from clarinet.layers.context import Context
from clarinet.ops.tensor import tensor
from clarinet.params import Weight
from clarinet.types import Array, Shape

#: The smallest standard deviation that is divided by, Keras's epsilon.
_LEAST = 1e-7
#: A number, or an array of them as a configuration holds it.
Nested: TypeAlias = "float | tuple[Nested, ...]"
_Lists: TypeAlias = "float | list[_Lists]"
#: Numbers of a data set that are looked at in one go.
_BLOCK = 1 << 20


def _numbers(value: object, what: str) -> Nested:
    """A finite number, or a tuple of them, nested if need be, as the configuration holds it."""
    try:
        array = np.asarray(value, np.float64)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"{what}: expected a number or a list of numbers, received {value!r}") from None
    if isinstance(value, (bool, str)) or array.size == 0 or not np.isfinite(array).all():
        raise ValueError(f"{what}: expected a finite number or a list of them, received {value!r}")
    return _nested(array.tolist())


def _nested(value: _Lists) -> Nested:
    return tuple(_nested(v) for v in value) if isinstance(value, list) else value


@dataclass(eq=False, repr=False)
class Rescaling(Layer):
    """``y = x * scale + offset``; pixels 0 … 255 become 0 … 1 with ``Rescaling(1 / 255)``.

    Shapes: output as ``x``; lists are broadcast with samples from the last axis on. Gradient: ``dx = dy * scale``.

    Args:
        scale: a number, or one for each entry of the last axis.
        offset: the same; default 0.

    Raises:
        TypeError, ValueError: not finite numbers; when built, lists that do not fit samples.

    Example:
        >>> Rescaling(1 / 255).output_shape((28, 28))
        (28, 28)
    """

    supports_masking = True

    rescales_by = "constants"

    scale: ArrayLike
    offset: ArrayLike = 0.0

    def check(self) -> None:
        self.scale = _numbers(self.scale, "Rescaling: scale")
        self.offset = _numbers(self.offset, "Rescaling: offset")

    def output_shape(self, input_shape: Shape) -> Shape:
        for name in ("scale", "offset"):
            shape = np.shape(getattr(self, name))
            if len(shape) > len(input_shape) or any(a not in (1, b) for a, b in zip(shape[::-1], input_shape[::-1])):
                raise ValueError(f"Rescaling: {name} of shape {shape} does not fit samples of shape {input_shape}")
        return input_shape

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        scale, offset = (ctx.xp.asarray(v, dtype=x.dtype) for v in (self.scale, self.offset))
        return x * scale + offset, scale, {}

    def backward(self, params: dict[str, Array], cache: object, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy * cache, {}


class _AxesField(Field["int | Sequence[int] | None", "int | tuple[int, ...] | None"]):
    """One or several axes of a sample, or none."""

    def convert(self, value: int | Sequence[int] | None, owner: object) -> int | tuple[int, ...] | None:
        axes = tuple(value) if isinstance(value, Sequence) else () if value is None else (value,)
        if any(isinstance(a, bool) or not isinstance(a, int) or a == 0 for a in axes):
            raise ValueError(
                f"{self.what(owner)} is one or several axes of a sample, -1 or from 1, or None; received {value!r}"
            )
        return axes if isinstance(value, Sequence) else value


class _StatisticField(Field["ArrayLike | None", "Array | Nested | None"]):
    """Mean or variance as Keras shows it: the array (1, ...) that a batch is computed with, once the number of its axes
    is known; before that the constructor's, or None."""

    def convert(self, value: ArrayLike | None, owner: object) -> Nested | None:
        return None if value is None else _numbers(value, self.what(owner))

    @overload
    def __get__(self, owner: None, kind: type) -> ArrayLike | None: ...
    @overload
    def __get__(self, owner: object, kind: type) -> Array | Nested | None: ...
    def __get__(self, owner: object, kind: type) -> ArrayLike | Nested | None:
        if owner is None:
            return self.default
        assert isinstance(owner, Normalization)
        if not owner.adapted:
            return None
        place = 0 if self.name == "mean" else 1
        return tensor(np.asarray(owner.as_batch(owner.given[self.name] if owner.given else owner.get_weights()[place])))


@dataclass(eq=False, repr=False)
class Normalization(Layer):
    """Inputs of mean 0 and variance 1: ``y = (x - mean) / sqrt(variance)``, with statistics of the data.

    Mean and variance are either given, or learned with :meth:`adapt`; training does not change them. A standard
    deviation below 1e-7 counts as 1e-7. Shapes: output as ``x``; statistics have the sizes of ``axis``. Gradient: ``dx
    = dy / sqrt(variance)``. State, if nothing is given: ``mean``, ``variance`` and ``count``, which is not used and
    there to agree with Keras.

    Args:
        axis: axes of ``x`` whose entries have statistics of their own, 0 being the batch; default -1, one mean for
            every feature. None: one mean for everything.
        mean, variance: numbers, or lists that fit ``axis``; both or none.
        invert: the other way round, ``y = mean + x sqrt(variance)``; default False.

    Raises:
        TypeError, ValueError: an axis that is none, one statistic without the other, a negative variance; when built,
            statistics that do not fit samples.

    Example:
        >>> layer = Normalization()
        >>> layer.adapt([[0.0, 10.0], [2.0, 30.0]])
        >>> import clarinet
        >>> model = clarinet.Sequential([clarinet.Input((2,)), layer])
        >>> model.predict([[1.0, 40.0]]).tolist()
        [[0.0, 2.0]]
    """

    supports_masking = True

    rescales_by = "data"

    axis: _AxesField = _AxesField(-1)
    mean: _StatisticField = _StatisticField(None)
    variance: _StatisticField = _StatisticField(None)
    invert: bool = False

    _rank: int | None = field(default=None, init=False)  # of the rows that it has adapted to

    def check(self) -> None:
        mean, variance = self.__dict__["mean"], self.__dict__["variance"]
        if (mean is None) != (variance is None):
            raise ValueError("Normalization: pass both mean and variance, or neither and call adapt(data)")
        if variance is not None and np.min(variance) < 0:
            raise ValueError(f"Normalization: variance is at least 0, received {variance!r}")

    @property
    def given(self) -> dict[str, Nested]:
        """Mean and variance of the constructor; empty if the layer has to adapt."""
        statistics = {name: self.__dict__[name] for name in ("mean", "variance")}
        return {} if statistics["mean"] is None else statistics

    def configured(self, name: str) -> object:
        return self.__dict__[name] if name in ("mean", "variance") else super().configured(name)

    def _kept(self, rank: int) -> tuple[int, ...]:
        """The axes with statistics of their own, in order, of inputs with ``rank`` axes, the batch counted."""
        given = () if self.axis is None else self.axis if isinstance(self.axis, tuple) else (self.axis,)
        axes = tuple(sorted(a + rank if a < 0 else a for a in given))
        if len(set(axes)) != len(axes) or any(not 0 < a < rank for a in axes):
            raise ValueError(f"Normalization: axis={self.axis} does not fit samples with {rank - 1} axes")
        return axes

    def statistics_shape(self, input_shape: Shape) -> Shape:
        """The shape of mean and variance for samples of this shape."""
        return tuple(input_shape[a - 1] for a in self._kept(len(input_shape) + 1))

    def output_shape(self, input_shape: Shape) -> Shape:
        own = self.statistics_shape(input_shape)
        for name, values in self.given.items():
            shape = np.shape(values)
            if len(shape) > len(own) or any(a not in (1, b) for a, b in zip(shape[::-1], own[::-1])):
                raise ValueError(
                    f"Normalization: {name} of shape {shape} does not fit axis={self.axis} of samples of shape "
                    f"{input_shape}, which has {own}"
                )
        return input_shape

    def state_specs(self, input_shape: Shape) -> tuple[Weight, ...]:
        if self.given:
            return ()
        shape = self.statistics_shape(input_shape)
        own = self._variables
        if own and self._build_spec is None and own[0].shape != shape:
            raise ValueError(
                f"Normalization: adapt saw data with statistics of shape {own[0].shape}, samples of shape "
                f"{input_shape} need {shape}; adapt to data like those that the model is for"
            )
        return _statistics(shape)

    @property
    def adapted(self) -> bool:
        """Whether there are statistics: given, learned or loaded. Without them the layer changes nothing."""
        if self.given:
            return True
        if self._variables is None or not all(variable.drawn for variable in self._variables):
            return False
        mean, variance, _ = self.get_weights()
        return bool(mean.any() or (variance != 1).any())

    def as_batch(self, statistic: Nested | Array) -> Nested | Array:
        """A statistic with the axes of a batch, those without statistics of their own having size 1."""
        rank, shape = self._rank, None if self._build_spec is None else self._build_spec.input_shape
        if shape is not None:
            rank, statistic = len(shape) + 1, np.broadcast_to(statistic, self.statistics_shape(shape))
        if rank is None:  # within another layer: the statistics' own axes are all that is known
            return statistic
        array = np.asarray(statistic)
        own = iter(array.shape)
        return array.reshape([next(own) if axis in self._kept(rank) else 1 for axis in range(rank)])

    def adapt(self, data: object) -> None:
        """Take mean and variance from data; earlier ones are forgotten.

        Args:
            data: rows (n, …), an array, a frame or a list; or an iterator over batches of them, perhaps ``(x, y)``.

        Raises:
            ValueError: mean and variance were given; no rows, values that are not finite. TypeError: no numbers.
        """
        if self.given:
            raise ValueError("Normalization: mean and variance were given, nothing is left to adapt; leave them out")
        whole = hasattr(data, "shape") or isinstance(data, (list, tuple))
        values = [*self._moments(data if isinstance(data, Iterable) and not whole else [data]), np.zeros(())]
        if self._build_spec is not None:
            self.set_weights(values)
        else:
            self.bring([(weight, True) for weight in _statistics(values[0].shape)], values)

    def _moments(self, batches: Iterable[object]) -> tuple[Array, Array]:
        """Mean and variance of all batches together, in float64 (Chan, Golub, LeVeque, Stanford report 773, 1979)."""
        count, mean, squares = 0, np.zeros(()), np.zeros(())
        for rows in _blocks(batches):
            axes = tuple(a for a in range(rows.ndim) if a not in self._kept(rows.ndim))
            self.__dict__["_rank"] = rows.ndim
            own = rows.size // max(1, rows.mean(axis=axes).size)
            shift = rows.mean(axis=axes) - mean
            share = own / (count + own)
            squares = squares + rows.var(axis=axes) * own + shift**2 * (count * share)
            mean, count = mean + shift * share, count + own
        if not count:
            raise ValueError("Normalization: adapt received no rows; expected at least one")
        if not (np.isfinite(mean).all() and np.isfinite(squares).all()):
            raise ValueError("Normalization: adapt received NaN or infinite values; fill or drop missing values first")
        return mean, squares / count

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        xp, kept = ctx.xp, self._kept(x.ndim)
        if not self.given:
            mean, variance = state["mean"], state["variance"]
        else:
            shape = self.statistics_shape(tuple(x.shape[1:]))
            mean, variance = (xp.asarray(np.broadcast_to(v, shape).copy(), dtype=x.dtype) for v in self.given.values())
        shape = tuple(size if axis in kept else 1 for axis, size in enumerate(x.shape))
        deviation = xp.sqrt(xp.reshape(variance, shape))
        deviation = xp.maximum(deviation, xp.full_like(deviation, _LEAST))
        factor = deviation if self.invert else 1 / deviation
        mean = xp.reshape(mean, shape)
        return x * factor + mean if self.invert else (x - mean) * factor, factor, {}

    def backward(self, params: dict[str, Array], cache: object, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy * cache, {}


def _statistics(shape: Shape) -> tuple[Weight, Weight, Weight]:
    zeros, ones = Constant(0.0), Constant(1.0)
    return Weight("mean", shape, zeros), Weight("variance", shape, ones), Weight("count", (), zeros)


def _blocks(batches: Iterable[object]) -> Iterator[Array]:
    """Rows of all batches as float64, a limited number of values at a time."""
    for batch in batches:
        rows = np.asarray(batch[0] if isinstance(batch, tuple) else batch)
        if rows.dtype.kind not in "buif" or not rows.ndim:
            raise TypeError(f"Normalization: adapt expected an array of numbers (n, ...), received {short(batch)}")
        rows = rows[:, None] if rows.ndim == 1 else rows
        step = max(1, _BLOCK // max(1, prod(rows.shape[1:])))
        for start in range(0, len(rows), step):
            yield rows[start : start + step].astype(np.float64)
