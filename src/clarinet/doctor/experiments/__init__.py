"""Questions that only a short training can answer; each trains copies of the program with its other faults corrected.

An experiment is a module with ``KINDS``, ``BASIS`` and ``examine(trial)``, as a rule is; the trial trains for it and
remembers what it trained. They run in turn until one has an answer.
"""

from clarinet.doctor.experiments import blindness, budget, few_rows, one_change, overfitting, rate_range

#: They look for causes.
EXPERIMENTS = (overfitting, budget, one_change)
#: It improves the remedy of a rule's finding.
REFINEMENTS = (rate_range,)
#: They describe a state whose cause nobody has found.
STATES = (few_rows, blindness)

__all__ = ["EXPERIMENTS", "REFINEMENTS", "STATES"]
