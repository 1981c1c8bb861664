"""The fuzzer of engines: the same programs on every run, everything enrolled, and faults found when there are some."""

from __future__ import annotations

import random
from collections import Counter
from unittest import mock

import numpy as np
import pytest

import clarinet
from clarinet import activations, layers, losses, metrics, optimizers
from clarinet.engines import NativeEngine
from tests.cases import AUTHORED
from tests.contracts.test_additions import ROWLESS
from tests.fuzz import children
from tests.fuzz.comparing import ISAS, compare
from tests.fuzz.drawing import draw
from tests.fuzz.known import things
from tests.fuzz.program import Program
from tests.fuzz.programs import fuzz, of_program
from tests.fuzz.regressions import PROGRAMS
from tests.fuzz.shrinking import shrink, smaller
from tests.fuzz.things import Thing

#: Made by users, bases of others, or (text) nothing that a model takes.
_NOT_DRAWN = {"Activation", "Custom", "Input", "Layer", "Loss", "Mean", "MeanMetric", "Metric", "Optimizer"}
_NOT_DRAWN |= {
    "Add",
    "Average",
    "Concatenate",
    "Dot",
    "Maximum",
    "Minimum",
    "Multiply",
    "Subtract",
}  # of several tensors
_NOT_DRAWN |= {
    "Function",
    "InputLayer",
    "Lambda",
    "OptimizerState",
    "Regularizer",
    "TextVectorization",
    "CategoryEncoding",
    "Discretization",
    "HashedCrossing",
    "Hashing",
    "IntegerLookup",
    "StringLookup",
    "LearningRateSchedule",
}
_NOT_DRAWN |= {"GRUCell", "LSTMCell", "RNN", "SimpleRNNCell", "StackedRNNCells"}  # parts of one another
_NOT_DRAWN |= {"Sum"}  # of values, as Mean
_NOT_DRAWN |= {"AdditiveAttention", "Attention", "GroupQueryAttention", "MultiHeadAttention"}  # of several tensors
_NOT_DRAWN |= {type(case.make()).__name__ for case in AUTHORED}  # of operations, which the graphs' fuzzer draws
_NOT_DRAWN |= {"Circle", "CTC"}  # of whole batches, and of sequences
_NOT_DRAWN |= {"MeanMetricWrapper"}  # of a function
_NOT_DRAWN |= {thing.__name__ for thing in ROWLESS}  # each for a reason
_MODULES = ("activations", "layers", "losses", "metrics", "optimizers", "optimizers.schedules", "regularizers")


def test_engines_agree_on_random_programs() -> None:
    kinds, found = fuzz(first=0, count=500)
    assert not found, "\n\n".join(map(str, found))
    assert kinds["same"] > 400


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_was_found_stays_mended(name: str) -> None:
    verdict = of_program(PROGRAMS[name])
    assert not verdict.found, verdict.text


def test_everything_public_is_drawn() -> None:
    drawn = Counter((thing.module, thing.name) for seed in range(1000) for thing in things(draw(seed)))
    public = {(module, name) for module in _MODULES for name in Thing(module, "").public if name not in _NOT_DRAWN}
    assert public - set(drawn) == set()


def test_a_seed_draws_the_same_program() -> None:
    assert [draw(seed) for seed in range(30)] == [draw(seed) for seed in range(30)]


def test_a_program_is_python_that_runs(capsys: pytest.CaptureFixture[str]) -> None:
    program = Program((3,), (layers.Dense(2, "relu"),), rows=3, batch=2, weights="random")
    exec(program.source(), {})
    assert capsys.readouterr().out.count("native") == 1
    names = {
        "activations": activations,
        "layers": layers,
        "losses": losses,
        "metrics": metrics,
        "optimizers": optimizers,
    }
    assert eval(repr(program), names | {"Program": Program}) == program  # noqa: S307


def test_a_wrong_number_is_found_and_shrunk() -> None:
    """An engine that adds a thousandth to what wide layers predict."""
    predict = NativeEngine.predict

    def wrong(self: NativeEngine, x: np.ndarray, batch_size: int) -> np.ndarray:
        y = predict(self, x, batch_size)
        return y + np.float32(1e-3) * (y.shape[-1] > 1)

    big = Program(
        (5,), (layers.Dense(7, "tanh"), layers.Dense(3)), rows=6, batch=3, epochs=2, metrics=(metrics.R2Score(),)
    )
    with mock.patch.object(NativeEngine, "predict", wrong):
        assert of_program(big).kind == "numbers"
        least = shrink(big, smaller, lambda p: of_program(p).kind == "numbers")
    assert least == Program(layers=(layers.Dense(2),))


class AlwaysReloads(random.Random):
    """Draws whatever is rare, on every machine."""

    def random(self) -> float:
        return 0.0


def test_what_a_file_forgets_is_found() -> None:
    def forgetful(path: object) -> clarinet.Sequential:
        model = clarinet.Sequential.load(path)
        model.optimizer_state.slots["momentum"][:] = 0
        return model

    program = Program((2,), (layers.Dense(2),), optimizer=optimizers.SGD(0.1, momentum=0.9), rows=4, batch=2)
    with mock.patch.object(clarinet.models, "load_model", forgetful):
        assert compare(program, AlwaysReloads(0), ISAS).kind == "reload"


def test_children_that_die_or_hang_cost_one_item() -> None:
    import faulthandler
    import os
    import signal
    import time

    def work(item: int) -> int:
        if item == 2:
            faulthandler.disable()
            os.kill(os.getpid(), signal.SIGSEGV)
        if item == 5:
            time.sleep(60)
        return item * item

    results = dict(children.each(range(8), work, jobs=2, seconds=1.0, batch=3))
    assert {i: r for i, r in results.items() if isinstance(r, int)} == {i: i * i for i in (0, 1, 3, 4, 6, 7)}
    assert results[2] == children.Ended("crash", "the process ended with SIGSEGV")
    assert results[5].kind == "hang"
