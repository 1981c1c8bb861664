"""A layer that several models have is one layer: what one of them learns the others know."""

from __future__ import annotations

import copy
import gc
import pickle
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import Sequential, glass, runs
from clarinet.layers import BatchNormalization, Dense, Dropout, Flatten, Input, Normalization, Parallel, Residual
from tests.cases import OPTIMIZERS

RNG = np.random.default_rng(4)
X = RNG.normal(size=(24, 4)).astype(np.float32)
Y = np.tanh(X[:, :2] - X[:, 2:])
ENGINES = pytest.mark.parametrize("engine", ["native", "reference"])
FIT: dict[str, Any] = {"epochs": 2, "batch_size": 7, "verbose": 0}


def encoder() -> Sequential:
    return Sequential([Input((4,)), Dense(6, "tanh"), BatchNormalization(), Dense(3)], name="encoder")


def with_head(base: Sequential, engine: str = "auto", optimizer: object = "adam", **compiling: Any) -> Sequential:
    model = Sequential([Input((4,)), *base.layers, Dense(2)], name="whole")
    model.compile(optimizer, "mse", engine=engine, **compiling)
    return model


def equal(ours: list[Any], theirs: list[Any]) -> bool:
    return len(ours) == len(theirs) and all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


@ENGINES
def test_two_models_trained_in_turn_both_see_it(engine: str) -> None:
    base = encoder()
    base.compile("sgd", "mse", engine=engine)
    model = with_head(base, engine)
    assert [a is b for a, b in zip(base.layers, model.layers)] == [True] * 3
    assert base.engine == model.engine == engine
    for trained, other in ((model, base), (base, model), (model, base)):
        before = other.predict(X)
        trained.fit(X, Y if trained is model else X[:, :3], **FIT)
        assert equal(base.get_weights(), model.get_weights()[:-2])
        assert not np.array_equal(before, other.predict(X))
        layered = X
        for layer in other.layers:
            layered = layer(layered)
        np.testing.assert_allclose(other.predict(X), layered, rtol=1e-5, atol=1e-6)


@ENGINES
@pytest.mark.parametrize("case", OPTIMIZERS, ids=repr)
def test_training_with_anothers_layers_has_the_bits_of_training_with_ones_own(case: Any, engine: str) -> None:
    def trained(share: bool) -> list[Any]:
        clarinet.utils.set_random_seed(5)
        base = encoder()
        base.seed = 8
        held = base if share else None
        model = with_head(base, "auto" if engine == "native" else engine, case.make())
        model.seed = 8
        del base
        if not share:
            model.add(Flatten())  # laid out anew, all in one block
        assert model.store.whole is not share and (held is None or equal(held.weights, model.weights[:-2]))
        model.fit(X, Y, **FIT)
        return [model.predict(X), *model.get_weights()]

    assert equal(trained(True), trained(False))


@ENGINES
def test_an_adversary_is_frozen_in_one_model_and_trained_in_the_other(engine: str) -> None:
    generator = Sequential([Input((4,)), Dense(5, "relu"), Dense(4)])
    critic = Sequential([Input((4,)), Dense(5, "relu"), BatchNormalization(), Dense(1, "sigmoid")])
    both = Sequential([*generator.layers, *critic.layers])
    assert both.input_shape == (None, 4) and len({layer.name for layer in both.layers}) == len(both.layers)
    critic.compile("adam", "binary_crossentropy", engine=engine)
    both.compile("adam", "binary_crossentropy", engine=engine)
    for _ in range(3):
        kept = generator.get_weights()
        made = np.concatenate([X, generator.predict(X)])
        for layer in critic.layers:
            layer.trainable = True
        critic.train_on_batch(made, np.repeat([1.0, 0.0], 24))
        assert equal(generator.get_weights(), kept)
        for layer in critic.layers:
            layer.trainable = False
        kept = critic.get_weights()
        both.train_on_batch(X, np.ones(24))
        assert equal(critic.get_weights(), kept)
        assert equal(both.get_weights(), [*generator.get_weights(), *kept])
        assert [v.path for v in both.trainable_weights] == [v.path for v in generator.weights]


