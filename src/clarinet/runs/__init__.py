"""Every training is kept: its configuration, its numbers, its files; found again, compared, resumed.

>>> import os, tempfile
>>> from clarinet import runs
>>> store = runs.Store(tempfile.mkdtemp())  # without it: the folder .clarinet beside your code
>>> with store.start("first", config={"rate": 0.1}) as run:
...     run.log({"loss": 0.5})
...     run.log({"loss": 0.25})
>>> store.get("first").summary
{'loss': 0.25}
"""

from clarinet.runs.location import StoreError, home
from clarinet.runs.run import Run
from clarinet.runs.store import Store
from clarinet.runs.tracker import Tracker

__all__ = ["Run", "Store", "StoreError", "Tracker", "home"]
