"""Models as ONNX files, run by ONNX Runtime: every layer, graphs, tables with their columns, and what has no form."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import layers, ops
from tests.cases import AUTHORED, LAYERS, Case, inputs
from tests.exchange.models import ours

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")

from clarinet.exchange.to_onnx.exporting import onnx_model  # noqa: E402


def answers(model: Any, xs: list[np.ndarray]) -> list[np.ndarray]:
    """What ONNX Runtime makes of the model's file."""
    made = onnx_model(model)
    onnx.checker.check_model(made, full_check=True)
    session = runtime.InferenceSession(made.SerializeToString())
    found: list[np.ndarray] = session.run(None, {i.name: x for i, x in zip(session.get_inputs(), xs, strict=True)})
    return found


def check(model: Any, *xs: np.ndarray) -> None:
    expected = model.predict(list(xs) if len(xs) > 1 else xs[0], verbose=0)
    expected = expected if isinstance(expected, list) else [expected]
    for mine, its in zip(expected, answers(model, list(xs)), strict=True):
        np.testing.assert_allclose(its, mine, rtol=1e-5, atol=1e-5)


NO_FORM = "contrast-limited-adaptive-histogram-equalization"  # which counts tones, in use as well
RUNNING = [case for case in [*LAYERS, *AUTHORED] if case.id != NO_FORM]


def test_what_has_no_form_is_named() -> None:
    (case,) = (case for case in AUTHORED if case.id == NO_FORM)
    with pytest.raises(ValueError, match="operation counts"):
        onnx_model(ours(case))


@pytest.mark.parametrize("case", RUNNING, ids=repr)
def test_every_layer_runs_elsewhere(case: Case) -> None:
    model = ours(case)
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.1, 0.9, w.shape) for w in model.get_weights()])
    x: Any = inputs(case, 4)
    check(model, *(x if case.several else [x]))


X = np.random.default_rng(1).normal(size=(24, 4)).astype(np.float32)


def test_graphs_with_shared_layers_several_inputs_and_outputs() -> None:
    first, second = layers.Input((4,), name="first"), layers.Input((4,), name="second")
    shared = layers.Dense(3, "tanh", name="shared")
    both = layers.Add()([shared(first), shared(second)])
    inner = clarinet.Sequential([layers.Input((3,)), layers.Dense(3), layers.BatchNormalization()])
    one = layers.Dense(1, "sigmoid", name="one")(inner(both))
    two = layers.Dense(2, "softmax", name="two")(ops.concatenate([both, both * 2.0], axis=-1))
    model = clarinet.Model([first, second], [one, two])
    model.compile("adam", ["binary_crossentropy", "categorical_crossentropy"])
    model.fit([X, X[::-1]], [X[:, :1] > 0, np.eye(2)[(X[:, 1] > 0).astype(int)]], epochs=1, verbose=0)
    check(model, X, X[::-1].copy())
    made = onnx_model(model)
    assert [i.name for i in made.graph.input] == ["first", "second"]
    assert [o.name for o in made.graph.output] == model.output_names
    assert sum(init.name == "shared/kernel" for init in made.graph.initializer) == 1


IDS = np.random.default_rng(2).integers(0, 9, (5, 6)).astype(np.float32)


@pytest.mark.parametrize("kind", [layers.LSTM, layers.GRU, layers.SimpleRNN])
def test_masks_states_and_lengths_that_are_not_known(kind: Any) -> None:
    begin = layers.Input((None,))
    sequence = layers.Embedding(9, 4, mask_zero=True)(begin)
    both = layers.Bidirectional(kind(3, return_sequences=True))(sequence)
    y, *states = kind(4, return_state=True)(both)
    pooled = layers.GlobalAveragePooling1D()(both)
    check(clarinet.Model(begin, [layers.Dense(2)(y), *states, pooled]), IDS)


def test_transformers() -> None:
    begin = layers.Input((6,))
    x = layers.Embedding(9, 8, mask_zero=True)(begin)
    x = layers.LayerNormalization()(layers.MultiHeadAttention(2, 4)(x, x, use_causal_mask=True) + x)
    x = layers.LayerNormalization()(x + layers.Dense(8, "gelu")(layers.Dropout(0.2)(x)))
    check(clarinet.Model(begin, layers.Dense(3, "softmax")(x[:, 0])), IDS)


