"""What fit, evaluate and predict do around the maths: epochs, chunks, validation, sources of batches, interruption."""

import _thread
import threading

import numpy as np
import pytest

import clarinet
from clarinet.callbacks import Callback
from clarinet.layers import Dense, Dropout, Input

ENGINES = ("native", "reference")
rng = np.random.default_rng(0)
X = rng.normal(size=(70, 4)).astype(np.float32)
Y = (X @ rng.normal(size=(4, 3))).argmax(1)


def classifier(engine="auto", dropout=0.0, metrics=("accuracy",), optimizer="adam"):
    clarinet.utils.set_random_seed(5)
    model = clarinet.Sequential(
        [Input((4,)), Dense(8, activation="relu"), Dropout(dropout), Dense(3, activation="softmax")]
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=list(metrics), engine=engine)
    return model


def same_weights(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a.get_weights(), b.get_weights(), strict=True))


class Watch(Callback):
    """Writes down every call."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def on_train_begin(self, logs=None):
        self.calls.append("train_begin")

    def on_train_end(self, logs=None):
        self.calls.append("train_end")

    def on_epoch_begin(self, epoch, logs=None):
        self.calls.append(f"epoch_begin {epoch}")

    def on_epoch_end(self, epoch, logs=None):
        self.calls.append(f"epoch_end {epoch} {sorted(logs)}")


class WatchBatches(Watch):
    def on_train_batch_end(self, batch, logs=None):
        self.calls.append(f"batch {batch}")


@pytest.mark.parametrize("engine", ENGINES)
def test_history_and_order_of_calls(engine):
    model, watch = classifier(engine), Watch()
    history = model.fit(X, Y, epochs=2, validation_split=0.2, callbacks=[watch], verbose=0)
    keys = ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert sorted(history.history) == keys
    assert history.epoch == [0, 1]
    assert model.history is history
    assert watch.calls == [
        "train_begin",
        "epoch_begin 0",
        f"epoch_end 0 {keys}",
        "epoch_begin 1",
        f"epoch_end 1 {keys}",
        "train_end",
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_validation_split_is_the_last_part(engine):
    split, given = classifier(engine), classifier(engine)
    a = split.fit(X, Y, validation_split=0.2, verbose=0, seed=1)
    b = given.fit(X[:56], Y[:56], validation_data=(X[56:], Y[56:]), verbose=0, seed=1)
    assert a.history == b.history


@pytest.mark.parametrize("engine", ENGINES)
def test_initial_epoch_and_validation_freq(engine):
    history = classifier(engine).fit(
        X, Y, initial_epoch=3, epochs=6, validation_data=(X, Y), validation_freq=2, verbose=0
    )
    assert history.epoch == [3, 4, 5]
    assert len(history.history["loss"]) == 3
    assert len(history.history["val_loss"]) == 2


@pytest.mark.parametrize("engine", ENGINES)
def test_watching_batches_changes_no_bit(engine):
    """A callback that looks at batches makes chunks of one step; borders of chunks never change the result."""
    plain, watched, watch = classifier(engine, 0.3), classifier(engine, 0.3), WatchBatches()
    a = plain.fit(X, Y, epochs=3, batch_size=16, verbose=0, seed=1)
    b = watched.fit(X, Y, epochs=3, batch_size=16, verbose=0, seed=1, callbacks=[watch])
    assert same_weights(plain, watched)
    assert a.history == b.history
    assert [c for c in watch.calls if c.startswith("batch")] == [f"batch {i}" for i in range(5)] * 3


@pytest.mark.parametrize("engine", ENGINES)
def test_taking_statistics_changes_no_bit(engine):
    class Collect(Callback):
        layers = ()

        def on_chunk(self, chunk):
            self.layers = (*self.layers, *chunk.layers)

    often, never, collect = classifier(engine), classifier(engine), Collect()
    often.fit(X, Y, epochs=2, verbose=0, seed=1, stats_every=2, callbacks=[collect])
    never.fit(X, Y, epochs=2, verbose=0, seed=1, stats_every=0)
    assert same_weights(often, never)
    assert {s.step for s in collect.layers} == {2, 4, 6}
    assert {s.layer for s in collect.layers} == {0, 1, 2}
    assert all(s.finite for s in collect.layers)


def test_statistics_agree_between_engines():
    records = []
    for engine in ENGINES:
        seen = []
        watch = clarinet.callbacks.Callback()
        watch.on_chunk = lambda chunk, seen=seen: seen.extend(chunk.layers)
        classifier(engine).fit(X, Y, verbose=0, seed=1, stats_every=1, callbacks=[watch])
        records.append(seen)
    fields = ("activation_mean", "activation_std", "zeros", "saturated", "gradient_norm", "weight_norm", "update_ratio")
    assert len(records[0]) == len(records[1]) == 9
    for a, b in zip(*records, strict=True):
        assert (a.step, a.layer) == (b.step, b.layer)
        np.testing.assert_allclose(
            [getattr(a, f) for f in fields], [getattr(b, f) for f in fields], rtol=2e-4, atol=1e-6
        )


@pytest.mark.parametrize("engine", ENGINES)
def test_batches_without_shuffling_equal_arrays(engine):
    arrays, batches = classifier(engine), classifier(engine)
    arrays.fit(X, Y, batch_size=16, shuffle=False, epochs=2, verbose=0)
    pieces = [(X[i : i + 16], Y[i : i + 16]) for i in range(0, 70, 16)]
    history = batches.fit(pieces, epochs=2, verbose=0)
    assert same_weights(arrays, batches)
    assert len(history.history["loss"]) == 2


@pytest.mark.parametrize("engine", ENGINES)
def test_a_generator_with_steps_goes_on_where_it_stopped(engine):
    seen = []

    def endless():
        i = 0
        while True:
            seen.append(i)
            yield X[i : i + 8], Y[i : i + 8]
            i = (i + 8) % 64

    classifier(engine).fit(endless(), steps_per_epoch=3, epochs=2, verbose=0)
    assert seen[:6] == [0, 8, 16, 24, 32, 40]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_sequence_is_told_of_the_end_of_epochs(engine):
    class Pieces(clarinet.utils.Sequence):
        ends = 0

        def __len__(self):
            return 3

        def __getitem__(self, i):
            return X[i * 8 : i * 8 + 8], Y[i * 8 : i * 8 + 8]

        def on_epoch_end(self):
            self.ends += 1

    pieces = Pieces()
    classifier(engine).fit(pieces, epochs=2, validation_data=Pieces(), verbose=0)
    assert pieces.ends == 2


def test_a_generator_that_runs_dry_ends_training_with_a_warning():
    source = ((X[i : i + 8], Y[i : i + 8]) for i in range(0, 24, 8))
    with pytest.warns(UserWarning, match="ran out"):
        history = classifier().fit(source, steps_per_epoch=2, epochs=5, verbose=0)
    assert len(history.history["loss"]) <= 2


@pytest.mark.parametrize("engine", ENGINES)
def test_steps_per_epoch_bounds_an_epoch(engine):
    model = classifier(engine)
    model.fit(X, Y, batch_size=8, steps_per_epoch=2, epochs=3, verbose=0)
    assert model.optimizer_state.step == 6


@pytest.mark.parametrize("engine", ENGINES)
def test_a_second_fit_goes_on(engine):
    """Epochs count over the model's life: two fits of one epoch see the shuffles of one fit of two."""
    once, twice = classifier(engine, 0.2), classifier(engine, 0.2)
    once.fit(X, Y, epochs=2, verbose=0, seed=1)
    twice.fit(X, Y, epochs=1, verbose=0, seed=1)
    twice.fit(X, Y, epochs=1, verbose=0)
    assert same_weights(once, twice)


