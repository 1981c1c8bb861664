"""One short training run on one engine, and everything that it leaves behind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from clarinet import Input, Sequential, _native, layers
from clarinet.engines import Data, Engine, NativeEngine, ReferenceEngine, Steps
from clarinet.engines.base import one_or_all
from clarinet.optimizers import OptimizerState
from clarinet.plan import Plan
from tests import cases

ISAS = _native.isas()
THREADS = (1, 2, 3, 5, 8)
#: Layers and optimizers without a native form on purpose; anything else must have one.
REFERENCE_ONLY = (
    "BFGS",
    "LBFGS",
    "Muon",
    "OverSteps",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "TextVectorization",
    "bfgs",
    "binary_io_u",
    "categorical_generalized_cross_entropy",
    "concordance_correlation",
    "io_u",
    "lbfgs",
    "mean_io_u",
    "muon",
    "one_hot_io_u",
    "one_hot_mean_io_u",
    "pearson_correlation",
    "precision_at_recall",
    "recall_at_precision",
    "sensitivity_at_specificity",
    "specificity_at_sensitivity",
)


def tied(plan: Plan, pairs: Sequence[tuple[int, int]]) -> Plan:
    """The plan with operations that have the weights and the state of earlier ones: ``(later, earlier)``."""
    ops = list(plan.ops)
    for later, earlier in pairs:
        ops[later] = replace(ops[later], weights=ops[earlier].weights, state=ops[earlier].state)
    return replace(plan, ops=tuple(ops))


@dataclass
class Outcome:
    losses: np.ndarray
    params: np.ndarray
    state: np.ndarray
    slots: dict[str, np.ndarray]
    training: dict[str, float]
    evaluation: dict[str, float]
    predictions: np.ndarray
    layers: list[Any] = field(default_factory=list)


@dataclass
class Work:
    """A network and what it is trained on; ``stack`` is made anew for every run."""

    stack: Any
    loss: Any
    data: Data
    optimizer: Any = "sgd"
    metrics: Any = ()
    weighted_metrics: Any = ()
    batch: int = 4
    epochs: int = 2
    rate: float = 0.05
    stats_every: int = 0
    chunk: int = 1000  # steps
    shuffle: bool = True
    ties: tuple[tuple[int, int], ...] = ()  # operations that share weights
    others: tuple[int, ...] = ()  # models that have so many of the first layers too, and had them first

    def model(self) -> Sequential:
        shape, own = self.data.x.shape[1:], self.stack()
        others = [Sequential([Input(shape), *own[:count]]) for count in self.others]
        model = Sequential([Input(shape), *own])
        model.metadata["others"] = others  # which live as long
        for each in (*others, model):
            each.seed = 11
        optimizer = self.optimizer() if callable(self.optimizer) else self.optimizer
        metrics, weighted = (m() if callable(m) else m for m in (self.metrics, self.weighted_metrics))
        model.compile(optimizer, self.loss, metrics=list(metrics), weighted_metrics=list(weighted), engine="reference")
        return model

    def initial(self) -> Any:
        """The parameters before training."""
        model = self.model()  # held on to: its seed counts when they are drawn
        return model.store.params

    def run(self, isa: str | None = None, threads: int = 1, kind: type[Engine] = ReferenceEngine) -> Outcome:
        """On the reference engine or one of another kind, or natively with an instruction set and a number of
        threads."""
        model = self.model()
        plan = tied(model.make_plan(self.data.label_shapes), self.ties)
        state = OptimizerState.new(model.optimizer, model.store.layout, np.float32)
        if isa is None:
            assert (refusal := kind.supports(plan)) is None, refusal
            engine: Engine = kind(plan, model.store, state)
        else:
            unsupported_reason = NativeEngine.supports(plan)
            if unsupported_reason is not None:
                known = any(
                    f"({name})" in unsupported_reason
                    or unsupported_reason.startswith(f"{name} ")
                    or f"'{name}'" in unsupported_reason
                    for name in REFERENCE_ONLY
                )
                (pytest.skip if known else pytest.fail)(unsupported_reason)
            engine = NativeEngine(plan, model.store, state, threads=threads, isa=isa)
        losses, layers = self._train(engine)
        training = dict(engine.results())
        engine.reset_metrics()
        engine.evaluate(self.data, self.batch)
        evaluation = dict(engine.results())
        predicted = engine.predict(one_or_all(self.data.xs), self.batch)
        several = isinstance(predicted, tuple)
        predictions = np.concatenate([y.ravel() for y in predicted]) if several else predicted
        engine.close()
        params, kept = model.store.snapshot()
        return Outcome(
            np.concatenate(losses),
            params,
            kept,
            state.slots,
            training,
            evaluation,
            predictions,
            layers,
        )

    def _train(self, engine: Any) -> tuple[list[np.ndarray], list[Any]]:
        n, losses, layers = len(self.data), [], []
        for epoch in range(self.epochs):
            order = engine.permutation(epoch, n) if self.shuffle else None
            for first in range(0, n, self.batch * self.chunk):
                stop = min(n, first + self.batch * self.chunk)
                rates = np.full(-(-(stop - first) // self.batch), self.rate)
                chunk = engine.train(self.data, Steps(order, first, stop, self.batch, rates, None, self.stats_every))
                losses.append(chunk.losses)
                layers += chunk.layers
        return losses, layers


def between(case: Any, rows: int, numbers: Callable[..., np.ndarray], **settings: Any) -> Work:
    """A layer between two dense ones, so that its backward counts, on ``numbers(*shape)``."""
    return Work(
        lambda: [layers.Dense(case.shape[-1]), case.make(), layers.Flatten(), layers.Dense(2)],
        "mse",
        Data(numbers(rows, *case.shape[:-1], 5), numbers(rows, 2)),
        **settings,
    )


def coming_first(case: Any, rows: int, numbers: Callable[..., np.ndarray], **settings: Any) -> Work:
    """A layer that the data come to as they are."""
    return Work(
        lambda: [case.make(), layers.Flatten(), layers.Dense(2)],
        "mse",
        Data(cases.inputs(case, rows), numbers(rows, 2)),
        **settings,
    )


def assert_close(ours: Outcome, expected: Outcome, rtol: float = 2e-5, atol: float = 6e-6) -> None:
    """The same within rounding of float32."""
    assert np.isfinite(expected.losses).all()
    for name in ("losses", "params", "state", "predictions"):
        np.testing.assert_allclose(getattr(ours, name), getattr(expected, name), rtol, atol, err_msg=name)
    for name, slot in expected.slots.items():
        np.testing.assert_allclose(ours.slots[name], slot, 10 * rtol, atol, err_msg=name)
    for name in ("training", "evaluation"):
        mine, theirs = getattr(ours, name), getattr(expected, name)
        assert list(mine) == list(theirs)
        np.testing.assert_allclose(list(mine.values()), list(theirs.values()), rtol, atol, err_msg=name)


def assert_same_bits(ours: Outcome, expected: Outcome) -> None:
    for name in ("losses", "params", "state", "predictions"):
        assert getattr(ours, name).tobytes() == getattr(expected, name).tobytes(), name
    assert {k: v.tobytes() for k, v in ours.slots.items()} == {k: v.tobytes() for k, v in expected.slots.items()}
    assert ours.training == expected.training and ours.evaluation == expected.evaluation
