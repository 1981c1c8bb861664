"""What is to happen as soon as a program has imported a module, or at once where it has."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


class _Finder:
    """Finds one module as all others would, and calls a function when it has run.

    Args:
        name: of the module. then: takes it.
    """

    def __init__(self, name: str, then: Callable[[ModuleType], object]) -> None:
        self.name, self.then, self.busy = name, then, False

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name != self.name or self.busy:
            return None
        self.busy = True
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self.busy = False
        if spec is None or spec.loader is None:
            return spec
        run = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            run(module)
            self.then(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


@contextmanager
def after_import(name: str, then: Callable[[ModuleType], object]) -> Iterator[None]:
    """Within this context ``then`` is called with a module as soon as it is there.

    Args:
        name: of the module, which is not imported by this.
        then: takes the module.
    """
    if name in sys.modules:
        then(sys.modules[name])
        yield
        return
    finder: Any = _Finder(name, then)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
