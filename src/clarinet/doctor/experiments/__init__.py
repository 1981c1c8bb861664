"""Questions that only a short training can answer; each trains copies of the program with its other faults mended.

An experiment is a module with ``KINDS``, ``BASIS`` and ``examine(trial)``, as a rule is; the trial trains for it and
remembers what it trained.
"""

from clarinet.doctor.experiments import budget, overfitting

EXPERIMENTS = (budget, overfitting)

__all__ = ["EXPERIMENTS"]
