"""What programs are made of: every layer, loss, optimizer, metric, … of the public API, and settings drawn for it.

Nothing is listed here. The rows of ``tests/cases`` say what there is and which settings make sense together; a setting
is drawn from what any row gives to it, or changed by its type.
"""

from __future__ import annotations

import dataclasses
import importlib
import random
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import clarinet
from clarinet.configurable import Configurable
from tests import cases

#: Settings that say nothing of what is computed, or that the place in the program decides.
_LEFT_OUT = {"name", "input_shape"}
_INTS = (1, 1, 2, 2, 3, 3, 4, 5, 7)
_FLOATS = (0.0, 1e-7, 1e-3, 0.05, 0.1, 0.3, 0.5, 0.9, 1.0, 1.5, 2.0)
#: What has no case, since it is compared with nothing; whole minimisations, so they are kept short.
_WITHOUT_CASE = {"optimizers": tuple((name, {"max_iterations": 2}) for name in ("BFGS", "LBFGS"))}


@dataclass(frozen=True)
class Thing:
    """A configured object as plain data: ``module`` and ``name`` of its class, and the settings given to it."""

    module: str
    name: str
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def cls(self) -> Any:
        return getattr(importlib.import_module(f"clarinet.{self.module}"), self.name)

    @property
    def public(self) -> list[str]:
        """The classes that its module exports."""
        module = importlib.import_module(f"clarinet.{self.module}")
        return [
            name
            for name in module.__all__
            if getattr(getattr(module, name), "__name__", "") == name and name[0].isupper()
        ]

    def make(self) -> Any:
        """The object."""
        return self.cls(**{key: _made(value) for key, value in self.settings.items()})

    def __repr__(self) -> str:
        return f"{self.module}.{self.name}({', '.join(f'{k}={v!r}' for k, v in self.settings.items())})"

    def changed(self, **settings: Any) -> Thing:
        return dataclasses.replace(self, settings=self.settings | settings)

    def without(self, key: str) -> Thing:
        return dataclasses.replace(self, settings={k: v for k, v in self.settings.items() if k != key})


def _made(value: Any) -> Any:
    if isinstance(value, Thing):
        return value.make()
    return type(value)(_made(v) for v in value) if isinstance(value, (list, tuple)) else value


def thing(made: Any) -> Thing:
    """What was made, as plain data; settings at their defaults are left out."""
    if isinstance(made, Thing):
        return made
    module = type(made).__module__.removeprefix("clarinet.")
    module = module if module == "optimizers.schedules" else module.partition(".")[0]
    config = {k: _plain(getattr(made, k, v), v) for k, v in made.get_config().items() if k not in _LEFT_OUT}
    found = Thing(module, type(made).__name__, config)
    for key in config:
        found = _without_default(found, key)
    return found


def _without_default(given: Thing, key: str) -> Thing:
    """The thing without a setting that makes no difference."""
    less = given.without(key)
    try:
        same = less.make().get_config() == given.make().get_config()
    except (ValueError, TypeError):
        return given
    return less if same else given


def _plain(value: Any, encoded: Any) -> Any:
    if isinstance(value, Configurable):
        return thing(value)
    if isinstance(value, (list, tuple)) and any(isinstance(v, (Configurable, list, tuple)) for v in value):
        return [_plain(v, e) for v, e in zip(value, encoded)]
    return encoded


@cache
def pool(group: str) -> tuple[tuple[Thing, Any], ...]:
    """Every thing of a group (``"layers"``, …) with its row in ``tests/cases``, None where it has none.

    Without layers that take several tensors: programs are chains.
    """
    rows = tuple((thing(case.make()), case) for case in getattr(cases, group.upper()) if not case.several)
    return rows + tuple((Thing(group, *more), None) for more in _WITHOUT_CASE.get(group, ()))


@cache
def _seen(module: str) -> dict[str, list[Any]]:
    """The values that any row gives to a setting, by the setting's name."""
    found: dict[str, list[Any]] = defaultdict(list)
    for group in ("layers", "losses", "metrics", "optimizers", "schedules", "regularizers", "activations"):
        for each, _ in pool(group):
            if each.module == module:
                for key, value in each.settings.items():
                    if value not in found[key]:
                        found[key].append(value)
    return found


_POOLS = {"activation": "activations", "regularizer": "regularizers", "initializer": "initializers"}


@cache
def names(group: str) -> tuple[str, ...]:
    """The classes of a group."""
    return tuple(dict.fromkeys(each.name for each, _ in pool(group)))


def row(rng: random.Random, group: str) -> tuple[Thing, Any]:
    """Any thing of a group with its row: each class as often as another, however many rows it has."""
    name = rng.choice(names(group))
    return rng.choice([pair for pair in pool(group) if pair[0].name == name])


def drawn(rng: random.Random, group: str, often: float = 0.5) -> Thing:
    """Any thing of a group, its settings changed at times."""
    return vary(rng, row(rng, group)[0], often)


def vary(rng: random.Random, given: Thing, often: float = 0.5) -> Thing:
    """The thing with some settings drawn anew; as it was where they do not go together."""
    for _ in range(4):
        if rng.random() > often:
            break
        changed = _varied(rng, given)
        try:
            changed.make()
        except (ValueError, TypeError):
            continue
        return changed
    return given


def _varied(rng: random.Random, given: Thing) -> Thing:
    fields = [f for f in dataclasses.fields(given.cls) if f.init and f.name not in _LEFT_OUT]
    if not fields:
        return given
    for chosen in rng.sample(fields, min(len(fields), rng.choice((1, 1, 2)))):
        default = None if chosen.default is dataclasses.MISSING else chosen.default
        old = given.settings.get(chosen.name, default)
        given = given.changed(**{chosen.name: _drawn_setting(rng, given, chosen.name, old)})
    return given


def _drawn_setting(rng: random.Random, given: Thing, name: str, old: Any) -> Any:
    kind = name.rpartition("_")[2]
    if kind in _POOLS:
        return None if kind == "regularizer" and rng.random() < 0.3 else drawn(rng, _POOLS[kind])
    seen = _seen(given.module)[name]
    if seen and rng.random() < 0.4:
        return rng.choice(seen)
    return _changed(rng, old)


def _changed(rng: random.Random, old: Any) -> Any:
    """Another value of the same type."""
    if isinstance(old, Thing):
        return vary(rng, old)
    if isinstance(old, bool):
        return not old
    if isinstance(old, int):
        return rng.choice(_INTS) if old >= 0 or rng.random() < 0.5 else -rng.choice(_INTS[:6])
    if isinstance(old, float):
        return rng.choice(_FLOATS)
    if isinstance(old, (list, tuple)) and old:
        place = rng.randrange(len(old))
        return type(old)(_changed(rng, v) if i == place else v for i, v in enumerate(old))
    return old


def prelude() -> str:
    """The imports that the text of a thing needs."""
    names = "activations, initializers, layers, losses, metrics, optimizers, regularizers"
    assert all(hasattr(clarinet, name) for name in names.split(", "))
    return f"import numpy as np\nfrom clarinet import Sequential, engines, {names}\n"
