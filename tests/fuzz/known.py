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


def _tells_zeros_apart(thing: Thing) -> bool:
    """Whether a metric sees the difference between 0 and the smallest probability."""
    thresholds = thing.settings.get("thresholds")
    lowest = thresholds if isinstance(thresholds, list) else [thresholds]
    return "TopK" in thing.name or "top_k" in thing.settings or thing.name == "Accuracy" or 0.0 in lowest


#: By what is wrong, which programs it may happen to.
KNOWN: dict[str, Callable[[Program], bool]] = {
    "the variance of one gradient, 0 in the reference, is rounding natively": lambda p: (
        p.optimizer.settings.get("centered", False) and p.optimizer.settings.get("rho") == 0.0
    ),
    "probabilities below 1e-38 are 0 natively": lambda p: any(map(_tells_zeros_apart, things(p))),
    "numbers that are all alike, less their mean, are 0 or one rounding": lambda p: (
        p.x.numbers == "constant" and any("Normalization" in thing.name for thing in things(p))
    ),
}


def known(program: Program) -> bool:
    """Whether what was found may be known already."""
    return any(test(program) for test in KNOWN.values())
