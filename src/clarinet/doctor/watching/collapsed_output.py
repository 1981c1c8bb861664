"""A network that gives every row the same answer."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.watching.causes import ANYTHING
from clarinet.doctor.watching.training_record import TrainingRecord

KINDS = ("constant_output",)
BASIS = (
    "the answers differ by less than a ten-thousandth of what the labels do: single precision and no more (our "
    "measurement)"
)
CAUSES = ANYTHING
_SPREAD, _STUCK = 1e-4, 0.1


def examine(record: TrainingRecord) -> Iterator[Finding]:
    if not record.settled or not record.progress < _STUCK or not record.baseline.spread > 0:
        return
    last = record.layers[-1]
    outputs = record.outputs().get(last.index)
    if outputs is None or len(outputs) < 2:
        return
    spread = float(outputs.reshape(len(outputs), -1).std(axis=0).max())
    if spread > _SPREAD * record.baseline.spread:
        return
    yield Finding(
        "constant_output", f"layer:{last.index}", "error", 0.85,
        f"the network gives all of {len(outputs)} rows the same answer, to within {spread:.1g}",
        "The output no longer depends on the input: somewhere on the way all rows have become alike. What is left is "
        "the best constant, the mean label. Dead or saturated units, penalties that shrink every weight to zero and "
        "steps that are too long all end here.",
        {"spread": spread, "rows": len(outputs)},
        Remedy("a smaller learning rate, scaled inputs, weaker penalties; look at the outputs layer by layer"),
    )  # fmt: skip
