"""A loss that is NaN or infinite: its place and its cause."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.remedies import learning_rate
from clarinet.doctor.watching.failure import NAMED, Failure
from clarinet.doctor.watching.training_record import TrainingRecord

KINDS = ("non_finite_loss", "learning_rate_too_high")
BASIS = (
    "arithmetic for the NaN; steps are blamed where the largest update was over a tenth of its weights (Bottou's "
    "rule of thumb is a thousandth; [1e-5, 1e-1] in DeepDiagnosis, Wardat et al. 2022) or the loss had grown tenfold"
)
CAUSES = frozenset({
    "learning_rate_negative", "unscaled_inputs", "unscaled_targets", "wrong_weight_init", "nan_in_data",
    "optimizer_epsilon_too_low", "over_scaled_inputs",
})  # fmt: skip
_RATIO, _GROWN = 0.1, 10.0


def examine(record: TrainingRecord) -> Iterator[Finding]:
    failure = record.failure
    if failure is None:
        return
    before = record.losses_before(failure.step)
    ratios = [own.update_ratio for own in record.sampled_until(failure.step)]
    ratio = max(filter(isfinite, ratios), default=0.0)
    grown = len(before) > 1 and before.max() > _GROWN * max(float(before[0]), 1e-12)
    steps_too_long = ratio > _RATIO or grown
    rate = record.rate()
    evidence = {
        "step": failure.step, "epoch": failure.epoch + 1, "origin": failure.origin, "rows": list(failure.rows),
        "largest_update_ratio": ratio, "largest_loss_before": float(before.max()) if len(before) else float("nan"),
        "weight_norms": {str(layer): norm for layer, norm in failure.weight_norms.items()}, "located": failure.exact,
    }  # fmt: skip
    when = f"from step {failure.step} on (epoch {failure.epoch + 1})"
    summary = f"the loss is {failure.value:g} {when}; {_place(failure)}"
    explanation = (
        "NaN and infinity come from numbers that have grown beyond what a float can hold, or from a logarithm or a "
        "division of zero. One of them in the loss makes every gradient NaN, and after one update every weight is."
    )
    if steps_too_long:
        yield Finding(
            "learning_rate_too_high", "optimizer", "error", 0.85, summary,
            explanation + " Here the steps were too long for the weights: each overshot farther than the one before.",
            evidence,
            Remedy(f"learning_rate={rate / 10:g}, or clipnorm=1.0 in the optimizer", learning_rate(rate / 10)),
        )  # fmt: skip
        return
    where = "loss" if failure.what == "loss" or failure.layer is None else f"layer:{failure.layer}"
    yield Finding(
        "non_finite_loss", where, "error", 0.9, summary, explanation, evidence,
        Remedy("look at what this layer computes on these rows; clipnorm=1.0 in the optimizer bounds every step"),
    )  # fmt: skip


def _place(failure: Failure) -> str:
    """Its place in words, and how certain that is."""
    if not failure.exact:
        return "where it came up is not known: the step could not be run again"
    rows = ", ".join(map(str, failure.rows)) + " and others" * (len(failure.rows) == NAMED)
    parts = [
        f"the first {failure.what} that are not finite" if failure.what != "loss" else "what is not finite is the loss",
        f"are those of layer {failure.layer}" if failure.layer is not None else "",
        f"for row{'s' * (len(failure.rows) > 1)} {rows}{' of the batch' * failure.of_batch}" if failure.rows else "",
        f"in step {failure.origin}" if failure.origin != failure.step else "",
    ]
    how = "" if failure.of_batch else "run again: "
    return how + " ".join(part for part in parts if part)
