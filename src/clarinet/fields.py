"""Fields of dataclasses that accept several forms of a value and keep one, e.g. a name or its object.

Such a field is a descriptor, Python's own means for this: what is assigned to it is converted at once. ``@dataclass``
asks the class for the default, and type checkers take from ``__set__`` what the constructor accepts and from
``__get__`` what the object holds. They can do so for fields with a default alone; others are declared with the types
that may be given, and their class converts them.
"""

from __future__ import annotations

from typing import Generic, TypeVar, overload

Given = TypeVar("Given")
Kept = TypeVar("Kept")


class Field(Generic[Given, Kept]):
    """Base class; ``kernel_initializer: InitializerField = InitializerField("zeros")`` declares a field.

    Args:
        default: of the constructor, before it is converted.
    """

    def __init__(self, default: Given) -> None:
        self.default = default
        self.name = ""

    def convert(self, value: Given, owner: object) -> Kept:
        """The form in which ``owner`` keeps ``value``.

        Raises:
            TypeError, ValueError: something that it cannot be.
        """
        raise NotImplementedError

    def what(self, owner: object) -> str:
        """How messages call it, e.g. ``"Conv2D: strides"``."""
        return f"{type(owner).__name__}: {self.name}"

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, owner: None, kind: type) -> Given: ...
    @overload
    def __get__(self, owner: object, kind: type) -> Kept: ...
    def __get__(self, owner: object, kind: type) -> Given | Kept:
        if owner is None:
            return self.default
        try:  # the quick way first: layers are asked in every step
            kept: Kept = owner.__dict__[self.name]
        except KeyError:
            raise AttributeError(f"{kind.__name__}.{self.name} is not set yet") from None
        return kept

    def __set__(self, owner: object, value: Given) -> None:
        owner.__dict__[self.name] = self.convert(value, owner)
