"""What the fuzzer of engines finds and is left as it is; a row goes when it is mended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.fuzz.program import Program
from tests.fuzz.things import Thing


def things(value: Any) -> Iterator[Thing]:
    """Every thing in a program, or in another thing."""
    if isinstance(value, Thing):
        yield value
        yield from things(list(value.settings.values()))
    elif isinstance(value, Program):
        yield from things(list(vars(value).values()))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from things(item)


def _numbers(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


#: By what is wrong, which programs it may happen to.
KNOWN: dict[str, Callable[[Program], bool]] = {
    "the variance of one gradient, 0 in the reference, is rounding natively": lambda p: (
        p.optimizer.settings.get("centered", False) and p.optimizer.settings.get("rho") == 0.0
    ),
    "probabilities below 1e-38 are 0 natively, so ranks are shared and 0 is no threshold": lambda p: any(
        "TopK" in thing.name or "top_k" in thing.settings or 0.0 in _numbers(thing.settings.get("thresholds"))
        for thing in things(p)
    ),
}


def known(program: Program) -> bool:
    """Whether what was found may be known already."""
    return any(test(program) for test in KNOWN.values())
