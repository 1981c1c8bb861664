"""What in TensorFlow says how and where a program runs: decorators and contexts that change nothing here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import IO, TYPE_CHECKING, ParamSpec, TypeVar, overload

import numpy as np

if TYPE_CHECKING:
    from logging import Logger

P = ParamSpec("P")
R = TypeVar("R")


@overload
def function(func: Callable[P, R], **settings: object) -> Callable[P, R]: ...
@overload
def function(func: None = None, **settings: object) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def function(func: Callable[..., object] | None = None, **settings: object) -> Callable[..., object]:
    """The function itself: operations run at once, and models run natively with or without it.

    Args:
        func: a function, where this is its decorator; None where the decorator has settings, which change nothing.

    Example:
        >>> @function(jit_compile=True)
        ... def double(x):
        ...     return 2 * x
        >>> double(3)
        6
    """
    return func if func is not None else lambda inner: inner


@contextmanager
def device(device_name: object = None) -> Iterator[None]:
    """Nothing: there is one device."""
    yield


@contextmanager
def name_scope(name: str, **settings: object) -> Iterator[str]:
    """Nothing: layers have names, operations have none."""
    yield f"{name}/"


def init_scope() -> AbstractContextManager[None]:
    """Nothing: there is no graph to leave."""
    return device()


def executing_eagerly() -> bool:
    """True: operations run at once."""
    return True


def group(*inputs: object, **settings: object) -> None:
    """Nothing: what it is given has run."""


def py_function(func: Callable[..., R], inp: Iterable[object] = (), Tout: object = None, name: object = None) -> R:
    """What the function gives of these inputs."""
    return func(*inp)


def numpy_function(func: Callable[..., R], inp: Iterable[object] = (), Tout: object = None, **settings: object) -> R:
    """What the function gives of these inputs as arrays of NumPy's."""
    return func(*(np.asarray(one) for one in inp))


def print(
    *inputs: object, output_stream: IO[str] | None = None, sep: str = " ", end: str = "\n", **settings: object
) -> None:
    """Print, to standard error unless another stream is given, as TensorFlow does."""
    import builtins
    import sys

    builtins.print(*inputs, sep=sep, end=end, file=output_stream or sys.stderr)


def get_logger() -> Logger:
    """A logger for programs that quieten TensorFlow's; nothing is ever written to it."""
    import logging

    return logging.getLogger("tensorflow")
