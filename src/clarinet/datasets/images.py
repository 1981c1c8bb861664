"""People's own pictures: a folder with one sub-folder a class becomes arrays."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clarinet.datasets.memory import check_memory
from clarinet.datasets.picture_sizes import FITS, MOST, brought_to, chosen_size
from clarinet.wording import option

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["Images", "load_images"]

# Formats that Pillow decodes itself: some others start programs (EPS) or hold no picture (PDF).
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
_ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm", ".pnm")
_GREY_MODES = ("1", "L", "LA", "I", "I;16", "I;16B", "I;16L", "I;16N")
_ORIENTATION = 0x0112  # the EXIF tag for how the camera was held; 5 to 8 mean a quarter turn


@dataclass(frozen=True, eq=False)
class Images:
    """Labelled pictures.

    Args:
        x: uint8 (n, height, width) for greyscale, (n, height, width, 3) for RGB.
        y: int64 (n,) class numbers.
        classes: the sub-folders' names by class number.
        files: where each picture came from, relative to the folder.
        report: what was found, left out or changed, one sentence each; ``print(images)`` shows it.
    """

    x: NDArray[np.uint8] = field(repr=False)
    y: NDArray[np.int64] = field(repr=False)
    classes: tuple[str, ...]
    files: tuple[str, ...] = field(repr=False)
    report: tuple[str, ...] = field(repr=False)

    def __str__(self) -> str:
        return "\n".join(self.report)


@dataclass(frozen=True)
class _Found:
    """One picture whose header could be read: its class, file, upright size (height, width), and whether it is grey."""

    label: int
    path: Path
    size: tuple[int, int]
    grey: bool


def load_images(
    folder: str | os.PathLike[str],
    size: tuple[int, int] | str | None = None,
    color: str = "auto",
    *,
    fit: str = "letterbox",
    skip_damaged: bool = False,
) -> Images:
    """Read a folder of pictures in which each sub-folder is a class, such as ``pets/cat/1.jpg`` and ``pets/dog/7.png``.

    Pictures are turned upright by their EXIF tag, transparent parts are laid on white, 16-bit greyscale is brought to
    8 bits, and of an animation the first frame is taken. PNG, JPEG, GIF, BMP, TIFF, WebP and PNM files are read, in
    sub-folders of the classes too; other files are left out and reported, hidden ones likewise.

    Args:
        folder: holds one folder a class.
        size: ``(height, width)`` in pixels that every picture is scaled to. None keeps the size of pictures that have
            one, and chooses one for others, said in the report: their usual proportions, at most 64 pixels on the
            longer side. ``"small"`` chooses so for large pictures of one size too.
        color: ``"grayscale"``, ``"rgb"``, or ``"auto"``: grayscale if every picture is.
        fit: ``"letterbox"`` keeps a picture's proportions and fills the rest with the usual colour of its edges;
            ``"stretch"`` does not keep them.
        skip_damaged: leave out pictures that cannot be read, and report them, instead of raising an error.

    Returns:
        ``Images``: ``x``, ``y``, ``classes`` (sorted), ``files`` (sorted within a class), ``report``.

    Raises:
        ImportError: Pillow is missing.
        FileNotFoundError: there is no such folder.
        ValueError: no sub-folders, a class without pictures, a damaged picture, one of more than 89 million pixels, or
            an argument out of range.

    Example:
        >>> import pathlib, tempfile
        >>> from clarinet.datasets import load_images
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> for name, grey in (("dark", 20), ("light", 200)):
        ...     (folder / name).mkdir()
        ...     _ = (folder / name / "one.pgm").write_bytes(b"P5 4 2 255 " + bytes([grey] * 8))
        >>> images = load_images(folder)
        >>> images.x.shape, images.y.tolist(), images.classes
        ((2, 2, 4), [0, 1], ('dark', 'light'))
    """
    _require_pillow()
    _check_arguments(None if size == "small" else size, color, fit)
    folder = Path(folder)
    report: list[str] = []
    damaged: dict[Path, str] = {}
    classes = _class_folders(folder, report)
    found = []
    for label, place in enumerate(classes):
        for path in pictures_in(folder, place, report):
            header = _try(lambda path=path, label=label: _inspect(path, label), path, skip_damaged, damaged)
            found += [header] if header else []
    grey = color == "grayscale" or (color == "auto" and all(each.grey for each in found))
    given = size if isinstance(size, tuple | list) else None
    height, width = given or _size_of(found, small=size == "small")
    x, found = _decode_all(found, _How((height, width), grey, fit), skip_damaged, damaged)
    y = np.array([each.label for each in found], np.int64)
    names = tuple(place.name for place in classes)
    _check_every_class(folder, names, y, damaged)
    report = [*_describe(folder, names, y, found, _How((height, width), grey, fit), given is None), *report]
    report += [f"{path.relative_to(folder)}: left out: {reason}" for path, reason in damaged.items()]
    files = tuple(each.path.relative_to(folder).as_posix() for each in found)
    return Images(x, y, names, files, tuple(f"{sentence}." for sentence in report))


@dataclass(frozen=True)
class FoundImages:
    """The pictures of a folder, none of which is decoded yet.

    Attributes:
        files, labels: the pictures, and the number of the class of each.
        classes: their names.
        size, color: height and width, and ``"grayscale"`` or ``"rgb"``, to which they are brought.
        report: what was left out.
    """

    files: list[Path]
    labels: list[int]
    classes: tuple[str, ...]
    size: tuple[int, int]
    color: str
    report: tuple[str, ...]


def find_images(
    folder: str | os.PathLike[str],
    size: tuple[int, int] | str | None = None,
    color: str = "auto",
    *,
    fit: str = "letterbox",
) -> FoundImages:
    """The pictures in a folder by their names and headers; arguments and errors as of :func:`load_images`."""
    _require_pillow()
    _check_arguments(None if size == "small" else size, color, fit)
    report: list[str] = []
    folder = Path(folder)
    places = _class_folders(folder, report)
    paths = [(label, path) for label, place in enumerate(places) for path in pictures_in(folder, place, report)]
    labels, names = [label for label, _ in paths], tuple(place.name for place in places)
    _check_every_class(folder, names, np.array(labels, np.int64), {})
    if not isinstance(size, tuple | list) or color == "auto":
        headers = [_try(lambda path=path, label=label: _inspect(path, label), path, False, {}) for label, path in paths]
        size = size if isinstance(size, tuple | list) else _size_of(headers, small=size == "small")
        grey = color == "grayscale" or (color == "auto" and all(each.grey for each in headers))
        color = "grayscale" if grey else "rgb"
    return FoundImages([path for _, path in paths], labels, names, (size[0], size[1]), color, tuple(report))


def read_image(
    path: str | os.PathLike[str], size: tuple[int, int] | None = None, color: str = "rgb", *, fit: str = "letterbox"
) -> NDArray[np.uint8]:
    """Read one picture file, upright, transparent parts on white.

    Args:
        path: of the file.
        size: ``(height, width)`` to scale it to; None keeps its own.
        color: ``"grayscale"`` or ``"rgb"``.
        fit: as for :func:`load_images`.

    Returns:
        uint8 (height, width), or (height, width, 3) for RGB.

    Raises:
        ImportError: Pillow is missing. FileNotFoundError: there is no such file.
        ValueError: it cannot be read, or has more than 89 million pixels.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "dots.pgm")
        >>> _ = path.write_bytes(b"P5 2 1 255 " + bytes([0, 200]))
        >>> read_image(path, color="grayscale").tolist()
        [[0, 200]]
    """
    _require_pillow()
    _check_arguments(size, color, fit)
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such picture file")
    try:
        return _decode(path, _How(size, color == "grayscale", fit))
    except Exception as error:  # decoders raise almost anything at damaged data
        raise ValueError(f"{path}: it cannot be read as a picture ({error})") from error


def _require_pillow() -> None:
    try:
        import PIL  # noqa: F401
    except ImportError:
        raise ImportError(
            'reading pictures needs Pillow, which is not installed; run pip install "clarinet[images]"'
        ) from None


def _check_arguments(size: object, color: str, fit: str) -> None:
    if fit not in FITS:
        raise ValueError(f"fit={fit!r}: expected 'letterbox' or 'stretch'")
    if color not in ("auto", "grayscale", "rgb"):
        raise ValueError(f"color={color!r}: expected 'auto', 'grayscale' or 'rgb'")
    if size is None:
        return
    whole = isinstance(size, tuple | list) and len(size) == 2 and all(type(side) is int and side > 0 for side in size)
    if not whole:
        raise ValueError(f"size={size!r}: expected (height, width), two whole numbers above 0, or 'small'")


def _class_folders(folder: Path, report: list[str]) -> list[Path]:
    """The sub-folders, sorted by name. A link back to the folder or above it would hold every class: it is none."""
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not a folder; expected one that holds a sub-folder for each class")
    places, loose = [], 0
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.name.startswith("."):
            report.append(f"{path.name}: left out: hidden")
        elif not path.is_dir():
            loose += 1
        elif folder.resolve().is_relative_to(path.resolve()):
            report.append(f"{path.name}: left out: a link back to {folder}")
        else:
            places.append(path)
    if not places:
        where = f"{loose} files are in the folder itself; move them into sub-folders" if loose else "it is empty"
        raise ValueError(f"{folder} holds no sub-folders, and each is one class: {where}")
    if loose:
        report.append(f"Left out because they are outside the classes' folders: {loose} of the files")
    return places


def pictures_in(folder: Path, place: Path, report: list[str]) -> Iterator[Path]:
    """Picture files of a class, sorted; ``os.walk`` follows no links to folders, so loops end."""
    paths = sorted(Path(base, name) for base, _, names in os.walk(place) for name in names)
    for path in paths:
        inside = path.relative_to(place)
        if any(part.startswith(".") for part in inside.parts):
            report.append(f"{path.relative_to(folder)}: left out: hidden")
        elif path.suffix.lower() not in _ENDINGS:
            report.append(f"{path.relative_to(folder)}: left out: no picture by its name")
        else:
            yield path


def _try(action: Any, path: Path, skip_damaged: bool, damaged: dict[Path, str]) -> Any:
    """Run a step on one picture; a failure is noted, or raised with the file's name."""
    try:
        return action()
    except Exception as error:  # decoders raise almost anything at damaged data: OSError, SyntaxError, struct.error …
        reason = f"it cannot be read ({error})"
        if not skip_damaged:
            hint = f"replace or remove it, or pass {option('skip_damaged', True)} to leave out such files"
            raise ValueError(f"{path}: {reason}; {hint}") from error
        damaged[path] = reason
        return None