def test_it_is_the_first_owners_seed_that_counts() -> None:
    def values(look_first: bool) -> list[Any]:
        clarinet.utils.set_random_seed(3)
        base = encoder()
        model = with_head(base)
        if look_first:
            base.get_weights()
        return model.get_weights()

    assert equal(values(False), values(True))


def test_the_layers_outlive_their_first_owner_and_then_belong_to_the_other() -> None:
    base = encoder()
    model = with_head(base)
    model.fit(X, Y, **FIT)
    before, predictions = model.get_weights(), model.predict(X)
    memory = weakref.ref(base.store.params.base)
    del base
    assert memory() is not None and equal(model.get_weights(), before)
    model.fit(X, Y, **FIT)
    model.set_weights(before)
    variables = model.weights
    model.add(Dense(2))
    assert model.store.whole and memory() is None, "the model has them in memory of its own"
    assert [a is b for a, b in zip(variables, model.weights)] == [True] * len(variables)
    assert equal(model.get_weights()[:-2], before)
    model.pop()
    assert np.array_equal(model.predict(X), predictions)


def test_a_model_that_shares_is_freed_at_once() -> None:
    gc.collect()
    gc.disable()
    try:
        base = encoder()
        model = with_head(base)
        model.fit(X, Y, **FIT)
        watched = [weakref.ref(model), weakref.ref(model.store), weakref.ref(model.layers[-1])]
        del model
        assert [ref() for ref in watched] == [None] * 3
        watched = [weakref.ref(base), weakref.ref(base.store.params.base), *map(weakref.ref, base.weights)]
        del base
        assert [ref() for ref in watched] == [None] * len(watched)
    finally:
        gc.enable()


def test_a_layer_is_taken_out_of_one_model_and_put_back() -> None:
    base = encoder()
    model = with_head(base)
    last = base.pop()
    assert last is model.layers[2] and model.store.view(model.store.layout.segments[4]).shape == (6, 3)
    model.fit(X, Y, **FIT)
    base.add(last)
    assert equal(base.get_weights(), model.get_weights()[:-2])
    head = model.pop()
    kept, variables = head.get_weights(), head.weights
    assert head.built and head.holders == []
    head.kernel.assign(kept[0] + 1)
    model.add(head)
    assert head.weights[0] is variables[0] and np.array_equal(model.get_weights()[-2], kept[0] + 1)


def test_layers_of_containers_are_shared() -> None:
    inner = Dense(4, "tanh")
    base = Sequential([Input((4,)), Residual([inner, Dense(4)]), Dense(2)])
    base.compile("sgd", "mse")
    model = Sequential([Input((4,)), Parallel([[inner], base.layers[0].layers[1]], merge="add"), Dense(2)])
    model.compile("sgd", "mse")
    assert model.layers[0].branches[0][0] is inner is base.layers[0].layers[0]
    for one, other in ((base, model), (model, base)):
        before = other.predict(X)
        one.fit(X, Y, **FIT)
        assert np.any(before != other.predict(X))
    assert equal(base.get_weights()[:4], model.get_weights()[:4])
    whole = Sequential([Input((4,)), base.layers[0]])
    assert whole.layers[0] is base.layers[0] and equal(whole.get_weights(), base.get_weights()[:4])


def test_one_layer_twice_in_a_model_is_refused() -> None:
    inner = Dense(4)
    block = Residual([inner])
    for make in (
        lambda: Sequential([Input((4,)), block, inner]),
        lambda: Residual([block, inner]),
        lambda: Parallel([inner, inner]),
    ):
        with pytest.raises(ValueError, match=r"(occurs twice|already in this model); make a second layer"):
            make()


WAYS: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda thing: pickle.loads(pickle.dumps(thing)),
}


