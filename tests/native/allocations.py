"""How often memory is asked for in few and in many training steps, of every layer and optimizer.

``python -m tests.native.allocations ROW …``, with ``preloaded.c`` preloaded, prints JSON: for each of these rows
the two counts, or why there is no native form.
"""

from __future__ import annotations

import ctypes
import json
import sys
from collections.abc import Callable
from functools import partial

import numpy as np

from clarinet import Input, layers
from clarinet.engines import Data, NativeEngine, Steps
from clarinet.optimizers import OptimizerState
from tests import cases
from tests.cases.case import Case
from tests.native.graphs import Ends, GraphWork, mse
from tests.native.running import ISAS, Work

FEW, MANY, BATCH = (
    300,
    600,
    2,
)  # steps, so many that all arrays of a step each are beyond what Python and NumPy keep in store
ATTENTION = ("whole", "causal")
RNG = np.random.default_rng(0)


def numbers(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype(np.float32)


def of_layer(case: Case) -> Work:
    rows = MANY * BATCH
    stack = lambda: [layers.Dense(case.shape[-1]), case.make(), layers.Flatten(), layers.Dense(2)]  # noqa: E731
    return Work(stack, "mse", Data(numbers(rows, *case.shape[:-1], 3), numbers(rows, 2)), metrics=["mae"])


def of_attention(name: str) -> Work:
    data = Data(numbers(MANY * BATCH, 9, 4), numbers(MANY * BATCH, 4))

    def ends() -> Ends:
        x = Input((9, 4))
        h = layers.MultiHeadAttention(2, 3)(x, x)
        h = layers.MultiHeadAttention(2, 3)(h, x, use_causal_mask=name == "causal")
        return [x], [layers.GlobalAveragePooling1D()(h)]

    return GraphWork(ends, lambda: [mse()], data, optimizer="adam", batch=BATCH)


def of_optimizer(case: Case) -> Work:
    rows = MANY * BATCH
    data = Data(numbers(rows, 5), numbers(rows, 2))
    return Work(lambda: [layers.Dense(19, "relu"), layers.Dense(2)], "mse", data, optimizer=case.make)


def counts(work: Work) -> list[int] | str:
    """Calls in FEW and in MANY steps, the least of two runs each, or what keeps the network from running natively."""
    model = work.model()
    plan = model.make_plan(work.data.label_shapes)
    if unsupported_reason := NativeEngine.supports(plan):
        return unsupported_reason
    state = OptimizerState.new(model.optimizer, model.store.layout, np.float32)
    engine = NativeEngine(plan, model.store, state, threads=2, isa=ISAS[0])
    counter = ctypes.CDLL(None).allocation_count
    counter.restype = ctypes.c_long

    def count(steps: int) -> int:
        rates = np.full(steps, 1e-3)
        before = counter()
        engine.train(work.data, Steps(None, 0, steps * BATCH, BATCH, rates, None, 0))
        return counter() - before

    count(MANY)
    return [min(count(steps) for _ in range(2)) for steps in (FEW, MANY)]


#: What makes the network of each row.
WORKS: dict[str, Callable[[], Work]] = {
    **{f"layer {case.id}": partial(of_layer, case) for case in cases.CHAINED},
    **{f"optimizer {case.id}": partial(of_optimizer, case) for case in cases.OPTIMIZERS},
    **{f"attention {name}": partial(of_attention, name) for name in ATTENTION},
}


if __name__ == "__main__":
    print(json.dumps({name: counts(WORKS[name]()) for name in sys.argv[1:]}))
