"""An engine that runs out of memory, or of threads, at every place where it asks for some.

``python -m tests.native.scarcity``, with ``preloaded.c`` preloaded, prints JSON: how often each call was refused
memory, and where what followed was not as if it had not been.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
from collections.abc import Callable
from typing import Any

import numpy as np

from clarinet import _native, layers, metrics
from clarinet.engines import Data, NativeEngine, Steps
from clarinet.optimizers import OptimizerState
from tests.native.running import ISAS, Work, assert_same_bits

LIBRARY = ctypes.CDLL(None)
BATCH, STEPS = 4, 70  # so many that not all sampled steps' records are asked for at once
RNG = np.random.default_rng(5)
X = RNG.normal(size=(STEPS * BATCH, 6, 6, 2)).astype(np.float32)
Y = np.eye(3, dtype=np.float32)[RNG.integers(0, 3, len(X))]


def work() -> Work:
    def stack() -> list[layers.Layer]:
        return [
            layers.Conv2D(5, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.BatchNormalization(axis=1),
            layers.GroupNormalization(-1),
            layers.Conv2D(4, 1),
            layers.PReLU(),
            layers.Flatten(),
            layers.Dropout(0.2),
            layers.Residual([layers.Dense(16, "tanh", activity_regularizer="l2")]),
            layers.Dense(3, "softmax"),
        ]

    data = Data(X, Y)
    return Work(stack, "categorical_crossentropy", data, "nadam", lambda: ["accuracy", metrics.AUC(name="auc")])


class Trained:
    """A fresh model on two threads; what it has done so far, it can tell."""

    def __init__(self) -> None:
        self.model = work().model()
        self.state = OptimizerState.new(self.model.optimizer, self.model.store.layout, np.float32)
        plan = self.model.make_plan([Y.shape[1:]])
        self.engine = NativeEngine(plan, self.model.store, self.state, threads=2, isa=ISAS[0])

    def train(self) -> None:
        """The steps that are left."""
        first = self.state.step * BATCH
        rates = np.full(STEPS - self.state.step, 1e-3)
        if len(rates):
            self.engine.train(Data(X, Y), Steps(None, first, len(X), BATCH, rates, None, 1))

    def evaluate(self) -> None:
        self.engine.reset_metrics()
        self.engine.evaluate(Data(X, Y), len(X))

    def predict(self) -> bytes:
        return self.engine.predict(X, 32).tobytes()

    def seen(self) -> tuple[object, ...]:
        store = self.model.store
        arrays = {"params": store.params, "state": store.state, **self.state.slots}
        return {name: array.tobytes() for name, array in arrays.items()}, self.state.step


class Refusing:
    """An engine's core, in whose calls the memory asked for as number ``n``, over all of them, is refused."""

    def __init__(self, core: Any, n: int) -> None:
        self.core, self.left = core, n

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: self._call(getattr(self.core, name), arguments)

    def _call(self, method: Any, arguments: Any) -> Any:
        before = LIBRARY.allocation_count()
        LIBRARY.fail_allocation(max(0, self.left))
        try:
            return method(*arguments)
        finally:
            LIBRARY.fail_allocation(0)
            self.left -= LIBRARY.allocation_count() - before


def refused(call: Callable[[Trained], object]) -> tuple[int, list[str]]:
    """How often a call fails because memory is short, and what is wrong afterwards."""
    expected = Trained()
    before, first = expected.seen(), expected.engine.predict(X[:1], 1)
    found, after = call(expected), expected.seen()
    wrong, n = list[str](), 0
    while True:
        tried, n = Trained(), n + 1
        core = tried.engine._core
        tried.engine._core = refusing = Refusing(core, n)
        with contextlib.suppress(MemoryError):
            call(tried)
        tried.engine._core = core
        if refusing.left > 0:
            return n - 1, wrong
        if tried.state.step == 0 and tried.seen() != before:
            wrong.append(f"allocation {n}: something of a step remains")
        if tried.state.step == 0 and not np.array_equal(tried.engine.predict(X[:1], 1), first):
            wrong.append(f"allocation {n}: another prediction")
        if call(tried) != found or tried.seen() != after:
            wrong.append(f"allocation {n}: another outcome")


def with_threads(n: int) -> list[str]:
    """What is wrong where only so many threads can start."""
    expected, wrong = work().run(ISAS[0], 4), list[str]()
    numbers = np.ones(1 << 24, np.float32)
    numbers[-3] = np.nan
    LIBRARY.limit_threads(n)
    try:
        assert_same_bits(work().run(ISAS[0], 4), expected)
    except AssertionError as error:
        wrong.append(str(error))
    if _native.find_nonfinite(numbers) != len(numbers) - 3:
        wrong.append("a NaN is missed")
    LIBRARY.limit_threads(-1)
    return wrong


def main() -> None:
    memory = {name: refused(getattr(Trained, name)) for name in ("train", "evaluate", "predict")}
    print(json.dumps({"memory": memory, "threads": {str(n): with_threads(n) for n in range(4)}}))


if __name__ == "__main__":
    main()
