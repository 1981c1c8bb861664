"""``tf.Module``: an object that keeps variables, in programs with training loops of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from clarinet.layers.handle import Handle
from clarinet.names import snake_case
from clarinet.variables import Variable


class Module:
    """A class whose attributes are variables, layers, models and modules, which it gathers.

    Args:
        name: default made of the class name.

    Example:
        >>> import clarinet as tf
        >>> class Line(tf.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.slope = tf.Variable(2.0)
        ...
        ...     def __call__(self, x):
        ...         return self.slope * x
        >>> float(Line()(3.0)), len(Line().trainable_variables)
        (6.0, 1)
    """

    def __init__(self, name: str | None = None) -> None:
        self._name = name or snake_case(type(self).__name__)

    @property
    def name(self) -> str:
        """What it is called."""
        return self._name

    @property
    def variables(self) -> tuple[Variable, ...]:
        """All variables in its attributes, each once."""
        found = {id(variable): variable for variable in _variables(vars(self), False)}
        return tuple(found.values())

    @property
    def trainable_variables(self) -> tuple[Variable, ...]:
        """Those that are trained."""
        found = {id(variable): variable for variable in _variables(vars(self), True)}
        return tuple(found.values())


def _variables(value: object, trained: bool) -> Iterator[Variable]:
    if isinstance(value, Variable):
        if value.trainable or not trained:
            yield value
    elif isinstance(value, (Handle, Module)):
        yield from value.trainable_variables if trained else value.variables
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _variables(item, trained)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _variables(item, trained)
