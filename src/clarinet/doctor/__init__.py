"""The doctor: why a network is not learning, with the evidence and the remedy."""

from clarinet.doctor.examination import examine
from clarinet.doctor.experiments import EXPERIMENTS, STATES
from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.report import Report
from clarinet.doctor.rules import CONDITIONS, RULES, refusals
from clarinet.doctor.treatment import Treatment, treat

#: Every kind of fault that there is a rule for.
KINDS = tuple(sorted({kind for rule in (refusals, *RULES, *CONDITIONS, *EXPERIMENTS, *STATES) for kind in rule.KINDS}))

__all__ = ["KINDS", "Finding", "Remedy", "Report", "Treatment", "examine", "treat"]
