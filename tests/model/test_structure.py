"""Adding, removing, naming, sharing and building layers."""

import copy
import pickle
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet.layers import LSTM, BatchNormalization, Conv1D, Dense, Embedding, Flatten, Input, Parallel, Residual


def small(**arguments):
    return clarinet.Sequential([Input((4,)), Dense(3, activation="relu"), Dense(2)], **arguments)


def test_shapes_and_counts():
    model = clarinet.Sequential([Input((28, 28)), Flatten(), Dense(10)])
    assert model.input_shape == (None, 28, 28)
    assert model.output_shape == (None, 10)
    assert model.count_params() == 7850


def test_a_summary_leaves_the_weights_to_the_seed_of_fit():
    x, losses = np.ones((8, 4), np.float32), []
    for look in (lambda model: None, lambda model: model.summary(print_fn=str), lambda model: model.count_params()):
        model = small()
        model.compile("sgd", "mse")
        look(model)
        losses.append(model.fit(x, np.zeros((8, 2)), seed=3, verbose=0).history["loss"])
    assert losses[0] == losses[1] == losses[2]


def test_input_shape_on_the_first_layer():
    for first in (Dense(3, input_shape=(4,)), Dense(3, input_dim=4)):
        model = clarinet.Sequential([first])
        assert model.built
        assert model.get_weights()[0].shape == (4, 3)


def test_without_a_shape_weights_wait():
    model = clarinet.Sequential([Dense(3)])
    with pytest.raises(ValueError, match=r"not built.*Input"):
        model.layers[0].get_weights()
    with pytest.raises(ValueError, match="does not know the shape of its input"):
        model.get_weights()
    model.build((None, 4))
    assert model.layers[0].get_weights()[0].shape == (4, 3)


def test_names_are_unique():
    model = clarinet.Sequential([Input((4,)), Dense(3), Dense(3), Dense(3, name="head")])
    assert [layer.name for layer in model.layers] == ["dense", "dense_1", "head"]
    with pytest.raises(ValueError, match="two layers are called 'head'"):
        model.add(Dense(2, name="head"))
    assert model.get_layer("head").units == 3
    with pytest.raises(ValueError, match=r"no layer 'tail'.*dense, dense_1, head"):
        model.get_layer("tail")


def test_a_layer_is_fixed_once_made():
    layer = Dense(3)
    with pytest.raises(AttributeError, match=r"Dense.units is fixed.*make a new layer with units=5"):
        layer.units = 5
    layer.trainable = False