@pytest.mark.parametrize("way", [WAYS["deepcopy"], WAYS["pickle"]], ids=["deepcopy", "pickle"])
def test_a_copy_of_a_model_shares_nothing(way: Callable[[Any], Any]) -> None:
    base = encoder()
    model = with_head(base, "native")
    model.fit(X, Y, **FIT)
    clone = way(model)
    assert clone.store.whole and equal(clone.get_weights(), model.get_weights())
    assert not any(a is b for a, b in zip(clone.weights, model.weights))
    kept = base.get_weights()
    for one in (clone, model):
        one.fit(X, Y, **FIT)
        if one is clone:
            assert equal(base.get_weights(), kept)
    assert equal(clone.get_weights(), model.get_weights()), "optimizer and all go on alike"
    both = way((base, model))
    both[1].fit(X, Y, **FIT)
    assert equal(both[0].get_weights(), both[1].get_weights()[:-2]), "what is copied together is shared as before"
    assert not equal(both[0].get_weights(), base.get_weights())


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_copy_of_a_layer_shares_nothing(way: Callable[[Any], Any]) -> None:
    base = encoder()
    for layer in (base.layers[0], Parallel([base.layers[0]])):
        clone = way(layer)
        assert equal(clone.get_weights(), layer.get_weights()) and clone.holders == []
        clone.set_weights([w + 1 for w in clone.get_weights()])
        model = Sequential([Input((4,)), clone])
        assert model.layers[0] is clone and not equal(model.get_weights(), layer.get_weights())
        model.compile("sgd", "mse")
        kept = base.get_weights()
        model.fit(X, np.zeros((24, *(model.prediction_shape or ()))), **FIT)
        assert equal(base.get_weights(), kept)


@ENGINES
def test_files_hold_the_weights_of_their_own_model(engine: str, tmp_path: Path) -> None:
    base = encoder()
    model = with_head(base, engine)
    model.fit(X, Y, **FIT)
    model.save(tmp_path / "whole.clarinet")
    model.save_weights(tmp_path / "whole.safetensors")
    loaded = Sequential.load(tmp_path / "whole.clarinet")
    assert loaded.store.whole and equal(loaded.get_weights(), model.get_weights())
    model.fit(X, Y, **FIT)
    loaded.fit(X, Y, **FIT)
    assert equal(loaded.get_weights(), model.get_weights())
    model.load_weights(tmp_path / "whole.safetensors")
    assert equal(base.get_weights(), model.get_weights()[:-2])


@ENGINES
def test_a_training_with_shared_layers_is_resumed(engine: str, tmp_path: Path) -> None:
    store = runs.Store(tmp_path)

    def trained(epochs: list[int]) -> list[Any]:
        clarinet.utils.set_random_seed(6)
        base = encoder()
        model = with_head(base, engine)
        name = "-".join(map(str, epochs))
        for until in epochs:
            base.set_weights([w * 0 for w in base.get_weights()]) if until != epochs[0] else None
            tracker = runs.Tracker(name, store=store)
            model.fit(
                X,
                Y,
                epochs=until,
                batch_size=7,
                verbose=0,
                seed=2,
                run=tracker,
                checkpoint=1,
                resume=until != epochs[0],
            )
        assert equal(base.get_weights(), model.get_weights()[:-2])
        return model.get_weights()

    assert equal(trained([2, 4]), trained([4]))


def test_what_looks_at_a_model_looks_at_shared_layers() -> None:
    base = encoder()
    base.layers[0].kernel.assign(np.eye(4, 6))
    model = with_head(base)
    model.fit(X, Y, doctor=True, **FIT)
    step = glass.trace(model, X[:3], Y[:3], training=False)
    assert np.array_equal(step.layers[0].weights["kernel"].value, model.layers[0].kernel)
    np.testing.assert_allclose(step.prediction, model.predict(X[:3]), rtol=1e-5, atol=1e-6)
    assert model.count_params() == base.count_params() + 8
    assert clarinet.tools.gradient_check.check_gradients(model, X[:5], Y[:5]).passed
    with pytest.raises(ValueError, match="in several buffers"):
        model.store.params  # noqa: B018


