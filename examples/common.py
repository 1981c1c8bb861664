"""What the examples share: their options, where their figures go, and charts of numbers over seeds."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

#: Where :func:`show` saves; :func:`arguments` sets it for each program.
_figures = Path("figures")


def arguments(**sizes: int) -> argparse.Namespace:
    """What the command line asks of an example: ``--seed``, ``--full``, ``--figures`` and its own sizes.

    ``arguments(epochs=10)`` adds ``--epochs``, 10 if not given. A notebook has no command line and gets the defaults.
    """
    global _figures  # noqa: PLW0603 (one program runs at a time)
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0, help="of the weights and of the order of the rows (%(default)s)")
    parser.add_argument("--full", action="store_true", help="the long form: what takes minutes or a download, too")
    parser.add_argument("--figures", type=Path, metavar="FOLDER", help="where figures go (figures/ beside the program)")
    for name, default in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=default, help="(%(default)s)")
    options = parser.parse_args([] if in_notebook() else None)
    program = Path(getattr(sys.modules["__main__"], "__file__", None) or "notebook").resolve()
    _figures = options.figures or program.parent / "figures"
    return options


def in_notebook() -> bool:
    """Whether a Jupyter kernel runs this."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return hasattr(shell, "kernel")


def folder() -> Path:
    """Where figures and films go; it is there when this returns."""
    _figures.mkdir(parents=True, exist_ok=True)
    return _figures


def show(figure: Any, name: str) -> None:
    """Save a figure as ``figures/NAME.png`` beside the example; in a notebook, show it instead."""
    if in_notebook():
        from IPython.display import display

        display(figure)
        return
    from clarinet import plots

    plots.save(figure, folder() / f"{name}.png")
    print(f"figure: {_figures.name}/{name}.png")


def table(results: Mapping[str, float]) -> None:
    """Print an example's numbers, one a line."""
    width = max(map(len, results), default=0)
    for name, value in results.items():
        print(f"{name:{width}}  {value:.6g}")


def chart(
    title: str, columns: int = 1, rows: int = 1, width: float = 6.4, height: float = 4.2
) -> tuple[Any, list[Any]]:
    """A figure with a title and empty axes of so many inches each, in the look of ``clarinet.plots``."""
    from clarinet.plots import style

    figure = style.new_figure(width * columns, height * rows, style.LIGHT)
    style.headline(figure, title, style.LIGHT)
    return figure, style.panels(figure, columns * rows, columns, style.LIGHT)


def curves(
    ax: Any, x: Sequence[float], runs: Mapping[str, Sequence[Sequence[float]]], xlabel: str, ylabel: str
) -> None:
    """One line with marks for each name: the mean over runs (one row a seed), and a band from least to most."""
    from matplotlib.ticker import MaxNLocator

    from clarinet.plots import style

    for (name, values), color, mark, line in zip(
        runs.items(), style.LIGHT.series, "osD^vPX", ("-", "--", "-.", ":", "-", "--", "-."), strict=False
    ):
        rows = np.atleast_2d(np.asarray(values, float))
        ax.plot(x, rows.mean(axis=0), color=color, marker=mark, linestyle=line, label=name)
        if len(rows) > 1:
            ax.fill_between(x, rows.min(axis=0), rows.max(axis=0), color=color, alpha=0.15, linewidth=0)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    style.legend(ax, style.LIGHT)
