"""Whether the training asked for is long enough, and its steps large enough, to get anywhere."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.experiments.trial import Trial
from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.remedies import fit_argument, learning_rate

KINDS = ("too_few_epochs", "learning_rate_too_low")
BASIS = (
    "our measurement: programs that learn come at least 40 % of the way from a constant answer to no error on rows "
    "held out; ten times the epochs, or ten times the rate, must bring 20 % more"
)
#: Updates after which a training is long enough anyway; progress that is enough; how much more the change must bring.
ENOUGH_STEPS, ENOUGH, MORE = 500, 0.4, 0.2
_FACTOR, _ONE_PASS_ROWS = 10, 5000


def examine(trial: Trial) -> Iterator[Finding]:
    program = trial.program
    if program.searches:
        return
    if program.epochs == 1 and program.rows < _ONE_PASS_ROWS:
        yield _epochs(trial, f"a single pass over {program.rows} rows", {"epochs": 1})
        return
    if program.steps >= ENOUGH_STEPS or trial.progress >= ENOUGH or not trial.run(program).finished:
        return
    rate = program.optimizer.learning_rate
    if callable(rate):
        return
    longer = trial.run(program.with_fit(epochs=_FACTOR * program.epochs)).progress
    quicker = trial.run(program.with_optimizer(learning_rate=_FACTOR * rate)).progress
    evidence = {"progress": trial.progress, "ten_times_the_epochs": longer, "ten_times_the_rate": quicker}
    wanted = trial.progress + MORE
    if max(longer, quicker) < wanted:
        both = program.with_fit(epochs=_FACTOR * program.epochs).with_optimizer(learning_rate=_FACTOR * rate)
        evidence["both"] = trial.run(both).progress
        longer = quicker = evidence["both"]
    if longer >= wanted:
        yield _epochs(trial, f"{program.steps} updates bring it {max(0.0, trial.progress):.0%} of the way", evidence)
    if quicker >= wanted and trial.given_rate:
        yield Finding(
            "learning_rate_too_low",
            "optimizer",
            "warning",
            0.7,
            f"with ten times the learning rate it comes {max(longer, quicker):.0%} of the way instead of "
            f"{max(0.0, trial.progress):.0%}",
            "The learning rate is how far one step goes. With steps this small the training ends before it has come "
            "anywhere.",
            evidence,
            Remedy(f"learning_rate={_FACTOR * rate:g}", learning_rate(_FACTOR * rate)),
        )


def _epochs(trial: Trial, summary: str, evidence: dict[str, float]) -> Finding:
    epochs = _FACTOR * trial.program.epochs
    return Finding(
        "too_few_epochs",
        "fit.epochs",
        "warning",
        0.75,
        summary,
        "An epoch is one pass over the data, and weights move a little with each batch. Networks need hundreds or "
        "thousands of such small moves; stopped before, they are still near where they began.",
        evidence,
        Remedy(f"epochs={epochs}, with EarlyStopping to end it when it gets no better", fit_argument(epochs=epochs)),
    )
