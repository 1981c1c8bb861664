"""Images changed at random while training; in inference these layers do nothing. Reference engine only.

What a step draws depends on seed, step and layer alone, one draw a sample, so runs repeat.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from clarinet.arrays import scatter_add
from clarinet.configurable import Unsupported, check_number
from clarinet.layers.base import Layer
from clarinet.layers.context import Context
from clarinet.layers.dropout import Noise
from clarinet.layers.geometry import check_data_format, check_rank
from clarinet.philox import Key
from clarinet.types import AnyTensor, Array, Namespace, Shape, TensorLike

#: Where the pixel at place ``i`` outside an axis of ``n`` pixels comes from.
_FILL = {
    "reflect": lambda i, n, xp: xp.where(i % (2 * n) < n, i % (2 * n), 2 * n - 1 - i % (2 * n)),
    "wrap": lambda i, n, xp: i % n,
    "nearest": lambda i, n, xp: xp.clip(i, 0, n - 1),
    "constant": lambda i, n, xp: xp.clip(i, 0, n - 1),  # and its weight goes to fill_value
}


#: How far something may go: a number for both sides, or the two ends.
Factor = float | Sequence[float]


def factors(value: object, what: str, least: float = -1, most: float = 1) -> tuple[float, float]:
    """The two ends of a range: ``(low, high)``, or from a single number ``(-f, f)``, not below ``least``.

    Raises:
        TypeError, ValueError: neither, or nothing of it between ``least`` and ``most``.
    """
    if isinstance(value, (list, tuple)):
        if len(value) != 2:
            raise ValueError(f"{what}: expected a number or two of them, received {value!r}")
        low, high = sorted(check_number(v, what) for v in value)
        if low > most or high < least:
            raise ValueError(f"{what}: expected two numbers from {least:g} to {most:g}, received {value!r}")
        return low, high
    size = abs(check_number(value, what, low=least, high=most))
    return max(-size, float(least)), size


class _Augmentation(Noise):
    """Layers for images (height, width, channels); the shape does not change."""

    supports_masking = False

    disturbs_by = "augmentation"

    unsupported: ClassVar[Mapping[str, Unsupported]] = {
        **Layer.unsupported,
        "value_range": Unsupported("values are not looked at", default=(0, 255)),
    }

    trains_when_called: ClassVar[bool] = True

    data_format: str | None

    def check(self) -> None:
        super().check()
        self.data_format = check_data_format(self.data_format, type(self).__name__)

    def called_on(self, given: Sequence[object], training: bool | None, mask: TensorLike) -> AnyTensor:
        picture = given[0]
        if isinstance(picture, np.ndarray) and picture.ndim == 3:  # one that is no row of several
            return super().called_on([picture[None]], training, mask)[0]
        return super().called_on(given, training, mask)

    def output_shape(self, input_shape: Shape) -> Shape:
        check_rank(input_shape, 2, type(self).__name__)
        return input_shape


@dataclass(eq=False, repr=False)
class RandomFlip(_Augmentation):
    """While training mirrors every second image, drawn at random; in inference ``y = x``. Runs on the reference engine.

    Shapes: ``x`` (n, height, width, channels), output as ``x``. Gradient: ``dy``, mirrored alike.

    Args:
        mode: ``"horizontal"`` (left and right change places), ``"vertical"``, or ``"horizontal_and_vertical"``
            (default), both at once, as in Keras.
        seed: fixes the draws independently of the model's seed; default None.
        data_format: None or ``"channels_last"``.

    Raises:
        TypeError, ValueError: another setting; when built, samples that have no three axes.

    Example:
        >>> RandomFlip("horizontal").output_shape((32, 32, 3))
        (32, 32, 3)
    """

    mode: str = "horizontal_and_vertical"
    seed: int | None = None
    data_format: str | None = None

    def check(self) -> None:
        super().check()
        modes = ("horizontal", "vertical", "horizontal_and_vertical")
        if self.mode not in modes:
            raise ValueError(f"RandomFlip: mode is one of {', '.join(modes)}; received {self.mode!r}")

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        if not ctx.training:
            return x, None, {}
        drawn = self.key(ctx).keep(x.shape[0], 0.5).reshape(-1, 1, 1, 1)
        cache = ctx.xp.asarray(drawn), ctx.xp
        return self._mirrored(x, cache), cache, {}

    def _mirrored(self, x: Array, cache: tuple[Array, Namespace]) -> Array:
        drawn, xp = cache
        axes = {"horizontal": (2,), "vertical": (1,), "horizontal_and_vertical": (1, 2)}[self.mode]
        return xp.where(drawn, xp.flip(x, axis=axes), x)

    def backward(
        self, params: dict[str, Array], cache: tuple[Array, Namespace] | None, dy: Array
    ) -> tuple[Array, dict[str, Array]]:
        return dy if cache is None else self._mirrored(dy, cache), {}


class _Affine(_Augmentation):
    """Every pixel of the output is read at ``M (row, column, 1)`` of the input, with a matrix for each sample."""

    fill_mode: str
    interpolation: str
    fill_value: float

    def check(self) -> None:
        super().check()
        name = type(self).__name__
        if self.fill_mode not in _FILL:
            raise ValueError(f"{name}: fill_mode is one of {', '.join(_FILL)}; received {self.fill_mode!r}")
        if self.interpolation not in ("nearest", "bilinear"):
            raise ValueError(f"{name}: interpolation is nearest or bilinear; received {self.interpolation!r}")
        self.fill_value = check_number(self.fill_value, f"{name}: fill_value")

    def matrices(self, key: Key, n: int, height: int, width: int) -> Array:
        """The matrices, shape (n, 2, 3)."""
        raise NotImplementedError

    def _taps(self, places: Array, xp: Namespace) -> Iterator[tuple[Array, Array]]:
        """The pixels around each place (n, 2, rows, columns) and their weights."""
        if self.interpolation == "nearest":
            yield xp.copysign(xp.floor(xp.abs(places) + 0.5), places), xp.ones_like(places[:, 0])
            return
        first = xp.floor(places)
        after = places - first
        for step in ((0, 0), (0, 1), (1, 0), (1, 1)):
            weights = [after[:, a] if step[a] else 1 - after[:, a] for a in (0, 1)]
            yield first + np.reshape(step, (1, 2, 1, 1)), weights[0] * weights[1]

    def _reading(self, shape: tuple[int, ...], key: Key) -> tuple[list[tuple[Array, Array]], Array]:
        """For every tap the rows of ``x`` as (n height width, channels) and their weights; the weight of filling."""
        (n, height, width, _), xp = shape, key.xp
        grid = np.stack([*np.indices((height, width)), np.ones((height, width))])
        places = xp.einsum("nij,jhw->nihw", self.matrices(key, n, height, width), grid)
        taps, filled = [], xp.zeros(n * height * width)
        sample = np.arange(n).reshape(-1, 1, 1) * height * width
        for pixels, weights in self._taps(places, xp):
            inside = [_FILL[self.fill_mode](pixels[:, a], shape[1 + a], xp) for a in (0, 1)]
            rows = xp.astype(sample + inside[0] * width + inside[1], int).reshape(-1)
            if self.fill_mode == "constant":
                out = (pixels[:, 0] != inside[0]) | (pixels[:, 1] != inside[1])
                filled = filled + xp.where(out, weights, 0).reshape(-1)
                weights = xp.where(out, 0, weights)
            taps.append((rows, weights.reshape(-1, 1)))
        return taps, filled.reshape(-1, 1)

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        if not ctx.training:
            return x, None, {}
        xp, shape = ctx.xp, tuple(x.shape)
        reading, filled = self._reading(shape, self.key(ctx))
        taps = [(xp.asarray(rows), xp.asarray(weights, dtype=x.dtype)) for rows, weights in reading]
        pixels = xp.reshape(x, (-1, shape[-1]))
        y = xp.asarray(filled * self.fill_value, dtype=x.dtype)
        for rows, weights in taps:
            y = y + weights * xp.take(pixels, rows, axis=0)
        return xp.reshape(y, shape), (taps, xp), {}

    def backward(
        self, params: dict[str, Array], cache: tuple[list[tuple[Array, Array]], Namespace] | None, dy: Array
    ) -> tuple[Array, dict[str, Array]]:
        if cache is None:
            return dy, {}
        taps, xp = cache
        pixels = xp.reshape(dy, (-1, dy.shape[-1]))
        parts = [scatter_add(weights * pixels, rows, pixels.shape[0], xp) for rows, weights in taps]
        return xp.reshape(sum(parts[1:], start=parts[0]), dy.shape), {}


@dataclass(eq=False, repr=False)
class RandomRotation(_Affine):
    """While training turns every image about its middle by an angle of its own; in inference ``y = x``.

    Shapes: ``x`` (n, height, width, channels), output as ``x``. Gradient: every pixel of ``dy`` goes back to those that
    it was made of. Runs on the reference engine.

    Args:
        factor: largest angle as a share of a full turn, 0.1 for 36 degrees either way; or (low, high), positive
            counter-clockwise. From -1 to 1.
        fill_mode: the values beyond the edges: ``"reflect"`` (default), ``"wrap"``, ``"nearest"``, or ``"constant"``.
        interpolation: ``"bilinear"`` (default) or ``"nearest"``.
        seed: fixes the draws independently of the model's seed; default None.
        fill_value: for ``"constant"``; default 0.
        data_format: None or ``"channels_last"``.

    Raises:
        TypeError, ValueError: another setting; when built, samples that have no three axes.

    Example:
        >>> RandomRotation(0.1).factor
        (-0.1, 0.1)
    """

    factor: Factor
    fill_mode: str = "reflect"
    interpolation: str = "bilinear"
    seed: int | None = None
    fill_value: float = 0.0
    data_format: str | None = None

    def check(self) -> None:
        super().check()
        self.factor = factors(self.factor, "RandomRotation: factor")

    def matrices(self, key: Key, n: int, height: int, width: int) -> Array:
        angle = 2 * np.pi * _between(key.uniform(n), self.factor)
        cos, sin = key.xp.cos(angle), key.xp.sin(angle)
        row, column = (height - 1) / 2, (width - 1) / 2
        first = [cos, sin, row - cos * row - sin * column]
        second = [-sin, cos, column + sin * row - cos * column]
        return _for_each(first, second, key.xp)


@dataclass(eq=False, repr=False)
class RandomTranslation(_Affine):
    """While training shifts every image by distances of its own; in inference ``y = x``.

    Shapes: ``x`` (n, height, width, channels), output as ``x``. Gradient: every pixel of ``dy`` goes back to those that
    it was made of. Runs on the reference engine.

    Args:
        height_factor: largest shift down or up as a share of the height; or (low, high), positive down. From -1 to 1.
        width_factor: the same for the width, positive to the right.
        fill_mode: the values beyond the edges: ``"reflect"`` (default), ``"wrap"``, ``"nearest"``, or ``"constant"``.
        interpolation: ``"bilinear"`` (default) or ``"nearest"``.
        seed: fixes the draws independently of the model's seed; default None.
        fill_value: for ``"constant"``; default 0.
        data_format: None or ``"channels_last"``.

    Raises:
        TypeError, ValueError: another setting; when built, samples that have no three axes.

    Example:
        >>> RandomTranslation(0.1, (0, 0.2)).width_factor
        (0.0, 0.2)
    """

    height_factor: Factor
    width_factor: Factor
    fill_mode: str = "reflect"
    interpolation: str = "bilinear"
    seed: int | None = None
    fill_value: float = 0.0
    data_format: str | None = None

    def check(self) -> None:
        super().check()
        self.height_factor = factors(self.height_factor, "RandomTranslation: height_factor")
        self.width_factor = factors(self.width_factor, "RandomTranslation: width_factor")

    def matrices(self, key: Key, n: int, height: int, width: int) -> Array:
        drawn = key.uniform(2 * n).reshape(2, n)
        down, right = _between(drawn[0], self.height_factor) * height, _between(drawn[1], self.width_factor) * width
        one, zero = np.ones(n), np.zeros(n)
        return _for_each([one, zero, -down], [zero, one, -right], key.xp)


@dataclass(eq=False, repr=False)
class RandomZoom(_Affine):
    """While training makes every image smaller or larger about its middle; in inference ``y = x``.

    Shapes: ``x`` (n, height, width, channels), output as ``x``. Gradient: every pixel of ``dy`` goes back to those that
    it was made of. Runs on the reference engine.

    Args:
        height_factor: largest change of the visible part, as a share of the height: 0.2 for 20 % more (zoomed out) or
            less (zoomed in); or (low, high), positive zooms out. From -1 to 1.
        width_factor: the same for the width; default (None) the factor drawn for the height.
        fill_mode: the values beyond the edges: ``"reflect"`` (default), ``"wrap"``, ``"nearest"``, or ``"constant"``.
        interpolation: ``"bilinear"`` (default) or ``"nearest"``.
        seed: fixes the draws independently of the model's seed; default None.
        fill_value: for ``"constant"``; default 0.
        data_format: None or ``"channels_last"``.

    Raises:
        TypeError, ValueError: another setting; when built, samples that have no three axes.

    Example:
        >>> RandomZoom((-0.3, -0.1)).height_factor
        (-0.3, -0.1)
    """

    height_factor: Factor
    width_factor: Factor | None = None
    fill_mode: str = "reflect"
    interpolation: str = "bilinear"
    seed: int | None = None
    fill_value: float = 0.0
    data_format: str | None = None

    def check(self) -> None:
        super().check()
        self.height_factor = factors(self.height_factor, "RandomZoom: height_factor")
        if self.width_factor is not None:
            self.width_factor = factors(self.width_factor, "RandomZoom: width_factor")

    def matrices(self, key: Key, n: int, height: int, width: int) -> Array:
        drawn = key.uniform(2 * n).reshape(2, n)
        tall = 1 + _between(drawn[0], self.height_factor)
        wide = tall if self.width_factor is None else 1 + _between(drawn[1], self.width_factor)
        zero = np.zeros(n)
        rows = [tall, zero, (1 - tall) * (height - 1) / 2]
        columns = [zero, wide, (1 - wide) * (width - 1) / 2]
        return _for_each(rows, columns, key.xp)


def _for_each(first: list[Array], second: list[Array], xp: Namespace) -> Array:
    """The matrix of every sample, from its two rows; each entry has the values of all samples."""
    return xp.moveaxis(xp.stack([xp.stack(first), xp.stack(second)]), -1, 0)


def _between(uniform: Array, factor: Factor) -> Array:
    low, high = factors(factor, "factor")
    return low + (high - low) * uniform
