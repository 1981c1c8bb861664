"""The doctor: why a network is not learning, with the evidence and the remedy."""

from clarinet.doctor.examination import examine
from clarinet.doctor.experiments import EXPERIMENTS, STATES
from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.report import Report
from clarinet.doctor.rules import CONDITIONS, RULES, refusals
from clarinet.doctor.treatment import Treatment, treat
from clarinet.doctor.watch import Doctor
from clarinet.doctor.watching import WATCHERS
from clarinet.names import public

#: Every kind of fault that there is a rule for.
_RULES = (refusals, *RULES, *CONDITIONS, *EXPERIMENTS, *STATES, *WATCHERS)
KINDS = tuple(sorted({kind for rule in _RULES for kind in rule.KINDS}))

__all__ = ["KINDS", "Doctor", "Finding", "Remedy", "Report", "Treatment", "examine", "treat"]


def __dir__() -> list[str]:
    return public(globals())