@pytest.mark.parametrize("engine", ENGINES)
def test_frozen_layers_do_not_move(engine):
    model = classifier(engine, optimizer=clarinet.optimizers.AdamW(weight_decay=0.1))
    model.layers[0].trainable = False
    before = model.get_weights()
    model.fit(X, Y, verbose=0)
    after = model.get_weights()
    np.testing.assert_array_equal(before[0], after[0])
    np.testing.assert_array_equal(before[1], after[1])
    assert np.any(before[2] != after[2])
    model.layers[0].trainable = True
    model.fit(X, Y, verbose=0)
    assert np.any(after[0] != model.get_weights()[0])


@pytest.mark.usefixtures("without_collection")
@pytest.mark.parametrize("engine", ENGINES)
def test_ctrl_c_keeps_model_and_history(engine):
    class Interrupt(Watch):
        def on_epoch_begin(self, epoch, logs=None):
            super().on_epoch_begin(epoch, logs)
            if epoch == 2:
                _thread.interrupt_main()

    model, watch = classifier(engine), Interrupt()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, epochs=50, callbacks=[watch], verbose=0)
    assert watch.calls[-1] == "train_end"
    assert len(model.history.history["loss"]) == 2
    assert np.isfinite(model.predict(X)).all()


@pytest.mark.usefixtures("without_collection")
def test_ctrl_c_is_noticed_during_a_long_epoch():
    model = classifier("native")
    x, y = np.tile(X, (20_000, 1)), np.tile(Y, 20_000)
    timer = threading.Timer(0.3, _thread.interrupt_main)
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            model.fit(x, y, epochs=1000, batch_size=8, verbose=0)
    finally:
        timer.cancel()
    assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_callback_can_stop_training_and_set_the_rate(engine):
    class Stop(Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.optimizer.learning_rate = 0.0
            self.model.stop_training = epoch == 3

    model = classifier(engine)
    history = model.fit(X, Y, epochs=50, callbacks=[Stop()], verbose=0)
    assert history.epoch == [0, 1, 2, 3]
    assert history.history["loss"][1] != history.history["loss"][0]
    np.testing.assert_allclose(history.history["loss"][2], history.history["loss"][3], rtol=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_learning_rate_can_be_a_function_of_the_step(engine):
    given, fixed = classifier(engine), classifier(engine)
    given.compile(
        clarinet.optimizers.SGD(lambda step: 0.1 if step < 3 else 0.0), "sparse_categorical_crossentropy", engine=engine
    )
    fixed.compile(clarinet.optimizers.SGD(0.1), "sparse_categorical_crossentropy", engine=engine)
    given.fit(X, Y, verbose=0, seed=1)
    fixed.fit(X, Y, verbose=0, seed=1)
    assert same_weights(given, fixed)
    given.fit(X, Y, verbose=0)
    assert same_weights(given, fixed)


@pytest.mark.parametrize("engine", ENGINES)
def test_training_batch_by_batch(engine):
    by_fit, by_hand = classifier(engine, metrics=()), classifier(engine, metrics=())
    by_fit.fit(X, Y, batch_size=32, shuffle=False, verbose=0)
    losses = [by_hand.train_on_batch(X[i : i + 32], Y[i : i + 32]) for i in (0, 32, 64)]
    assert same_weights(by_fit, by_hand)
    mean = np.average(losses, weights=[32, 32, 6])  # each of its batch alone
    np.testing.assert_allclose(mean, by_fit.history.history["loss"][0], rtol=1e-6)
    again = by_hand.test_on_batch(X, Y)
    np.testing.assert_allclose(again, by_hand.evaluate(X, Y), rtol=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_evaluate_and_predict(engine):
    model = classifier(engine)
    model.fit(X, Y, epochs=3, verbose=0)
    loss, accuracy = model.evaluate(X, Y, verbose=0)
    p = model.predict(X)
    np.testing.assert_allclose(loss, -np.log(p[np.arange(70), Y]).mean(), rtol=1e-5)
    assert accuracy == pytest.approx((p.argmax(1) == Y).mean())
    assert model.evaluate(X, Y, return_dict=True) == {"loss": loss, "accuracy": accuracy}
    assert model.metrics_names == ["loss", "accuracy"]
    np.testing.assert_array_equal(p, model(X))
    rtol = 0 if engine == "native" else 1e-6  # BLAS adds up a batch of one row in another order
    np.testing.assert_allclose(p, model.predict(X, batch_size=3), rtol=rtol)
    np.testing.assert_array_equal(p, model.predict_on_batch(X))
    np.testing.assert_array_equal(p[:1], model.predict(X[:1]))
    np.testing.assert_allclose(p, model.predict(iter([X[:40], X[40:]])))
    assert model.predict(X[:0]).shape == (0, 3)
    assert model.evaluate([(X, Y)]) == pytest.approx([loss, accuracy])


def test_callbacks_watch_predictions():
    class Pieces(Callback):
        seen = ()

        def on_predict_batch_end(self, batch, logs=None):
            self.seen = (*self.seen, (batch, len(logs["outputs"])))

    model, pieces = classifier(), Pieces()
    np.testing.assert_array_equal(model.predict(X, batch_size=32, callbacks=[pieces]), model.predict(X))
    assert pieces.seen == ((0, 32), (1, 32), (2, 6))


def test_calling_in_training_mode_drops_and_changes_nothing():
    model = classifier(dropout=0.5)
    before = model.get_weights()
    assert np.any(model(X, training=True) != model(X))
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", ["uint8", "int64", "float64", "bool", "float16", ">f4"])
def test_inputs_of_any_dtype(engine, dtype):
    x = rng.integers(0, 2, size=(40, 4))
    y = rng.integers(0, 3, size=40)
    as_float, other = classifier(engine), classifier(engine)
    as_float.fit(x.astype(np.float32), y, verbose=0, seed=1)
    other.fit(x.astype(dtype), y, verbose=0, seed=1)
    assert same_weights(as_float, other)


@pytest.mark.parametrize("engine", ENGINES)
def test_memory_mapped_and_strided_inputs(engine, tmp_path):
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    wide = np.zeros((70, 8), np.float32)
    wide[:, ::2] = X
    models = [classifier(engine) for _ in range(3)]
    for model, x in zip(models, (X, mapped, wide[:, ::2]), strict=True):
        model.fit(x, Y, verbose=0, seed=1)
    assert same_weights(models[0], models[1])
    assert same_weights(models[0], models[2])


@pytest.mark.parametrize("engine", ENGINES)
def test_frames(engine):
    import pandas as pd
    import polars as pl

    models = [classifier(engine) for _ in range(3)]
    columns = {f"c{i}": X[:, i] for i in range(4)}
    for model, (x, y) in zip(
        models, [(X, Y), (pd.DataFrame(columns), pd.Series(Y)), (pl.DataFrame(columns), pl.Series(Y))], strict=True
    ):
        model.fit(x, y, verbose=0, seed=1)
    assert same_weights(models[0], models[1])
    assert same_weights(models[0], models[2])


def test_what_the_engine_is_and_why():
    model = classifier("native")
    assert (model.engine, model.engine_reason) == ("native", "every operation has a native form")
    model.compile("adam", "mse", dtype="float64")
    assert model.engine == "reference"
    assert "float64" in model.engine_reason
    assert model.get_weights()[0].dtype == np.float64
    model.compile("adam", "mse", metrics=[lambda t, p: np.abs(t - p).mean(-1)])
    assert model.engine == "reference"
    with pytest.raises(ValueError, match="engine='native' cannot run this model"):
        model.compile("adam", "mse", engine="native", dtype="float64")
        model.fit(X, np.eye(3)[Y], verbose=0)


def test_float64_follows_float32():
    history = {}
    for dtype in ("float32", "float64"):
        model = classifier()
        model.compile("adam", "sparse_categorical_crossentropy", dtype=dtype)
        history[dtype] = model.fit(X, Y, epochs=5, verbose=0, seed=1).history["loss"]
    np.testing.assert_allclose(history["float32"], history["float64"], rtol=1e-4)
