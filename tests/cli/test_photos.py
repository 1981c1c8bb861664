"""Photos of digits, made from MNIST's test digits, are read as well as the originals."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clarinet import datasets, saving
from clarinet.datasets.digits import to_mnist_form

PIL = pytest.importorskip("PIL.Image")
DIGITS = 25
RNG = np.random.default_rng(7)


def grown(digit: Any, side: int) -> Any:
    return np.asarray(PIL.fromarray(digit).resize((side, side), PIL.Resampling.BICUBIC)).astype(float)


def on_paper(ink: Any, height: int, width: int, top: int, left: int) -> Any:
    out = np.zeros((height, width))
    out[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return out


def as_it_is(digit: Any) -> Any:
    return digit.astype(float)


def inverted(digit: Any) -> Any:
    return 255.0 - digit


def small(digit: Any) -> Any:
    return 255 - grown(digit, 22)


def large_light_on_dark(digit: Any) -> Any:
    return grown(digit, 280)


def in_a_corner(digit: Any) -> Any:
    top, left = RNG.integers(0, 380), RNG.integers(0, 580)
    return 230 - 0.8 * on_paper(grown(digit, 120), 500, 700, top, left)


def wide_margins(digit: Any) -> Any:
    return 255 - on_paper(grown(digit, 100), 1200, 1600, 700, 900)


def grey_on_grey(digit: Any) -> Any:
    return 150 - 0.3 * grown(digit, 200)


def noisy(digit: Any) -> Any:
    paper = 200 - 0.6 * on_paper(grown(digit, 200), 300, 300, 50, 50)
    return paper + RNG.normal(0, 15, paper.shape)


def salt_and_pepper(digit: Any) -> Any:
    paper = 255 - on_paper(grown(digit, 200), 300, 300, 50, 50)
    chance = RNG.random(paper.shape)
    return np.where(chance < 0.02, 0, np.where(chance > 0.98, 255, paper))


def in_shade(digit: Any) -> Any:
    i, j = np.indices((400, 500)) / 450
    return (220 - 0.55 * on_paper(grown(digit, 200), 400, 500, 100, 150)) * (0.45 + 0.25 * (i + j))


def under_a_lamp(digit: Any) -> Any:
    i, j = np.indices((400, 500)) / 450 - 0.5
    return (220 - 0.7 * on_paper(grown(digit, 200), 400, 500, 100, 150)) * (1 - 0.7 * (i * i + j * j))


def with_dirt_and_lines(digit: Any) -> Any:
    paper = 255 - on_paper(grown(digit, 220), 400, 400, 90, 90)
    for _ in range(10):
        i, j = RNG.integers(0, 390, 2)
        paper[i : i + 5, j : j + 4] = 60
    paper[380:384, :], paper[:, 15:18] = 50, 90
    return paper


def jpeg(digit: Any) -> Any:
    file = io.BytesIO()
    PIL.fromarray(noisy(digit).clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=40)
    return np.asarray(PIL.open(file)).astype(float)


PHOTOS = [
    as_it_is,
    inverted,
    small,
    large_light_on_dark,
    in_a_corner,
    wide_margins,
    grey_on_grey,
    noisy,
    salt_and_pepper,
    in_shade,
    under_a_lamp,
    with_dirt_and_lines,
    jpeg,
]


@cache
def test_digits() -> tuple[Any, Any]:
    _, (x, y) = datasets.mnist.load_data()
    return x[:DIGITS], y[:DIGITS]


test_digits.__test__ = False  # type: ignore[attr-defined]


@pytest.mark.parametrize("photo", PHOTOS, ids=lambda photo: photo.__name__)
def test_a_kind_of_photo(photo: Callable[[Any], Any], digits: Path) -> None:
    x, y = test_digits()
    model = saving.load(digits)
    seen = np.stack([to_mnist_form(photo(digit).clip(0, 255)) for digit in x])
    assert seen.shape == (DIGITS, 28, 28)
    wrong = int((model.predict(seen).argmax(axis=1) != y).sum())
    without_photo = int((model.predict(x).argmax(axis=1) != y).sum())
    assert wrong <= without_photo + 2


def test_mnists_own_digits_hardly_change() -> None:
    x, _ = test_digits()
    for digit in x:
        assert np.abs(to_mnist_form(digit).astype(float) - digit).mean() < 8


def test_the_form() -> None:
    """The longer side takes 20 pixels and the centre of mass is in the middle."""
    for digit in test_digits()[0]:
        seen = to_mnist_form(in_a_corner(digit)).astype(float)
        rows, columns = np.flatnonzero(seen.max(axis=1)), np.flatnonzero(seen.max(axis=0))
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
        centre = [(seen.sum(axis=1 - axis) * np.arange(28)).sum() / seen.sum() for axis in (0, 1)]
        assert np.abs(np.array(centre) - 14).max() <= 0.51
        assert seen.max() == 255


@pytest.mark.parametrize(
    ("pixels", "says"),
    [
        (np.full((50, 50), 255), "nothing to be seen"),
        (np.zeros((50, 50)), "nothing to be seen"),
        (np.zeros((5, 5)), "at least 8 x 8"),
        (np.zeros((28, 28, 3)), r"\(28, 28, 3\)"),
    ],
)
def test_nothing_to_be_seen(pixels: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        to_mnist_form(pixels)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "I;16"])
@pytest.mark.parametrize("ending", ["png", "tiff"])
def test_pictures_of_every_mode(tmp_path: Path, mode: str, ending: str) -> None:
    image = PIL.fromarray((255 - grown(test_digits()[0][0], 120)).clip(0, 255).astype(np.uint8))
    image = PIL.fromarray(np.asarray(image).astype(np.uint16) * 257) if mode == "I;16" else image.convert(mode)
    image.save(tmp_path / f"seven.{ending}")
    plain = to_mnist_form(255 - grown(test_digits()[0][0], 120))
    assert np.abs(datasets.load_digit(tmp_path / f"seven.{ending}").astype(float) - plain).mean() < 8