def test_add_and_pop_keep_weights():
    model = small()
    first = model.layers[0].get_weights()
    head = model.pop()
    assert head.units == 2
    model.add(Dense(5))
    assert model.output_shape == (None, 5)
    for before, after in zip(first, model.layers[0].get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    assert model.pop().units == 5
    assert model.pop().units == 3
    with pytest.raises(ValueError, match="has no layers"):
        model.pop()


def test_a_popped_layer_can_be_added_back():
    model = small()
    weights = model.get_weights()
    model.add(model.pop())
    for before, after in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_the_same_layer_twice_is_refused():
    layer = Dense(4)
    with pytest.raises(ValueError, match="already in this model"):
        clarinet.Sequential([Input((4,)), layer, layer])


def test_what_is_no_layer_is_refused():
    with pytest.raises(TypeError, match="expected a layer such as Dense"):
        clarinet.Sequential([Input((4,)), "dense"])
    with pytest.raises(ValueError, match="Input comes first"):
        clarinet.Sequential([Dense(3), Input((4,))])


def test_weights_round_trip_and_wrong_shapes():
    model, other = small(), small()
    other.set_weights(model.get_weights())
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    wrong = model.get_weights()
    wrong[2] = np.zeros((7, 7))
    with pytest.raises(ValueError, match=r"weight 'dense_1/kernel' has shape \(3, 2\), received \(7, 7\)"):
        other.set_weights(wrong)
    np.testing.assert_array_equal(other.get_weights()[0], model.get_weights()[0])
    with pytest.raises(ValueError, match=r"has 4 weights \(dense/kernel.*received 1 arrays"):
        model.set_weights(wrong[:1])


def test_get_weights_gives_copies():
    model = small()
    model.get_weights()[0][:] = 7
    assert not np.any(model.get_weights()[0] == 7)


def test_batch_normalization_lists_its_state_in_keras_order():
    model = clarinet.Sequential([Input((3,)), BatchNormalization()])
    gamma, beta, mean, variance = model.get_weights()
    assert gamma.tolist() == variance.tolist() == [1, 1, 1]
    assert beta.tolist() == mean.tolist() == [0, 0, 0]


def test_one_seed_fixes_the_initial_weights():
    clarinet.utils.set_random_seed(3)
    first, second = small(), small()
    clarinet.utils.set_random_seed(3)
    again = small()
    np.testing.assert_array_equal(first.get_weights()[0], again.get_weights()[0])
    assert np.any(first.get_weights()[0] != second.get_weights()[0])


def test_the_seed_of_fit_counts_while_nobody_has_looked():
    x, y = np.ones((8, 4), np.float32), np.ones((8, 2), np.float32)
    runs = []
    for _ in range(2):
        model = small()
        model.compile("sgd", "mse")
        model.fit(x, y, verbose=0, seed=11)
        runs.append(model.get_weights())
    for a, b in zip(*runs, strict=True):
        np.testing.assert_array_equal(a, b)


def test_summary_prints_a_table():
    lines = []
    model = clarinet.Sequential(
        [Input((28, 28)), Flatten(), Dense(128, activation="relu"), BatchNormalization(), Dense(10)]
    )
    model.layers[1].trainable = False
    model.summary(print_fn=lines.append)
    text = "\n".join(lines)
    assert "dense (Dense)" in text
    assert "(None, 128)" in text
    assert "100,480" in text
    assert "Total params: 102,282" in text
    assert "Trainable params: 1,546" in text
    assert "Non-trainable params: 100,736" in text
    assert len({len(line) for line in lines[1:-3]}) == 1  # a straight right edge


def test_summary_before_the_model_is_built():
    lines = []
    clarinet.Sequential([Dense(3)]).summary(print_fn=lines.append)
    assert any("unbuilt" in line for line in lines)


@pytest.mark.parametrize("copier", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"])
def test_copies_are_whole_and_independent(copier):
    x, y = np.random.default_rng(0).normal(size=(32, 4)).astype("f"), np.ones((32, 2), "f")
    model = small()
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(x, y, epochs=2, verbose=0, seed=0)
    clone = copier(model)
    np.testing.assert_array_equal(clone.predict(x), model.predict(x))
    clone.fit(x, y, epochs=1, verbose=0)
    model_before = model.get_weights()
    model.fit(x, y, epochs=1, verbose=0)
    for before, ours, theirs in zip(model_before, model.get_weights(), clone.get_weights(), strict=True):
        assert np.any(before != ours)
        np.testing.assert_array_equal(ours, theirs)  # the optimizer's state and the shuffles went along


def test_configuration_round_trip():
    model = small()
    copied = clarinet.Sequential.from_config(model.get_config())
    assert copied.get_config() == model.get_config()
    clone = clarinet.models.clone_model(model)
    assert [a.shape for a in clone.get_weights()] == [a.shape for a in model.get_weights()]
    assert np.any(clone.get_weights()[0] != model.get_weights()[0])


# What takes time in proportion to the layers, and how deep they may be nested.


def nested(depth: int) -> Any:
    layer: Any = Dense(4)
    for _ in range(depth - 1):
        layer = Residual([layer])
    return layer


def calls_of(function: Callable[[], Any]) -> int:
    """How many functions are called."""
    count = 0

    def called(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(called)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


WORK: dict[str, Callable[[clarinet.Sequential], Any]] = {
    "building": lambda model: clarinet.Sequential.from_config(model.get_config()),
    "drawing weights": lambda model: clarinet.Sequential.from_config(model.get_config()).get_weights(),
    "a plan": lambda model: model.make_plan(),
    "setting weights": lambda model: model.set_weights(model.get_weights()),
}
NETWORKS: dict[str, Callable[[int], list[Any]]] = {
    "one after another": lambda n: [Dense(4) for _ in range(n)],
    "in one container": lambda n: [Residual([Dense(4) for _ in range(n)])],
    "in branches": lambda n: [Parallel([Dense(1) for _ in range(n)])],
    "in containers": lambda n: [nested(6) for _ in range(n // 5)],
}


@pytest.mark.parametrize("work", WORK)
@pytest.mark.parametrize("layers", NETWORKS)
def test_twice_the_layers_take_twice_the_work(work: str, layers: str) -> None:
    small, large = (clarinet.Sequential([Input((4,)), *NETWORKS[layers](n)]) for n in (60, 120))
    few, many = (calls_of(lambda model=model: WORK[work](model)) for model in (small, large))
    assert many < 2.2 * few


def test_names_are_given_quickly_to_many_layers() -> None:
    few, many = (calls_of(lambda n=n: clarinet.Sequential(Dense(1) for _ in range(n))) for n in (100, 200))
    assert many < 2.2 * few


def test_layers_are_nested_as_deep_as_anybody_needs() -> None:
    model = clarinet.Sequential([Input((4,)), nested(64)])
    assert clarinet.Sequential.from_config(model.get_config()).count_params() == 20
    for depth in (65, 300):
        with pytest.raises(ValueError, match="Residual: layers are nested more than 64 deep; put them one after"):
            nested(depth)


@pytest.mark.parametrize("layer", [Dense(1), Conv1D(2, 2), LSTM(2), Residual([Dense(1)])])
def test_single_numbers_are_refused_by_layers_that_need_an_axis(layer: Any) -> None:
    with pytest.raises(ValueError, match=r"expected samples .*received (\(\)|scalars)"):
        clarinet.Sequential([Input(()), layer])
    assert clarinet.Sequential([Input(()), Embedding(5, 2)]).predict(np.arange(5)).shape == (5, 2)


def test_a_store_that_outlives_its_model_is_drawn_as_the_model_would_have_drawn_it() -> None:
    def made() -> clarinet.Sequential:
        clarinet.utils.set_random_seed(5)
        return clarinet.Sequential([clarinet.Input((3,)), Dense(4), Dense(2)])

    store, model = made().store, made()
    assert store.params.any()
    assert (store.params == model.store.params).all()
