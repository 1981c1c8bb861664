"""A training that is interrupted and resumed ends as one that was not, bit for bit; what cannot is refused."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import callbacks, optimizers, runs, utils
from clarinet.problems import ClarinetWarning
from clarinet.runs.checkpoints import KEPT, Checkpoints
from tests.runs.small import EPOCHS, STEPS_PER_EPOCH, Interruption, X, Y, build, fit, outcome

LAST = STEPS_PER_EPOCH * EPOCHS


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLARINET_HOME", str(tmp_path / "store"))
    return tmp_path / "store"


@cache
def whole(engine: str = "auto") -> Any:
    """How the training comes out that nothing interrupts."""
    return outcome(fit("whole", engine=engine))


def interrupted(name: str, stop_at: int, **arguments: Any) -> Any:
    """Train until step ``stop_at``, then resume in a new model."""
    with pytest.raises(Interruption):
        fit(name, stop_at, **arguments)
    return fit(name, resume=True, **arguments)


@pytest.mark.parametrize("engine", ["native", "reference", pytest.param("jax", marks=pytest.mark.slow)])
@pytest.mark.parametrize("stop_at", [1, 7, 8, 11, 12, 22, 30, LAST])
def test_resumed_anywhere(engine: str, stop_at: int) -> None:
    assert outcome(interrupted("cut", stop_at, engine=engine)) == whole(engine)


CASES: dict[str, dict[str, Any]] = {
    "float64": {"dtype": "float64"},
    "without shuffling": {"shuffle": False},
    "validation now and then": {"validation_freq": 3, "callbacks": []},
    "fewer steps an epoch": {"steps_per_epoch": 5},
    "at epochs' ends": {"checkpoint": "epoch"},
    "by time": {"checkpoint": "0.001s"},
    "after every batch": {"callbacks": [callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)]},
    "epochs counted from 2": {"initial_epoch": 2},
    "sample weights": {"sample_weight": np.linspace(0, 2, len(X))},
    "class weights": {"class_weight": {0: 1.0, 1: 2.0, 2: 0.5}},
    "a schedule": {"optimizer": optimizers.SGD(lambda step: 0.1 / (1 + step), momentum=0.9), "callbacks": []},
    "averaged weights": {"optimizer": optimizers.Adam(0.02, use_ema=True), "callbacks": []},
}


@pytest.mark.parametrize("case", CASES)
def test_resumed_with(case: str) -> None:
    arguments = CASES[case]
    assert outcome(interrupted("cut", 9, **arguments)) == outcome(fit("whole", **arguments))


def test_without_a_seed_the_run_remembers_its_own() -> None:
    """A run that never wrote a checkpoint of its own accord still has the one of its beginning."""
    with pytest.raises(Interruption):
        fit("cut", 3, seed=None, checkpoint="1h")
    first = clarinet.models.load_model(Checkpoints(runs.Store().get("cut").folder / "checkpoints").files()[0])
    resumed = fit("cut", seed=None, resume=True)
    assert resumed[0].seed == first.seed
    assert outcome(resumed) == outcome(fit("whole", seed=first.seed))


def test_interrupted_again_and_again() -> None:
    for stop_at in (4, 9, 23, 37):
        with pytest.raises(Interruption):
            fit("cut", stop_at, resume=True)
    assert outcome(fit("cut", resume=True)) == whole()
    assert {run.name for run in runs.list()} <= {"cut", "whole"}  # one run, however often it was taken up


def test_a_finished_run_comes_back_and_can_go_on() -> None:
    short = fit("run", callbacks=[], epochs=2)
    assert outcome(fit("run", callbacks=[], epochs=2, resume=True)) == outcome(short)
    assert outcome(fit("run", callbacks=[], resume=True)) == outcome(fit("whole", callbacks=[]))


def test_a_run_that_was_stopped_early_stays_stopped() -> None:
    def stopping() -> list[Any]:
        return [callbacks.EarlyStopping(monitor="loss", mode="max", patience=1)]

    first = fit("run", callbacks=stopping())
    assert len(first[1].epoch) < EPOCHS
    assert outcome(fit("run", callbacks=stopping(), resume=True)) == outcome(first)


def test_callbacks_with_files(tmp_path: Path) -> None:
    def watching(folder: str) -> list[Any]:
        (tmp_path / folder).mkdir(exist_ok=True)
        return [
            callbacks.CSVLogger(tmp_path / folder / "log.csv"),
            callbacks.ModelCheckpoint(tmp_path / folder / "best.clarinet", save_best_only=True),
            callbacks.ReduceLROnPlateau(patience=1, factor=0.5, min_delta=1.0),
        ]

    whole = fit("whole", callbacks=watching("whole"))
    with pytest.raises(Interruption):
        fit("cut", 27, callbacks=watching("cut"))
    assert outcome(fit("cut", callbacks=watching("cut"), resume=True)) == outcome(whole)
    assert (tmp_path / "cut/log.csv").read_text() == (tmp_path / "whole/log.csv").read_text()
    best = [clarinet.models.load_model(tmp_path / name / "best.clarinet").get_weights() for name in ("cut", "whole")]
    assert all((a == b).all() for a, b in zip(*best))


class Halves(utils.PyDataset):
    """Batches in an order that each epoch changes."""

    def __init__(self) -> None:
        super().__init__()
        self.random, self.order = np.random.default_rng(4), np.arange(8)

    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> Any:
        rows = slice(20 * self.order[index], 20 * self.order[index] + 20)
        return X[rows], Y[rows]

    def on_epoch_end(self) -> None:
        self.random.shuffle(self.order)


def endless(seed: int = 0) -> Iterator[Any]:
    random = np.random.default_rng(seed)
    while True:
        rows = random.integers(0, len(X), 16)
        yield X[rows], Y[rows]


@pytest.mark.parametrize("source", [Halves, endless], ids=["sequence", "generator"])
def test_sources_of_batches(source: Any) -> None:
    def arguments() -> dict[str, Any]:
        steps = 8 if source is endless else None
        validation = (endless(5), 3) if source is endless else ((X[:40], Y[:40]), None)
        names = "data", "validation_split", "steps_per_epoch", "validation_data", "validation_steps"
        return dict(zip(names, ((source(), None), 0.0, steps, *validation)))

    with pytest.raises(Interruption):
        fit("cut", 21, **arguments())
    assert outcome(fit("cut", resume=True, **arguments())) == outcome(fit("whole", **arguments()))


def test_a_source_with_other_batches_is_refused() -> None:
    used = endless()
    settings: dict[str, Any] = {"validation_split": 0.0, "steps_per_epoch": 8, "callbacks": []}
    with pytest.raises(Interruption):
        fit("cut", 21, data=(used, None), **settings)
    with pytest.raises(ValueError, match=r"did not repeat the same batches.*new one"):
        fit("cut", resume=True, data=(used, None), **settings)


def test_a_name_that_is_free_begins_a_run() -> None:
    assert outcome(fit("new", resume=True)) == whole()


def test_the_last_run_without_a_name() -> None:
    with pytest.raises(Interruption):
        fit("cut", 30)
    assert outcome(fit(None, resume=True)) == whole()  # type: ignore[arg-type]
    assert runs.Store().get("cut").status == "finished"


def test_only_the_last_checkpoints_stay() -> None:
    fit("run")
    files = Checkpoints(runs.Store().get("run").folder / "checkpoints").files()
    assert len(files) == KEPT
    assert clarinet.models.load_model(files[-1]).predict(X).shape == (203, 3)  # a checkpoint is a model file


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "batch size": ({"batch_size": 32}, r"fit.batch_size was 16, now it is 32"),
    "shuffling": ({"shuffle": False}, r"fit.shuffle was True"),
    "seed": ({"seed": 2}, r"fit.seed was 1, now it is 2"),
    "rows": ({"data": (X[:100], Y[:100])}, r"rows was 162, now it is 80"),
    "optimizer": ({"optimizer": optimizers.Adam(0.5)}, r"learning_rate was 0.02, now it is 0.5"),
    "callbacks": (
        {"callbacks": []},
        r"began with the callbacks LearningRateScheduler, EarlyStopping, StopAt, ",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_another_training_is_refused(case: str) -> None:
    arguments, message = REFUSED[case]
    with pytest.raises(Interruption):
        fit("cut", 9)
    with pytest.raises(ValueError, match=message):
        fit("cut", resume=True, **arguments)
    assert (runs.Store().get("cut").error or "").startswith("Interruption")
    assert outcome(fit("cut", resume=True)) == whole()  # nothing was spoilt


def test_another_structure_is_refused() -> None:
    with pytest.raises(Interruption):
        fit("cut", 9)
    model = build()
    model.add(clarinet.layers.Dropout(0.1))
    model.compile("adam", "sparse_categorical_crossentropy")
    with pytest.raises(ValueError, match=r"model\.layers"):
        model.fit(X, Y, run="cut", resume=True, verbose=0)


def test_another_machine_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Interruption):
        fit("cut", 9)
    monkeypatch.setattr("clarinet._native.isa", lambda: "quantum")
    with pytest.warns(ClarinetWarning, match=r"the environment has changed \(instruction_set .* → quantum\)"):
        fit("cut", resume=True)


def test_nothing_to_resume(home: Path) -> None:
    with pytest.raises(ValueError, match="there are no runs"):
        build().fit(X, Y, resume=True, verbose=0)
    assert not home.exists() or not list((home / "runs").glob("*"))


@pytest.mark.parametrize("every", ["now", "0s", 0, -1, "10 weeks"])
def test_how_often_makes_no_sense(every: Any) -> None:
    with pytest.raises(ValueError, match="checkpoint: expected a number of steps, 'epoch', or a time"):
        fit("run", checkpoint=every)


class Forgetful(callbacks.Callback):
    """Gives a checkpoint what it cannot hold."""

    def get_state(self) -> dict[str, Any]:
        return {"model": object()}


def test_a_callback_that_cannot_be_kept() -> None:
    with pytest.raises(TypeError, match=r"callbacks.*object.*get_state gives"):
        fit("run", callbacks=[Forgetful()])
