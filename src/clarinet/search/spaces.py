"""The search space: the values that hyperparameters may have, in short forms, type hints or Optuna's distributions."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal

from clarinet.names import nearest
from clarinet.settings import Role, names_of

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.trial import Trial

#: A value of a hyperparameter as stores and tables keep it.
Plain = bool | int | float | str | None
#: What a function of a trial gives: the values of the hyperparameters by name.
Suggest = Callable[["Trial"], Mapping[str, object]]
#: Arguments of ``fit`` that may be searched, and those that the search needs for itself.
TUNABLE = frozenset(names_of(Role.NUMBERS)) - {"seed", "initial_epoch", "validation_split"}
#: The method that a call of an object, or of a class, ends in.
_CALLED = {False: "__call__", True: "__init__"}
_FORMS = (
    "a range (low, high), (low, high, 'log') or (low, high, step), a list of choices such as ['relu', 'tanh'], or a "
    "distribution of Optuna's"
)


@dataclass(frozen=True)
class Space:
    """A search space, ready for Optuna.

    Attributes:
        distributions: of each hyperparameter; empty where ``suggest`` makes the values.
        choices: the objects that stand behind choices that are no plain values, by hyperparameter and label.
        suggest: a user's function of an Optuna trial; None where there is none.
    """

    distributions: Mapping[str, BaseDistribution] = field(default_factory=dict)
    choices: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    suggest: Suggest | None = None

    def checked(self, values: Mapping[str, object]) -> Mapping[str, object]:
        """Values to try, if they are in the space.

        Raises:
            ValueError, TypeError: they are not.
        """
        if not isinstance(values, Mapping):
            raise TypeError(f"search: first holds dictionaries of values by name, received {values!r:.60}")
        found = {name: self._label(name, value) for name, value in values.items()}
        for name, value in found.items():
            known = self.distributions.get(name)
            if self.suggest is None and known is None:
                raise ValueError(
                    f"search: first: {name!r} is not in the space: {nearest(str(name), self.distributions)}"
                )
            if known is not None and not _holds(known, value):
                raise ValueError(
                    f"search: first: {name}={values[name]!r} is not among the values of the space: {known}"
                )
        return found

    def _label(self, name: str, value: object) -> object:
        return label_of(value) if name in self.choices else value

    def described(self) -> dict[str, str]:
        """The space as text, which tells one from another."""
        if self.suggest is not None:
            return {"function": getattr(self.suggest, "__qualname__", type(self.suggest).__name__)}
        return {name: repr(distribution) for name, distribution in self.distributions.items()}


def as_space(space: object, build: Callable[..., object]) -> Space:
    """The space that a user gave, or that the type hints of ``build`` say.

    Args:
        space: short forms or distributions by name, a function of an Optuna trial, or None for the hints.
        build: makes the model; its arguments are hyperparameters.

    Raises:
        ValueError, TypeError: a form that is none, a name that neither ``build`` nor ``fit`` has, an argument that
            nobody gives a value.

    Example:
        >>> def build(units: Annotated[int, (8, 64)], activation: Literal["relu", "tanh"] = "relu"): ...
        >>> as_space(None, build).described()
        {'units': 'IntDistribution(high=64, log=False, low=8, step=1)', 'activation': "CategoricalDistribution(choices=('relu', 'tanh'))"}
    """  # noqa: E501
    if callable(space) and not isinstance(space, Mapping):
        return Space(suggest=space)
    if space is None:
        space = hinted(build)
        if not space:
            raise ValueError(
                "search: there is nothing to search; give a space such as {'learning_rate': (1e-4, 1e-1, 'log')}, or "
                "type hints such as units: Annotated[int, (8, 256)] to the arguments of build"
            )
    if not isinstance(space, Mapping):
        raise TypeError(f"search: space is a dictionary of names and values to choose from, received {space!r:.60}")
    if not space:
        raise ValueError("search: the space is empty; name a hyperparameter, e.g. {'units': (8, 256)}")
    check_names(space, build)
    found: dict[str, BaseDistribution] = {}
    choices: dict[str, Mapping[str, object]] = {}
    for name, form in space.items():
        found[name], objects = _distribution(name, form)
        if objects:
            choices[name] = objects
    return Space(found, choices)


def for_build(build: Callable[..., object], names: typing.Iterable[str]) -> tuple[str, ...]:
    """Those of the names that are arguments of ``build``; the others belong to ``fit``."""
    known = inspect.signature(build).parameters.values()
    every = any(p.kind is p.VAR_KEYWORD for p in known)
    own = {p.name for p in known}
    return tuple(name for name in names if name in own or (every and name not in TUNABLE))


def check_names(space: Mapping[str, object], build: Callable[..., object]) -> None:
    """Refuse names that nobody takes, and arguments of ``build`` that would have no value.

    Raises:
        TypeError: there are such.
    """
    parameters = inspect.signature(build).parameters
    for name in space:
        if not isinstance(name, str):
            raise TypeError(f"search: a hyperparameter's name is text, received {name!r}")
        if name not in TUNABLE and not for_build(build, [name]):
            raise TypeError(
                f"search: neither build nor fit has an argument {name!r}: {nearest(name, [*parameters, *TUNABLE])}"
            )
    for name, parameter in parameters.items():
        needed = parameter.default is parameter.empty and parameter.kind not in (
            parameter.VAR_KEYWORD,
            parameter.VAR_POSITIONAL,
        )
        if needed and name not in space:
            raise TypeError(f"search: build needs {name!r}, and the space has no values for it; add it, or a default")


def hinted(build: Callable[..., object]) -> dict[str, object]:
    """The space in the type hints of a function: ``Annotated[int, (8, 64)]``, ``Literal["relu", "tanh"]``, ``bool``."""
    target: object = build
    if not isinstance(build, (types.FunctionType, types.MethodType)):  # a class, or an object that is called
        target = getattr(build if isinstance(build, type) else type(build), _CALLED[isinstance(build, type)])
    hints = typing.get_type_hints(target, include_extras=True)
    found: dict[str, object] = {}
    for name, hint in hints.items():
        if name == "return":
            continue
        if typing.get_origin(hint) is Annotated:
            kind, form, *_ = typing.get_args(hint)
            whole = kind is int and isinstance(form, tuple) and len(form) > 1
            found[name] = (int(form[0]), int(form[1]), *form[2:]) if whole else form
        elif typing.get_origin(hint) is Literal:
            found[name] = list(typing.get_args(hint))
        elif hint is bool:
            found[name] = [False, True]
    return found


def _distribution(name: str, form: object) -> tuple[BaseDistribution, dict[str, object]]:
    from optuna.distributions import BaseDistribution

    if isinstance(form, BaseDistribution):
        return form, {}
    if isinstance(form, list):
        return _categories(name, form)
    if isinstance(form, tuple) and len(form) in (2, 3) and all(_is_number(each) for each in form[:2]):
        return _range(name, form), {}
    raise TypeError(f"search: {name}: expected {_FORMS}; received {form!r:.80}")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _range(name: str, form: tuple[float, ...]) -> BaseDistribution:
    from optuna.distributions import FloatDistribution, IntDistribution

    low, high, *rest = form
    more: object = rest[0] if rest else None
    if low > high:
        raise ValueError(f"search: {name}: the range {form} ends below its beginning; write the smaller number first")
    if more not in (None, "log") and not _is_number(more):
        raise ValueError(f"search: {name}: after low and high comes 'log' or a step, received {more!r}")
    log = more == "log"
    if log and low <= 0:
        raise ValueError(f"search: {name}: a logarithmic range begins above 0, received {low}")
    step = float(more) if isinstance(more, (int, float)) else None
    if isinstance(low, int) and isinstance(high, int) and (step is None or step.is_integer()):
        return IntDistribution(low, high, log=log, step=1 if step is None else int(step))
    return FloatDistribution(float(low), float(high), log=log, step=step)


def _categories(name: str, form: Sequence[object]) -> tuple[BaseDistribution, dict[str, object]]:
    """Choices; those that are no plain values are known by a label."""
    from optuna.distributions import CategoricalDistribution

    if not form:
        raise ValueError(f"search: {name}: a list of choices needs at least one")
    if all(isinstance(each, Plain) for each in form):
        labels: list[Plain] = [each for each in form if isinstance(each, Plain)]
        objects = {}
    else:
        objects = {label_of(each): each for each in form}
        labels = list(objects)
    if len({(type(label), label) for label in labels}) < len(form):
        raise ValueError(f"search: {name}: two of the choices are called alike: {', '.join(map(label_of, form))}")
    return CategoricalDistribution(labels), objects


def _holds(distribution: BaseDistribution, value: object) -> bool:
    """Whether a value is one of a distribution's."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(distribution, CategoricalDistribution):
        return any(value == choice and type(value) is type(choice) for choice in distribution.choices)
    if isinstance(distribution, IntDistribution | FloatDistribution) and isinstance(value, (int, float)):
        return distribution.low <= value <= distribution.high
    return False


def label_of(choice: object) -> str:
    """What a choice is called in tables.

    Example:
        >>> label_of((128, 64)), label_of(max)
        ('(128, 64)', 'max')
    """
    return str(getattr(choice, "__name__", choice))
