"""ONNX files as models: there and back, files of PyTorch and scikit-learn, training on, and what is refused."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import layers
from clarinet.exchange import import_onnx
from clarinet.saving import ModelFileError
from tests.cases import LAYERS, Case, inputs
from tests.exchange.models import ours

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

ALWAYS = {
    "dense-tanh",
    "conv2d-same-strides",
    "batch-normalization",
    "bidirectional",
    "gru-sequences",
    "embedding",
    "dot",
}
#: Written as a loop of single steps, which is not read.
LOOPS = {"lstm-plain"}


@pytest.mark.parametrize(
    "case",
    [pytest.param(c, id=c.id, marks=[] if c.id in ALWAYS else [pytest.mark.slow]) for c in LAYERS if c.id not in LOOPS],
)
def test_every_layer_goes_there_and_back(case: Case, tmp_path: Path) -> None:
    model = ours(case)
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.1, 0.9, w.shape) for w in model.get_weights()])
    x: Any = inputs(case, 4)
    x = list(x) if case.several else x
    model.export(tmp_path / "a.onnx")
    found = import_onnx(tmp_path / "a.onnx").predict(x, verbose=0)
    np.testing.assert_allclose(found, model.predict(x, verbose=0), rtol=1e-5, atol=1e-5)


X = np.random.default_rng(1).normal(size=(64, 4)).astype(np.float32)


def test_training_goes_on_and_files_keep_it(tmp_path: Path) -> None:
    model = clarinet.Sequential([layers.Input((4,)), layers.Dense(8, "relu"), layers.Dense(1)])
    model.export(tmp_path / "a.onnx")
    again = clarinet.Model.load(tmp_path / "a.onnx")
    assert again.count_params() == model.count_params()
    again.compile(clarinet.optimizers.Adam(0.05), "mse")
    losses = again.fit(X, X[:, :1] * 2, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 2
    again.save(tmp_path / "b.clarinet")
    kept = clarinet.Model.load(tmp_path / "b.clarinet")
    np.testing.assert_array_equal(kept.predict(X, verbose=0), again.predict(X, verbose=0))


def attention(torch: Any) -> Any:
    nn = torch.nn

    class Attention(nn.Module):  # type: ignore[misc, name-defined]
        """A block of a transformer, put together here: PyTorch 2.13 cannot trace its own."""

        def __init__(self) -> None:
            super().__init__()
            self.qkv, self.out, self.norm = nn.Linear(8, 24), nn.Linear(8, 8), nn.LayerNorm(8)
            self.up, self.down, self.end = nn.Linear(8, 16), nn.Linear(16, 8), nn.LayerNorm(8)

        def forward(self, x: Any) -> Any:
            q, k, v = (y.unflatten(-1, (2, 4)).transpose(1, 2) for y in self.qkv(x).chunk(3, -1))
            seen = nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
            x = self.norm(x + self.out(seen))
            return self.end(x + self.down(torch.relu(self.up(x))))

    return Attention()


def torch_models(torch: Any) -> dict[str, tuple[Any, Any]]:
    nn = torch.nn

    class Branches(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
            self.side, self.end = nn.Conv2d(3, 8, 1), nn.Linear(8, 4)

        def forward(self, x: Any) -> Any:
            y = torch.relu(self.b(self.a(x)) + self.side(x))
            return self.end(torch.flatten(nn.functional.adaptive_avg_pool2d(y, 1), 1))

    class Sequence(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Embedding(11, 6)
            self.loop = nn.LSTM(6, 5, num_layers=2, bidirectional=True, batch_first=True)
            self.last, self.end = nn.GRU(10, 4, batch_first=True), nn.Linear(4, 3)

        def forward(self, x: Any) -> Any:
            y, _ = self.last(self.loop(self.table(x))[0])
            return self.end(y[:, -1])

    pools = nn.Sequential(
        nn.Conv2d(3, 4, 3, 2, 1), nn.AvgPool2d(3, 1, 1), nn.MaxPool2d(3, 2, 1), nn.Flatten(), nn.Linear(36, 2)
    )
    return {
        "perceptron": (
            nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.Dropout(), nn.Linear(8, 3), nn.Softmax(-1)),
            (3, 4),
        ),
        "branches": (Branches(), (3, 3, 8, 8)),
        "pools": (pools, (3, 3, 12, 12)),
        "sequence": (Sequence(), "ids"),
        "attention": (attention(torch), (3, 5, 8)),
    }


@pytest.mark.slow
def test_files_of_torch(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    for name, (module, shape) in torch_models(torch).items():
        x = torch.randint(0, 11, (3, 6)) if shape == "ids" else torch.randn(shape)
        module.eval()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                module, (x,), str(tmp_path / name), dynamo=False, input_names=["x"], dynamic_axes={"x": {0: "n"}}
            )
        found = import_onnx(tmp_path / name).predict(x.numpy().astype(np.float32), verbose=0)
        np.testing.assert_allclose(found, module(x).detach().numpy(), rtol=1e-4, atol=1e-5, err_msg=name)


@pytest.mark.slow
def test_files_of_scikit_learn(tmp_path: Path) -> None:
    skl2onnx = pytest.importorskip("skl2onnx")
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    two, three = (X[:, 0] > 0).astype(int), np.digitize(X[:, 0], [-0.5, 0.5])
    for number, (model, y) in enumerate(
        [
            (LogisticRegression(), two),
            (make_pipeline(StandardScaler(), LogisticRegression()), three),
            (make_pipeline(StandardScaler(), MLPClassifier((8,))), two),
            (MLPClassifier((8, 5), activation="tanh"), three),
            (LinearRegression(), X[:, 1]),
        ]
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(X, y)
        chances = hasattr(model, "predict_proba")
        made = skl2onnx.to_onnx(model, X[:1], options={id(model): {"zipmap": False}} if chances else None)
        (tmp_path / f"{number}.onnx").write_bytes(made.SerializeToString())
        expected = model.predict_proba(X) if chances else model.predict(X)[:, None]
        found = import_onnx(tmp_path / f"{number}.onnx").predict(X, verbose=0)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


# What is refused.


def file_of(nodes: list[Any], initializers: list[Any], shape: Any = ("n", 4), opset: int = 18) -> bytes:
    begin = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    end = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "g", [begin], [end], initializers)
    made: bytes = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)]).SerializeToString()
    return made


def external(place: str) -> bytes:
    tensor = numpy_helper.from_array(np.ones((4, 2), np.float32), "w")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=place)
    return file_of([helper.make_node("MatMul", ["x", "w"], ["y"])], [tensor])


def claimed(*dims: int) -> bytes:
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=dims, raw_data=b"1234")
    return file_of([helper.make_node("MatMul", ["x", "w"], ["y"])], [tensor])


def numbers(values: Any, name: str) -> Any:
    return numpy_helper.from_array(np.asarray(values, np.int64), name)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "external": (lambda: external("weights.bin"), "'w' lies in another file, weights.bin"),
    "traversal": (lambda: external("../../etc/passwd"), "other files are not read"),
    "huge": (lambda: claimed(2**20, 2**20), "claims the shape"),
    "short": (lambda: claimed(4, 2), "should hold 32, and holds 4"),
    "negative": (lambda: claimed(-4, 2), "claims the shape"),
    "loop": (
        lambda: file_of([helper.make_node("Add", ["x", "z"], ["y"]), helper.make_node("Relu", ["y"], ["z"])], []),
        "takes 'z', which nobody gives before it",
    ),
    "unknown": (lambda: file_of([helper.make_node("Det", ["x"], ["y"], name="d")], []), r"node 'd' \(Det\)"),
    "other domain": (
        lambda: file_of([helper.make_node("Run", ["x"], ["y"], domain="evil")], []),
        r"\(evil\.Run\): there is no such operator",
    ),
    "blown up": (
        lambda: file_of(
            [helper.make_node("ConstantOfShape", ["s"], ["c"]), helper.make_node("Add", ["x", "c"], ["y"])],
            [numbers([2**30, 2**10], "s")],
        ),
        "more than",
    ),
    "tiled": (
        lambda: file_of([helper.make_node("Tile", ["x", "s"], ["y"])], [numbers([1, 2**40], "s")]),
        "node",
    ),
    "shape": (lambda: file_of([helper.make_node("Relu", ["x"], ["y"])], [], ("n", 2**40)), "more than"),
    "version": (lambda: file_of([helper.make_node("Relu", ["x"], ["y"])], [], opset=3), "version 3"),
    "truncated": (lambda: claimed(1, 1)[:-9], "not a valid ONNX file"),
    "empty": (lambda: b"", "not a valid ONNX file"),
    "other": (lambda: b"PK\x03\x04" + b"0" * 99, "not a valid ONNX file"),
    "filled many times": (
        lambda: file_of(
            [helper.make_node("ConstantOfShape", ["s"], [f"c{i}"]) for i in range(9)], [numbers([2**20], "s")]
        ),
        "c4.*more than",
    ),
    "doubled": (
        lambda: file_of(
            [helper.make_node("Concat", [f"c{i}"] * 2, [f"c{i + 1}"], axis=0) for i in range(60)],
            [numbers([1] * 9, "c0")],
        ),
        "Concat.*more than",
    ),
    "an outer product": (
        lambda: file_of(
            [helper.make_node("Add", ["a", "b"], ["y"])], [numbers([[1]] * 4096, "a"), numbers([[1] * 4096], "b")]
        ),
        "Add.*more than",
    ),
    "given twice": (
        lambda: file_of([helper.make_node("Relu", ["x"], ["y"]), helper.make_node("Tanh", ["x"], ["y"])], []),
        "gives 'y', which is there already",
    ),
    "axes twice": (
        lambda: file_of([helper.make_node("Transpose", ["x"], ["y"], perm=[0, 0])], []),
        "each of the 2 axes",
    ),
    "pieces": (
        lambda: file_of([helper.make_node("Split", ["x", "s"], ["y", "z"], axis=1)], [numbers([-1, 5], "s")]),
        "pieces of",
    ),
    "along the rows": (lambda: file_of([helper.make_node("Concat", ["x", "x"], ["y"], axis=0)], []), "first axis"),
    "wrong setting": (
        lambda: file_of([helper.make_node("Concat", ["x", "x"], ["y"], axis=[1, 2], name="c")], []),
        "node 'c'",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_by_name(tmp_path: Path, name: str) -> None:
    make, said = HOSTILE[name]
    (tmp_path / "weights.bin").write_bytes(np.ones((4, 2), np.float32).tobytes())
    (tmp_path / "h.onnx").write_bytes(make())
    with pytest.raises(ModelFileError, match=said):
        import_onnx(tmp_path / "h.onnx")


def test_damaged_files_are_refused_or_read(tmp_path: Path) -> None:
    model = clarinet.Sequential([layers.Input((6, 3)), layers.Conv1D(4, 3), layers.GRU(3), layers.Dense(2)])
    model.export(tmp_path / "a.onnx")
    whole = (tmp_path / "a.onnx").read_bytes()
    rng = np.random.default_rng(7)
    for _ in range(60):
        broken = bytearray(whole)
        for place in rng.integers(0, len(whole), 3):
            broken[place] = rng.integers(256)
        (tmp_path / "b.onnx").write_bytes(broken[: rng.integers(len(whole) // 2, len(whole) + 1)])
        with warnings.catch_warnings(), contextlib.suppress(ModelFileError):
            warnings.simplefilter("ignore")
            import_onnx(tmp_path / "b.onnx")
