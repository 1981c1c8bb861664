"""Shared by adapters: the result of a conversion, and the examination of the data alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program import Program, quietly
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.doctor.report import Report
from clarinet.doctor.rules import association, constant, duplicates, imbalance, non_finite, order, outliers, validation
from clarinet.types import Array

#: Rules that look at nothing but rows and labels.
_DATA_RULES = (non_finite, constant, imbalance, order, association, duplicates, outliers, validation)


class KerasLayer(Protocol):
    """A protocol for Keras's layers."""

    trainable: bool

    def get_config(self) -> Mapping[str, object]: ...

    def get_weights(self) -> Sequence[object]: ...


class KerasModel(Protocol):
    """A protocol for Keras's models."""

    layers: Sequence[KerasLayer]

    def get_compile_config(self) -> Mapping[str, object]: ...


class Tensor(Protocol):
    """A protocol for PyTorch's tensors."""

    requires_grad: bool
    grad: Tensor | None
    device: object
    dtype: object

    def __len__(self) -> int: ...

    def __float__(self) -> float: ...

    def __sub__(self, other: Tensor, /) -> Tensor: ...

    def __lt__(self, other: float, /) -> Tensor: ...

    def __gt__(self, other: float, /) -> Tensor: ...

    def __or__(self, other: Tensor, /) -> Tensor: ...

    def __invert__(self) -> Tensor: ...

    def all(self) -> Tensor: ...

    def any(self, dim: int | None = None) -> Tensor: ...

    def clone(self) -> Tensor: ...

    def detach(self) -> Tensor: ...

    def double(self) -> Tensor: ...

    def eq(self, other: float, /) -> Tensor: ...

    def float(self) -> Tensor: ...

    def isfinite(self) -> Tensor: ...

    def mean(self) -> Tensor: ...

    def nonzero(self) -> Tensor: ...

    def reshape(self, *shape: int) -> Tensor: ...

    def square(self) -> Tensor: ...

    def std(self, *, correction: int) -> Tensor: ...

    def sum(self) -> Tensor: ...


class Hook(Protocol):
    """A protocol for PyTorch's hooks."""

    def remove(self) -> None: ...


class Module(Protocol):
    """A protocol for PyTorch's modules."""

    training: bool

    def __call__(self, *inputs: object) -> object: ...

    def children(self) -> Iterator[Module]: ...

    def named_modules(self) -> Iterable[tuple[str, Module]]: ...

    def parameters(self, recurse: bool = True) -> Iterator[Tensor]: ...

    def register_forward_hook(self, hook: Callable[..., object], /) -> Hook: ...

    def eval(self) -> object: ...

    def train(self, mode: bool = True) -> object: ...


class TorchOptimizer(Protocol):
    """A protocol for PyTorch's optimizers."""

    param_groups: list[dict[str, object]]

    def register_step_pre_hook(self, hook: Callable[..., object], /) -> Hook: ...

    def register_step_post_hook(self, hook: Callable[..., object], /) -> Hook: ...


class NotConverted(Exception):
    """Something has no counterpart here.

    Args:
        where: its place, as findings have it.
        what: its name in its framework.
    """

    def __init__(self, where: str, what: str) -> None:
        super().__init__(what)
        self.where, self.what = where, what


@dataclass(frozen=True)
class Adapted:
    """A model of another framework as a program.

    Attributes:
        program: as far as it could be converted.
        missing: (place, what) of everything that has no counterpart.
        whole: whether the program can be examined as Clarinet's own; else only its data.
    """

    program: Program
    missing: tuple[tuple[str, str], ...] = ()
    whole: bool = True

    def noted(self, report: Report) -> Report:
        """The report with a hint for everything that could not be converted."""
        hints = tuple(_hint(where, what, self.whole) for where, what in self.missing)
        return replace(report, findings=(*report.findings, *hints))


def _hint(where: str, what: str, whole: bool) -> Finding:
    done = "it was left out" if whole else "only the data were looked at"
    return Finding(
        "not_converted", where, "hint", 1.0, f"{what} has no counterpart in Clarinet; {done}",
        "The doctor converts models of other frameworks to Clarinet's layers. What it has no counterpart "
        "for it cannot judge.",
        {"what": what}, Remedy("nothing is wrong with this; judge this part by yourself"),
    )  # fmt: skip


@quietly()
def data_only(program: Program) -> Report:
    """The findings of the rules that look at rows and labels."""
    began, facts = time.perf_counter(), ProgramFacts(program)
    found = sorted((f for rule in _DATA_RULES for f in rule.examine(facts)), key=lambda finding: finding.rank)
    asked = {kind for rule in _DATA_RULES for kind in rule.KINDS}
    missed = tuple(sorted(asked - {finding.kind for finding in found}))
    return Report(tuple(found), missed, time.perf_counter() - began)


def array(value: object) -> Array:
    """NumPy's form of an array of any framework."""
    for name in ("detach", "cpu"):  # a tensor that may be on a device, with a gradient
        value = getattr(value, name, lambda value=value: value)()
    return np.asarray(value)


def held_out(validation_data: object) -> tuple[Array, Array] | None:
    """Validation rows and labels, without weights; None where there are none, or no arrays."""
    if not isinstance(validation_data, tuple | list):
        return None
    return array(validation_data[0]), array(validation_data[1])
