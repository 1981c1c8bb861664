"""A film: what every picture shows, and that all four kinds of file hold it."""

import base64
import io
import re
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

import clarinet
from clarinet import glass, layers, optimizers
from clarinet.glass import raster, svg, theme
from clarinet.glass.captions import brief
from clarinet.glass.scene import scene
from clarinet.glass.shapes import HEIGHT, WIDTH, Disc, Label, Mark, Picture
from clarinet.glass.theme import colors
from tests.glass.test_explain import assert_adds_up
from tests.glass.test_trace import compiled

pytest.importorskip("matplotlib")

X, Y = [0.9, 0.1, 0.5, 0.0, 0.3], [1.0, 0.0, 0.0]


@pytest.fixture(scope="module")
def model():
    stack = [layers.Dense(4, "sigmoid", name="hidden"), layers.Dense(3, "sigmoid", name="output")]
    return compiled(stack, (5,), optimizers.SGD(0.5))


@pytest.fixture(scope="module")
def drawn(model):
    return scene(model, glass.trace(model, X, Y), 0.2, 0, 8)


def test_every_unit_has_its_moment_forward_and_back(drawn):
    titles = [moment.title for moment in drawn.moments]
    forward = [f"Forward: {name}, unit {u}" for name, n in (("hidden", 4), ("output", 3)) for u in range(n)]
    back = [f"Back: δ = dL/dz of {name}, unit {u}" for name, n in (("output", 3), ("hidden", 4)) for u in range(n)]
    assert titles[0] == "A network of 5 – 4 – 3 units"
    assert titles[2:9] == forward
    assert titles[10:17] == back
    assert titles[17:19] == ["New weights of hidden", "New weights of output"]
    assert titles[19].startswith("The same example again: loss ")


def test_captions_add_up_and_fit(drawn):
    for moment in drawn.moments:
        assert len(moment.lines) <= theme.room()
        assert max(map(len, moment.lines)) <= 104
    text = "\n".join(" ".join(moment.lines) for moment in drawn.moments)
    assert_adds_up(text.replace("   ", " ").replace("  =", " ="), least=15)


def test_numbers_appear_one_after_another(drawn, model):
    def numbers(moment):
        return [s.text for s in (*moment.shapes, *moment.arriving) if isinstance(s, Label) and s.role == "on"]

    counts = [len(numbers(moment)) for moment in drawn.moments]
    assert counts == [0, 5, 6, 7, 8, 9, *([*range(10, 13)]), *[12] * 11]
    assert sum(isinstance(s, Disc) for s in drawn.moments[0].shapes) == 12
    flows = drawn.moments[2].flows
    assert len(flows) == 5
    assert [type(s) for s in drawn.moments[2].arriving] == [Disc, Label]  # the number comes with the dots
    assert [s.role for s in drawn.moments[13].arriving] == ["delta"]
    assert all(f.x0 < f.x1 for f in flows)  # forward, to the right
    back = drawn.moments[13].flows
    assert len(back) == 3
    assert all(f.x0 > f.x1 for f in back)


def test_nothing_is_outside_the_picture(drawn):
    for moment in drawn.moments:
        for shape in (*drawn.ground, *moment.shapes, *moment.arriving):
            if isinstance(shape, Disc):
                assert shape.radius < shape.x < WIDTH - shape.radius
                assert shape.radius < shape.y < HEIGHT - shape.radius
            elif isinstance(shape, Label):
                half = 0.32 * shape.size * len(shape.text)
                assert shape.x - (0 if shape.start else half) > 0
                assert shape.x + (2 * half if shape.start else half) < WIDTH


