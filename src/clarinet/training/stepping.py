"""The engine of models that say themselves what a step is: it runs their steps in Python, batch by batch."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import Parameter, signature
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from clarinet import checks, data_adapters
from clarinet.configurable import is_ours
from clarinet.engines import Data, Steps
from clarinet.engines.base import Leaves
from clarinet.ops import structures
from clarinet.ops.tensor import Tensor, tensor
from clarinet.philox import Key, Stream, permutation
from clarinet.records import Chunk
from clarinet.settings import BATCH_SIZE
from clarinet.training.callback import CallbackList
from clarinet.training.prepare import as_list
from clarinet.training.steps import OWN_STEPS, Stepped, packed
from clarinet.types import Array, Predictions


class SteppedModel(Stepped, Protocol):
    """A model with its steps; :class:`clarinet.Model` documents each of these."""

    _eagerly: bool

    @property
    def train_step(self) -> Callable[[object], object]: ...

    @property
    def test_step(self) -> Callable[[object], object]: ...

    @property
    def predict_step(self) -> Callable[[object], object]: ...

    def reset_metrics(self) -> None: ...


def reason_for_steps(model: SteppedModel) -> str:
    """Why a model's steps run in Python; empty where an engine runs them as a plan."""
    own = [name for name in OWN_STEPS if not is_ours(type(model), name)]
    if own:
        return f"{type(model).__name__} defines {' and '.join(own)}: its steps run in Python, batch by batch"
    if model.has_call and model._eagerly:
        return "compile(run_eagerly=True): steps run in Python, batch by batch"
    return ""


def check_steps(model: SteppedModel) -> None:
    """Raise where a step is written for another library.

    Raises:
        TypeError: it takes more than the data.
    """
    for name in ("train_step", "test_step", "predict_step"):
        kinds = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
        given = [p for p in signature(getattr(model, name)).parameters.values() if p.kind in kinds]
        if len(given) > 1:
            raise TypeError(
                f"{type(model).__name__}.{name}({', '.join(p.name for p in given)}): steps that carry a state are for "
                f"Keras on JAX; expected {name}(self, data), with a GradientTape, or override compute_loss alone"
            )


class Stepping:
    """Runs a model's own ``train_step``, ``test_step`` and ``predict_step``; an engine in what training asks of it.

    Args:
        model: whose steps it runs; held weakly.
        reason: why.
    """

    name = "python"

    def __init__(self, model: SteppedModel, reason: str) -> None:
        check_steps(model)
        self._model, self.reason = weakref.ref(model), reason
        self._step = 0
        self._logs: dict[str, float] = {}

    @property
    def model(self) -> SteppedModel:
        """The model."""
        model = self._model()
        assert model is not None
        return model

    def permutation(self, epoch: int, n: int) -> NDArray[np.int64]:
        """The order of rows in an epoch, as for all engines."""
        return permutation(Key(self.model.seed, Stream.SHUFFLE, epoch=epoch), n)

    def train(self, data: Data, steps: Steps) -> Chunk:
        """Some calls of ``train_step``."""
        began, first_step = time.perf_counter(), self._step + 1
        losses: list[float] = []
        samples: list[int] = []
        for i in range(len(steps)):
            start = steps.first + i * steps.batch_size
            stop = min(start + steps.batch_size, steps.stop)
            batch = data.rows(slice(start, stop) if steps.order is None else steps.order[start:stop])
            self._note(self.model.train_step(_tensors(self.model, batch)), "train_step")
            self._step += 1
            losses.append(self._logs.get("loss", float("nan")))
            samples.append(len(batch))
            if steps.seconds is not None and time.perf_counter() - began > steps.seconds:
                break
        done, seconds = len(losses), time.perf_counter() - began
        rates = steps.learning_rates[:done]
        return Chunk(
            first_step, np.array(losses, np.float32), np.array(samples, np.int64), rates, seconds, self.results(), []
        )

    def evaluate(self, data: Data, batch_size: int) -> None:
        """Calls of ``test_step`` for these rows."""
        for start in range(0, len(data), batch_size):
            batch = data.rows(slice(start, start + batch_size))
            self._note(self.model.test_step(_tensors(self.model, batch)), "test_step")

    def _note(self, logs: object, step: str) -> None:
        if not isinstance(logs, Mapping):
            raise TypeError(
                f"{type(self.model).__name__}.{step}: expected a dictionary of numbers for the logs, such as "
                f"{{'loss': loss}}, received {logs!r}"
            )
        self._logs = _plain(logs)

    def results(self) -> dict[str, float]:
        """The logs of the last step; metrics first, in the order of ``model.metrics``."""
        names = [name for metric in self.model.metrics for name in _names(metric)]
        first = {name: self._logs[name] for name in names if name in self._logs}
        return first | {name: self._logs[name] for name in sorted(self._logs) if name not in first}

    def reset_metrics(self) -> None:
        """Begin the running metrics anew."""
        self._logs = {}
        self.model.reset_metrics()

    def running(self) -> list[dict[str, object]]:
        """The sums of all metrics, and the logs."""
        return [*(metric.get_state() for metric in self.model.metrics), dict(self._logs)]

    def resume(self, running: Sequence[Mapping[str, object]]) -> None:
        """Go on from sums of :meth:`running`."""
        *sums, logs = running
        for metric, own in zip(self.model.metrics, sums, strict=False):
            metric.set_state(own)
        self._logs = _plain(logs)

    def close(self) -> None:
        """There is nothing to release."""


