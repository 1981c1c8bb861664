"""Engines run a plan: ``native`` in C++ on all cores, ``reference`` in NumPy, in plain sight, ``jax`` on GPUs."""

from __future__ import annotations

from clarinet.engines import judging as judging  # losses are told of it
from clarinet.engines import updates as updates  # optimizers are told of it
from clarinet.engines.base import Data, Engine, Steps
from clarinet.engines.choosing import ENGINES, choices, choose
from clarinet.engines.devices import open_device
from clarinet.engines.native import NativeEngine
from clarinet.engines.on_jax import JaxEngine
from clarinet.engines.reference import ReferenceEngine

__all__ = [
    "ENGINES",
    "Data",
    "Engine",
    "JaxEngine",
    "NativeEngine",
    "ReferenceEngine",
    "Steps",
    "choices",
    "choose",
    "open_device",
]
