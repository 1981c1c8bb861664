"""The parameters of an estimator, checked when it is trained."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral, Real

from clarinet.estimators.networks import NORMALIZATIONS, sizes

Rule = tuple[Callable[[object], bool], str]


def _number(low: float, high: float = float("inf"), *, above: bool = False, below: bool = False) -> Rule:
    """A number from low to high, perhaps without these two."""

    def fits(value: object) -> bool:
        if not isinstance(value, Real) or isinstance(value, bool):
            return False
        number = float(value)
        return (number > low if above else number >= low) and (number < high if below else number <= high)

    return fits, f"a number {'above' if above else 'from'} {low:g} {'below' if below else 'to'} {high:g}"


def _whole(low: int) -> Rule:
    return lambda value: isinstance(value, Integral) and int(value) >= low, f"a whole number of at least {low}"


def _one_of(*choices: object) -> Rule:
    listed = ", ".join(map(repr, choices))
    return lambda value: any(value is each or (isinstance(each, str) and value == each) for each in choices), listed


def _either(one: Rule, other: Rule) -> Rule:
    return lambda value: one[0](value) or other[0](value), f"{one[1]}, or {other[1]}"


_TRUTH: Rule = (lambda value: isinstance(value, bool) or str(type(value)) == "<class 'numpy.bool'>", "True or False")

#: What each parameter may be.
RULES: dict[str, Rule] = {
    "alpha": _number(0),
    "batch_size": _either(_one_of("auto"), _whole(1)),
    "learning_rate": _one_of("constant", "invscaling", "adaptive"),
    "learning_rate_init": _number(0, above=True),
    "power_t": _number(0),
    "max_iter": _whole(1),
    "shuffle": _TRUTH,
    "tol": _number(0),
    "warm_start": _TRUTH,
    "momentum": _number(0, 1),
    "nesterovs_momentum": _TRUTH,
    "early_stopping": _TRUTH,
    "validation_fraction": _number(0, 1, below=True),
    "beta_1": _number(0, 1, below=True),
    "beta_2": _number(0, 1, below=True),
    "epsilon": _number(0, above=True),
    "n_iter_no_change": _number(1),
    "max_fun": _whole(1),
    "dropout": _number(0, 1, below=True),
    "normalization": _one_of(*NORMALIZATIONS),
    "scale": _either(_one_of("auto"), _TRUTH),
}


def check(estimator: object) -> None:
    """Refuse parameters out of range.

    Raises:
        ValueError: one of them; the message says what it may be.

    Example:
        >>> from clarinet.estimators import MLPRegressor
        >>> check(MLPRegressor(alpha=-1))
        Traceback (most recent call last):
            ...
        ValueError: MLPRegressor: alpha=-1; expected a number from 0 to inf
    """
    for name, (fits, expected) in RULES.items():
        value = getattr(estimator, name)
        if not fits(value):
            raise ValueError(f"{type(estimator).__name__}: {name}={value!r}; expected {expected}")
    sizes(getattr(estimator, "hidden_layer_sizes"))  # noqa: B009 - the base class does not know of it
