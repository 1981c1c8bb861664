"""The list of programs, and how one is run."""

from __future__ import annotations

import runpy
import sys
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Program:
    """A script, how many seeds its README's table is made from, and what the table puts beside them."""

    path: str
    tutorial: dict[str, str] = field(default_factory=dict)  # the tutorial's own figure for a result
    seeds: int = 10
    peer: str | None = None  # a script for the benchmark environment; prints the same results as JSON

    def __str__(self) -> str:
        return self.path

    @property
    def script(self) -> Path:
        return FOLDER / self.path

    @property
    def notebook(self) -> Path:
        return self.script.with_suffix(".ipynb")


# In the order in which one reads them.
PROGRAMS = [
    Program("first_network/first_network.py", {"test accuracy": "97 %+"}, peer="first_network/keras_peer.py"),
    Program("first_network/regularised.py", seeds=3),
    Program("first_network/convolution.py", seeds=3),
    Program("first_network/color_images.py", seeds=1),
    Program("first_network/languages.py"),
    Program("first_network/transfer.py", seeds=5),
    Program(
        "perceptron/perceptron.py",
        {
            "always 'no': test accuracy": "90 %",
            "as it stands: test accuracy": '"terrible"',
            "100 epochs: test accuracy": "no better",
            "20 images: training accuracy": '"still not good"',
            "20 images: lowest raw output": '"wildly negative"',
            "20 images: highest raw output": "above 200",
            "sigmoid, 20 images: training accuracy": "going up",
            "sigmoid: test accuracy": "closer to 91 %",
        },
        peer="perceptron/keras_peer.py",
    ),
    Program("perceptron/collapse.py", seeds=1),
    Program("perceptron/knobs.py", {"2 × 2: weighted sum of the first picture": "2.55"}, seeds=3),
    Program("from_scratch/from_scratch.py", {"tutorial's order: accuracy in the last epoch": "over 93 %"}, seeds=5),
    Program("from_scratch/which_loss.py", seeds=3),
    Program("hours/hours.py", seeds=5),
    Program("hours/overfitting.py", seeds=3),
    Program("hours/houses.py"),
    Program("by_hand/by_hand.py", seeds=1),
    Program("questions/bias.py"),
    Program("questions/scaling.py", seeds=5),
    Program("questions/activation.py", seeds=5),
    Program("questions/hidden_units.py"),
    Program("questions/learning_curve.py", seeds=1),
    Program("questions/seeds.py", seeds=1),
    Program("questions/outliers.py"),
]


def run(program: Program, *arguments: str) -> dict[str, float]:
    """Run a script as a program with these arguments; its ``results``."""
    with (
        patch.object(sys, "argv", [str(program.script), *arguments]),
        patch.object(sys, "path", [str(program.script.parent), *sys.path]),
    ):
        names = runpy.run_path(str(program.script), run_name="__main__")
    return {name: float(value) for name, value in names["results"].items()}