def _plain(logs: Mapping[str, Any]) -> dict[str, float]:
    """Logs as numbers; dictionaries within them add theirs, and of several numbers their mean is shown."""
    found: dict[str, float] = {}
    for name, value in logs.items():
        found |= _plain(value) if isinstance(value, Mapping) else {str(name): float(np.mean(np.asarray(value)))}
    return found


def _names(metric: Any) -> list[str]:
    return [own.name for own in metric.metrics] if hasattr(metric, "metrics") else [metric.name]


def _tensors(model: SteppedModel, batch: Data) -> object:
    """A batch as a step is given it: floats in the model's dtype."""

    def one(array: Array) -> Tensor:
        return tensor(array.astype(model.dtype, copy=False) if array.dtype.kind == "f" else array)

    parts = (batch.xs, batch.ys, batch.weights)
    x, y, weight = (part.packed(one) if isinstance(part, Leaves) else None for part in parts)
    return packed(x, y, weight)


def predict(
    model: SteppedModel, x: object, batch_size: int | None = None, steps: int | None = None, callbacks: object = None
) -> Predictions:
    """``predict`` of a model that says itself what a step is; arguments as there."""
    arguments = {"batch_size": batch_size, "steps": steps, "callbacks": callbacks}
    checks.raise_first(checks.check_predict_arguments(arguments))
    watchers = CallbackList(as_list(callbacks), model, {})
    found = []
    watchers.on_predict_begin()
    for number, batch in enumerate(_batches(model, x, batch_size or BATCH_SIZE, steps)):
        watchers.on_predict_batch_begin(number)
        found.append(model.predict_step(_tensors(model, batch)))
        watchers.on_predict_batch_end(number, {"outputs": found[-1]})
    watchers.on_predict_end()
    if not found:
        raise ValueError("predict: there are no rows; give at least one")
    parts = zip(*map(structures.leaves, found), strict=True)
    joined = structures.like(found[0], [np.concatenate([np.asarray(one) for one in own]) for own in parts])
    return cast(Predictions, joined)


def _batches(model: SteppedModel, x: object, size: int, steps: int | None) -> Iterator[Data]:
    if data_adapters.is_batches(x):
        for rows, _, _ in data_adapters.batches_of(model, x, steps, size, labels=False, anew=True):
            yield Data(rows)
        return
    data = Data(data_adapters.leaves_of(x, "x"))
    count = -(-len(data) // size)
    for number in range(count if steps is None else min(count, steps)):
        yield data.rows(slice(number * size, (number + 1) * size))


__all__ = ["Stepping", "check_steps", "predict", "reason_for_steps"]