@contextmanager
def _open(path: Path) -> Iterator[Image.Image]:
    """The picture, for as long as something is read of it."""
    from PIL import Image

    with warnings.catch_warnings():
        # Pillow's warnings about damaged tags of pictures that it can read do not matter; about a picture of more than
        # 89 million pixels it only warns, but no network takes such a picture.
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(path, formats=_FORMATS) as image:
            yield image


def _inspect(path: Path, label: int) -> _Found:
    with _open(path) as image:
        turned = image.getexif().get(_ORIENTATION, 1) >= 5
        size = (image.width, image.height) if turned else (image.height, image.width)
        return _Found(label, path, size, image.mode in _GREY_MODES)


def _size_of(found: list[_Found], small: bool) -> tuple[int, int]:
    """The pictures' own size if they have one, and if it is no larger than asked for; else one that suits them."""
    sizes = [each.size for each in found]
    if not sizes:
        return 0, 0
    common = all(size == sizes[0] for size in sizes)
    return sizes[0] if common and (not small or max(sizes[0]) <= MOST) else chosen_size(sizes)


@dataclass(frozen=True)
class _How:
    """What pictures become: their size (None: their own), whether they are grey, and how they are fitted."""

    size: tuple[int, int] | None
    grey: bool
    fit: str


def _decode_all(
    found: list[_Found], how: _How, skip_damaged: bool, damaged: dict[Path, str]
) -> tuple[NDArray[np.uint8], list[_Found]]:
    """Fill one array, so that the pictures are in memory once."""
    assert how.size is not None
    shape = (len(found), *how.size) if how.grey else (len(found), *how.size, 3)
    what = f"{len(found):,} pictures of {how.size[0]} x {how.size[1]} pixels"
    advice = f"bring them to a smaller size with {option('size', like='(height, width)')}"
    check_memory(3.0 * math.prod(shape), what, advice)  # training shuffles and splits them
    x = np.empty(shape, np.uint8)
    read: list[_Found] = []
    for each in found:
        picture = _try(lambda each=each: _decode(each.path, how), each.path, skip_damaged, damaged)
        if picture is not None:
            x[len(read)] = picture
            read.append(each)
    return x[: len(read)], read


