"""The doctor at a training: what it says, to whom, how often, and what it costs."""

import pickle

import numpy as np
import pytest

import clarinet
from clarinet import Input, Sequential, doctor, layers, optimizers, runs
from clarinet.doctor import Doctor
from clarinet.doctor.watching.replay import Replay
from clarinet.engines import ReferenceEngine
from clarinet.training.callback import wants_batches
from tests.doctor.test_planted import FIT, PLANTED, X, Y, model, sigmoid

AMOUNTS = (X @ np.linspace(-1, 1, 10))[:, None].astype(np.float32)
BLOWN = X.copy()
BLOWN[77] *= 1e30


def linear(rate=1e-3, engine="auto", dropout=0.0):
    clarinet.utils.set_random_seed(1)
    hidden = [layers.Dense(16, activation="leaky_relu"), layers.Dropout(dropout)]
    network = Sequential([Input((10,)), *hidden, layers.Dense(8, activation="leaky_relu"), layers.Dense(1)])
    network.compile(optimizers.SGD(rate), "mse", engine=engine)
    return network


def told(network):
    """Kinds and what they explain, the NaN's evidence last."""
    found = network.doctor_report.findings
    return [finding.kind for finding in found], next((dict(f.evidence) for f in found if "origin" in f.evidence), None)


@pytest.mark.parametrize("case", PLANTED)
def test_planted_mistakes_are_caught_before_or_within_the_first_epoch(case, capsys):
    make, x, y, expected, said = PLANTED[case]
    network = make()
    if case == "nan":
        with pytest.raises(ValueError, match=said):
            network.fit(x, y, doctor=True, verbose=0, **FIT)
        return
    network.fit(x, y, doctor=True, verbose=0, **FIT | {"epochs": 1})
    first = network.doctor_report.findings[0]
    assert (first.kind, first.where) == expected
    assert said in first.summary
    out = capsys.readouterr().out
    assert out.count("Doctor (") == 1, out
    assert "Doctor (before training)" in out
    assert first.summary[1:] in out  # a sentence begins with it


def test_a_sound_training_is_silent(capsys):
    network = sigmoid()
    network.fit(X, Y, doctor=True, verbose=0, **FIT)
    assert capsys.readouterr().out == ""
    assert network.doctor_report.healthy
    assert pickle.loads(pickle.dumps(network)).doctor_report is None


def test_the_weights_are_the_same_with_and_without():
    plain, watched = linear(), linear()
    plain.fit(X, AMOUNTS, epochs=3, verbose=0)
    watched.fit(X, AMOUNTS, epochs=3, verbose=0, doctor=True)
    for a, b in zip(plain.get_weights(), watched.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("engine", ["native", "reference"])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_steps_that_are_too_long_are_found_where_they_overflow(engine, dropout, capsys):
    network = linear(1.0, engine, dropout)
    history = network.fit(X, AMOUNTS, epochs=4, batch_size=16, verbose=0, doctor=True)
    assert not np.isfinite(history.history["loss"][-1])
    kinds, nan = told(network)
    assert kinds == ["learning_rate_too_high"]
    assert nan["located"]
    assert nan["origin"] in (nan["step"], nan["step"] - 1)
    assert "run again" in capsys.readouterr().out


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_the_row_that_blows_up_is_named(engine):
    network = linear(1e-4, engine)
    order = []

    class Watch(clarinet.callbacks.Callback):
        def on_chunk(self, chunk):
            order.extend(chunk.losses)

    watch = Doctor(quiet=True)
    network.fit(BLOWN, AMOUNTS, epochs=1, batch_size=8, verbose=0, callbacks=[watch, Watch()])
    failure = watch._record.failure
    assert failure.exact
    assert failure.rows == (77,)
    assert failure.step == 1 + int(np.flatnonzero(~np.isfinite(order))[0])


def test_weights_that_somebody_else_changes_are_not_replayed():
    class Meddler(clarinet.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                self.model.set_weights([w * 1e25 for w in self.model.get_weights()])

    network = linear()
    network.fit(X, AMOUNTS, epochs=3, verbose=0, callbacks=[Doctor(quiet=True), Meddler()])
    found = network.doctor_report.findings[0]
    assert "not known" in found.summary or found.evidence["located"]


def test_findings_are_kept_in_the_run(tmp_path):
    tracker = runs.Tracker("sick", store=runs.Store(tmp_path))
    network = model(layers.Dense(1))
    network.fit(X, Y, verbose=0, callbacks=[Doctor(quiet=True), tracker], **FIT)
    kept = runs.Store(tmp_path).get("sick").findings[0]
    assert (kept["kind"], kept["where"], kept["severity"]) == ("missing_output_activation", "layer:1", "error")
    assert "try: activation='sigmoid'" in kept["message"]


def test_it_can_stop_a_training_that_is_lost():
    history = linear(1.0).fit(X, AMOUNTS, epochs=9, verbose=0, callbacks=[Doctor(stop=True, quiet=True)])
    assert len(history.epoch) == 1


def test_batches_are_watched_without_the_data():
    batches = [(X[i : i + 64], AMOUNTS[i : i + 64]) for i in range(0, 512, 64)]
    network = linear(1.0)
    network.fit(batches, epochs=4, verbose=0, doctor=True)
    kinds, nan = told(network)
    assert kinds == ["learning_rate_too_high"]
    assert not nan["located"]


def test_it_asks_for_little(monkeypatch):
    """No single steps, no extra passes over the network, few statistics, and a copy of the weights now and then."""
    chunks, passes, copies = [], [], []

    class Count(clarinet.callbacks.Callback):
        def on_chunk(self, chunk):
            chunks.append(chunk)

    def fit(callbacks):
        chunks.clear()
        x, y = np.tile(X, (20, 1)), np.tile(Y, 20)
        sigmoid().fit(x, y, epochs=3, batch_size=8, verbose=0, callbacks=[*callbacks, Count()])
        return sum(len(chunk) for chunk in chunks), len(chunks), sum(len(chunk.layers) for chunk in chunks)

    steps, plain, sampled = fit([])
    forward, copy = ReferenceEngine.forward, Replay._copy
    monkeypatch.setattr(ReferenceEngine, "forward", lambda *a, **k: passes.append(1) or forward(*a, **k))
    monkeypatch.setattr(Replay, "_copy", lambda self: copies.append(1) or copy(self))
    same_steps, watched, more = fit([Doctor()])
    assert same_steps == steps
    assert not wants_batches(Doctor())
    assert more <= sampled + 2 * 10 + 2
    assert len(passes) <= 3  # a fresh model's answers, before training
    assert len(copies) <= 1 + watched
    assert watched <= 2 * plain + 3  # chunks end with time, so their number is not quite fixed


def test_arguments_are_checked():
    with pytest.raises(TypeError, match="doctor: expected True or False, received 'yes'"):
        sigmoid().fit(X, Y, doctor="yes")
    assert doctor.Doctor is Doctor
