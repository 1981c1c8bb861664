"""While a model is being trained nothing changes it or trains it a second time; what only looks at it works on."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet.callbacks import LambdaCallback
from clarinet.layers import Dense, Input

X = np.linspace(-1, 1, 240, dtype=np.float32).reshape(60, 4)
Y = X[:, :1] ** 2
ENGINES = pytest.mark.parametrize("engine", ["native", "reference"])


def network(engine: str = "auto") -> clarinet.Sequential:
    clarinet.utils.set_random_seed(2)
    made = clarinet.Sequential([Input((4,)), Dense(8, "relu"), Dense(1)])
    made.compile("sgd", "mse", metrics=["mae"], engine=engine)
    return made


def trained(model: clarinet.Sequential, **events: Callable[..., Any]) -> dict[str, list[float]]:
    history = model.fit(X, Y, epochs=3, batch_size=16, verbose=0, seed=1, callbacks=[LambdaCallback(**events)])
    assert isinstance(history.history, dict)
    return history.history


CHANGES: dict[str, Callable[[clarinet.Sequential], Any]] = {
    "compile": lambda model: model.compile("adam", "mse"),
    "add": lambda model: model.add(Dense(1)),
    "pop": lambda model: model.pop(),
    "build": lambda model: model.build((4,)),
    "fit": lambda model: model.fit(X, Y, verbose=0),
    "train_on_batch": lambda model: model.train_on_batch(X, Y),
    "test_on_batch": lambda model: model.test_on_batch(X, Y),
}


@ENGINES
@pytest.mark.parametrize("event", ["on_train_begin", "on_epoch_end", "on_train_batch_end", "on_train_end"])
@pytest.mark.parametrize("name", CHANGES)
def test_what_a_callback_may_not_do_is_refused_by_name(engine: str, event: str, name: str) -> None:
    model, plain = network(engine), network(engine)

    def change(*_: Any) -> None:
        with pytest.raises(RuntimeError, match=rf"^{name}: model 'sequential' is being trained \({name} was called by"):
            CHANGES[name](model)

    assert trained(model, **{event: change}) == trained(plain, **{event: lambda *_: None})
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), plain.get_weights(), strict=True))


@pytest.mark.parametrize("name", CHANGES)
def test_training_that_such_a_call_ends_leaves_the_model_usable(name: str) -> None:
    model = network()
    with pytest.raises(RuntimeError, match="is being trained"):
        trained(model, on_epoch_end=lambda epoch, logs: CHANGES[name](model))
    assert np.isfinite(model.predict(X)).all()
    CHANGES[name](model)


@ENGINES
@pytest.mark.parametrize("event", ["on_train_batch_end", "on_epoch_begin"])
def test_looking_at_the_model_changes_no_number_of_its_training(engine: str, event: str, tmp_path: Path) -> None:
    model, plain = network(engine), network(engine)

    def look(*_: Any) -> None:
        judged = model.evaluate(X, Y, return_dict=True)
        assert judged == pytest.approx({"loss": np.mean((model.predict(X) - Y) ** 2), "mae": judged["mae"]}, rel=1e-5)
        assert model.evaluate(X[:7], Y[:7, 0], batch_size=2) != model.evaluate(X[8:], Y[8:])
        model.set_weights(model.get_weights())
        model.save(tmp_path / "model.clarinet")
        copy.deepcopy(model).fit(X, Y, verbose=0)
        assert model(X).shape == (60, 1)

    assert trained(model, **{event: look}) == trained(plain, **{event: lambda *_: None})
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), plain.get_weights(), strict=True))


@ENGINES
def test_freezing_a_layer_in_a_callback_waits_for_the_next_fit(engine: str) -> None:
    model, plain = network(engine), network(engine)

    def freeze(*_: Any) -> None:
        model.layers[0].trainable = False
        model.evaluate(X, Y)

    assert trained(model, on_epoch_begin=freeze) == trained(plain, on_epoch_begin=lambda *_: None)
    before = model.layers[0].get_weights()
    model.fit(X, Y, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.layers[0].get_weights(), strict=True))


@ENGINES
@pytest.mark.parametrize("name", [*CHANGES, "evaluate"])
def test_another_thread_may_not_either(engine: str, name: str) -> None:
    model, plain = network(engine), network(engine)
    calls = CHANGES | {"evaluate": lambda model: model.evaluate(X, Y)}
    said: list[BaseException] = []

    def change() -> None:
        try:
            calls[name](model)
        except RuntimeError as error:
            said.append(error)

    def from_elsewhere(*_: Any) -> None:
        thread = threading.Thread(target=change)
        thread.start()
        thread.join()

    assert trained(model, on_epoch_end=from_elsewhere) == trained(plain, on_epoch_end=lambda *_: None)
    assert len(said) == 3
    assert str(said[0]).startswith(
        f"{name}: model 'sequential' is being trained (another thread trains it); wait until"
    )


@ENGINES
def test_of_two_fits_at_once_one_trains(engine: str) -> None:
    for _ in range(3):
        model, ready, ended = network(engine), threading.Barrier(4), []

        def train(model: Any = model, ready: Any = ready, ended: Any = ended) -> None:
            ready.wait()
            try:
                ended.append(model.fit(X, Y, epochs=10, batch_size=1, verbose=0))
            except RuntimeError as error:
                ended.append(error)

        threads = [threading.Thread(target=train) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        done = [end for end in ended if not isinstance(end, RuntimeError)]
        assert len(done) >= 1 and all("fit: model" in str(end) for end in ended if isinstance(end, RuntimeError))
        assert model.optimizer_state.step == 60 * 10 * len(done)
    model.fit(X, Y, verbose=0)


def test_after_ctrl_c_and_after_a_refusal_the_model_is_free_again() -> None:
    model = network()

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(model, on_epoch_end=interrupt)
    with pytest.raises(ValueError, match="no rows"):
        model.fit(X[:0], Y[:0])
    model.add(Dense(1))
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
