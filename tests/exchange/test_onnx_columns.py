"""What scikit-learn's exporter writes in front of a model and behind it, and short numbers."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import layers
from clarinet.exchange import import_onnx

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

X = np.random.default_rng(1).normal(size=(20, 3)).astype(np.float32)
ML = "ai.onnx.ml"


def said(tmp_path: Path, nodes: list[Any], constants: dict[str, Any] | None = None, x: Any = X, kind: int = 1) -> Any:
    """What a file of these nodes, from ``x`` to ``y``, answers."""
    kept = [numpy_helper.from_array(np.asarray(value), name) for name, value in (constants or {}).items()]
    ends = [helper.make_tensor_value_info(name, kind, ["n", None]) for name in ("x", "y")]
    ends[0].type.tensor_type.shape.dim[1].dim_value = x.shape[1]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], kept)
    imports = [helper.make_opsetid("", 18), helper.make_opsetid(ML, 3)]
    path = tmp_path / "m.onnx"
    path.write_bytes(helper.make_model(graph, opset_imports=imports).SerializeToString())
    return import_onnx(path).predict(x, verbose=0)


def node(name: str, takes: list[str], gives: list[str], **settings: Any) -> Any:
    """One of scikit-learn's own operators, or of ONNX's if it has no settings of theirs."""
    return helper.make_node(name, takes, gives, domain=ML, **settings)


def test_a_classifier_whose_classes_are_told_too(tmp_path: Path) -> None:
    """As skl2onnx writes it unless it is told otherwise: the class, and a dictionary of chances."""
    nodes = [
        node("LinearClassifier", ["x"], ["label", "scores"], coefficients=[1.0, 2, 3, -1, -2, -3], intercepts=[0.5, 0],
             classlabels_ints=[0, 1], post_transform="SOFTMAX"),
        helper.make_node("Cast", ["label"], ["shown"], to=TensorProto.INT64),
        node("Normalizer", ["scores"], ["chances"], norm="L1"),
        node("ZipMap", ["chances"], ["y"], classlabels_int64s=[0, 1]),
    ]  # fmt: skip
    found = said(tmp_path, nodes)
    logits = X @ np.array([[1, -1], [2, -2], [3, -3]]) + [0.5, 0]
    np.testing.assert_allclose(found, np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), atol=1e-5)


@pytest.mark.parametrize(("mark", "missing"), [(np.nan, np.nan), (-9.0, -9.0)])
def test_missing_numbers_are_filled(tmp_path: Path, mark: float, missing: float) -> None:
    x = X.copy()
    x[::3, 1] = missing
    fill = node("Imputer", ["x"], ["y"], imputed_value_floats=[7.0, 8.0, 9.0], replaced_value_float=mark)
    found = said(tmp_path, [fill], x=x)
    np.testing.assert_array_equal(found[::3, 1], 8.0)
    np.testing.assert_array_equal(found[:, 0], X[:, 0])


def test_above_a_threshold(tmp_path: Path) -> None:
    np.testing.assert_array_equal(said(tmp_path, [node("Binarizer", ["x"], ["y"], threshold=0.25)]), X > 0.25)


def test_products_of_columns_beside_a_row_of_ones(tmp_path: Path) -> None:
    nodes = [
        node("ArrayFeatureExtractor", ["x", "pair"], ["columns"]),
        helper.make_node("ReduceProd", ["columns", "axis"], ["product"]),
        helper.make_node("Shape", ["product"], ["shape"]),
        helper.make_node("ConstantOfShape", ["shape"], ["one"], value=numpy_helper.from_array(np.ones(1, np.float32))),
        helper.make_node("Concat", ["one", "product"], ["y"], axis=1),
    ]
    found = said(tmp_path, nodes, {"pair": np.array([0, 2]), "axis": np.array([1])})
    np.testing.assert_allclose(found, np.stack([np.ones(20), X[:, 0] * X[:, 2]], axis=1), rtol=1e-6)


@pytest.mark.parametrize("kind", [TensorProto.FLOAT16, TensorProto.BFLOAT16])
def test_short_numbers(tmp_path: Path, kind: int) -> None:
    dtype = helper.tensor_dtype_to_np_dtype(kind)
    matrix = np.arange(6.0).reshape(3, 2).astype(dtype)
    nodes = [helper.make_node("MatMul", ["x", "w"], ["z"]), helper.make_node("Cast", ["z"], ["y"], to=kind)]
    found = said(tmp_path, nodes, {"w": matrix}, kind=kind)
    np.testing.assert_allclose(found, X @ matrix.astype(np.float32), rtol=1e-6)


def test_bfloat16_weights_of_keras(tmp_path: Path) -> None:
    """Two bytes that HDF5 has no number for, and a note beside them."""
    h5py = pytest.importorskip("h5py")
    pytest.importorskip("pyfive")
    wanted = [np.array([[1.5, -2.0], [0.25, 3.0]], np.float32), np.array([0.5, -8.0], np.float32)]
    with h5py.File(tmp_path / "m.weights.h5", "w") as file:
        for place, array in enumerate(wanted):
            upper = (array.view(np.uint32) >> 16).astype("<u2").view("V2")
            file.create_dataset(f"layers/dense/vars/{place}", data=upper).attrs["dtype"] = "bfloat16"
    model = clarinet.Sequential([layers.Input((2,)), layers.Dense(2)])
    model.load_weights(tmp_path / "m.weights.h5")
    for found, array in zip(model.get_weights(), wanted, strict=True):
        np.testing.assert_array_equal(found, array)
    with h5py.File(tmp_path / "m.weights.h5", "w") as file:
        file.create_dataset("layers/dense/vars/0", data=upper)
    with pytest.raises(ValueError, match=r"layers/dense/vars/0' holds \|V2; expected numbers"):
        model.load_weights(tmp_path / "m.weights.h5")


@pytest.mark.slow
def test_pipelines_of_scikit_learn(tmp_path: Path) -> None:
    skl2onnx = pytest.importorskip("skl2onnx")
    from sklearn import decomposition, impute, linear_model, neural_network, pipeline, preprocessing

    three = np.digitize(X[:, 0], [-0.5, 0.5])
    last = linear_model.LogisticRegression()
    for model, y in [
        (pipeline.make_pipeline(impute.SimpleImputer(), preprocessing.StandardScaler(), last), three),
        (pipeline.make_pipeline(preprocessing.Binarizer(), last), three),
        (pipeline.make_pipeline(decomposition.PCA(2), last), np.array(["a", "b", "c"])[three]),
        (pipeline.make_pipeline(preprocessing.PolynomialFeatures(2), linear_model.Ridge()), X[:, 1]),
        (neural_network.MLPRegressor(hidden_layer_sizes=(5,), max_iter=20), X[:, 1]),
    ]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(X, y)
        (tmp_path / "m.onnx").write_bytes(skl2onnx.to_onnx(model, X[:1]).SerializeToString())
        expected = model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)[:, None]
        found = import_onnx(tmp_path / "m.onnx").predict(X, verbose=0)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
