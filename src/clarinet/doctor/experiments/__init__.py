"""Questions that only a short training can answer; each trains copies of the program with its other faults corrected.

``effects`` tries the remedies of the rules' findings, ``half_sick`` and ``learning_curve`` look for what no rule has
found, all of them by trainings on paired seeds. The other experiments have ``examine(trial)``; the trial trains for
them and remembers what it trained.
"""

from clarinet.doctor.experiments import blindness, few_rows, half_sick, learning_curve, overfitting, rate_range

#: They look for causes.
EXPERIMENTS = (overfitting, learning_curve, half_sick)
#: It improves the remedy of a rule's finding.
REFINEMENTS = (rate_range,)
#: They describe a state whose cause nobody has found.
STATES = (few_rows, blindness)

__all__ = ["EXPERIMENTS", "REFINEMENTS", "STATES"]
