"""The base of all that a user configures: a dataclass that round-trips through JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from inspect import CO_VARKEYWORDS
from math import inf, isfinite
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol, Self, TypeVar

import numpy as np

from clarinet import registry
from clarinet.names import OLD_WAYS, advice, exports, lookup
from clarinet.problems import ClarinetWarning, shown
from clarinet.types import Config, Json

if TYPE_CHECKING:
    from inspect import Signature

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., object])


def encode(value: object) -> Json:
    """``value`` as JSON can hold it: a configurable becomes ``{"class_name": …, "config": …}``, a tuple a list.

    Raises:
        TypeError: ``value`` has no JSON form, e.g. a Python function.
    """
    if isinstance(value, Configurable):
        return value.encoded()
    if isinstance(value, np.generic):
        item: Json = value.item()
        return item
    if isinstance(value, (list, tuple)):
        return [encode(v) for v in value]
    if isinstance(value, Mapping):
        return encode_all(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(
        f"{value!r} cannot be saved: a configuration holds numbers, strings and Clarinet's own objects; "
        "pass a Python function again when the model is loaded"
    )


def serialize(value: object) -> Json:
    """``value`` as a configuration, from which ``deserialize`` of its kind makes it anew; see :func:`encode`."""
    return encode(value)


def encode_all(values: Mapping[str, object]) -> Config:
    """Each of some values as JSON can hold it, by name; see :func:`encode`."""
    return {str(key): encode(value) for key, value in values.items()}


class Unsupported(NamedTuple):
    """An argument of Keras that a class does not have: the reason, what to do instead, and what changes nothing."""

    reason: str
    default: object = None
    also: object = None

    def is_default(self, value: object) -> bool:
        """Whether the value is Keras's default, or says what is so anyway: the argument changes nothing."""
        plain = isinstance(value, (int, float, str, tuple, np.dtype))
        return value is self.default or (plain and value in (self.default, self.also))


class Refusing(Protocol):
    """A class that refuses to be changed in ways that only Keras knows; see :class:`Configurable` for its tables."""

    kind: ClassVar[str]
    goes_with: ClassVar[Mapping[str, str]]
    not_called: ClassVar[Mapping[str, str]]


class _Configuring(type):
    """Class of :class:`Configurable`: looks at the arguments' names before any constructor does."""

    def __call__(cls: type[T], *args: object, **arguments: object) -> T:
        assert issubclass(cls, Configurable)
        refuse_overrides(cls)
        made: T = type.__call__(cls, *args, **_known(cls, cls.understood(arguments)))
        if not cls.__module__.startswith("clarinet.") and not is_ours(cls, "__init__"):
            object.__setattr__(made, "_arguments", bound(cls, args, arguments))
        return made

    @property
    def __signature__(cls) -> Signature:
        """That of the constructor, for ``help`` and notebooks; without it they would show that of ``__call__``."""
        from inspect import signature

        whole = signature(cls.__init__)  # type: ignore[misc]
        return whole.replace(parameters=list(whole.parameters.values())[1:], return_annotation=whole.empty)


def bound(cls: type, args: Sequence[object], settings: Mapping[str, object]) -> Config | None:
    """The arguments of a constructor of the user's own by name, as JSON can hold them; None where it cannot."""
    from inspect import Parameter, signature

    parameters = signature(cls.__init__).parameters  # type: ignore[misc]
    names = [name for name, each in list(parameters.items())[1:] if each.kind is Parameter.POSITIONAL_OR_KEYWORD]
    if len(args) > len(names):
        return None
    try:
        return encode_all({**dict(zip(names, args)), **settings})
    except TypeError:
        return None


