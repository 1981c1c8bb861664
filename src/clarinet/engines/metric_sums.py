"""The running losses and metrics of a plan, in the order that engines keep their sums in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from clarinet.metrics import Mean, Metric

if TYPE_CHECKING:
    from clarinet.plan import Plan


class Tracked(NamedTuple):
    """A metric, and what its names begin with in logs where a model has several outputs."""

    metric: Metric
    prefix: str = ""


def tracked(plan: Plan) -> tuple[Tracked, ...]:
    """The loss; where there are several outputs, the loss of each that has one; the metrics."""
    several = [] if len(plan.outputs) == 1 else [o for o in plan.outputs if o.loss is not None]
    losses = [Tracked(Mean("loss")), *(Tracked(Mean("loss"), f"{o.name}_") for o in several)]
    return (*losses, *(Tracked(j.metric, j.prefix) for j in plan.judged))


def logs(metrics: Sequence[Tracked]) -> dict[str, float]:
    """The numbers of all of them by name; where there are several outputs metrics come by name, as in Keras."""
    found = {prefix + name: value for metric, prefix in metrics for name, value in metric.logs().items()}
    prefixes = {prefix for _, prefix in metrics} - {""}
    if not prefixes:
        return found
    losses = {"loss", *(f"{prefix}loss" for prefix in prefixes)}
    return dict(sorted(found.items(), key=lambda item: "" if item[0] in losses else item[0]))
