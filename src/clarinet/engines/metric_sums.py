"""The running losses and metrics of a plan, in the order that engines keep their sums in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from clarinet.metrics import Mean, Metric

if TYPE_CHECKING:
    from clarinet.plan import Plan


class Tracked(NamedTuple):
    """A metric, and what its names begin with in logs where a model has several outputs; whether it is shown there."""

    metric: Metric
    prefix: str = ""
    shown: bool = True


def tracked(plan: Plan) -> tuple[Tracked, ...]:
    """The loss; where there are several outputs, the loss of each that has one; the metrics.

    The loss of the only output that has one is not shown: as in Keras it is the loss.
    """
    several = [] if len(plan.outputs) == 1 else [o for o in plan.outputs if o.loss is not None]
    losses = [Tracked(Mean("loss")), *(Tracked(Mean("loss"), f"{o.name}_", len(several) > 1) for o in several)]
    return (*losses, *(Tracked(j.metric, j.prefix) for j in plan.judged))


def logs(metrics: Sequence[Tracked]) -> dict[str, float]:
    """The numbers of all of them by name; where there are several outputs metrics come by name, as in Keras."""
    shown = [own for own in metrics if own.shown]
    found = {own.prefix + name: value for own in shown for name, value in own.metric.logs().items()}
    prefixes = {own.prefix for own in metrics} - {""}
    if not prefixes:
        return found
    losses = {"loss", *(f"{prefix}loss" for prefix in prefixes)}
    return dict(sorted(found.items(), key=lambda item: "" if item[0] in losses else item[0]))
