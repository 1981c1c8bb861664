"""Steps that are too long, judged by the loss and the size of the updates."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.remedies import learning_rate
from clarinet.doctor.watching.training_record import TrainingRecord
from clarinet.doctor.yardstick import Yardstick

KINDS = ("learning_rate_too_high",)
BASIS = (
    "DeepDiagnosis (Wardat et al. 2022): an update should be at most a tenth of the weights; and the loss must agree. "
    "Ours: it ends at three times the best constant answer's, leaps to ten times that, zigzags by a tenth over four "
    "epochs, or does not fall"
)
CAUSES = frozenset({
    "learning_rate_negative", "unscaled_inputs", "unscaled_targets", "nan_in_data", "non_finite_loss",
    "optimizer_epsilon_too_low",
    "wrong_weight_init", "constant_targets", "softmax_on_single_unit", "dropout_too_high",
})  # fmt: skip
_LONG, _FAR, _GROWN, _LEAP, _SWING, _EPOCHS = 1e-1, 1.0, 3.0, 10.0, 0.1, 4


def examine(record: TrainingRecord) -> Iterator[Finding]:
    if not record.settled or record.does_well or record.failure is not None:
        return
    ratios = record.update_ratios()
    longest, rate = max(ratios.values(), default=0.0), record.rate()
    how = _how(record, longest)
    if how is None:
        return
    evidence = {"learning_rate": rate, "update_ratios": {str(index): value for index, value in ratios.items()},
                "first_loss": record.first_loss, "last_loss": record.last_loss}  # fmt: skip
    yield Finding(
        "learning_rate_too_high", "optimizer", "warning", 0.8,
        f"{how}; the learning rate is {rate:.3g}, and a step changes the weights of a layer by {longest:.2g} of their "
        f"size",
        "A step that is too long lands beyond the valley, on the other slope. The loss then jumps about or grows, "
        "however often the rows are shown, and ReLU units are thrown to where they are never active again.",
        evidence, Remedy(f"learning_rate={rate / 10:.3g}", learning_rate(rate / 10)),
    )  # fmt: skip


def _how(record: TrainingRecord, longest: float) -> str | None:
    """The sign of long steps in the loss; None if there is none."""
    measure = record.baseline.measure
    beginning = max(record.first_loss, measure.constant) if measure.known else record.first_loss
    reference, end = measure.excess(beginning), measure.excess(record.last_loss)
    highest = float(np.max(record.losses()))
    if end > _GROWN * reference > 0:
        return f"the loss has grown from {record.first_loss:.3g} to {record.last_loss:.3g}"
    if measure.excess(highest) > _LEAP * reference > 0 and record.stuck:
        return f"the loss leapt from {record.first_loss:.3g} to {highest:.3g} and did no good after that"
    if longest > _LONG and record.stuck:
        return "the loss does not fall"
    if record.largest_update > _FAR and record.stuck:
        return (
            f"a step changed the weights of a layer by {record.largest_update:.2g} times their size, and the loss stays"
        )
    if longest > _LONG / 2 and _zigzags(record.epoch_losses, measure):
        last = ", ".join(f"{loss:.3g}" for loss in record.epoch_losses[-_EPOCHS:])
        return f"the loss goes up and down: {last} in the last epochs"
    return None


def _zigzags(losses: list[float], measure: Yardstick) -> bool:
    """Whether the last epochs went up and down in turn, by much, and led nowhere."""
    last = np.array(losses[-_EPOCHS:])
    moves = np.diff(last)
    turns, middle = bool((moves[1:] * moves[:-1] < 0).all()), abs(measure.excess(float(last.mean())))
    return len(last) == _EPOCHS and turns and bool(np.abs(moves).min() > _SWING * middle)