def test_the_loss_of_the_last_picture_is_that_after_the_step(tmp_path, model):
    text = glass.film(model, (X, Y), tmp_path / "step.svg").read_text(encoding="utf-8")
    before, after = map(float, re.search(r"loss ([\d.]+) → ([\d.]+)", text).groups())
    assert before == pytest.approx(glass.trace(model, X, Y).loss, abs=1e-5)
    trace = glass.trace(model, X, Y)
    hidden = 1 / (1 + np.exp(-(np.array([X]) @ _after(trace, 0, "kernel") + _after(trace, 0, "bias"))))
    output = 1 / (1 + np.exp(-(hidden @ _after(trace, 1, "kernel") + _after(trace, 1, "bias"))))
    assert after == pytest.approx(np.mean((output - Y) ** 2), abs=1e-5)


def _after(trace, layer, name):
    weight = trace.layers[layer].weights[name]
    return weight.value + weight.update


def test_svg_is_sound_and_has_a_group_for_each_moment(drawn):
    root = ElementTree.fromstring(svg.write(drawn, None, 1.0))
    groups = [g for g in root.iter("{http://www.w3.org/2000/svg}g") if g.get("class") == "moment"]
    assert len(groups) == len(drawn.moments)
    assert [g.get("visibility") for g in groups] == ["visible", *["hidden"] * (len(groups) - 1)]
    style = root.find("{http://www.w3.org/2000/svg}style").text
    used = set(re.findall(r"var\(--([\w-]+)\)", style))
    assert used <= set(re.findall(r"--([\w-]+):", style))
    assert "prefers-color-scheme: dark" in style
    assert "prefers-color-scheme" not in svg.write(drawn, "dark", 1.0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read_on_what_it_stands_on(theme):
    from clarinet.views.theme import luminance

    palette = colors(theme)
    pairs = [(palette[name], palette["background"]) for name in ("text", "quiet", "delta")]
    pairs += [(palette[name], palette["v" + name[2:]]) for name in palette if name.startswith("on")]
    for ink, ground in pairs:
        low, high = sorted((luminance(ink), luminance(ground)))
        assert (high + 0.05) / (low + 0.05) >= 4.5


def labels(moment):
    return [shape.text for shape in (*moment.shapes, *moment.arriving) if isinstance(shape, Label)]


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 1), (64,)])
def test_a_film_of_a_picture_shows_what_matters(shape):
    rng = np.random.default_rng(0)
    x = np.zeros((8, 8))
    x[2, 3], x[5, 6], x[4, 4], x[7, 1] = 1.0, 0.9, 0.8, 0.7  # the corners are empty, as a digit's are
    stack = [layers.Flatten(), layers.Dense(20, "relu", name="hidden"), layers.Dense(10, "softmax", name="output")]
    model = compiled(stack, shape, "sgd", "sparse_categorical_crossentropy")
    model.layers[-1].set_weights([rng.normal(size=(20, 10)), np.where(np.arange(10) == 4, 9.0, 0.0)])
    x = x.reshape(1, *shape)
    trace = glass.trace(model, x, [6])
    made = scene(model, trace, 0.1, 0, 5)
    (picture,) = [part for part in made.ground if isinstance(part, Picture)]
    np.testing.assert_array_equal(picture.pixels, np.rint(x.reshape(8, 8) * 255))
    marks = {(round((m.y - picture.y) / 150 * 8 - 0.5), round((m.x - picture.x) / 150 * 8 - 0.5))
             for m in made.ground if isinstance(m, Mark)}  # fmt: skip
    assert marks == {(2, 3), (5, 6), (4, 4), (7, 1)}
    named = {part.text for part in made.ground if isinstance(part, Label)}
    assert {"2, 3", "5, 6", "4, 4", "7, 1", "4", "6", "… 60 more", "… 16 more", "… 6 more"} <= named
    titles = [moment.title for moment in made.moments]
    assert {"Forward: output, unit 4", "Forward: output, unit 6"} <= set(titles)
    loss = next(moment for moment in made.moments if moment.title.startswith("The loss"))
    assert "The largest output is unit 4, the largest target unit 6." in loss.lines
    assert labels(loss).count("target 1") == 1
    said = [np.max(trace.layers[1].a[0])]
    assert any(text == brief(float(said[0])) for text in labels(loss)), "the strongest hidden unit"


