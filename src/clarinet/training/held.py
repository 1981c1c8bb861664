"""The events of a training in the hands of whoever takes them."""

from __future__ import annotations

import atexit
import weakref
from collections.abc import Generator
from inspect import GEN_RUNNING, getgeneratorstate
from types import TracebackType
from typing import TYPE_CHECKING

from clarinet.events import Event
from clarinet.settings import FitSettings
from clarinet.training.loop import Pace, events

if TYPE_CHECKING:
    from clarinet.trainable import Trainable


class FitEvents(Generator[Event, None, None]):
    """The events of one training, to be taken one after the other; :meth:`clarinet.Sequential.fit_events` makes it.

    A generator; as a context manager it is closed at the end.

    Attributes:
        every_step: set it to True to have the engine return after every single step, with a ``StepEnd`` for each; it
            is slower, and may be changed between any two events. Default False.
    """

    def __init__(self, model: Trainable, settings: FitSettings) -> None:
        self._pace = Pace()
        self._events = events(model, settings, self._pace)
        _held.add(self)
        atexit.unregister(_end_held)
        atexit.register(_end_held)  # runs before earlier handlers, such as one that ends a run

    @property
    def every_step(self) -> bool:
        """Whether every single step is an event."""
        return self._pace.every_step

    @every_step.setter
    def every_step(self, wanted: bool) -> None:
        self._pace.every_step = wanted

    def send(self, value: None, /) -> Event:
        """The next event."""
        return self._events.send(value)

    def throw(
        self,
        kind: type[BaseException] | BaseException,
        value: object = None,
        traceback: TracebackType | None = None,
        /,
    ) -> Event:
        """End the training with an exception, as if a callback had raised it."""
        try:
            return self._events.throw(value if isinstance(value, BaseException) else kind)
        finally:
            del kind, value, traceback  # the exception's traceback holds this frame: no circle

    def close(self) -> None:
        """End the training as Ctrl-C does, if it is still going on."""
        self._events.close()

    def __enter__(self) -> FitEvents:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


#: The events that are held now.
_held: weakref.WeakSet[FitEvents] = weakref.WeakSet()


def _end_held() -> None:
    """End trainings that are held when the program ends, as long as there is all that callbacks need for it."""
    for each in list(_held):
        if getgeneratorstate(each._events) != GEN_RUNNING:  # else a thread runs it that the program does not wait for
            each.close()