def test_one_dtype_for_all_who_share() -> None:
    base = encoder()
    base.compile("sgd", "mse", dtype="float64")
    model = Sequential([*base.layers, Dense(2)])
    assert model.dtype == np.float64 and {v.dtype for v in model.weights} == {np.dtype(np.float64)}
    with pytest.raises(ValueError, match=r"dtype='float32': layer 'dense' is shared with model 'encoder', and its"):
        model.compile("sgd", "mse")
    model.compile("sgd", "mse", dtype="float64")
    model.fit(X, Y, **FIT)
    assert equal(base.get_weights(), model.get_weights()[:-2])
    other = Sequential([Input((4,)), Dense(6)])
    with pytest.raises(ValueError, match="whose weights are float64 while this model's are float32"):
        other.add(base.layers[2])
    del base, other
    model.compile("sgd", "mse")
    assert {v.dtype for v in model.weights} == {np.dtype(np.float32)}


def test_shapes_have_to_agree() -> None:
    base = encoder()
    with pytest.raises(ValueError, match=r"layer 'dense' is shared with model 'encoder': there .*\(4, 6\).*\(5, 6\)"):
        Sequential([Input((5,)), base.layers[0]])
    assert Sequential([Input((2, 4)), base.layers[0]]).output_shape == (None, 2, 6)


def test_names_are_each_models_own() -> None:
    first, second = encoder(), encoder()
    model = Sequential([Dense(4), *first.layers, *second.layers[2:]])
    assert [layer.name for layer in first.layers] == ["dense", "batch_normalization", "dense_1"]
    assert [layer.name for layer in model.layers] == ["dense_2", "dense", "batch_normalization", "dense_1", "dense_3"]
    assert [layer.name for layer in second.layers] == ["dense", "batch_normalization", "dense_3"]
    with pytest.raises(ValueError, match="two layers are called 'head'"):
        Sequential([Dense(3, name="head"), Sequential([Dense(2, name="head")]).layers[0]])


def test_another_thread_that_trains_what_is_shared_is_not_disturbed() -> None:
    base = encoder()
    base.compile("sgd", "mse")
    model = with_head(base)
    inside, over = threading.Event(), threading.Event()

    def wait(epoch: int, logs: Any) -> None:
        inside.set()
        over.wait(20)

    stop = clarinet.callbacks.LambdaCallback(on_epoch_end=wait)
    thread = threading.Thread(target=lambda: model.fit(X, Y, verbose=0, callbacks=[stop]))
    thread.start()
    assert inside.wait(20)
    with pytest.raises(RuntimeError, match="'dense' is shared with model 'whole', which another thread trains"):
        base.fit(X, X[:, :3], verbose=0)
    base.predict(X)
    over.set()
    thread.join()
    base.fit(X, X[:, :3], verbose=0)


def test_while_a_training_is_held_another_model_trains_its_layers() -> None:
    base = encoder()
    base.compile("sgd", "mse")
    model = with_head(base)
    events = model.fit_events(X, Y, **FIT)
    next(events)
    before = model.get_weights()
    base.fit(X, X[:, :3], verbose=0)
    assert not equal(model.get_weights()[:4], before[:4])
    assert len(list(events)) > 0
    assert equal(base.get_weights(), model.get_weights()[:-2])


def test_adding_layers_one_by_one_keeps_what_was_learned() -> None:
    model = with_head(encoder())
    model.fit(X, Y, **FIT)
    before = model.get_weights()
    model.add(Dense(3))
    model.add(Dropout(0.1))
    model.add(Dense(1))
    assert equal(model.get_weights()[: len(before)], before)


@pytest.mark.parametrize("build_first", ["called", "adapted"])
def test_a_layer_with_weights_goes_to_whoever_builds_first(build_first: str) -> None:
    layer = Normalization() if build_first == "adapted" else Dense(3)
    layer.adapt(X) if build_first == "adapted" else layer(X)
    kept, variable = layer.get_weights(), layer.weights[0]
    one, other = Sequential([layer]), Sequential([layer])
    other.build((4,))
    one.build((4,))
    assert other.store.whole and not one.store.whole and layer.weights[0] is variable
    for model in (one, other):
        for mine, its in zip(model.get_weights(), kept, strict=True):
            np.testing.assert_allclose(mine, its, rtol=1e-6)
