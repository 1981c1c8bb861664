"""Names of Keras and TensorFlow that lead somewhere else here, and those that lead nowhere, with what to use instead.

A public module has ``__getattr__ = aliases.attribute_of(__name__)``: what it does not define itself is looked up here,
in the tables of :mod:`clarinet.aliases.keras`, :mod:`clarinet.aliases.absent` and
:mod:`clarinet.aliases.absent_tensorflow`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING

from clarinet.aliases.absent import ABSENT
from clarinet.aliases.absent_tensorflow import ABSENT_TENSORFLOW
from clarinet.aliases.keras import ALIASES, ALSO, MODULES
from clarinet.aliases.old_names import GONE
from clarinet.names import exports, nearest

if TYPE_CHECKING:
    from importlib.abc import Loader, MetaPathFinder
else:
    Loader = MetaPathFinder = object  # importing importlib.abc takes longer than all of this

#: What a program may write before the names of Keras.
_KERAS = re.compile(r"^(?:(?:tf\.)?(?:_tf_keras\.|python\.|api\.|_v2\.)*keras(?:\.|$))+")

#: A name that no table has; None is what ``tf.newaxis`` stands for.
_NOTHING = object()

#: Modules of Keras that have some of the operations once more.
_LIKE_OPS = re.compile(r"^ops\.(?:linalg|nn|numpy)\.")


def attribute_of(module: str) -> Callable[[str], object]:
    """The ``__getattr__`` of a public module.

    Example:
        >>> import clarinet
        >>> clarinet.layers.MaxPool2D is clarinet.layers.MaxPooling2D
        True
        >>> clarinet.distribution
        Traceback (most recent call last):
            ...
        AttributeError: clarinet has no distribution: ...
    """

    # Only of what has a path does `from module import name` ask for what is missing; else Python words the error.
    vars(sys.modules[module]).setdefault("__path__", [])

    def __getattr__(name: str) -> object:
        return find(module, name)

    return __getattr__


def within_package(module: str) -> Callable[[str], object]:
    """The ``__getattr__`` of a module whose name was that of a public one in earlier versions of Keras.

    It gives the public names of the package that it is in, so that ``from keras.layers.recurrent import LSTM`` works.
    """
    vars(sys.modules[module]).setdefault("__path__", [])
    package = module.rpartition(".")[0]

    def __getattr__(name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(f"module {module!r} has no attribute {name!r}", name=name)
        return getattr(sys.modules[package], name)

    return __getattr__


def find(module: str, name: str) -> object:
    """What a name that a module does not define stands for.

    Raises:
        AttributeError: nothing; the message says what to use instead, or which name is near.
    """
    own = module.partition(".")[2]
    if not name.startswith("__"):
        for place in (own, *ALSO.get(own, ())):
            found = _listed(place, name, itself=place == own)
            if found is not _NOTHING:
                return found
    raise AttributeError(_sentence(module, name), name=name, obj=sys.modules[module])


def _listed(place: str, name: str, itself: bool) -> object:
    """What the tables have for a name of a module, or another module's own name; _NOTHING where there is nothing."""
    dotted = _dotted(place, name)
    if dotted in MODULES:
        return import_module(_dotted("clarinet", MODULES[dotted]))
    if dotted in ALIASES:
        target, _, attribute = ALIASES[dotted].rpartition(":")
        return getattr(import_module(_dotted("clarinet", target or place)), attribute)
    if not itself:
        module = import_module(_dotted("clarinet", place))
        if name in exports(vars(module)):
            return getattr(module, name)
    return _NOTHING


def _dotted(*parts: str) -> str:
    return ".".join(part for part in parts if part)


def advice_for(dotted: str) -> str | None:
    """What to use instead of a name that is not here, e.g. ``"layers.HashedCrossing"``; None where nothing is known."""
    parts = _LIKE_OPS.sub("ops.", dotted).split(".")
    paths = [".".join(parts[:end]) for end in range(len(parts), 0, -1)]
    return next((table[path] for table in (ABSENT, GONE, ABSENT_TENSORFLOW) for path in paths if path in table), None)


