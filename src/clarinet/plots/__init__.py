"""Pictures of data, training and the inside of a model (needs ``pip install "clarinet[plots]"``, i.e. matplotlib).

Every function returns the Figure, or the Axes passed to it; ``theme`` is ``"light"`` or ``"dark"``.

>>> from clarinet import plots
>>> figure = plots.history({"loss": [0.9, 0.5, 0.4], "val_loss": [0.8, 0.6, 0.5]})
>>> [line.get_label() for line in figure.axes[0].lines]
['training', 'validation']
"""

from clarinet.names import public
from clarinet.plots.boundary import boundary
from clarinet.plots.columns import importance
from clarinet.plots.curves import history, learning_rate
from clarinet.plots.inside import activations, gradient_flow
from clarinet.plots.network import network
from clarinet.plots.pictures import predictions, samples
from clarinet.plots.scores import calibration, confusion
from clarinet.plots.searches import hyperparameter_importance, parallel_coordinates, slices, trials
from clarinet.plots.style import save
from clarinet.plots.weights import weights

__all__ = [
    "activations",
    "boundary",
    "calibration",
    "confusion",
    "gradient_flow",
    "history",
    "hyperparameter_importance",
    "importance",
    "learning_rate",
    "network",
    "parallel_coordinates",
    "predictions",
    "samples",
    "save",
    "slices",
    "trials",
    "weights",
]


def __dir__() -> list[str]:
    return public(globals())
