"""What ``fit(run=...)`` keeps."""

from __future__ import annotations

import json

import numpy as np
import pytest

import clarinet
from clarinet.callbacks import Callback
from clarinet.checks.finite import block_hashes, fingerprint, first_nonfinite, room_for
from clarinet.runs import Tracker
from tests.runs.conftest import X, Y

ENGINES = ("native", "reference")


@pytest.mark.parametrize("engine", ENGINES)
def test_everything_about_a_training(store, train, engine):
    model = train(engine, run="digits", stats_every=2, epochs=3, batch_size=16)
    run = store.get("digits")
    assert run.status == "finished"
    kept = run.history
    assert {k: v for k, v in kept.items() if k != "seconds"} == model.history.history
    assert len(kept["seconds"]) == 3
    assert run.document("model") == model.get_config()
    assert run.document("compile") == model.compile_config()
    fit = run.document("fit")
    assert (fit["batch_size"], fit["epochs"], fit["validation_split"], fit["seed"]) == (16, 3, 0.2, model.seed)
    about = run.document("environment")
    assert (about["engine"], about["clarinet"]) == (engine, clarinet.__version__)
    steps = store.query("SELECT step, value FROM step_metrics WHERE name = 'loss' ORDER BY step")
    assert [step for step, _ in steps] == list(range(1, 13))
    layers = store.query("SELECT step, layer, finite FROM layers ORDER BY step, layer")
    assert layers == [(step, layer, 1) for step in range(2, 13, 2) for layer in (0, 1)]
    again = clarinet.models.load_model(run.folder / "model.clarinet")
    assert all((a == b).all() for a, b in zip(again.get_weights(), model.get_weights(), strict=True))


def test_the_data_are_told_by_their_fingerprint(store, train):
    for name in ("a", "b"):
        train(run=name)
    documents = [store.get(name).document("data") for name in ("a", "b")]
    assert documents[0] == documents[1]
    assert documents[0]["x"]["shape"] == [56, 4]
    assert documents[0]["y"]["dtype"] == Y.dtype.str
    assert documents[0]["validation"]["x"]["shape"] == [14, 4]
    hashes = block_hashes(X[:56].tobytes())
    assert documents[0]["x"]["hash"] == fingerprint(X[:56], hashes)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.uint8, np.int64, bool, ">f4"])
@pytest.mark.parametrize("shape", [(1,), (7, 3), (70_000, 3), (1_500_000, 3)])
def test_the_hash_is_numpys(dtype, shape):
    x = (np.arange(np.prod(shape)) % 251).reshape(shape).astype(dtype)
    hashes, other = room_for(x), room_for(x)
    assert first_nonfinite(x, hashes) is None
    if x.nbytes < 1_000_000:
        assert (hashes == block_hashes(x.tobytes())).all()
    turned = np.asfortranarray(x)
    assert first_nonfinite(turned, other) is None
    assert (hashes == other).all()
    changed = x.copy()
    changed[len(x) // 2] = 1 - changed[len(x) // 2].astype(int)
    first_nonfinite(changed, other)
    assert fingerprint(x, hashes) != fingerprint(changed, other)


def test_signs_do_not_cancel():
    x = np.ones(64)
    seen = set()
    for flipped in ((), (0, 8), (0, 16), (8, 16), (0, 1), (0, 8, 16, 24)):
        y = x.copy()
        y[list(flipped)] *= -1
        first_nonfinite(y, hashes := room_for(y))
        seen.add(hashes.tobytes())
    assert len(seen) == 6


def test_samples(store, train):
    model = train(callbacks=[Tracker("a", samples=5)])
    rows = store.query("SELECT row, shape, dtype, input, label, prediction FROM samples ORDER BY row")
    assert len(rows) == 5
    held_out = X[56:61]
    predictions = model.predict(held_out)
    for row, shape, dtype, given, label, prediction in rows:
        assert json.loads(shape) == [4]
        np.testing.assert_array_equal(np.frombuffer(given, dtype), held_out[row])
        assert json.loads(label) == Y[56 + row]
        np.testing.assert_array_equal(np.array(json.loads(prediction), np.float32), predictions[row])


def test_a_failing_callback_is_recorded(store, train):
    class Bad(Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        train(run="a", callbacks=[Bad()])
    assert (store.get("a").status, store.get("a").error) == ("failed", "RuntimeError: boom")


def test_an_interruption_is_recorded(store, train):
    class CtrlC(Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise KeyboardInterrupt

    try:
        raise ValueError  # an exception that is being handled is not the training's
    except ValueError:
        train(run="fine")
        with pytest.raises(KeyboardInterrupt):
            train(run="a", callbacks=[CtrlC()])
    assert store.get("fine").status == "finished"
    assert store.get("a").status == "interrupted"
    assert (store.get("a").folder / "model.clarinet").exists()


def test_a_run_that_is_going_on_takes_several_fits(store, train):
    with store.start("both") as run:
        model = train(run=run)
        run.log({"mine": 1.0})
        model.fit(X, Y, epochs=1, verbose=0, run=run)
        assert run.status == "running"
    assert len(run.history["loss"]) == 3
    assert run.status == "finished"
    assert run.summary["mine"] == 1.0


def test_python_functions_are_described(store):
    def halved(x):
        return x / 2

    model = clarinet.Sequential([clarinet.Input((4,)), clarinet.layers.Dense(3)])
    metric = lambda y_true, y_pred: np.abs(y_pred).mean()  # noqa: E731
    model.compile("sgd", "mse", metrics=[metric])
    model.fit(X, np.eye(3)[Y], verbose=0, run="a")
    assert "'<lambda>' cannot be saved" in store.get("a").document("compile")["because"]


def test_tracking_changes_no_bit(train):
    assert train(run="a").history.history == train().history.history


def test_wrong_names_are_refused_before_training(train):
    for bad, error in ((3, TypeError), ("a/b", ValueError)):
        with pytest.raises(error, match="run: "):
            train(run=bad)
