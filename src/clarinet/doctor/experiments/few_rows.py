"""Whether the network can learn a handful of rows by heart."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clarinet.doctor.experiments.trial import Trial
from clarinet.doctor.findings import Finding, Remedy

KINDS = ("cannot_fit_few_rows",)
BASIS = (
    "a network with more weights than rows can give each row any answer (Zhang et al. 2017); 20 rows suffice to see it"
)
#: Rows; updates; the share of the way to no error that must be reached; progress below which the question is asked.
ROWS, UPDATES, REACHED, DOUBT = 20, 500, 0.5, 0.1


def examine(trial: Trial) -> Iterator[Finding]:
    program = trial.program
    if trial.progress >= DOUBT or len(program.x) < 2 * ROWS or not trial.affordable:
        return
    chosen = np.unique(np.linspace(0, len(program.x) - 1, ROWS).astype(int))
    chosen = program.usable(chosen)
    x, y = program.x[chosen], program.y[chosen]
    few = program.changed(x=x, y=y, validation=None).with_fit(
        epochs=UPDATES, batch_size=ROWS, validation_split=0.0, sample_weight=None
    )
    if (y == y[0]).all():
        return
    reached = trial.run(few, hold_out=False)
    if reached.progress >= REACHED or not reached.finished:
        return
    yield Finding(
        "cannot_fit_few_rows",
        "model",
        "warning",
        0.6,
        f"{UPDATES} updates on only {len(x)} rows bring it {max(0.0, reached.progress):.0%} of the way to no error",
        "Twenty rows can be learned by heart by almost any network. If that fails, the fault is not in the amount of "
        "data: something between the input and the loss is blocked, or the steps are far too small or too large.",
        {"progress": reached.progress, "rows": len(x)},
        Remedy(
            "follow the signal layer by layer: model.fit(x[:20], y[:20], epochs=500), then glass.trace(model, x[:1])"
        ),
    )
