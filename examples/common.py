"""What the examples share: their options and where their figures go."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def arguments(**sizes: int) -> argparse.Namespace:
    """What the command line asks of an example: ``--seed``, ``--full`` and its sizes, with these defaults.

    ``arguments(epochs=10)`` adds ``--epochs``. A notebook has no command line and gets the defaults.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0, help="of the weights and of the order of the rows (%(default)s)")
    parser.add_argument("--full", action="store_true", help="the long form: what takes minutes or a download, too")
    for name, default in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=default, help="(%(default)s)")
    return parser.parse_args([] if in_notebook() else None)


def in_notebook() -> bool:
    """Whether a Jupyter kernel runs this."""
    return "ipykernel" in sys.modules


def show(figure: Any, name: str) -> None:
    """Save a figure as ``figures/NAME.png`` beside the example; in a notebook, show it instead."""
    if in_notebook():
        from IPython.display import display

        display(figure)
        return
    from clarinet import plots

    folder = Path(sys.modules["__main__"].__file__ or "").resolve().parent / "figures"
    folder.mkdir(exist_ok=True)
    plots.save(figure, folder / f"{name}.png")
    print(f"figure: {(folder / name).relative_to(folder.parents[2])}.png")


def table(results: Mapping[str, float]) -> None:
    """Print an example's numbers, one a line."""
    width = max(map(len, results), default=0)
    for name, value in results.items():
        print(f"{name:{width}}  {value:.6g}")