@pytest.mark.parametrize("pixels", [np.arange(15).reshape(3, 5) * 17, np.arange(45).reshape(3, 5, 3) * 5])
def test_a_picture_in_a_page_is_the_picture(tmp_path, pixels):
    Image = pytest.importorskip("PIL.Image")
    model = compiled([layers.Flatten(), layers.Dense(2)], pixels.shape, "sgd", "mse")
    text = glass.film(model, pixels / pixels.max(), tmp_path / "step.html").read_text(encoding="utf-8")
    found = base64.b64decode(re.search(r'href="data:image/bmp;base64,([^"]+)"', text)[1])
    shown = np.asarray(Image.open(io.BytesIO(found)).convert("L" if pixels.ndim == 2 else "RGB"))
    np.testing.assert_array_equal(shown, np.rint(pixels / pixels.max() * 255))
    assert "img-src data:" in text
    glass.film(model, pixels / pixels.max(), tmp_path / "step.gif", speed=20)


def test_a_table_of_many_columns_is_no_picture():
    model = compiled([layers.Dense(2)], (64,))
    model.metadata["data"] = {"kind": "table", "classes": [], "coding": {}}
    x = np.zeros(64)
    x[[7, 30]] = 5.0
    made = scene(model, glass.trace(model, x[None], [[0.0, 1.0]]), 0.1, 0, 3)
    assert not any(isinstance(part, (Picture, Mark)) for part in made.ground)
    assert {"7", "30", "… 62 more"} <= {part.text for part in made.ground if isinstance(part, Label)}


def small_model():
    return compiled([layers.Dense(1, "sigmoid")], (2,), optimizers.SGD(0.5))


def test_gif_stands_as_long_as_its_moments(tmp_path):
    Image = pytest.importorskip("PIL.Image")
    path = glass.film(small_model(), ([0.5, 1.0], [1.0]), tmp_path / "step.gif", speed=8, theme="dark")
    with Image.open(path) as picture:
        assert picture.size == (WIDTH, HEIGHT)
        times = []
        for frame in range(picture.n_frames):
            picture.seek(frame)
            times.append(picture.info["duration"])
            assert len(picture.convert("RGB").getcolors(WIDTH * HEIGHT)) > 5
        assert picture.info["loop"] == 0
    made = scene(small_model(), glass.trace(small_model(), [0.5, 1.0], [1.0]), 0.1, 0, 8)
    assert sum(times) / 1000 == pytest.approx(sum(m.seconds for m in made.moments) / 8, abs=0.6)