def _decode(path: Path, how: _How) -> NDArray[np.uint8]:
    from PIL import Image, ImageOps

    with _open(path) as image:
        upright = _eight_bits(ImageOps.exif_transpose(image))
        if upright.has_transparency_data:
            upright = upright.convert("RGBA")
            upright = Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright)
        flat = upright.convert("L" if how.grey else "RGB")
        return np.asarray(flat if how.size is None else brought_to(flat, how.size, how.fit))


def _eight_bits(image: Image.Image) -> Image.Image:
    """Bring 16-bit greyscale to 8 bits by dividing by 257; Pillow's own conversion clips instead."""
    from PIL import Image

    if not image.mode.startswith("I"):
        if image.mode == "F":
            raise ValueError("pixels are floating-point numbers; save it with 8 or 16 bits")
        return image
    pixels = np.asarray(image).astype(np.int64)
    if pixels.min() < 0 or pixels.max() > 0xFFFF:
        raise ValueError(f"pixels run from {pixels.min()} to {pixels.max()}; expected 16 bits, 0 to 65535")
    return Image.fromarray(np.round(pixels / 257).astype(np.uint8))


def _check_every_class(folder: Path, names: tuple[str, ...], y: NDArray[np.int64], damaged: dict[Path, str]) -> None:
    for label, name in enumerate(names):
        if not (y == label).any():
            lost = f" ({len(damaged)} files could not be read)" if damaged else ""
            raise ValueError(f"{folder / name} holds no picture{lost}; add some, or remove the folder")


