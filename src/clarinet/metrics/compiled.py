"""The metrics that ``compile`` was given, as one metric."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, cast

import numpy as np

from clarinet.metrics.base import Metric
from clarinet.types import Scalar

#: Makes the plain and the weighted metrics of an output, from the shapes of one prediction and one label.
Resolve = Callable[[Sequence[object], Sequence[object], tuple[int, ...], tuple[int, ...]], tuple[Sequence[Metric], ...]]


class Asked(NamedTuple):
    """The metrics that were asked for for one output.

    Attributes:
        name: of the output, what its metrics' names begin with in logs; empty where it is the only one.
        plain, weighted: as ``compile`` was given them.
    """

    name: str
    plain: Sequence[object]
    weighted: Sequence[object]


class CompileMetrics(Metric):
    """The metrics that ``compile`` was given, for steps of a model's own; which they are is known with the first batch.

    Args:
        asked: for each output.
        resolve: makes metrics of that.
    """

    def __init__(self, asked: Sequence[Asked], resolve: Resolve) -> None:
        super().__init__(name="compile_metrics")
        self._asked, self._resolve = asked, resolve
        self._known: list[tuple[int, str, Metric, bool]] = []

    @property
    def metrics(self) -> list[Metric]:
        """The metrics themselves; none before the first batch."""
        return [metric for _, _, metric, _ in self._known]

    def _within(self) -> list[Metric]:
        return self.metrics

    def update_state(self, y_true: object, y_pred: object, sample_weight: object = None) -> None:
        """Add a batch.

        Args:
            y_true, y_pred: of the only output; lists of them where there are several.
            sample_weight: likewise; what weighted metrics are weighted by.
        """
        trues, preds, weights = (self._each(given) for given in (y_true, y_pred, sample_weight))
        if not self._known:
            self._know(trues, preds)
        for number, _, metric, weighted in self._known:
            if trues[number] is not None:
                metric.update_state(trues[number], preds[number], weights[number] if weighted else None)

    def _each(self, given: object) -> Sequence[object]:
        """What was given for each output."""
        return given if len(self._asked) > 1 and isinstance(given, list) else [given] * len(self._asked)

    def _know(self, trues: Sequence[object], preds: Sequence[object]) -> None:
        for number, (own, y_true, y_pred) in enumerate(zip(self._asked, trues, preds, strict=True)):
            if y_true is None:
                continue
            shapes = np.asarray(y_pred).shape[1:], np.asarray(y_true).shape[1:]
            begin = f"{own.name}_" if own.name else ""
            for weighted, metrics in enumerate(self._resolve(own.plain, own.weighted, *shapes)):
                self._known += [(number, begin, metric, bool(weighted)) for metric in metrics]

    def result(self) -> dict[str, Scalar]:  # type: ignore[override]
        """Each of them by its name in logs."""
        return {begin + metric.name: metric.result() for _, begin, metric, _ in self._known}

    def reset_state(self) -> None:
        for metric in self.metrics:
            metric.reset_state()

    def get_state(self) -> dict[str, object]:
        return {str(number): metric.get_state() for number, metric in enumerate(self.metrics)}

    def set_state(self, state: Mapping[str, object]) -> None:
        for metric, own in zip(self.metrics, state.values()):
            metric.set_state(cast(Mapping[str, object], own))