def _sentence(module: str, name: str) -> str:
    """Why a module has no such name."""
    place = module.partition(".")[2]
    for own in (place, *ALSO.get(place, ())):
        instead = advice_for(_dotted(own, name))
        if instead is not None:
            return f"{module} has no {name}: {instead}"
    known = [one for one in exports(vars(sys.modules[module])) if one != name]
    hint = f"; {nearest(name, known)}" if known and not name.startswith("_") else ""
    return f"module {module!r} has no attribute {name!r}{hint}"


def real_name(dotted: str) -> str:
    """The module that a program means, both names without ``clarinet.``.

    Example:
        >>> real_name("keras.layers"), real_name("tf.keras.ops.numpy"), real_name("keras") == ""
        ('layers', 'ops', True)
    """
    before = ""
    while dotted != before:
        before, dotted = dotted, _one_nearer(_KERAS.sub("", dotted))
    return dotted


def _one_nearer(dotted: str) -> str:
    """A module's name with the longest beginning that stands for another one replaced by that."""
    parts = dotted.split(".")
    for end in range(len(parts), 0, -1):
        head = ".".join(parts[:end])
        if MODULES.get(head, head) != head:
            return _dotted(MODULES[head], *parts[end:])
    return dotted


class _Keeping(ModuleType):
    """A module that keeps its own parts: to import ``engine.training``, which stands for another module, would have
    ``clarinet.training`` be that one.
    """

    def __setattr__(self, name: str, value: object) -> None:
        own = f"{self.__name__}.{name}"
        if own in sys.modules and isinstance(value, ModuleType) and value is not sys.modules[own]:
            return
        super().__setattr__(name, value)


class _Callable(_Keeping):
    """A module whose name was that of a class in earlier versions of Keras: ``optimizers.adam``."""

    def __call__(self, *args: object, **settings: object) -> object:
        made: Callable[..., object] = vars(self)["_stands_for"]
        return made(*args, **settings)


def make_callable(*kinds: Callable[..., object]) -> None:
    """Have the module in which each of some classes or functions is called as that.

    Example:
        >>> import clarinet
        >>> clarinet.optimizers.adam(learning_rate=0.1).learning_rate
        0.1
    """
    for kind in kinds:
        module = sys.modules[kind.__module__]
        vars(module)["_stands_for"] = kind
        module.__class__ = _Callable


def refuse_calls(*modules: str) -> None:
    """Have modules say what to use, that are called as functions of earlier times were: ``tf.layers.dense``."""
    for module in modules:
        place, _, name = module.partition(".")[2].rpartition(".")
        vars(sys.modules[module])["_stands_for"] = _Refusing(
            f"{module} is a module: {advice_for(_dotted(place, name))}"
        )
        sys.modules[module].__class__ = _Callable


class _Refusing:
    """A function that cannot be called; it says why."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence

    def __call__(self, *args: object, **settings: object) -> None:
        raise TypeError(self.sentence)


class _Same(Loader):
    """Gives the module that another name stands for."""

    def __init__(self, name: str) -> None:
        self._module = import_module(_dotted("clarinet", name))
        self._spec = self._module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module, which exists."""
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is left to do; the module keeps its own specification."""
        module.__spec__ = self._spec


class _Renaming(MetaPathFinder):
    """Imports of modules under the names of Keras. It comes first: a module found twice would be loaded twice."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module that is meant, where the name is not its own."""
        package, _, dotted = fullname.partition(".")
        if package != "clarinet" or real_name(dotted) == dotted:
            return None
        parent = sys.modules[fullname.rpartition(".")[0]]
        if type(parent) is ModuleType:
            parent.__class__ = _Keeping
        return ModuleSpec(fullname, _Same(real_name(dotted)))


class _Advising(MetaPathFinder):
    """Imports of what is not there, whether a module or a name in one. It comes last."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Raises ImportError with a sentence for a name of this package."""
        module, _, name = fullname.rpartition(".")
        if fullname.partition(".")[0] != "clarinet" or name.startswith("_"):
            return None
        raise ImportError(_sentence(sys.modules[module].__name__, name), name=fullname)


def install() -> None:
    """Have imports of this package's modules know the names of Keras, and say what to use where there is nothing."""
    if not any(isinstance(finder, _Renaming) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Renaming())
        sys.meta_path.append(_Advising())