def auto_config(owner: object, base: Config) -> Config:
    """The configuration of an object whose class has no ``get_config`` of its own, as Keras makes it up.

    Args:
        owner: of a class of the user's own.
        base: what its ``__init__`` may take beside its own arguments.

    Raises:
        NotImplementedError: the arguments that it was made with have no JSON form.
    """
    from inspect import Parameter, signature

    cls = type(owner)
    if is_ours(cls, "__init__"):
        return base
    arguments: Config | None = vars(owner).get("_arguments")
    if arguments is None:
        raise NotImplementedError(
            f"{cls.__name__}: define get_config, which gives the arguments of __init__ as numbers, strings, lists and "
            "dictionaries"
        )
    parameters = signature(cls.__init__).parameters
    any_name = any(each.kind is Parameter.VAR_KEYWORD for each in parameters.values())
    return {name: value for name, value in base.items() if any_name or name in parameters} | arguments


def refuse_overrides(cls: type[Refusing]) -> None:
    """Refuse a user's class that defines a method of Keras which is never called here.

    Raises:
        TypeError: such a method, or one of those missing that a subclass has to define.
    """
    if cls.__module__.startswith("clarinet."):  # the library's own
        return
    from inspect import signature

    for name, instead in cls.not_called.items():
        if hasattr(cls, name) and not is_ours(cls, name):
            raise TypeError(f"{cls.__name__}.{name} is never called in Clarinet: {instead}")
    for name, other in cls.goes_with.items():
        if not is_ours(cls, name) and is_ours(cls, other) and not getattr(getattr(cls, other), "abstract", False):
            raise TypeError(f"{cls.__name__} has {name} of its own but not {other}, which belongs to it; define both")
    missing = [f"{name}({', '.join(signature(method).parameters)})" for name, method in _abstract_methods(cls)]
    if missing:
        kind = f"a{'n' * (cls.kind[0] in 'aeiou')} {cls.kind}"
        raise TypeError(f"{cls.__name__}: {kind} of your own has to define {' and '.join(missing)}")


def is_ours(cls: type, name: str) -> bool:
    """Whether ``cls`` has this attribute from a class of the library."""
    owner = [base for base in cls.__mro__ if name in base.__dict__][0]  # noqa: RUF015  # quicker, and often asked
    return owner.__module__.startswith("clarinet.")


def _abstract_methods(cls: type) -> list[tuple[str, Callable[..., object]]]:
    methods = ((name, getattr(cls, name, None)) for name in dir(cls))
    return [(name, method) for name, method in methods if callable(method) and getattr(method, "abstract", False)]


def abstract(method: F) -> F:
    """Marks a method that every subclass has to define."""
    method.abstract = True  # type: ignore[attr-defined]
    return method


def _known(cls: type[Configurable], arguments: dict[str, object]) -> dict[str, object]:
    """The arguments without those of Keras that ``cls`` does not have; Keras's default is accepted for these.

    Raises:
        TypeError: one of those with another value; a misspelt one, with the nearest right one, which Python's own
            message does not name.
    """
    code = getattr(cls.__init__, "__code__", None)
    if code is None or code.co_flags & CO_VARKEYWORDS:
        return arguments
    known, kept = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount], {}
    for name, value in arguments.items():
        if name in known:
            kept[name] = value
        elif name in cls.old_arguments:
            kept |= _of_earlier_version(cls, name, value)
        elif name not in cls.unsupported:
            raise TypeError(f"{cls.__name__} has no argument {name!r}: {advice(name, known)}")
        elif not cls.unsupported[name].is_default(value):
            raise TypeError(f"{cls.__name__}: {name} is not supported: {cls.unsupported[name].reason}")
    return kept


def _of_earlier_version(cls: type[Configurable], name: str, value: object) -> dict[str, object]:
    """An argument under its name of today, or nothing where Keras ignores it."""
    import warnings

    today = cls.old_arguments[name]
    what = f"is now called {today}" if today else f"is ignored, as Keras ignores it; {OLD_WAYS[name][1]}"
    warnings.warn(f"{cls.__name__}: {name} {what}", ClarinetWarning, stacklevel=4)
    return {today: value} if today else {}


