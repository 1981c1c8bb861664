"""Searching hyperparameters: many trials side by side, each a run in the store (``pip install "clarinet[sweep]"``).

>>> import inspect
>>> from clarinet import search
>>> list(inspect.signature(search.search).parameters)[:4]
['build', 'space', 'x', 'y']
"""

from clarinet.names import public
from clarinet.search.results import Results, Trial
from clarinet.search.searching import load, search

__all__ = ["Results", "Trial", "load", "search"]


def __dir__() -> list[str]:
    return public(globals())