# imageio-ffmpeg forks; the child does nothing of JAX's, which other tests have imported, before it becomes ffmpeg.
@pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")
@pytest.mark.parametrize("name", ["-x.mp4", "pipe:1.mp4"])
def test_a_name_that_looks_like_an_option_is_a_name(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    glass.film(small_model(), ([0.5, 1.0], [1.0]), name, speed=10)
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert b"ftyp" in (tmp_path / name).read_bytes()[:16]


@pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")  # ffmpeg's wrapper forks; other tests have started JAX
def test_mp4_is_h264_that_every_player_knows(tmp_path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    path = glass.film(small_model(), ([0.5, 1.0], [1.0]), tmp_path / "step.mp4", speed=10)
    facts = next(ffmpeg.read_frames(str(path)))
    assert facts["size"] == (WIDTH, HEIGHT)
    assert facts["codec"].startswith("h264")
    assert "yuv420p" in facts["pix_fmt"]


def test_dots_run_from_one_end_to_the_other():
    made = scene(small_model(), glass.trace(small_model(), [0.5, 1.0], [1.0]), 0.1, 0, 8)
    moment = next(m for m in made.moments if m.flows)
    only = type(made)(made.title, made.ground, (moment,))
    ring = np.array([int(theme.colors("light")["ring"][i : i + 2], 16) for i in (1, 3, 5)])
    left, right = (int(end) for end in (moment.flows[0].x0 + 40, moment.flows[0].x1 - 40))  # between the circles
    centres = []
    for picture, _ in raster.frames(only, "light", 6, 1.0):
        dots = (np.abs(np.asarray(picture, float) - ring).max(axis=2) < 8).sum(axis=0)[left:right]
        centres += [float(np.average(np.arange(left, right), weights=dots))] if dots.any() else []
    assert len(centres) >= 3
    assert centres == sorted(centres)


def test_layers_without_weights_and_large_ones(tmp_path):
    stack = [layers.Rescaling(0.5), layers.Dense(30, "relu"), layers.Dropout(0.5), layers.Dense(3, "softmax")]
    model = compiled(stack, (12,), "adam", "sparse_categorical_crossentropy")
    x = np.random.default_rng(0).normal(size=(2, 12))
    text = glass.film(model, (x, [1, 2]), tmp_path / "step.svg", row=1, most=4).read_text(encoding="utf-8")
    for expected in ("Forward: rescaling", "Forward: dropout", "… 27 more", "target 1", "e^z / Σ e^z", "(25 more)"):
        assert expected in text


def test_numbers_that_are_none_are_filmed_too(tmp_path):
    model = small_model()
    model.layers[0].set_weights([[[np.inf], [np.nan]], [0.0]])
    text = glass.film(model, ([0.5, 1.0], [1.0]), tmp_path / "step.svg").read_text(encoding="utf-8")
    assert ">nan</text>" in text
    assert [path.name for path in tmp_path.iterdir()] == ["step.svg"]


def test_without_labels_it_only_goes_forward(tmp_path):
    uncompiled = clarinet.Sequential([layers.Input((2,)), layers.Dense(2)])
    text = glass.film(uncompiled, [0.5, 1.0], tmp_path / "step.html").read_text(encoding="utf-8")
    assert "Forward: dense, unit 1" in text
    assert "Back" not in text.partition("<ol")[2].partition("</ol>")[0]


@pytest.mark.parametrize(
    "path, settings, error, message",
    [
        ("step.avi", {}, ValueError, r"expected one of .mp4, .gif, .svg, .html"),
        ("nowhere/step.svg", {}, FileNotFoundError, "no folder"),
        ("step.svg", {"speed": 0}, ValueError, "above 0"),
        ("step.svg", {"theme": "drak"}, ValueError, "dark"),
        ("step.svg", {"row": 1}, ValueError, "1 rows"),
        ("step.svg", {"most": 1}, ValueError, "most"),
    ],
)
def test_refused(tmp_path, model, path, settings, error, message):
    with pytest.raises(error, match=message):
        glass.film(model, (X, Y), tmp_path / path, **settings)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("missing, name", [("matplotlib.colors", "step.svg"), ("imageio_ffmpeg", "step.mp4")])
def test_a_missing_extra_is_named(tmp_path, monkeypatch, missing, name):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError, match=r"pip install \"clarinet\[film\]\""):
        glass.film(small_model(), ([0.5, 1.0], [1.0]), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_convolutions_are_boxes_with_pictures():
    model = compiled([layers.Conv2D(2, 3, name="conv"), layers.Flatten(), layers.Dense(2)], (5, 5, 1))
    x = np.random.default_rng(0).normal(size=(1, 5, 5, 1))
    trace = glass.trace(model, x, [[0.0, 1.0]])
    made = scene(model, trace, 0.1, 0, 4)
    moment = next(moment for moment in made.moments if moment.title.startswith("Forward: conv"))
    pictures = [part for part in (*moment.shapes, *moment.arriving) if isinstance(part, Picture)]
    assert [picture.pixels.shape for picture in pictures] == [(5, 5), (3, 3)]
    np.testing.assert_array_equal(pictures[0].pixels, np.rint((x[0, ..., 0] - x.min()) / np.ptp(x) * 255))
    assert_adds_up(" ".join(moment.lines).replace("   ", " ").replace("  =", " ="), least=1)
