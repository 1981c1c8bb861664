"""Drawings that are no digits, and photos of numbers, for `benchmarks.digits`: each kind a function of a generator."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Grey = np.ndarray
Rng = np.random.Generator
SIDE = 72  # of a sheet
#: Letters that are drawn as some digits are.
LIKE_DIGITS = "IlOoQSsZzqgb"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SYMBOLS = "#&@%$€?!*+=<>{}[]()/\\^~§¿ßæøñçäÄÖ±÷×"
#: Where the letters of scripts begin in Unicode, and how many are taken.
SCRIPTS = {
    "Hebrew": (0x5D0, 27),
    "Armenian": (0x531, 38),
    "Georgian": (0x10D0, 33),
    "Cherokee": (0x13A0, 80),
    "Thai": (0xE01, 46),
    "Devanagari": (0x915, 37),
    "Tamil": (0xB95, 20),
    "Bengali": (0x995, 37),
    "Ethiopic": (0x1200, 120),
    "Runic": (0x16A0, 70),
    "Tifinagh": (0x2D30, 50),
    "Glagolitic": (0x2C00, 46),
    "Coptic": (0x2C80, 60),
    "Khmer": (0x1780, 33),
    "Lao": (0xE81, 30),
    "Oriya": (0xB15, 37),
}


@cache
def fonts() -> dict[str, str]:
    """Installed font files by name, without those of a slant or weight that names itself."""
    from matplotlib import font_manager

    return {Path(path).stem: path for path in sorted(font_manager.findSystemFonts()) if path.endswith(".ttf")}


def latin(rng: Rng, families: tuple[str, ...]) -> str:
    """A font with Latin letters of these families."""
    names = [name for name in fonts() if name.startswith(families)]
    return fonts()[names[rng.integers(len(names))]]


def on_sheet(character: str, font: str, size: int) -> Grey:
    """A character as ink from 0 to 1."""
    image = Image.new("L", (SIDE, SIDE), 0)
    ImageDraw.Draw(image).text((SIDE / 2, SIDE / 2), character, 255, ImageFont.truetype(font, size), anchor="mm")
    return np.asarray(image) / 255.0


def bent(ink: Grey, rng: Rng, by: float = 1.0) -> Grey:
    """As a hand would draw it: turned, slanted, stretched, and bent by a smooth field; strokes thinner or thicker."""
    size = ink.shape[0]
    image = Image.fromarray(np.uint8(255 * ink))
    if rng.random() < 0.5:
        image = image.filter(ImageFilter.MaxFilter(3) if rng.random() < 0.6 else ImageFilter.MinFilter(3))
    angle, slant = rng.normal(0, 0.12 * by), rng.normal(0, 0.15 * by)
    wide, high = np.exp(rng.normal(0, 0.15 * by, 2))
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.array([[cos, -sin], [sin, cos]]) @ np.array([[1 / wide, slant], [0, 1 / high]])
    j, i = np.meshgrid(np.arange(size) - size / 2, np.arange(size) - size / 2)
    field = [
        np.asarray(Image.fromarray(rng.normal(0, 2.2 * by, (5, 5)).astype(np.float32)).resize((size, size), 3))
        for _ in range(2)
    ]
    x = matrix[0, 0] * j + matrix[0, 1] * i + size / 2 + field[0]
    y = matrix[1, 0] * j + matrix[1, 1] * i + size / 2 + field[1]
    return sampled(np.asarray(image) / 255.0, y, x)


def sampled(ink: Grey, y: Grey, x: Grey) -> Grey:
    """Ink at places between pixels, linearly; none outside."""
    padded = np.pad(ink, 1)
    y, x = np.clip(y + 1, 0, ink.shape[0] + 0.999), np.clip(x + 1, 0, ink.shape[1] + 0.999)
    i, j = y.astype(int), x.astype(int)
    u, v = y - i, x - j
    top = padded[i, j] * (1 - v) + padded[i, j + 1] * v
    return top * (1 - u) + (padded[i + 1, j] * (1 - v) + padded[i + 1, j + 1] * v) * u


def letter(rng: Rng, families: tuple[str, ...], without: str = LIKE_DIGITS) -> Grey:
    known = [c for c in (SYMBOLS if rng.random() < 0.15 else LETTERS) if c not in without]
    return bent(on_sheet(known[rng.integers(len(known))], latin(rng, families), int(rng.integers(36, 56))), rng)


def foreign(rng: Rng, scripts: tuple[str, ...]) -> Grey:
    """A letter of another script."""
    while True:
        script = scripts[rng.integers(len(scripts))]
        names = [name for name in fonts() if script in name]
        start, count = SCRIPTS[script]
        if names:
            ink = on_sheet(chr(start + int(rng.integers(count))), fonts()[names[rng.integers(len(names))]], 44)
            if ink.max() > 0.5:
                return bent(ink, rng)


def scribble(rng: Rng) -> Grey:
    """Lines between places that follow each other at random."""
    image = Image.new("L", (SIDE, SIDE), 0)
    pen = ImageDraw.Draw(image)
    width = int(rng.integers(3, 9))
    for _ in range(rng.integers(1, 4)):
        points = rng.uniform(8, SIDE - 8, (rng.integers(3, 8), 2))
        pen.line([tuple(p) for p in points], 255, width, joint="curve")
    return np.asarray(image) / 255.0


def curls(rng: Rng) -> Grey:
    """Spirals, waves, zigzags, stars, crosses and arrows: drawn by a formula."""
    t = np.linspace(0, 1, 80)
    kind = rng.integers(6)
    turns = rng.uniform(1.6, 4)
    if kind == 0:
        x, y = t * np.cos(2 * np.pi * turns * t), t * np.sin(2 * np.pi * turns * t)
    elif kind == 1:
        x, y = 2 * t - 1, 0.6 * np.sin(2 * np.pi * turns * t)
    elif kind == 2:
        x, y = 2 * t - 1, 1.2 * (np.abs((turns * t) % 1 - 0.5) * 2 - 0.5)
    elif kind == 3:
        points = int(rng.integers(5, 8))
        at = np.arange(points + 1) * (points // 2) * 2 * np.pi / points
        x, y = np.cos(at), np.sin(at)
    elif kind == 4:
        x, y = np.sin(2 * np.pi * 3 * t), np.sin(2 * np.pi * 2 * t + rng.uniform(0, 3))
    else:
        x, y = np.array([-1, 1, 0, 0, -1, 1]), np.array([0, 0, 0, -1, 1, 1])
    image = Image.new("L", (SIDE, SIDE), 0)
    scale = SIDE * rng.uniform(0.25, 0.42)
    points = [(SIDE / 2 + scale * a, SIDE / 2 + scale * b) for a, b in zip(x, y)]
    ImageDraw.Draw(image).line(points, 255, int(rng.integers(3, 8)), joint="curve")
    return bent(np.asarray(image) / 255.0, rng)


def shape(rng: Rng) -> Grey:
    """Filled or framed: boxes, ellipses, polygons, and clothes of several."""
    image = Image.new("L", (SIDE, SIDE), 0)
    pen = ImageDraw.Draw(image)
    for _ in range(rng.integers(1, 4)):
        a, b = np.sort(rng.uniform(6, SIDE - 6, (2, 2)), axis=0)
        box, grey = [*a, *(b + 6)], int(rng.integers(120, 256))
        kind = rng.integers(3)
        if kind == 0:
            pen.rectangle(box, grey)
        elif kind == 1 and (b - a).min() > 12:
            pen.ellipse(box, grey)
        else:
            pen.polygon([tuple(p) for p in rng.uniform(6, SIDE - 6, (rng.integers(3, 7), 2))], grey)
    return np.asarray(image) / 255.0


def spots(rng: Rng) -> Grey:
    """Noise: coarse or fine, cut off at a level or not."""
    size = int(rng.integers(4, 29))
    noise = rng.random((size, size)).astype(np.float32)
    grown = np.asarray(
        Image.fromarray(noise).resize((SIDE, SIDE), Image.Resampling.BICUBIC if rng.random() < 0.6 else 0)
    )
    cut = rng.uniform(0.4, 0.8)
    return np.clip(grown, 0, 1) * (grown > cut) if rng.random() < 0.8 else np.clip(grown, 0, 1)


def spoilt(rng: Rng, digits: Grey, labels: Grey) -> Grey:
    """Of digits (n, 28, 28): two at once, one in pieces, lying, or crossed out."""
    kind = rng.integers(5)
    one, two = (digits[rng.integers(len(digits))] / 255.0 for _ in range(2))
    if kind == 0:  # side by side, touching or not
        gap = int(rng.integers(-4, 3))
        a, b = cropped(one), cropped(two)
        wide = np.zeros((28, a.shape[1] + b.shape[1] + 6))
        wide[: a.shape[0], : a.shape[1]] = a
        at = max(0, a.shape[1] + gap)
        wide[: b.shape[0], at : at + b.shape[1]] = np.maximum(wide[: b.shape[0], at : at + b.shape[1]], b)
        return wide
    if kind == 1:  # upon each other
        moved = np.roll(two, rng.integers(-6, 7, 2), (0, 1))
        return np.maximum(one, moved)
    if kind == 2:  # lying: digits that do not look like another one then
        at = np.flatnonzero(np.isin(labels, (2, 3, 4, 5, 7)))
        return np.rot90(digits[at[rng.integers(len(at))]] / 255.0, rng.choice([1, 3]))
    if kind == 3:  # in quarters that changed places
        order = rng.permutation(4)
        while (order == np.arange(4)).all():
            order = rng.permutation(4)
        quarters = [one[:14, :14], one[:14, 14:], one[14:, :14], one[14:, 14:]]
        return np.block([[quarters[order[0]], quarters[order[1]]], [quarters[order[2]], quarters[order[3]]]])
    return np.maximum(np.kron(one, np.ones((2, 2))), scribble(rng)[8:64, 8:64])


def cropped(ink: Grey) -> Grey:
    """Without empty rows and columns."""
    rows, columns = np.flatnonzero(ink.max(axis=1)), np.flatnonzero(ink.max(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def photo(ink: Grey, rng: Rng) -> Grey:
    """A photo of ink: enlarged, on lit paper, noisy, dark on light or light on dark."""
    height, width = ink.shape
    zoom = rng.uniform(1.5, 4)
    size = (round(width * zoom), round(height * zoom))
    grown = np.asarray(Image.fromarray(np.float32(ink)).resize(size, Image.Resampling.BICUBIC)).clip(0, 1)
    edges = [int(v) for v in rng.uniform(0.15, 0.5, 4) * 28 * zoom]
    sheet = np.pad(grown, ((edges[0], edges[1]), (edges[2], edges[3])))
    i, j = np.indices(sheet.shape) / max(sheet.shape)
    light = 1 + rng.uniform(-0.2, 0.2) * i + rng.uniform(-0.2, 0.2) * j
    paper, dark = rng.uniform(170, 240), rng.uniform(0.45, 0.9)
    seen = paper * light * (1 - dark * sheet) + rng.normal(0, rng.uniform(0, 10), sheet.shape)
    seen = 255 - seen if rng.random() < 0.3 else seen
    return np.uint8(np.clip(seen, 0, 255))


def number(rng: Rng, digits: Grey, labels: Grey) -> tuple[str, Grey]:
    """Ink of a number of 2 to 5 digits: of differing sizes and heights, close to each other but not touching."""
    chosen = rng.integers(len(digits), size=rng.integers(2, 6))
    parts = []
    for one in chosen:
        ink = cropped(digits[one] / 255.0)
        zoom = 2.5 * np.exp(rng.normal(0, 0.08))
        size = (max(2, round(ink.shape[1] * zoom)), max(2, round(ink.shape[0] * zoom)))
        parts.append(np.asarray(Image.fromarray(np.float32(ink)).resize(size, Image.Resampling.BICUBIC)).clip(0, 1))
    height = max(part.shape[0] for part in parts) + 12
    sheet, at = np.zeros((height, sum(part.shape[1] + 20 for part in parts))), 0
    for part in parts:
        top = int(rng.integers(0, height - part.shape[0] + 1)) if height - part.shape[0] < 14 else 6
        sheet[top : top + part.shape[0], at : at + part.shape[1]] += part
        at += part.shape[1] + int(rng.integers(4, 18))
    return "".join(str(labels[one]) for one in chosen), cropped(sheet.clip(0, 1))


TRAIN_FONTS = ("DejaVu", "NotoSans-", "NotoSerif-", "NotoSansDisplay", "NotoSerifDisplay", "NotoSansMono")
CHOICE_FONTS = ("LiberationSansNarrow",)
TEST_FONTS = ("LiberationSans-", "LiberationSerif", "LiberationMono")
SCRIPT_NAMES = tuple(SCRIPTS)
Kinds = dict[str, Callable[[Rng], Any]]


def kinds(fonts_of: tuple[str, ...], scripts: tuple[str, ...], digits: Grey, labels: Grey, without: str) -> Kinds:
    """Makers of what is no digit, by name."""
    return {
        "letters": lambda rng: letter(rng, fonts_of, without),
        "letters of other scripts": lambda rng: foreign(rng, scripts),
        "scribbles": scribble,
        "curls": curls,
        "shapes": shape,
        "noise": spots,
        "spoilt digits": lambda rng: spoilt(rng, digits, labels),
    }
