"""Curves over epochs and over learning rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet.names import nearest
from clarinet.plots import style
from clarinet.types import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

    from clarinet.records import LearningRateCurve

#: What callbacks and optimizers call the learning rate: it has a panel, and a scale, of its own.
_RATES = ("learning_rate", "lr")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_MOST_MARKED = 40  # points; more would hide the line


@dataclass(frozen=True)
class _Series:
    """One curve to draw: of one training, or the mean over trainings that differ in their seed."""

    label: str
    runs: list[tuple[list[int], Mapping[str, Sequence[float]]]]

    def points(self, metric: str) -> tuple[Array, Array, Array] | None:
        """Epochs from 1, mean and standard deviation over the runs, as far as all of them went."""
        curves = [_placed(epochs, log[metric]) for epochs, log in self.runs if len(log.get(metric, ()))]
        if not curves:
            return None
        length = min(len(values) for _, values in curves)
        values = np.array([values[:length] for _, values in curves])
        with np.errstate(invalid="ignore"):  # a training that diverged
            return curves[0][0][:length], values.mean(axis=0), values.std(axis=0)


def _placed(epochs: list[int], values: Sequence[float]) -> tuple[Array, Array]:
    """The epochs, from 1, at which there are values: validation may skip epochs."""
    numbers = np.asarray(values, np.float64)
    every = max(1, len(epochs) // len(numbers))
    where = np.array(epochs[every - 1 :: every][: len(numbers)] if len(epochs) >= len(numbers) else range(len(numbers)))
    return where + 1, numbers


def history(
    history: object,
    *,
    labels: Sequence[str] | None = None,
    metrics: Sequence[str] | None = None,
    figure: FigureBase | None = None,
    theme: str | None = None,
) -> FigureBase:
    """Draw loss and metrics over epochs, a panel for each: training with a full line, validation with a dashed one.

    Args:
        history: the result of ``fit``, a model, a run of :mod:`clarinet.runs`, a dictionary of lists; or a list of
            these, drawn over each other. An item that is a list itself is one training over several seeds: its mean is
            drawn, with a band of one standard deviation to both sides, as far as the shortest of them went.
        labels: names of the list's items; default 1, 2, ….
        metrics: which, without ``val_``; default all. The learning rate has its own panel, with a logarithmic scale.
        figure: a Figure or SubFigure to draw in; default a new one.
        theme: ``"light"`` or ``"dark"``; default the one that suits ``figure``, else light.

    Returns:
        the Figure.

    Raises:
        TypeError: no history. ValueError: nothing recorded, an unknown metric, not a label for each item.

    Example:
        >>> from clarinet import plots
        >>> seeds = [{"loss": [3.0, 2.0], "val_loss": [3.0, 2.5]}, {"loss": [3.0, 1.0], "val_loss": [3.0, 2.0]}]
        >>> figure = plots.history([seeds, {"loss": [2.0, 1.5]}], labels=["plain", "scaled"])
        >>> [line.get_ydata().tolist() for line in figure.axes[0].lines]
        [[3.0, 1.5], [3.0, 2.25], [2.0, 1.5]]
    """
    series = _series(history, labels)
    shown = _metrics(series, metrics)
    columns = min(len(shown), 3)
    rows = -(-len(shown) // columns)
    figure, look = style.open_figure(figure, theme, 1.0 + 4.2 * columns, 3.6 * rows)
    for metric, ax in zip(shown, style.panels(figure, len(shown), columns, look), strict=True):
        _draw(ax, metric, series, look)
    return figure


def _series(history: object, labels: Sequence[str] | None) -> list[_Series]:
    items = list(history) if isinstance(history, (list, tuple)) else [history]
    several = isinstance(history, (list, tuple)) and len(items) > 1
    names = list(labels) if labels is not None else [str(i + 1) if several else "" for i in range(len(items))]
    if len(names) != len(items):
        raise ValueError(f"history: received {len(items)} histories and {len(names)} labels; use one for each")
    found = []
    for name, item in zip(names, items, strict=True):
        runs = [_log(one) for one in (item if isinstance(item, (list, tuple)) else [item])]
        found.append(_Series(style.plain(str(name)), runs))
    if not any(len(values) for one in found for _, log in one.runs for values in log.values()):
        raise ValueError("history: there are no epochs in it; call fit first, with epochs of at least 1")
    return found


def _log(item: Any) -> tuple[list[int], Mapping[str, Sequence[float]]]:
    """Epochs and the lists of one training, from any of these."""
    if not isinstance(item, Mapping) and hasattr(item, "layers"):  # a model: its last fit
        item = item.history
        if item is None:
            raise ValueError("history: the model has not been fitted; call fit, or pass its result")
    log = item if isinstance(item, Mapping) else getattr(item, "history", None)
    if not isinstance(log, Mapping):
        raise TypeError(
            "history: expected what fit returned, a model, or a dictionary of lists such as {'loss': [0.5, 0.3]}, "
            f"received {type(item).__name__}"
        )
    epochs = list(getattr(item, "epoch", ()))
    return epochs or list(range(max((len(values) for values in log.values()), default=0))), log


def _metrics(series: list[_Series], wanted: Sequence[str] | None) -> list[str]:
    there = [name for one in series for _, log in one.runs for name in log]
    plain = list(dict.fromkeys(name.removeprefix("val_") for name in there))
    if wanted is None:
        return sorted(plain, key=lambda name: name in _RATES)  # the learning rate last
    wanted = [wanted] if isinstance(wanted, str) else list(wanted)
    for name in wanted:
        if name not in plain:
            raise ValueError(f"history: no metric {name!r} in it: {nearest(str(name), plain)}")
    return wanted


def _draw(ax: Axes, metric: str, series: list[_Series], look: style.Theme) -> None:
    single = len(series) == 1
    for number, one in enumerate(series):
        for kind, key in enumerate((metric, f"val_{metric}")):
            points = one.points(key)
            if points is None:
                continue
            epochs, mean, spread = points
            color = look.series[(kind if single else number) % len(look.series)]
            label = ", ".join(text for text in (one.label, ("training", "validation")[kind]) if text)
            if len(one.runs) > 1:
                label += f" (mean of {len(one.runs)} ± s.d.)"
                ax.fill_between(epochs, mean - spread, mean + spread, color=color, alpha=0.18, linewidth=0)
            mark = _MARKERS[(kind if single else number) % len(_MARKERS)] if len(epochs) <= _MOST_MARKED else ""
            filled = color if kind == 0 else look.background
            ax.plot(epochs, mean, ("-", "--")[kind], color=color, marker=mark, markersize=4, mfc=filled, label=label)
    words = style.plain(metric.replace("_", " "))
    ax.set(xlabel="epoch", ylabel=words, title=words.capitalize())
    style.whole_numbers(ax.xaxis)
    ax.grid(color=look.faint, alpha=0.4, linewidth=0.6)
    if metric in _RATES and all((np.asarray(line.get_ydata(), np.float64) > 0).all() for line in ax.lines):
        ax.set_yscale("log")
    if metric not in _RATES or not single:
        style.legend(ax, look, fontsize="small")


def learning_rate(result: LearningRateCurve, ax: Axes | None = None, *, theme: str | None = None) -> Axes | FigureBase:
    """Draw the trial of :func:`clarinet.find_learning_rate`: the loss over growing learning rates, and the suggestion.

    Args:
        result: of ``find_learning_rate``.
        ax: axes to draw in; default those of a new figure.
        theme: ``"light"`` or ``"dark"``; default the one that suits ``ax``, else light.

    Returns:
        ``ax``, or the new Figure.

    Raises:
        TypeError: something else than a trial.

    Example:
        >>> import numpy as np, clarinet
        >>> from clarinet import plots
        >>> rates, losses = np.geomspace(1e-4, 1, 9), np.array([4.0, 4, 3, 2, 1, 1, 2, 4, 8])
        >>> figure = plots.learning_rate(clarinet.LearningRateCurve(rates, losses, losses, suggestion=1e-3))
        >>> figure.axes[0].get_xscale()
        'log'
    """
    if not hasattr(result, "learning_rates") or not hasattr(result, "suggestion"):
        raise TypeError(
            f"learning_rate: expected the result of clarinet.find_learning_rate, received {type(result).__name__}"
        )
    axes, look, drawn = style.open_axes(ax, theme)
    axes.plot(result.learning_rates, result.losses, color=look.faint, linewidth=1, label="loss of each batch")
    axes.plot(result.learning_rates, result.smoothed, color=look.series[0], linewidth=2, label="mean of seven steps")
    at = f"suggestion: {result.suggestion:.2g}"
    axes.axvline(result.suggestion, color=look.series[1], linestyle="--", label=at)
    axes.set(xscale="log", xlabel="learning rate", ylabel="loss", title="Loss while the learning rate grows")
    axes.grid(color=look.faint, alpha=0.4, linewidth=0.6)
    style.legend(axes, look)
    return drawn
