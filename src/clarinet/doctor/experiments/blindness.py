"""Whether the answers depend on the input at all."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.experiments.trial import Trial
from clarinet.doctor.findings import Finding, Remedy

KINDS = ("ignores_input",)
BASIS = "control: the loss with every input set to zero; if it is no worse, nothing was learned from the input"
#: The loss without input, divided by the loss with it, that counts as the same; progress below which this is asked.
SAME, DOUBT = 0.01, 0.05


def examine(trial: Trial) -> Iterator[Finding]:
    trained = trial.run(trial.program)
    if trained.progress >= DOUBT or not trained.finished or abs(trained.ratio - 1) > SAME:
        return
    yield Finding(
        "ignores_input",
        "model",
        "warning",
        0.6,
        "after training, the loss is the same whether the network sees its input or zeros",
        "The answers have become one constant, whatever goes in: the best that a network can do through which no "
        "signal passes. Either units are dead or saturated on the way, or x holds nothing about y.",
        {"loss_ratio": trained.ratio, "progress": trained.progress},
        Remedy("look at the layers' outputs with glass.trace(model, x[:1]), and at x beside y"),
    )
