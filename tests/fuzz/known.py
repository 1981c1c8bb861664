"""What the fuzzer of engines finds and nobody has mended yet: a row goes with its mend."""

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


def _holds(*names: str) -> Callable[[Program], bool]:
    return lambda program: any(thing.name.startswith(names) for thing in things(program))


#: By what is wrong, which programs it may happen to.
KNOWN: dict[str, Callable[[Program], bool]] = {
    "the native focal loss clips what it makes of logits": lambda p: any(
        thing.name.endswith("FocalCrossentropy") and thing.settings.get("from_logits") for thing in things(p)
    ),
    "the native gradient of one column's cosine is rounding": _holds("CosineSimilarity"),
    "the native hinge over classes hides NaN": _holds("CategoricalHinge"),
    "the variance of one gradient, 0 in the reference, is rounding natively": lambda p: (
        p.optimizer.settings.get("centered", False) and p.optimizer.settings.get("rho") == 0.0
    ),
}


def known(program: Program) -> bool:
    """Whether what was found may be known already."""
    return any(test(program) for test in KNOWN.values())
