"""A film of one training step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from clarinet import files
from clarinet.configurable import check_number, check_whole
from clarinet.glass.tracing import loss_after
from clarinet.glass.tracing import trace as trace_step
from clarinet.names import nearest

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

#: Endings of files that :func:`film` writes.
ENDINGS = (".mp4", ".gif", ".svg", ".html")


def film(
    model: Trainable,
    data: object,
    path: str | Path,
    *,
    row: int = 0,
    speed: float = 1.0,
    theme: str | None = None,
    most: int = 6,
    training: bool = True,
) -> Path:
    """Film a step of a network: numbers flow forward, the loss comes out, deltas flow back, weights change.

    The captions are those of :func:`clarinet.glass.explain`. The model is not changed. In chains of dense layers, and
    of layers with one output for each input, every number is a circle. Other networks are drawn as boxes joined by
    lines: a box for each input, layer and operation, those of models within it too, with its numbers, their deltas, and
    feature maps as pictures. Where a graph is too large to be read at once, the view follows what happens.

    Args:
        model: compiled, if there are labels.
        data: ``(x, y)``, or ``x`` alone for a forward pass: rows, or one example.
        path: ends in ``.mp4`` (H.264 video), ``.gif``, ``.svg`` (plays by itself in a browser) or ``.html`` (a page
            with a player: pause, single steps, speed, keys, all steps as text; it needs nothing else).
        row: that is shown, of several; default 0.
        speed: 2 is twice as fast.
        theme: ``"light"`` or ``"dark"``; default: a page and an SVG follow the reader's setting, others are light.
        most: circles in a column, or numbers in a box, at most; of larger layers those units are drawn that matter most
            in this step, of outputs the target's and the predicted one with them. Default 6.
        training: as for :func:`clarinet.glass.trace`.

    Returns:
        the path.

    Raises:
        ValueError: another ending, rows that do not fit. ImportError:
        ``clarinet[film]`` is not installed. OSError: the file cannot be written.

    Example:
        >>> import clarinet, tempfile
        >>> from clarinet import glass
        >>> model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1, activation="sigmoid")])
        >>> model.compile("sgd", "mse")
        >>> glass.film(model, ([0.5, 1.0], [1.0]), tempfile.mkdtemp() + "/step.svg").name
        'step.svg'
    """
    file = _checked(path, speed, theme)
    check_whole(most, "film: most", low=2)
    x, y = data if isinstance(data, tuple) else (data, None)
    trace = trace_step(model, x, y, training=training)
    if not 0 <= check_whole(row, "film: row") < len(trace):
        raise ValueError(f"film: row {row}: there are {len(trace)} rows, 0 to {len(trace) - 1}")
    from clarinet.glass import page, raster, svg
    from clarinet.glass.scene import scene as scene_of

    after = loss_after(model, x, y) if trace.loss is not None and trace.training else None
    scene = scene_of(model, trace, after, row, most)
    ending = file.suffix.lower()
    place = files.destination(file)
    part = place.with_name(f"{file.stem}.part{ending}")  # so that a film that is there is whole
    try:
        if ending == ".mp4":
            raster.write_mp4(scene, part, theme or "light", speed)
        elif ending == ".gif":
            raster.write_gif(scene, part, theme or "light", speed)
        else:
            part.write_text((svg if ending == ".svg" else page).write(scene, theme, speed), encoding="utf-8")
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)
    return file


def _checked(given: Any, speed: Any, theme: Any) -> Path:
    """The path, or why nothing can be written; before any work."""
    path = Path(given)
    if path.suffix.lower() not in ENDINGS:
        raise ValueError(
            f"film: {str(path)!r} ends in {path.suffix or 'nothing'!r}; expected one of {', '.join(ENDINGS)}"
        )
    if not files.current(path.parent).is_dir():
        raise FileNotFoundError(f"film: there is no folder {str(path.parent)!r}; make it first")
    if check_number(speed, "film: speed", low=0) == 0:
        raise ValueError("film: speed: expected a number above 0, received 0; 2 is twice as fast")
    if theme not in (None, "light", "dark"):
        raise ValueError(f"film: unknown theme {theme!r}: {nearest(str(theme), ('light', 'dark'))}")
    return path
