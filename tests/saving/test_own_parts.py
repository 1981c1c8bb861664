"""Models with layers, losses and metrics of one's own are saved as the operations that they are made of."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import layers, losses, models, ops, saving
from clarinet.layers.restored import Restored
from clarinet.problems import ClarinetWarning
from tests.saving.own_parts import MODELS, Adding, Net, Penalised, Quartic, Scaled, X, huber, worst

OWN = {
    "Penalised": Penalised,
    "Adding": Adding,
    "Scaled": Scaled,
    "Net": Net,
    "Quartic": Quartic,
    "huber": huber,
    "worst": worst,
}


def numbers(found: Any) -> list[Any]:
    if isinstance(found, dict):
        return [array for key in sorted(found) for array in numbers(found[key])]
    return [array for each in found for array in numbers(each)] if isinstance(found, list) else [np.asarray(found)]


def assert_same(a: Any, b: Any) -> None:
    assert len(numbers(a)) == len(numbers(b))
    for one, other in zip(numbers(a), numbers(b)):
        np.testing.assert_array_equal(one, other)


def trained(name: str) -> tuple[Any, Any, Any]:
    make, x, y = MODELS[name]
    model = make()
    model.fit(x, y, batch_size=4, epochs=2, verbose=0, seed=1)
    return model, x, y


@pytest.mark.parametrize("name", MODELS)
def test_it_loads_predicts_and_goes_on_training_without_its_source(name: str, tmp_path: Path) -> None:
    model, x, y = trained(name)
    model.save(tmp_path / "m.clarinet")
    loaded: Any = saving.load(tmp_path / "m.clarinet")
    assert type(loaded) in (clarinet.Model, clarinet.Sequential)
    assert_same(loaded.predict(x), model.predict(x))
    assert_same(loaded.evaluate(x, y), model.evaluate(x, y))
    assert_same(loaded(x), model(x))
    model.save(tmp_path / "again.clarinet")
    before = (tmp_path / "again.clarinet").read_bytes()
    loaded.save(tmp_path / "again.clarinet")
    assert (tmp_path / "again.clarinet").read_bytes() == before, "a file is what it was, however often it is saved"
    for each in (model, loaded):
        each.fit(x, y, batch_size=4, epochs=2, verbose=0)
    assert_same(loaded.get_weights(), model.get_weights())
    assert model.history.history == loaded.history.history


@pytest.mark.parametrize("name", MODELS)
def test_classes_that_are_given_come_back(name: str, tmp_path: Path) -> None:
    model, x, y = trained(name)
    model.save(tmp_path / "m.clarinet")
    loaded: Any = models.load_model(tmp_path / "m.clarinet", custom_objects=OWN)
    assert type(loaded) is type(model)
    assert [type(layer) for layer in loaded.layers if not isinstance(layer, Restored)] == [
        type(layer) for layer in model.layers if type(layer).__name__ in {*OWN, *layers.__all__, "Model"} - {"Lambda"}
    ]
    assert type(loaded.loss) is type(model.loss)
    assert_same(loaded.predict(x), model.predict(x))
    for each in (model, loaded):
        each.fit(x, y, batch_size=4, epochs=1, verbose=0)
    assert_same(loaded.get_weights(), model.get_weights())


@pytest.mark.parametrize("name", MODELS)
def test_copies_clones_and_json(name: str, tmp_path: Path) -> None:
    model, x, _ = trained(name)
    model.save(tmp_path / "m.clarinet")
    loaded: Any = saving.load(tmp_path / "m.clarinet")
    expected = model.predict(x)
    for made in (
        models.clone_model(model),
        models.clone_model(loaded),
        models.model_from_json(model.to_json()),
        models.model_from_json(loaded.to_json(), OWN),
    ):
        made.set_weights(model.get_weights())
        assert_same(made.predict(x), expected)
        assert made.optimizer is None
    assert_same(copy.deepcopy(loaded).predict(x), expected)


def test_a_process_that_knows_nothing_of_the_source_loads_it(tmp_path: Path) -> None:
    model, x, _ = trained("graph")
    model.save(tmp_path / "m.clarinet")
    np.savez(tmp_path / "x.npz", *x, expected=model.predict(x)["net"])
    program = (
        "import sys, numpy as np, clarinet\n"
        "files = np.load(sys.argv[1] + '/x.npz')\n"
        "x, expected = [files['arr_0'], files['arr_1']], files['expected']\n"
        "model = clarinet.models.load_model(sys.argv[1] + '/m.clarinet')\n"
        "np.testing.assert_array_equal(model.predict(x)['net'], expected)\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program, str(tmp_path)], check=True)


def test_layers_shared_by_models_within_are_shared_again(tmp_path: Path) -> None:
    model, *_ = trained("graph")
    model.save(tmp_path / "m.clarinet")
    loaded: Any = saving.load(tmp_path / "m.clarinet")
    first, second = loaded.get_layer("first").layers[-1], loaded.get_layer("second").layers[-1]
    assert first is second


# What cannot be kept.


class Branching(layers.Layer):
    def call(self, inputs: Any) -> Any:
        return inputs


def test_a_layer_that_nobody_has_called_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    model = clarinet.Sequential([Branching(), layers.Dense(1)])
    with pytest.raises(TypeError, match="has not been called on tensors of a network"):
        model.save(tmp_path / "m.clarinet")
    assert not list(tmp_path.iterdir())


def test_large_constants_are_refused_with_what_to_do(tmp_path: Path) -> None:
    table = np.zeros((3_000_000,), np.float32)
    model = clarinet.Sequential([layers.Input((1,)), layers.Lambda(lambda x: x + ops.sum(x * table))])
    with pytest.raises(TypeError, match=r"12000000 bytes of constants.*add_weight\(trainable=False\)"):
        model.save(tmp_path / "m.clarinet")


def test_a_callable_in_a_configuration_is_said(tmp_path: Path) -> None:
    class Holding(layers.Layer):
        def call(self, inputs: Any) -> Any:
            return inputs * 2

        def get_config(self) -> Any:
            return {**super().get_config(), "function": abs}

    model = clarinet.Sequential([layers.Input((2,)), Holding()])
    with pytest.warns(ClarinetWarning, match="Holding.get_config: .* cannot be brought back with custom_objects"):
        model.save(tmp_path / "m.clarinet")
    assert_same(saving.load(tmp_path / "m.clarinet").predict(X[0][:, :2]), X[0][:, :2] * 2)


def test_what_is_neither_operations_nor_registered_is_refused(tmp_path: Path) -> None:
    class Twice(layers.Layer):
        def forward(self, params: Any, state: Any, x: Any, ctx: Any) -> Any:
            return 2 * x, None, {}

        def backward(self, params: Any, cache: Any, dy: Any) -> Any:
            return 2 * dy, {}

    model = clarinet.Sequential([layers.Input((2,)), Twice()])
    with pytest.raises(TypeError, match=r"layer Twice cannot be saved.*register_keras_serializable"):
        model.save(tmp_path / "m.clarinet")
    with clarinet.utils.custom_object_scope({"Twice": Twice}):
        model.save(tmp_path / "m.clarinet")
        assert type(saving.load(tmp_path / "m.clarinet").layers[0]) is Twice
    with pytest.raises(saving.ModelFileError, match="Twice"):
        saving.load(tmp_path / "m.clarinet")


def test_other_shapes_than_those_that_were_kept_are_refused(tmp_path: Path) -> None:
    model, *_ = trained("chain")
    model.save(tmp_path / "m.clarinet")
    restored = saving.load(tmp_path / "m.clarinet").layers[0]
    with pytest.raises(ValueError, match=r"kept without its class Scaled.*received \(None, 5\).*custom_objects"):
        restored(layers.Input((5,)))
    with pytest.raises(ValueError, match="give the function itself to compile"):
        losses.get(model.compile_config()["loss"])(np.zeros((2, 3, 4)), np.zeros((2, 3, 4)))


def test_first_values_of_a_class_that_is_not_there_are_not_made_up(tmp_path: Path) -> None:
    model, *_ = trained("chain")
    model.save(tmp_path / "m.clarinet")
    clone = models.clone_model(saving.load(tmp_path / "m.clarinet"))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'Tens' is not there to draw values"):
        clone.get_weights()


# Checkpoints and runs.


def test_a_training_with_parts_of_ones_own_is_resumed_and_reproduced(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    make, x, y = MODELS["chain"]

    class Stop(clarinet.callbacks.Callback):
        def __init__(self, last: int) -> None:
            self.last = last

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if epoch == self.last:
                raise KeyboardInterrupt

    whole, broken, resumed = make(), make(), make()
    settings: dict[str, Any] = {"batch_size": 4, "epochs": 4, "verbose": 0, "seed": 3}
    whole.fit(x, y, **settings)
    with pytest.raises(KeyboardInterrupt):
        broken.fit(x, y, **settings, run="a", checkpoint="epoch", callbacks=[Stop(1)])
    resumed.fit(x, y, **settings, run="a", checkpoint="epoch", resume=True, callbacks=[Stop(9)])
    assert_same(resumed.get_weights(), whole.get_weights())
    make, x, y = MODELS["subclass"]
    make().fit(x, y, **settings, run="b")
    assert clarinet.runs.reproduce("b", x, y).identical
