"""The examination of a model, whoever made it."""

from __future__ import annotations

import time

from clarinet import checks
from clarinet.doctor.adapters import adapt, data_only
from clarinet.doctor.graph_reports import of_graph
from clarinet.doctor.graphs import has_several, refuse_unexamined
from clarinet.doctor.inspection import TIME_BUDGETS, Budget, inspect, reported
from clarinet.doctor.parts import inspect_whole
from clarinet.doctor.program import program_of, quietly
from clarinet.doctor.report import Report
from clarinet.doctor.rules import refusals
from clarinet.doctor.whole import refused, whole_of
from clarinet.trainable import Trainable, model_class


def examine(
    model: object,
    x: object,
    y: object = None,
    *,
    validation_data: object = None,
    budget: Budget = "normal",
    **fit_arguments: object,
) -> Report:
    """Say why a model would not learn from this data.

    Args:
        model: compiled; it is not changed. Of a graph with several inputs or outputs each is examined, and findings say
            which one they mean: ``data.x['left']``, ``loss['age']``. A compiled Keras model, and a PyTorch module with
            ``loss`` and ``optimizer`` beside it, are converted first; parts without counterpart are named, and then
            only the data are examined.
        x, y: rows and labels as for ``fit``.
        validation_data: (x, y) as for ``fit``.
        budget: ``"quick"`` looks at the program and trains nothing (milliseconds); ``"normal"`` (default) trains copies
            for at most about three seconds for each output where that leaves a question open, and stops at the first
            answer; ``"thorough"`` asks all questions, for at most about half a minute.
        fit_arguments: ``epochs``, ``batch_size``, ``shuffle``, ``validation_split``, … as for ``fit``.

    Returns:
        Report: findings, the worst first; empty where all is well. What ``fit`` refuses is an error among them.

    Raises:
        TypeError, ValueError: x, y or validation_data hold no numbers, with ``fit``'s message; x is a source of
            batches; ``budget`` is none of the three, or ``model`` is no model.

    Example:
        >>> import numpy as np, clarinet
        >>> model = clarinet.Sequential([clarinet.Input((3,)), clarinet.layers.Dense(1, activation="softmax")])
        >>> model.compile("adam", "binary_crossentropy")
        >>> x = np.random.default_rng(0).normal(size=(640, 3))
        >>> report = examine(model, x, (x[:, 0] > 0) * 1.0, epochs=30)
        >>> [finding.kind for finding in report.findings if finding.severity == "error"]
        ['softmax_on_single_unit']
    """
    if budget not in TIME_BUDGETS:
        raise ValueError(f"examine: budget is one of {', '.join(map(repr, TIME_BUDGETS))}, received {budget!r}")
    if isinstance(model, model_class("Model")):
        return _of_ours(model, x, y, validation_data, budget, fit_arguments)
    with quietly():
        adapted = adapt(model, x, y, validation_data, fit_arguments)
    if adapted.model is None:
        return adapted.noted(data_only(adapted))
    rows = adapted.rows
    return adapted.noted(_of_ours(adapted.model, rows.x, rows.y, adapted.validation, budget, adapted.fit))


def _of_ours(
    model: Trainable, x: object, y: object, validation_data: object, budget: Budget, fit: dict[str, object]
) -> Report:
    """The examination of a model of this library."""
    checks.raise_first(checks.check_planned(model, "examine"))
    incomplete = list(checks.check_compiled(model))
    if incomplete:
        return reported(list(refusals.examine(incomplete)), set(refusals.KINDS), time.perf_counter())
    refuse_unexamined(model)
    if has_several(model):
        if problems := refused(model, x, y, fit.get("sample_weight")):
            return reported(list(refusals.examine(problems)), set(refusals.KINDS), time.perf_counter())
        return inspect_whole(whole_of(model, x, y, validation_data, fit), budget)
    program = program_of(model, x, y, validation_data, fit)
    return of_graph(inspect(program, budget), program)
