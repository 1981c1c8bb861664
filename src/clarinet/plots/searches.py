"""Pictures of a search for hyperparameters: its trials, what matters, and where good values lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from clarinet.plots import style
from clarinet.plots.style import plain
from clarinet.types import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

#: Values that are so many times apart are drawn on a logarithmic scale.
_FAR = 20.0
#: Of choices with longer names the beginning is shown.
_LONGEST = 14
#: Panels beside each other, at most.
_ACROSS = 3


class TrialLike(Protocol):
    """What is drawn of a trial, see :class:`clarinet.search.Trial`."""

    @property
    def number(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def value(self) -> float | None: ...
    @property
    def values(self) -> Mapping[str, object]: ...


class SearchLike(Protocol):
    """What is drawn of a search, see :class:`clarinet.search.Results`."""

    @property
    def metric(self) -> str: ...
    @property
    def mode(self) -> str: ...
    @property
    def trials(self) -> Sequence[TrialLike]: ...
    @property
    def scales(self) -> Mapping[str, str]: ...

    def importance(self) -> Mapping[str, float]: ...


def trials(search: SearchLike, *, ax: Axes | None = None, theme: str | None = None) -> Axes | FigureBase:
    """Draw the value of every trial, and the best one so far: whether a search still finds something.

    Args:
        search: what :func:`clarinet.search.search` or :func:`clarinet.search.load` returned.
        ax: axes to draw in; default those of a new figure.
        theme: ``"light"`` or ``"dark"``; default the one that suits ``ax``, else light.

    Returns:
        ``ax``, or the new Figure.

    Raises:
        ValueError: no trial is complete.

    Example:
        >>> import tempfile, numpy as np, clarinet
        >>> from clarinet import plots, search
        >>> def build(rate):
        ...     model = clarinet.Sequential([clarinet.Input((1,)), clarinet.layers.Dense(1)])
        ...     model.compile(clarinet.optimizers.SGD(rate), "mse")
        ...     return model
        >>> x, store = np.ones((8, 1)), clarinet.runs.Store(tempfile.mkdtemp())
        >>> found = search.search(build, {"rate": (0.001, 0.1)}, x, x, trials=3, workers=0, store=store, verbose=0)
        >>> figure = plots.trials(found)
        >>> figure.axes[0].get_ylabel()
        'val_loss'
    """
    complete = _complete(search, "trials")
    axes, look, drawn = style.open_axes(ax, theme)
    pruned = [each for each in search.trials if each.state == "pruned" and each.value is not None]
    for each, label, filled in ((complete, "complete", True), (pruned, "pruned", False)):
        if each:
            face = look.series[0] if filled else "none"
            places, values = [one.number for one in each], _values(each)
            axes.scatter(places, values, s=22, facecolors=face, edgecolors=look.series[0], label=label)
    best = np.minimum.accumulate if search.mode == "min" else np.maximum.accumulate
    numbers = [each.number for each in complete]
    axes.step(numbers, best(_values(complete)), where="post", color=look.series[1], label="the best so far")
    if _is_far(_values([*complete, *pruned])):
        axes.set_yscale("log")
    style.whole_numbers(axes.xaxis)
    axes.set(xlabel="trial", ylabel=plain(search.metric), title=f"{len(search.trials)} trials")
    style.legend(axes, look)
    return drawn


def hyperparameter_importance(
    search: SearchLike, *, ax: Axes | None = None, theme: str | None = None
) -> Axes | FigureBase:
    """Draw how much each hyperparameter matters; see :meth:`clarinet.search.Results.importance`.

    Args:
        search: as of :func:`trials`.
        ax: axes to draw in; default those of a new figure.
        theme: ``"light"`` or ``"dark"``; default the one that suits ``ax``, else light.

    Returns:
        ``ax``, or the new Figure.

    Raises:
        ValueError: fewer than two complete trials.
    """
    found = search.importance()
    axes, look, drawn = style.open_axes(ax, theme, 6.4, 1.4 + 0.4 * len(found))
    places = np.arange(len(found))
    axes.barh(places, [*found.values()], 0.7, color=look.series[0])
    axes.set_yticks(places, [plain(name) for name in found])
    axes.invert_yaxis()
    axes.set(
        xlabel=f"share of the effect on {plain(search.metric)}",
        ylabel="hyperparameter",
        title="What the trials differ by",
    )
    return drawn


def slices(search: SearchLike, *, figure: FigureBase | None = None, theme: str | None = None) -> FigureBase:
    """Draw the value of the complete trials over each hyperparameter, a panel for each: where good values lie.

    Later trials are darker (lighter on a dark ground).

    Args:
        search: as of :func:`trials`.
        figure: a Figure or SubFigure to draw in; default a new one.
        theme: ``"light"`` or ``"dark"``; default the one that suits ``figure``, else light.

    Returns:
        the Figure.

    Raises:
        ValueError: no trial is complete.
    """
    complete = _complete(search, "slices")
    figure, look = style.open_figure(figure, theme, *_size(len(search.scales)))
    from matplotlib.colors import to_rgb

    panels = style.panels(figure, len(search.scales), min(_ACROSS, len(search.scales)), look)
    for (name, scale), axes in zip(search.scales.items(), panels, strict=True):
        having = [each for each in complete if name in each.values]
        places, ticks = _places([each.values[name] for each in having], scale)
        red, green, blue = to_rgb(look.series[0])
        shades = [(red, green, blue, 0.3 + 0.7 * (each + 1) / len(having)) for each in range(len(having))]
        axes.scatter(places, _values(having), s=22, color=shades)
        if scale == "log":
            axes.set_xscale("log")
            ends = np.geomspace(places.min(), places.max(), 3)
            axes.set_xticks(ends, [_number(end) for end in ends])
            axes.set_xticks([], minor=True)
        if ticks is not None:
            axes.set_xticks(range(len(ticks)), ticks)
        if _is_far(_values(having)):
            axes.set_yscale("log")
        axes.set(xlabel=plain(name), ylabel=plain(search.metric), title=f"{plain(search.metric)} by {plain(name)}")
    return figure


def parallel_coordinates(search: SearchLike, *, ax: Axes | None = None, theme: str | None = None) -> Axes | FigureBase:
    """Draw every complete trial as a line over all hyperparameters to its value; the best fifth stands out.

    Args:
        search: as of :func:`trials`.
        ax: axes to draw in; default those of a new figure.
        theme: ``"light"`` or ``"dark"``; default the one that suits ``ax``, else light.

    Returns:
        ``ax``, or the new Figure.

    Raises:
        ValueError: no trial is complete.
    """
    complete = _complete(search, "parallel_coordinates")
    names = [*search.scales]
    axes, look, drawn = style.open_axes(ax, theme, 2.0 + 1.5 * (len(names) + 1), 4.4)
    heights, labels = [], []
    for name, scale in search.scales.items():
        height, names_there = _heights([each.values.get(name) for each in complete], scale)
        heights.append(height)
        labels.append(names_there)
    values = _values(complete)
    far = _is_far(values)
    height, names_there = _heights(values.tolist(), "log" if far else "linear")
    heights.append(height)
    labels.append(names_there)
    sign = 1.0 if search.mode == "min" else -1.0
    order = np.argsort(-sign * values)
    best = set(np.argsort(sign * values)[: max(1, len(values) // 5)].tolist())
    for place in order:
        color = look.series[1] if int(place) in best else look.faint
        axes.plot(range(len(heights)), [each[place] for each in heights], color=color, linewidth=1.2)
    for place, (low, *between, high) in enumerate(labels):
        axes.plot([place, place], [0, 1], color=look.text, linewidth=0.8)
        axes.text(place, -0.04, low, color=look.text, ha="center", va="top", fontsize="small")
        axes.text(place, 1.04, high, color=look.text, ha="center", va="bottom", fontsize="small")
        for number, label in enumerate(between, 1):
            axes.text(place + 0.04, number / (len(between) + 1), label, color=look.text, va="center", fontsize="small")
    axes.set_ylim(-0.12, 1.12)
    axes.set_yticks([])
    axes.set_xticks(range(len(heights)), [plain(name) for name in [*names, search.metric]])
    axes.set(xlabel="hyperparameter, and the value at the right", ylabel="from low to high")
    axes.set_title(f"{len(complete)} complete trials", pad=18)
    return drawn


def _size(count: int) -> tuple[float, float]:
    """Width and height of so many panels."""
    columns = min(_ACROSS, count)
    return 1.0 + 3.6 * columns, 3.4 * -(-count // columns)


def _complete(search: SearchLike, what: str) -> list[TrialLike]:
    found = [each for each in search.trials if each.state == "complete" and each.value is not None]
    if not found:
        raise ValueError(
            f"{what}: none of the search's {len(search.trials)} trials is complete; there is nothing to draw"
        )
    return found


def _values(found: Sequence[TrialLike]) -> Array:
    return np.array([each.value for each in found], np.float64)


def _is_far(values: Array) -> bool:
    """Whether values are so far apart that only a logarithmic scale shows them all."""
    return bool(len(values)) and bool((values > 0).all()) and float(values.max()) > _FAR * float(values.min())


def _places(values: Sequence[object], scale: str) -> tuple[Array, list[str] | None]:
    """Where values are on an axis, and the names of choices."""
    if scale != "choice":
        return np.array(values, np.float64), None
    found = sorted({*values}, key=_order)
    return np.array([found.index(value) for value in values], np.float64), [_short(value) for value in found]


def _heights(values: Sequence[object], scale: str) -> tuple[Array, list[str]]:
    """Values from 0 to 1 (NaN where there is none), and what the two ends are called, or every choice."""
    there = [value for value in values if value is not None or scale == "choice"]
    places, names = _places(there, scale)
    low, high = (float(places.min()), float(places.max())) if len(places) else (0.0, 1.0)
    labels = [_number(low), _number(high)] if names is None else names * (2 if len(names) == 1 else 1)
    if scale == "log":
        places, low, high = np.log(places), np.log(low), np.log(high)
    shares = iter((places - low) / (high - low) if high > low else np.full(len(places), 0.5))
    found = [next(shares) if value is not None or scale == "choice" else np.nan for value in values]
    return np.array(found, np.float64), labels


def _number(value: float) -> str:
    """A number of three digits, of which large ones keep all that stand before the point."""
    return f"{value:.0f}" if 1e3 <= abs(value) < 1e6 else f"{value:.3g}"


def _order(choice: object) -> tuple[float, str]:
    """Numbers by size, and others after them by name."""
    return (float(choice), "") if isinstance(choice, (int, float)) else (np.inf, str(choice))


def _short(value: object) -> str:
    text = plain(str(value))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
