"""Makes what was found smaller: leave out, take less, take the simplest, as long as it is still found."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from tests.fuzz.program import Program
from tests.fuzz.things import Thing

T = TypeVar("T")


def shrink(found: T, smaller: Callable[[T], Iterator[T]], still: Callable[[T], bool], seconds: float = 60.0) -> T:
    """The smallest that is still found, going down one step at a time.

    Args:
        smaller: the next smaller ones, the most promising first.
        still: whether it is still found.
        seconds: to spend, about.
    """
    latest, tried = time.monotonic() + seconds, {repr(found)}
    while True:
        for candidate in smaller(found):
            if time.monotonic() > latest:
                return found
            if repr(candidate) in tried:
                continue
            tried.add(repr(candidate))
            if still(candidate):
                found = candidate
                break
        else:
            return found


def smaller(program: Program) -> Iterator[Program]:
    """Programs that are a little smaller."""
    simplest = Program()
    for layers in _shorter(program.layers):
        yield dataclasses.replace(program, layers=layers)
    for name in ("optimizer", "loss", "metrics", "weighted_metrics", "target", "feed", "held_out", "weights", "fit"):
        if getattr(program, name) != getattr(simplest, name):
            yield dataclasses.replace(program, **{name: getattr(simplest, name)})
    for key in program.fit:
        yield dataclasses.replace(program, fit={k: v for k, v in program.fit.items() if k != key})
    for name in ("epochs", "rows", "batch", "held_out", "seed"):
        for less in _less(getattr(program, name), getattr(simplest, name)):
            yield dataclasses.replace(program, **{name: less})
    for name in ("x", "y"):
        for field in dataclasses.fields(getattr(program, name)):
            given, plain = getattr(program, name), getattr(simplest, name)
            simple = dataclasses.replace(given, **{field.name: getattr(plain, field.name)})
            if simple != given:
                yield dataclasses.replace(program, **{name: simple})
    if program.flat:
        yield dataclasses.replace(program, flat=False)
    for shape in _smaller_each(program.shape):
        yield dataclasses.replace(program, shape=shape)
    yield from _simpler_things(program)


def _shorter(items: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Halves left out, then single ones."""
    size = len(items)
    while size:
        for first in range(0, len(items), size):
            yield items[:first] + items[first + size :]
        size //= 2


def _less(value: Any, least: Any) -> Iterator[Any]:
    if value > least:
        yield from dict.fromkeys((least, (value + least) // 2, value - 1))


def _smaller_each(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    for axis, length in enumerate(shape):
        for less in _less(length, 1):
            yield (*shape[:axis], less, *shape[axis + 1 :])


def _simpler_things(program: Program) -> Iterator[Program]:
    for name in ("layers", "metrics", "weighted_metrics"):
        things = getattr(program, name)
        for place, thing in enumerate(things):
            for simple in _simpler(thing):
                yield dataclasses.replace(program, **{name: (*things[:place], simple, *things[place + 1 :])})
            if name != "layers":
                yield dataclasses.replace(program, **{name: things[:place] + things[place + 1 :]})
    for name in ("loss", "optimizer"):
        for simple in _simpler(getattr(program, name)):
            yield dataclasses.replace(program, **{name: simple})


def _simpler(thing: Thing) -> Iterator[Thing]:
    for key, value in thing.settings.items():
        yield thing.without(key)
        for less in _simpler_value(value):
            yield thing.changed(**{key: less})


def _simpler_value(value: Any) -> Iterator[Any]:
    if isinstance(value, Thing):
        yield from _simpler(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield from _less(value, 1)
    elif isinstance(value, (list, tuple)):
        for place, item in enumerate(value):
            yield value[:place] + value[place + 1 :]
            for less in _simpler_value(item):
                yield type(value)([*value[:place], less, *value[place + 1 :]])
