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
    aliases,
    callbacks,
    constraints,
    datasets,
    events,
    initializers,
    layers,
    losses,
    metrics,
    models,
    ops,
    optimizers,
    random,
    regularizers,
    utils,
)
from clarinet._native import version as _number
from clarinet.answers import Answers
from clarinet.layers import Input
from clarinet.models import Function, Model, Sequential
from clarinet.models import load_model as load
from clarinet.names import public
from clarinet.numbering import VersionText
from clarinet.ops import GradientTape
from clarinet.records import LearningRateCurve
from clarinet.target import TransformedTarget
from clarinet.tools.gradient_check import check_gradients
from clarinet.tools.lr_finder import find_learning_rate
from clarinet.variables import Variable

if TYPE_CHECKING:
    from clarinet import applications, data, doctor, glass, plots, preprocessing, runs, search, tf

__version__ = VersionText(_number)

__all__ = [
    "Answers",
    "Function",
    "GradientTape",
    "Input",
    "LearningRateCurve",
    "Model",
    "Sequential",
    "TransformedTarget",
    "Variable",
    "__version__",
    "activations",
    "applications",
    "callbacks",
    "check_gradients",
    "constraints",
    "data",
    "datasets",
    "doctor",
    "events",
    "find_learning_rate",
    "glass",
    "initializers",
    "keras",
    "layers",
    "load",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "plots",
    "preprocessing",
    "random",
    "regularizers",
    "runs",
    "search",
    "tf",
    "utils",
]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:  # which would take it to promise any name at all
    __getattr__ = aliases.attribute_of(__name__)

# A program written for `tensorflow` finds what it needs under `clarinet.keras`, which is this package itself.
keras = sys.modules[__name__]
aliases.install()