class Powers(layers.Layer):  # type: ignore[misc]
    """A layer of one's own, of operations that many layers of one's own are made of."""

    def build(self, input_shape: Any) -> None:
        self.w = self.add_weight(shape=(4, 2), initializer="glorot_uniform", name="w")

    def call(self, inputs: Any, training: bool = False) -> Any:
        x = ops.matmul(inputs, self.w)
        rows = ops.shape(x)[0]
        cut = ops.reshape(ops.stack([x, ops.square(x)], axis=1), (rows, -1))
        if training:
            cut = cut + clarinet.random.normal(ops.shape(cut))
        turned = ops.where(ops.any(inputs > 2, axis=-1, keepdims=True), ops.flip(cut, axis=1), ops.roll(cut, 1, axis=1))
        norm = ops.sqrt(ops.sum(turned**2, axis=-1, keepdims=True) + 1e-6)
        return ops.concatenate([turned / norm, ops.cumsum(inputs, axis=1)[:, ::2], ops.zeros((rows, 1))], axis=-1)


def test_layers_of_ones_own_and_loops() -> None:
    begin = layers.Input((4,))
    powers = Powers()(begin)

    class Running(layers.Layer):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            steps = ops.transpose(inputs)[:, :, None]
            last, every = ops.scan(lambda h, x: (ops.tanh(h + x), h * x), ops.zeros_like(steps[0]), steps)
            return ops.concatenate([last, ops.transpose(every[:, :, 0])], axis=-1)

    check(clarinet.Model(begin, [powers, Running()(begin)]), X)


def test_data_are_prepared_in_the_file() -> None:
    words, number = layers.Input((1,), dtype="string"), layers.Input((1,))
    lookup = layers.StringLookup(vocabulary=["red", "green"], output_mode="one_hot")
    bins = layers.Discretization([-0.5, 0.5], output_mode="one_hot")
    joined = layers.Concatenate()([lookup(words), bins(number), number])
    model = clarinet.Model([words, number], layers.Dense(2)(joined))
    texts = np.array([["red"], ["blue"], ["green"]], object)
    numbers = np.array([[0.1], [-3.0], [0.5]], np.float32)
    np.testing.assert_allclose(
        answers(model, [texts, numbers])[0], model.predict([texts, numbers]), rtol=1e-5, atol=1e-6
    )


ROWS = [
    {"size": 1.5 * i, "colour": ["red", "blue", None][i % 3], "new": ["yes", "No"][i % 2], "kind": "ab"[i // 15]}
    for i in range(30)
]


def test_a_table_goes_in_as_it_is_and_labels_come_out() -> None:
    table = clarinet.datasets.load_table(
        [{**row, "size": row["size"] if i else ""} for i, row in enumerate(ROWS)], "kind"
    )
    model = clarinet.Sequential([layers.Input(table.x.shape[1:]), layers.Dense(2, "softmax")])
    model.metadata["data"] = {"kind": "table", "classes": list(table.classes), "coding": table.coding.to_config()}
    new = [{"size": 3, "colour": "red", "new": "yes"}, {"size": "", "colour": "green", "new": "NO"}]
    new.append({"size": 7, "colour": "n/a", "new": "No"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of green
        expected = model.predict(table.transform(new))
    sizes = np.array([[3], [np.nan], [7]], np.float32)
    columns = [np.array([[row[name]] for row in new], object) for name in ("colour", "new")]
    found, names = answers(model, [sizes, *columns])
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert names.tolist() == [table.classes[i] for i in expected.argmax(1)]
    coded = onnx_model(model, raw=False)
    assert [len(i.type.tensor_type.shape.dim) for i in coded.graph.input] == [2]


def test_targets_in_their_own_units() -> None:
    model = clarinet.Sequential([layers.Input((4,)), layers.Dense(1)])
    model.compile("sgd", "mse", target="standard")
    model.fit(X, 1000 + 50 * X[:, :1], epochs=1, verbose=0)
    check(model, X)


def test_what_has_no_form_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    model = clarinet.Sequential(
        [layers.Input((4, 2)), layers.Lambda(lambda x: ops.fft((x, x))[0], name="waves"), layers.Flatten(name="flat")]
    )
    with pytest.raises(ValueError, match="the operation fourier"):
        model.export(tmp_path / "net.onnx")
    texts = clarinet.Sequential([layers.Input((1,), dtype="string"), layers.TextVectorization(vocabulary=["a"])])
    with pytest.raises(ValueError, match="TextVectorization"):
        texts.export(tmp_path / "net.onnx")
    with pytest.raises(ValueError, match=r"there is no ending '\.xml', one of"):
        model.export(tmp_path / "net.xml")
    with pytest.raises(ValueError, match=r"there is no format 'onx'.*'onnx'"):
        model.export(tmp_path / "net", format="onx")
    with pytest.raises(ValueError, match="no weights yet"):
        clarinet.Sequential([layers.Dense(2)]).export(tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())