class Configurable(metaclass=_Configuring):
    """Base of dataclasses that are pure configuration.

    Subclasses are ``@dataclass(eq=False, repr=False)``. The methods that ``@dataclass`` would generate for each of them
    are written once, here or in :class:`Value`: generating them for a hundred classes takes longer than the rest of
    their import.
    """

    #: The kind of object, for :func:`resolve` and error messages, e.g. ``"initializer"``.
    kind: ClassVar[str] = "object"
    #: Arguments that Keras has and this class has not; accepted with Keras's default, else refused.
    unsupported: ClassVar[Mapping[str, Unsupported]] = {}
    #: Arguments of earlier versions of Keras that it accepts: the name of today, or None where it ignores them.
    old_arguments: ClassVar[Mapping[str, str | None]] = {}

    @classmethod
    def understood(cls, arguments: dict[str, object]) -> dict[str, object]:
        """The arguments by name as the constructor takes them; here as they are given."""
        return arguments

    #: Methods that need a partner, which autodiff derives in Keras: a subclass overrides both.
    goes_with: ClassVar[Mapping[str, str]] = {}
    #: Methods that a class for Keras overrides and that are never called here, each with what to do instead.
    not_called: ClassVar[Mapping[str, str]] = {}
    #: Makes an object of what a description keeps of one whose class, of a user's own, is not there; None: cannot be.
    restorer: ClassVar[Callable[[Mapping[str, object]], object] | None] = None

    def __repr__(self) -> str:
        shown = (f for f in dataclasses.fields(self) if f.repr)  # type: ignore[arg-type]
        return f"{type(self).__name__}({', '.join(f'{f.name}={getattr(self, f.name)!r}' for f in shown)})"

    def get_config(self) -> Config:
        """The constructor's arguments as a JSON-able dictionary."""
        fields = dataclasses.fields(self)  # type: ignore[arg-type]
        return {f.name: encode(self.configured(f.name)) for f in fields if f.init}

    def configured(self, name: str) -> object:
        """The constructor's argument of this name, as it was checked."""
        value: object = getattr(self, name)
        return value

    def encoded(self) -> Json:
        """This object inside another one's configuration."""
        kind = type(self)
        if not kind.__module__.startswith("clarinet.") and not registry.is_known(kind):
            raise TypeError(f"{self.kind} {kind.__name__} cannot be saved: a file holds no code; {registry.GIVE_CLASS}")
        return {"class_name": kind.__name__, **registry.own_name(kind), "config": self.get_config()}

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Self:
        """The object that :meth:`get_config` described.

        Raises:
            ValueError: an argument that the class does not have.
        """
        if not is_ours(cls, "__init__"):  # which knows its own arguments
            return cls(**config)
        known = [f.name for f in dataclasses.fields(cls) if f.init]  # type: ignore[arg-type]
        takes_others = not is_ours(cls, "__init__") and "__dataclass_fields__" not in vars(cls)
        for key in config if not takes_others else ():
            if key not in known:
                raise ValueError(f"{cls.__name__} has no argument {key!r}: {advice(key, known)}")
        return cls(**config)


class Value(Configurable):
    """A configuration that never changes: equal where class and fields are equal, and hashable. What an author's own
    ``__init__`` makes of it is his."""

    def __setattr__(self, name: str, value: object) -> None:
        if name in self.__dict__ and is_ours(type(self), "__init__"):
            raise AttributeError(
                f"{type(self).__name__}.{name} is fixed once the object is made; make a new one with {name}={value!r}"
            )
        super().__setattr__(name, value)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *self.__dict__.values()))


def exported(module: Mapping[str, object], base: type[T]) -> dict[str, type[T]]:
    """The subclasses of ``base`` that a module exports, by name: ``exported(globals(), Layer)``."""
    found = {name: module.get(name) for name in exports(module)}
    return {n: c for n, c in found.items() if isinstance(c, type) and issubclass(c, base) and c is not base}


