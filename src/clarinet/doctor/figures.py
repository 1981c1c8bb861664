"""A finding's evidence as a picture; its form depends on the kinds of numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: What numbers by layer mean, by their name in the evidence: label of the values, a line to compare with.
_BARS: dict[str, tuple[str, float | None]] = {
    "gains": ("initial weights: size × √inputs", 1.0),
    "gradient_norms": ("size of the gradient", None),
    "gradients": ("size of the gradient", None),
    "update_ratios": ("update ÷ weights", 1e-3),
    "updates": ("update ÷ weights", 1e-3),
    "weight_norms": ("size of the weights", None),
}
#: Numbers of one kind, each with its label; drawn if a finding has at least two of a group.
_GROUPS: tuple[tuple[str, dict[str, str]], ...] = (
    (
        "share of the way from guessing to no error",
        {
            "progress": "as it is",
            "changed": "with the change",
            "ten_times_the_epochs": "10 × the epochs",
            "ten_times_the_rate": "10 × the learning rate",
            "both": "both",
        },
    ),
    (
        "loss",
        {
            "loss": "now",
            "guess": "of a guess",
            "first_loss": "first",
            "last_loss": "last",
            "first_epoch": "first epoch",
            "last_epoch": "last epoch",
            "constant_answer": "best constant answer",
        },
    ),
    ("accuracy", {"accuracy": "the model", "majority": "always the commonest class"}),
    ("share of the rows", {"majority": "largest class", "smallest": "smallest class"}),
    ("loss", {"penalty": "penalty on the weights", "loss": "loss without it"}),
)


def draw(evidence: Mapping[str, object], where: str, theme: str | None = None) -> Figure | None:
    """The picture of a finding's evidence; None if the numbers need no picture.

    Args:
        evidence, where: the finding's.
        theme: ``"light"`` or ``"dark"``; default light.

    Raises:
        ImportError: matplotlib is not installed.
    """
    from clarinet import plots

    if "history" in evidence:
        return plots.style.whole(plots.history(evidence["history"], metrics=["loss"], theme=theme))
    histogram = evidence.get("histogram")
    if isinstance(histogram, Mapping):
        return _histogram(histogram, where, theme)
    for name, (label, usual) in _BARS.items():
        values = evidence.get(name)
        if isinstance(values, Mapping) and len(values) > 1 and any(values.values()):
            return _bars([f"layer {key}" for key in values], list(values.values()), label, usual, theme)
    for label, names in _GROUPS:
        found = {text: evidence.get(name) for name, text in names.items()}
        there = {text: value for text, value in found.items() if isinstance(value, (int, float))}
        if len(there) > 1:
            return _bars(list(there), list(there.values()), label, None, theme)
    return None


def _bars(names: Sequence[str], values: Sequence[float], label: str, usual: float | None, theme: str | None) -> Figure:
    """One bar a name, from above; on a logarithmic scale where the numbers differ by more than a hundred times."""
    from clarinet.plots import style

    ax, look, figure = style.open_axes(None, theme, 6.4, 1.3 + 0.36 * len(names))
    places = range(len(names))
    ax.barh(places, [v if math.isfinite(v) else 0 for v in values], color=look.series[0], height=0.62)
    ax.set_yticks(places, [style.plain(name) for name in names])
    ax.invert_yaxis()
    positive = [v for v in (*values, *([usual] if usual else [])) if v > 0 and math.isfinite(v)]
    if positive and min(values) >= 0 and max(positive) > 100 * min(positive):
        ax.set_xscale("log")
        ax.set_xlim(min(positive) / 5, max(positive) * 5)
    else:
        ax.margins(x=0.18)
    if usual is not None:
        ax.axvline(usual, color=look.series[1], linestyle="--", label=f"usual: about {usual:g}")
        style.legend(ax, look, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    for place, value in zip(places, values):
        shown = max(value, 0.0, ax.get_xlim()[0]) if math.isfinite(value) else ax.get_xlim()[0]  # right of the bar
        ax.annotate(
            f"{value:.3g}", (shown, place), (5, 0), textcoords="offset points", va="center", color=look.text, fontsize=9
        )
    ax.set_xlabel(label, color=look.text)
    ax.tick_params(axis="y", length=0)
    return style.whole(figure)


def _histogram(histogram: Mapping[str, Any], where: str, theme: str | None) -> Figure:
    """How often which values occur."""
    from clarinet.plots import style

    ax, look, figure = style.open_axes(None, theme, 6.4, 3.0)
    edges, counts = histogram["edges"], histogram["counts"]
    ax.stairs(counts, edges, fill=True, color=look.series[0])
    ax.set_xlabel("values in y" if where == "data.y" else "values in x, as the first layer gets them", color=look.text)
    ax.set_ylabel("how many", color=look.text)
    some = [count for count in counts if count]
    if max(some) > 200 * min(some):
        ax.set_yscale("log")
    else:
        ax.yaxis.set_major_formatter("{x:,.0f}")
    _usual_range(ax, look, edges)
    return style.whole(figure)


def _usual_range(ax: Axes, look: Any, edges: Sequence[float]) -> None:
    """Mark the range that initial weights are made for: about -1 to 1."""
    from clarinet.plots import style

    ax.axvspan(-1, 1, color=look.series[1], alpha=0.5, label="−1 to 1: what networks are made for", linewidth=0)
    if edges[-1] - edges[0] > 200:
        ax.axvline(0, color=look.series[1], linewidth=1)  # the span is narrower than a line would be
    style.legend(ax, look, loc="lower center", bbox_to_anchor=(0.5, 1.0))
