"""Optimizers: how weights follow the gradient. Each is configuration and a pure rule; its buffers are kept beside the
weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clarinet import aliases
from clarinet.configurable import exported, resolve
from clarinet.names import public
from clarinet.optimizers import authored as authored  # a class with an update_step is told of it
from clarinet.optimizers import schedules
from clarinet.optimizers.adadelta import Adadelta
from clarinet.optimizers.adafactor import Adafactor
from clarinet.optimizers.adagrad import Adagrad
from clarinet.optimizers.adam import Adam, AdamW
from clarinet.optimizers.adamax import Adamax
from clarinet.optimizers.base import Optimizer
from clarinet.optimizers.ftrl import Ftrl
from clarinet.optimizers.lamb import Lamb
from clarinet.optimizers.lion import Lion
from clarinet.optimizers.muon import Muon
from clarinet.optimizers.nadam import Nadam
from clarinet.optimizers.quasi_newton import BFGS, LBFGS
from clarinet.optimizers.rmsprop import RMSprop
from clarinet.optimizers.schedule_free import ScheduleFreeAdamW
from clarinet.optimizers.sgd import SGD
from clarinet.optimizers.state import OptimizerState

__all__ = [
    "BFGS",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "Muon",
    "Nadam",
    "Optimizer",
    "OptimizerState",
    "RMSprop",
    "ScheduleFreeAdamW",
    "get",
    "schedules",
]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)
    aliases.make_callable(Adadelta, Adagrad, Adam, Adamax, Nadam, RMSprop, SGD)


def get(identifier: object) -> Optimizer:
    """The optimizer that a name (``"adam"``), object, class or configuration stands for.

    Raises:
        ValueError: an unknown name, with the nearest right one. TypeError: something else.

    Example:
        >>> get("sgd").learning_rate
        0.01
    """
    return resolve(identifier, Optimizer, exported(globals(), Optimizer))