def _describe(
    folder: Path, names: tuple[str, ...], y: NDArray[np.int64], found: list[_Found], how: _How, chosen: bool
) -> list[str]:
    """Report what was read and what was changed."""
    counts = ", ".join(f"{name} {count}" for name, count in zip(names, np.bincount(y, minlength=len(names))))
    sentences = [f"{folder}: {len(y)} pictures of {len(names)} class{'es' * (len(names) != 1)} ({counts})"]
    assert how.size is not None
    high, wide = how.size
    sentences.append(f"All are {'grayscale' if how.grey else 'RGB'}, {high} pixels high and {wide} wide")
    recoloured = sum(each.grey != how.grey for each in found)
    if recoloured:
        sentences.append(f"Turned from {'colour to grayscale' if how.grey else 'grayscale to RGB'}: {recoloured}")
    resized = [each for each in found if each.size != how.size]
    return sentences + ([_resized(resized, how.size, how.fit, chosen)] if resized else [])


def _resized(resized: list[_Found], size: tuple[int, int], fit: str, chosen: bool) -> str:
    """A sentence on the pictures that had another size."""
    sizes = sorted({each.size for each in resized}, key=lambda each: each[0] * each[1])
    span = f"from {sizes[0][0]} x {sizes[0][1]}" + (f" to {sizes[-1][0]} x {sizes[-1][1]}" if sizes[1:] else "")
    others = sum(each.size[0] * size[1] != each.size[1] * size[0] for each in resized)
    filled = "stretched" if fit == "stretch" else "with their proportions kept and the rest filled"
    said = f"Resized: {len(resized)} ({span}); {others} of other proportions, {filled}"
    return said + (f"; {option('size', like='(height, width)')} chooses another size" if chosen else "")
