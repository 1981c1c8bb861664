"""A film as pictures of pixels: GIF by Pillow, MP4 by ffmpeg; drawn by matplotlib, without a screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet.glass.shapes import HEIGHT, WIDTH, Box, Disc, Flow, Label, Line, Mark, Moment, Picture, Scene, Shape
from clarinet.glass.svg import RUN
from clarinet.glass.theme import LINE, colors, first_line, level_name, title_line

if TYPE_CHECKING:
    from PIL.Image import Image

_DPI = 100
#: Pictures a second while dots run, in a GIF (whose clock counts hundredths) and in a video.
_GIF_RATE, _VIDEO_RATE = 10, 15
_POINT = 72 / _DPI  # of a pixel


def frames(scene: Scene, theme: str, rate: int, speed: float) -> Iterator[tuple[Image, int]]:
    """Pictures, each with how many ``1 / rate`` of a second it stands."""
    palette = colors(theme)
    dot = _dot(palette["ring"])
    for moment in scene.moments:
        still = _draw((*scene.ground, *moment.shapes, *moment.arriving), moment, palette)
        count = max(1, round(moment.seconds * rate / speed))
        running = min(max(2, round(RUN * rate / speed)), count - 1) if moment.flows and count > 2 else 0
        before = _draw((*scene.ground, *moment.shapes), moment, palette) if running else still
        for step in range(running):
            yield _with_dots(before, dot, moment.flows, (step + 1) / (running + 1)), 1
        yield still, count - running


def write_gif(scene: Scene, path: Path, theme: str, speed: float) -> None:
    """An animated GIF that begins again at its end."""
    from PIL import Image

    pictures = list(frames(scene, theme, _GIF_RATE, speed))
    shared = _palette([picture for picture, _ in pictures])
    small = [picture.quantize(palette=shared, dither=Image.Dither.NONE) for picture, _ in pictures]
    times = [count * 1000 // _GIF_RATE for _, count in pictures]
    small[0].save(path, format="GIF", save_all=True, append_images=small[1:], duration=times, loop=0, optimize=False)


def write_mp4(scene: Scene, path: Path, theme: str, speed: float) -> None:
    """A video in H.264, which every player knows.

    Raises:
        ImportError: imageio-ffmpeg is not installed.
    """
    try:
        from imageio_ffmpeg import write_frames
    except ImportError as error:
        raise ImportError(
            f'glass.film writes .mp4 with imageio-ffmpeg ({error}); install it with pip install "clarinet[film]"'
        ) from None
    settings: dict[str, Any] = {"codec": "libx264", "pix_fmt_out": "yuv420p", "quality": 8, "macro_block_size": 2}
    settings["output_params"] = ["-preset", "veryfast", "-movflags", "+faststart"]
    # The whole path: a name alone may look like an option (-x.mp4) or a protocol (pipe:1.mp4) to ffmpeg.
    video = write_frames(str(path.absolute()), (WIDTH, HEIGHT), fps=_VIDEO_RATE, ffmpeg_log_level="error", **settings)
    video.send(None)
    try:
        for picture, count in frames(scene, theme, _VIDEO_RATE, speed):
            pixels = picture.tobytes()
            for _ in range(count):
                video.send(pixels)
    finally:
        video.close()


def _palette(pictures: list[Image]) -> Image:
    """One palette for all, so that only what changes is written: from some of the pictures, one under the other."""
    from PIL import Image

    some = pictures[:: max(1, len(pictures) // 8)]
    together = Image.new("RGB", (WIDTH, HEIGHT * len(some)))
    for number, picture in enumerate(some):
        together.paste(picture, (0, number * HEIGHT))
    return together.quantize(128)


def _with_dots(still: Image, dot: Image, flows: tuple[Flow, ...], at: float) -> Image:
    picture, half = still.copy(), dot.width // 2
    for flow in flows:
        x, y = flow.x0 + at * (flow.x1 - flow.x0), flow.y0 + at * (flow.y1 - flow.y0)
        picture.paste(dot, (round(x) - half, round(y) - half), dot)
    return picture


def _dot(color: str) -> Image:
    """A round dot with soft edges: drawn large, then made small."""
    from PIL import Image, ImageDraw

    large = Image.new("L", (88, 88))
    ImageDraw.Draw(large).ellipse((4, 4, 84, 84), fill=255)
    dot = Image.new("RGBA", (11, 11), color)
    dot.putalpha(large.resize((11, 11), Image.Resampling.LANCZOS))
    return dot


def _draw(shapes: tuple[Shape, ...], moment: Moment, palette: dict[str, str]) -> Image:
    """These shapes and the moment's caption."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

    figure = Figure(figsize=(WIDTH / _DPI, HEIGHT / _DPI), dpi=_DPI, facecolor=palette["background"])
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH), ylim=(HEIGHT, 0))
    axes.set_axis_off()
    for shape in shapes:
        _add(axes, shape, palette)
    x, y = title_line()
    _add(axes, Label(x, y, moment.title, 19, start=True, bold=True), palette)
    for i, line in enumerate(moment.lines):
        x, y = first_line()
        _add(axes, Label(x, y + i * LINE, line, 14, start=True), palette, "DejaVu Sans Mono")
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    return Image.fromarray(pixels).convert("RGB")


def _add(axes: Any, shape: Shape, palette: dict[str, str], family: str = "DejaVu Sans") -> None:
    from matplotlib.patches import Circle, Rectangle

    from clarinet.views.theme import plain

    order = len(axes.get_children())  # later shapes are drawn above
    if isinstance(shape, Line):
        dash: Any = (0, (4, 2.4)) if shape.role == "minus" else "solid"
        axes.plot(
            [shape.x0, shape.x1], [shape.y0, shape.y1], color=palette[shape.role], linewidth=shape.width * _POINT,
            linestyle=dash, alpha=shape.opacity, zorder=order, solid_capstyle="butt",
        )  # fmt: skip
    elif isinstance(shape, Disc | Box):
        fill = palette["background"] if shape.level is None else palette[level_name("v", shape.level)]
        edge, width = (palette["ring"], 3.5) if shape.ring else (palette["text"], 1.2)
        look: dict[str, Any] = {"fc": fill, "ec": edge, "lw": width * _POINT, "zorder": order}
        if isinstance(shape, Disc):
            axes.add_patch(Circle((shape.x, shape.y), shape.radius, **look))
        else:
            axes.add_patch(Rectangle((shape.x, shape.y), shape.width, shape.height, **look))
    elif isinstance(shape, Picture):
        extent = (shape.x, shape.x + shape.width, shape.y + shape.height, shape.y)
        colors = {"cmap": "gray", "vmin": 0, "vmax": 255} if shape.pixels.ndim == 2 else {}
        axes.imshow(shape.pixels, extent=extent, interpolation="nearest", aspect="auto", zorder=order, **colors)
        axes.set(xlim=(0, WIDTH), ylim=(HEIGHT, 0))  # which imshow has changed
    elif isinstance(shape, Mark):
        corner = (shape.x - shape.side / 2, shape.y - shape.side / 2)
        frame = Rectangle(corner, shape.side, shape.side, fc="none", ec=palette["ring"], lw=2.5 * _POINT, zorder=order)
        axes.add_patch(frame)
    else:
        role = level_name("on", shape.level) if shape.role == "on" else shape.role
        axes.text(
            shape.x, shape.y, plain(shape.text), color=palette[role], fontsize=shape.size * _POINT,
            ha="left" if shape.start else "center", va="center_baseline", family=family,
            weight="bold" if shape.bold else "normal", zorder=order,
        )  # fmt: skip
