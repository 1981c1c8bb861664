"""What Clarinet promises about speed and size, in one place, and whether a run keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from .session import Result

OURS = "clarinet"

#: An epoch takes at most 1/factor of this row's time.
EPOCH_FACTORS = {"keras-tensorflow": 9.0, "torch-fused": 5.0, "sklearn": 7.0, "keras-jax": 2.2, "jax-scan": 1.7}

#: The same factor against the peer's tuned row: not promised, but shown, for a claim is worth what its best rival is.
BEYOND = {"keras-tensorflow-tuned": 9.0, "torch-compile": 5.0, "keras-jax-tuned": 2.2}

#: PyTorch and Keras as users write them; a share of "the best of them" is one of the fastest's time.
FRAMEWORKS = ("torch-fused", "keras-jax", "keras-tensorflow")


@dataclass(frozen=True)
class Share:
    """An epoch of a network takes at most ``promised`` of the time of the fastest of ``peers``, and aims at ``aim``."""

    peers: tuple[str, ...]
    promised: float
    aim: float | None = None


NETWORK_SHARES = {
    "cnn": (Share(FRAMEWORKS, 0.75, 0.5),),
    "wide": (Share(FRAMEWORKS, 0.7), Share(("jax-scan",), 0.85, 0.7)),
    "deep": (Share(FRAMEWORKS, 0.45), Share(("jax-scan",), 0.65, 0.5)),
    "perceptron": (Share(FRAMEWORKS, 0.2), Share(("jax-scan",), 0.8, 0.5)),
    "online": (Share(("numpy-online",), 1 / 20),),
    "lstm": (Share(FRAMEWORKS, 0.5),),
    "gru": (Share(FRAMEWORKS, 0.5),),
    "words-lstm": (Share(FRAMEWORKS, 0.5),),
    "bidirectional": (Share(FRAMEWORKS, 0.6),),
    "transformer": (Share(FRAMEWORKS, 0.7),),
    "conv1d": (Share(FRAMEWORKS, 0.6),),
    "autoencoder": (Share(FRAMEWORKS, 0.6),),
    "text": (Share(FRAMEWORKS, 0.3),),
}

PREDICT_ONE_SECONDS = 20e-6
IMPORT_SECONDS = 0.15
INSTALLED_MB = 15.0


@dataclass(frozen=True)
class Check:
    """One line of ``--check``; ``passed`` is None where the run did not measure what the line needs."""

    text: str
    measured: str
    passed: bool | None
    promised: bool = True

    def __str__(self) -> str:
        verdict = {True: "pass", False: "FAIL", None: "not measured"}[self.passed]
        return f"{verdict:12s} {self.text}: {self.measured}" + ("" if self.promised else " (not promised)")


def ratio(ours: Result, other: Result, workload: str = "float32") -> float | None:
    """The other's time of an epoch over ours: the median of the rounds' own ratios, None if either is missing."""
    pairs = list(zip(ours.epochs.get(workload, ()), other.epochs.get(workload, ()), strict=False))
    return median(theirs / mine for mine, theirs in pairs) if pairs else None


def least_ratio(ours: Result, other: Result, workload: str = "float32") -> float | None:
    """The other's least time of an epoch over our least: what a machine with other work tells most truly."""
    mine, theirs = ours.epochs.get(workload), other.epochs.get(workload)
    return min(theirs) / min(mine) if mine and theirs else None


def check_network(name: str, results: Sequence[Result]) -> list[Check]:
    """The promises about one network other than the tutorials'."""
    by_name = {result.name: result for result in results}
    ours = by_name.get(OURS, Result(OURS, OURS))
    checks = []
    for share in NETWORK_SHARES[name]:
        measured = [ratio(ours, by_name[peer]) if peer in by_name else None for peer in share.peers]
        known = [factor for factor in measured if factor is not None]
        fraction = max(1 / factor for factor in known) if known and len(known) == len(measured) else None
        who = share.peers[0] if len(share.peers) == 1 else "the best framework"
        checks.append(_at_most(f"{name}: an epoch over that of {who}", fraction, share.promised))
        if share.aim is not None:
            checks.append(_at_most(f"{name}: an epoch over that of {who}", fraction, share.aim, promised=False))
    return [*checks, _memory(name, ours, [r for r in results if r.name in (*FRAMEWORKS, "jax-scan")])]


def _memory(name: str, ours: Result, others: Sequence[Result]) -> Check:
    least = min((r.memory_mb for r in others if r.memory_mb is not None), default=None)
    if least is None:
        return Check(f"{name}: peak memory no more than the frameworks'", "not in this run", None)
    return _at_most(f"{name}: peak memory, MiB, the frameworks' least being the limit", ours.memory_mb, least)


def check(results: Sequence[Result]) -> list[Check]:
    """Every promise about the tutorials' network, kept or not."""
    by_name = {result.name: result for result in results}
    ours = by_name.get(OURS, Result(OURS, OURS))
    return [
        *(_epoch(by_name, ours, name, factor, True) for name, factor in EPOCH_FACTORS.items()),
        *(_epoch(by_name, ours, name, factor, False) for name, factor in BEYOND.items()),
        _at_most("one prediction of one image, µs", ours.predict_one, PREDICT_ONE_SECONDS, 1e6),
        _at_most("import beyond NumPy, s", ours.import_seconds, IMPORT_SECONDS),
        _at_most("installed beyond NumPy without MNIST, MB", ours.installed_mb, INSTALLED_MB),
    ]


def _epoch(by_name: Mapping[str, Result], ours: Result, name: str, factor: float, promised: bool) -> Check:
    text = f"an epoch takes at most 1/{factor:g} of {name}'s"
    measured = ratio(ours, by_name[name]) if name in by_name else None
    if measured is None:
        return Check(text, "not in this run", None, promised)
    return Check(text, f"1/{measured:.2f}", measured >= factor, promised)


def _at_most(text: str, measured: float | None, limit: float, unit: float = 1.0, promised: bool = True) -> Check:
    text = f"{text}, at most {limit * unit:.3g}"
    if measured is None:
        return Check(text, "not in this run", None, promised)
    return Check(text, f"{measured * unit:.3g}", measured <= limit, promised)
