"""Neural networks you can see through.

>>> import clarinet
>>> model = clarinet.Sequential([clarinet.Input((784,)), clarinet.layers.Dense(10, activation="softmax")])
>>> model.output_shape
(None, 10)
"""

import sys
from typing import TYPE_CHECKING

from clarinet import (
    activations,
    callbacks,
    datasets,
    events,
    initializers,
    layers,
    losses,
    metrics,
    models,
    ops,
    optimizers,
    regularizers,
    utils,
)
from clarinet._native import version as __version__
from clarinet.layers import Input
from clarinet.models import Model, Sequential
from clarinet.names import public
from clarinet.ops import GradientTape
from clarinet.records import LearningRateCurve
from clarinet.target import TransformedTarget
from clarinet.tools.gradient_check import check_gradients
from clarinet.tools.lr_finder import find_learning_rate
from clarinet.variables import Variable

if TYPE_CHECKING:
    from clarinet import doctor, glass, plots, runs

__all__ = [
    "GradientTape",
    "Input",
    "LearningRateCurve",
    "Model",
    "Sequential",
    "TransformedTarget",
    "Variable",
    "__version__",
    "activations",
    "callbacks",
    "check_gradients",
    "datasets",
    "doctor",
    "events",
    "find_learning_rate",
    "glass",
    "initializers",
    "keras",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "plots",
    "regularizers",
    "runs",
    "utils",
]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:  # which would take it to promise any name at all

    def __getattr__(name: str) -> object:
        """``clarinet.glass`` and the like are loaded when first used: most programs do not need them."""
        if name in ("doctor", "glass", "plots", "runs"):
            from importlib import import_module

            return import_module(f"clarinet.{name}")
        raise AttributeError(f"module 'clarinet' has no attribute {name!r}")


# A program written for `tensorflow` finds what it needs under `clarinet.keras`, which is this package itself. Import
# statements look in `sys.modules` first, so the alias has to stand there too, or they would load every module twice.
keras = sys.modules[__name__]
sys.modules.update(
    {
        name.replace("clarinet", "clarinet.keras", 1): module
        for name, module in list(sys.modules.items())
        if name == "clarinet" or name.startswith("clarinet.")
    }
)
