"""Operators as the exporters of scikit-learn, PyTorch and TensorFlow put them together, beside onnxruntime."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clarinet.exchange import import_onnx

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(5, 3)).astype(np.float32)
PICTURES = RNG.normal(size=(2, 4, 4, 6)).astype(np.float32)
node = helper.make_node


def ml(operator: str, taken: list[str], given: list[str], **settings: Any) -> Any:
    return node(operator, taken, given, domain="ai.onnx.ml", **settings)


#: What stands in the file beside the nodes.
KEPT = {
    "margins": np.array([0, 0, 1, 2, 0, 0, 2, 1], np.int64),
    "factors": np.array([1, 1, 2, 3], np.float32),
    "table": np.array([0.5, 1.5, 2.5, 3.5], np.float32),
    "two": np.array(2, np.int64),
    "four": np.array(4, np.float32),
    "back": np.array([-1, 3], np.int64),
}
CASES: dict[str, tuple[list[Any], np.ndarray]] = {
    "channels to pixels": ([node("DepthToSpace", ["x"], ["y"], blocksize=2)], PICTURES),
    "channels to pixels, as PyTorch": ([node("DepthToSpace", ["x"], ["y"], blocksize=2, mode="CRD")], PICTURES),
    "pixels to channels": ([node("SpaceToDepth", ["x"], ["y"], blocksize=2)], PICTURES),
    "mirrored margins": ([node("Pad", ["x", "margins"], ["y"], mode="reflect")], PICTURES),
    "repeated margins": ([node("Pad", ["x", "margins"], ["y"], mode="edge")], PICTURES),
    "between pixels": ([node("Resize", ["x", "", "factors"], ["y"], mode="linear")], PICTURES),
    "rows of length one": ([node("LpNormalization", ["x"], ["y"], axis=1, p=1)], ROWS),
    "rows by their greatest": ([ml("Normalizer", ["x"], ["y"], norm="MAX")], ROWS),
    "places and their categories": (
        [
            node("ArgMax", ["x"], ["a"], axis=1, keepdims=0),
            ml("OneHotEncoder", ["a"], ["y"], cats_int64s=[0, 1, 2]),
        ],
        ROWS,
    ),
    "numbers for numbers": (
        [ml("LabelEncoder", ["x"], ["y0"], keys_floats=[0.0, 1.0], values_floats=[7.0, 8.0], default_float=-3.0),
         node("Identity", ["y0"], ["y"])],
        np.array([[0.0], [1.0], [2.0]], np.float32),
    ),
    "whole quotients": (
        [
            node("Mul", ["x", "four"], ["m"]),
            node("Cast", ["m"], ["i"], to=TensorProto.INT64),
            node("Div", ["i", "two"], ["q"]),
            node("Cast", ["q"], ["y"], to=TensorProto.FLOAT),
        ],
        ROWS,
    ),
    "all rows flat meanwhile": (
        [
            node("Shape", ["x"], ["s"]),
            node("Flatten", ["x"], ["f"], axis=0),
            node("Abs", ["f"], ["a"]),
            node("Cast", ["a"], ["i"], to=TensorProto.INT64),
            node("Gather", ["table", "i"], ["t"]),
            node("Add", ["t", "f"], ["u"]),
            node("Reshape", ["u", "s"], ["y"]),
        ],
        ROWS,
    ),
    "pixels last and first, as TensorFlow": (
        [
            node("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2]),
            node("MaxPool", ["t"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
            node("Transpose", ["p"], ["u"], perm=[0, 2, 3, 1]),
            node("Reshape", ["u", "back"], ["y"]),
        ],
        RNG.normal(size=(2, 4, 4, 3)).astype(np.float32),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_operators(name: str, tmp_path: Path) -> None:
    import onnxruntime

    nodes, x = CASES[name]
    begin = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", *x.shape[1:]])
    end = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    kept = [numpy_helper.from_array(values, key) for key, values in KEPT.items() if any(key in n.input for n in nodes)]
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]
    made = helper.make_model(helper.make_graph(nodes, "g", [begin], [end], kept), opset_imports=opsets, ir_version=9)
    (tmp_path / "a.onnx").write_bytes(made.SerializeToString())
    session = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    (expected,) = session.run(["y"], {"x": x})
    found = import_onnx(tmp_path / "a.onnx").predict(x, verbose=0)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.slow
def test_torch_s_new_exporter(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnxscript")
    nn = torch.nn
    modules: list[tuple[Any, Any]] = [
        (nn.TransformerEncoderLayer(16, 4, 32, batch_first=True), torch.randn(3, 6, 16)),
        (
            nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.PixelShuffle(2), nn.ReflectionPad2d(1)),
            torch.randn(2, 1, 6, 6),
        ),
        (nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.LayerNorm(8), nn.Softmax(-1)), torch.randn(5, 4)),
    ]
    for number, (module, x) in enumerate(modules):
        path = tmp_path / f"{number}.onnx"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            shapes = ({0: torch.export.Dim.DYNAMIC},)
            torch.onnx.export(
                module.eval(), (x,), str(path), dynamo=True, external_data=False, verbose=False, dynamic_shapes=shapes
            )
        found = import_onnx(path).predict(x.numpy(), verbose=0)
        np.testing.assert_allclose(found, module(x).detach().numpy(), rtol=1e-4, atol=1e-5)
