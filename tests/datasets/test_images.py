"""Folders of images: formats and colours, sizes, what is left out, and what is refused."""

import os
import re
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from clarinet.datasets import load_images

RED, GREY = (200, 10, 20), 90


def save(path, mode="L", size=(4, 3), color=GREY, **options):
    """A picture of one colour; ``size`` is (width, height), as Pillow has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, color).save(path, **options)
    return path


@pytest.fixture
def pets(tmp_path):
    for name in ("cat/b.png", "cat/a.png", "dog/1.png"):
        save(tmp_path / name)
    return tmp_path


def test_grey_folder(pets):
    images = load_images(pets)
    assert images.x.shape == (3, 3, 4) and images.x.dtype == np.uint8 and (images.x == GREY).all()
    assert images.y.tolist() == [0, 0, 1] and images.y.dtype == np.int64
    assert images.classes == ("cat", "dog") and images.files == ("cat/a.png", "cat/b.png", "dog/1.png")
    assert str(images).splitlines() == [
        f"{pets}: 3 pictures of 2 classes (cat 2, dog 1).",
        "All are grayscale, 3 pixels high and 4 wide.",
    ]
    assert "array" not in repr(images)


def test_colours(pets):
    save(pets / "dog/2.png", "RGB", color=RED)
    images = load_images(pets)
    assert images.x.shape == (4, 3, 4, 3)
    assert images.x[-1, 0, 0].tolist() == list(RED) and images.x[0, 0, 0].tolist() == [GREY] * 3
    assert "Turned from grayscale to RGB: 3." in images.report
    grey = load_images(pets, color="grayscale")
    assert grey.x.shape == (4, 3, 4) and "Turned from colour to grayscale: 1." in grey.report
    assert load_images(pets, color="rgb").x.shape == (4, 3, 4, 3)


@pytest.mark.parametrize("ending", ["png", "bmp", "gif", "tiff", "webp", "ppm", "jpg"])
def test_formats(tmp_path, ending):
    options = {"lossless": True} if ending == "webp" else {}
    save(tmp_path / f"c/1.{ending}", "RGB", (8, 8), RED, **options)
    image = load_images(tmp_path, color="rgb").x[0]
    assert np.abs(image.astype(int) - RED).max() <= (4 if ending == "jpg" else 0)


def test_sizes(pets):
    save(pets / "dog/2.png", size=(8, 6))
    save(pets / "dog/3.png", size=(5, 5))
    chosen = load_images(pets)
    assert chosen.x.shape == (5, 3, 4) and (chosen.x == GREY).all()
    assert (
        "Resized: 2 (from 5 x 5 to 6 x 8); 1 of other proportions, with their proportions kept and the rest filled; "
        "size=(height, width) chooses another size." in chosen.report
    )
    images = load_images(pets, size=(6, 8), fit="stretch")
    assert images.x.shape == (5, 6, 8) and (images.x == GREY).all()
    assert "Resized: 4 (from 3 x 4 to 5 x 5); 1 of other proportions, stretched." in images.report


def test_proportions_are_kept_on_a_sheet_of_the_edges_colour(tmp_path):
    pixels = np.full((40, 20, 3), (10, 20, 30), np.uint8)
    pixels[10:30, 5:15] = 250
    (tmp_path / "c").mkdir()
    Image.fromarray(pixels).save(tmp_path / "c/1.png")
    (x,) = load_images(tmp_path, size=(40, 60)).x
    assert (x[:, 20:40] == pixels).all() and (x[:, :20] == (10, 20, 30)).all() and (x[:, 40:] == (10, 20, 30)).all()
    stretched = load_images(tmp_path, size=(40, 60), fit="stretch").x[0]
    assert (stretched[20, 25:35] == 250).all() and (stretched[20, :10] == (10, 20, 30)).all()


def test_large_pictures_become_small_where_that_is_asked_for(tmp_path):
    for number in range(3):
        save(tmp_path / f"c/{number}.png", size=(300, 150))
    assert load_images(tmp_path).x.shape == (3, 150, 300)
    small = load_images(tmp_path, "small")
    assert small.x.shape == (3, 32, 64) and "chooses another size" in small.report[2]


def test_sixteen_bits_are_scaled_not_clipped(tmp_path):
    (tmp_path / "c").mkdir()
    Image.fromarray(np.array([[0, 257, 25700, 65535]], np.uint16)).save(tmp_path / "c/1.png")
    (tmp_path / "c/2.pgm").write_bytes(b"P5 4 1 65535 " + np.array([0, 257, 25700, 65535], ">u2").tobytes())
    assert load_images(tmp_path).x.tolist() == [[[0, 1, 100, 255]]] * 2


def test_transparent_parts_are_white(tmp_path):
    save(tmp_path / "c/1.png", "RGBA", color=(0, 0, 0, 0))
    save(tmp_path / "c/2.png", "LA", color=(0, 255))
    assert load_images(tmp_path).x[:, 0, 0].tolist() == [[255] * 3, [0] * 3]


def test_exif_orientation_is_applied(tmp_path):
    (tmp_path / "c").mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = np.zeros((4, 8), np.uint8)
    pixels[:, :4] = 255  # light on the left; turned a quarter clockwise, light at the top
    Image.fromarray(pixels).save(tmp_path / "c/1.png", exif=exif)
    image = load_images(tmp_path).x[0]
    assert image.shape == (8, 4) and image[0, 0] == 255 and image[-1, 0] == 0


def test_hidden_and_other_files_are_left_out_and_reported(pets):
    (pets / "cat/notes.txt").write_text("hello")
    (pets / "cat/.thumb.png").write_bytes(b"junk")
    (pets / ".git").mkdir()
    (pets / "readme.md").write_text("hello")
    save(pets / "cat/more/c.PNG")
    images = load_images(pets)
    assert images.classes == ("cat", "dog") and "cat/more/c.PNG" in images.files
    for sentence in (
        "cat/notes.txt: left out: no picture by its name.",
        "cat/.thumb.png: left out: hidden.",
        ".git: left out: hidden.",
        "Left out because they are outside the classes' folders: 1 of the files.",
    ):
        assert sentence in images.report


def test_loops_of_links_are_harmless(pets):
    (pets / "loop").symlink_to(pets, target_is_directory=True)
    (pets / "cat" / "up").symlink_to(pets, target_is_directory=True)
    images = load_images(pets)
    assert images.classes == ("cat", "dog") and len(images.files) == 3
    assert f"loop: left out: a link back to {pets}." in images.report


def damage(pets, kind):
    path = pets / "dog/2.png"
    data = save(path, size=(4, 3)).read_bytes()
    if kind == "truncated":
        path.write_bytes(data[:-28])
    elif kind == "text":
        path.write_text("not a picture")
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "bomb":
        header = (40_000).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
        chunk = b"IHDR" + header
        path.write_bytes(
            data[:8] + len(header).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big") + data[33:]
        )
    return path


@pytest.mark.parametrize("kind", ["truncated", "text", "empty", "bomb"])
def test_damaged_files(pets, kind):
    path = damage(pets, kind)
    with pytest.raises(ValueError, match=re.escape(f"{path}: it cannot be read (")) as error:
        load_images(pets)
    assert "skip_damaged=True" in str(error.value)
    images = load_images(pets, skip_damaged=True)
    assert len(images.x) == len(images.y) == len(images.files) == 3
    assert images.report[-1].startswith("dog/2.png: left out: it cannot be read (")


def test_a_class_of_damaged_files_only_is_refused(pets):
    damage(pets, "text")
    os.remove(pets / "dog/1.png")
    with pytest.raises(ValueError, match=r"dog holds no picture \(1 files could not be read\)"):
        load_images(pets, skip_damaged=True)


def test_formats_that_start_other_programs_are_not_opened(pets):
    (pets / "dog/evil.png").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 4 3\n%%EndComments\n")
    with pytest.raises(ValueError, match=r"evil\.png: it cannot be read"):
        load_images(pets)


def test_floating_point_pixels_are_refused(tmp_path):
    save(tmp_path / "c/1.tiff", "F", color=0.5)
    with pytest.raises(ValueError, match="pixels are floating-point numbers"):
        load_images(tmp_path)


def test_folders_that_are_none(pets, tmp_path):
    with pytest.raises(FileNotFoundError, match="is not a folder; expected one that holds a sub-folder for each class"):
        load_images(pets / "nowhere")
    with pytest.raises(
        ValueError, match="holds no sub-folders, and each is one class: 2 files are in the folder itself"
    ):
        load_images(pets / "cat")
    (pets / "fish").mkdir()
    with pytest.raises(ValueError, match="fish holds no picture; add some, or remove the folder"):
        load_images(pets)
    with pytest.raises(ValueError, match="it is empty"):
        load_images(pets / "fish")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"color": "gray"}, "color='gray': expected 'auto', 'grayscale' or 'rgb'"),
        ({"size": 28}, r"size=28: expected \(height, width\)"),
        ({"size": (28, 0)}, r"size=\(28, 0\)"),
        ({"size": (28.0, 28)}, r"size=\(28.0, 28\)"),
    ],
)
def test_bad_arguments(pets, arguments, message):
    with pytest.raises(ValueError, match=message):
        load_images(pets, **arguments)


def test_without_pillow_the_extra_is_named(pets, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r'pip install "clarinet\[images\]"'):
        load_images(pets)