def resolve(
    identifier: object,
    base: type[T],
    table: ModuleType | Mapping[str, object],
    wrap: Callable[[Callable[..., object]], T] | None = None,
) -> T:
    """Turn an object, a name, a configuration, a class or perhaps a function into a ``base`` object.

    Args:
        identifier: an instance of ``base``; a name in ``table``; ``{"class_name": …, "config": …}``; a class. Names of
            the user's own objects come first, see :mod:`clarinet.registry`.
        base: what is wanted; its ``kind`` names it in messages.
        table: module or mapping to look names up in.
        wrap: makes an object of a Python function, where that is allowed.

    Raises:
        ValueError: unknown name. TypeError: anything else.
    """
    kind = getattr(base, "kind", base.__name__)
    config: Mapping[str, object] = {}
    found = identifier
    if isinstance(identifier, Mapping) and "class_name" in identifier:
        own = registry.own_object(identifier)
        if "kept" in identifier and (own is None or identifier.get("config") is None):
            return _restored(identifier, base)
        found, config = identifier["class_name"] if own is None else own, identifier.get("config", {})
        if not isinstance(config, Mapping):
            raise TypeError(f"{kind}: the config of {found!r} is a dictionary of arguments, received {config!r}")
    if isinstance(found, str):
        found = registry.get_registered_object(found) or lookup(found, kind, table)
    if isinstance(found, type) and issubclass(found, base):
        return found.from_config(config)  # type: ignore[attr-defined,no-any-return]
    if isinstance(found, base):
        return found
    if wrap is not None and callable(found):
        return wrap(found)
    raise TypeError(f"{kind}: expected a name or an object of {base.__name__}, received {identifier!r}")


def _restored(described: Mapping[str, object], base: type[T]) -> T:
    """What a description keeps of an object whose class is not there.

    Raises:
        ValueError: objects of this kind cannot be kept.
    """
    found = base.restorer(described) if issubclass(base, Configurable) and base.restorer is not None else None
    if not isinstance(found, base):
        raise ValueError(
            f"{getattr(base, 'kind', base.__name__)} {described['class_name']!r} is not there; {registry.GIVE_CLASS}"
        )
    return found


def check_number(
    value: object, what: str, low: float | None = None, high: float | None = None, below: float | None = None
) -> float:
    """A finite number from ``low`` to ``high``, or under ``below``; the message of any error starts with ``what``.

    Raises:
        TypeError: not a number. ValueError: out of range.
    """
    limits = [f"at least {low:g}"] if low is not None else []
    limits += [f"at most {high:g}"] if high is not None else []
    limits += [f"below {below:g}"] if below is not None else []
    expected = f"expected a finite number{', ' if limits else ''}{' and '.join(limits)}"
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{what}: {expected}; received {value!r} of type {type(value).__name__}")
    try:
        number = float(value)
    except OverflowError:  # a whole number that no float can hold
        number = inf
    too_low, too_high = low is not None and number < low, high is not None and number > high
    if not isfinite(number) or too_low or too_high or (below is not None and number >= below):
        raise ValueError(f"{what}: {expected}; received {shown(value)}")
    return number


def check_whole(value: object, what: str, low: int | None = None) -> int:
    """A whole number of at least ``low``; the message of any error starts with ``what``.

    Raises:
        TypeError: not a whole number. ValueError: too small.
    """
    expected = f"expected a whole number{'' if low is None else f' of at least {low}'}"
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{what}: {expected}; received {value!r} of type {type(value).__name__}")
    if low is not None and value < low:
        raise ValueError(f"{what}: {expected}; received {shown(value)}")
    return int(value)


def check_flag(value: object, what: str) -> bool:
    """True or False; the message of any error starts with ``what``.

    Raises:
        TypeError: anything else.
    """
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{what}: expected True or False; received {value!r} of type {type(value).__name__}")
    return bool(value)
