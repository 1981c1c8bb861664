"""Which findings explain later ones."""

from __future__ import annotations

from collections.abc import Container
from typing import Protocol

from clarinet.doctor import kinds
from clarinet.doctor.findings import Finding


class HasCauses(Protocol):
    """A rule that says which findings explain its own."""

    @property
    def CAUSES(self) -> Container[str]: ...


class _Anything(frozenset[str]):
    """Every kind but those that keep no network from learning."""

    def __contains__(self, kind: object) -> bool:
        return kinds.of(str(kind)).stops


#: For symptoms that any fault may cause.
ANYTHING = _Anything()


def is_cause(rule: HasCauses, finding: Finding, other: Finding) -> bool:
    """Whether another finding explains this one: of the same kind, a cause that the rule names, or an error.

    An error keeps a network from learning, so it has to be corrected before its learning can be judged.
    """
    if other.kind == finding.kind:
        return True
    return other.kind in rule.CAUSES if other.severity == "warning" else other.severity == "error"
