"""Bad input, each kind with its own clear error: what was received, what was expected, the likely mend."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import clarinet
from clarinet import callbacks, layers, losses, optimizers, utils
from clarinet.layers import Dense, Flatten, Input

X = np.linspace(-1, 1, 40, dtype=np.float32).reshape(10, 4)
IDS = np.arange(10) % 3
ONE_HOT = np.eye(3)[IDS]


def classifier(
    loss: str = "sparse_categorical_crossentropy", units: int = 3, activation: str = "softmax", **compiling: Any
):
    model = clarinet.Sequential([Input((4,)), Dense(units, activation=activation)])
    model.compile("sgd", loss, **compiling)
    return model


def regressor(units: int = 1, loss: str = "mse"):
    return classifier(loss, units, "linear")


def fit(x: Any = X, y: Any = IDS, model: Any = None, **arguments: Any) -> None:
    (model or classifier()).fit(x, y, **{"verbose": 0} | arguments)


def changed(array: Any, place: Any, value: Any) -> Any:
    array = np.array(array, copy=True)
    array[place] = value
    return array


class Bad(NamedTuple):
    """A call that has to be refused, the exception, and pieces that its message has to hold."""

    name: str
    call: Callable[[], Any]
    error: type[Exception]
    says: tuple[str, ...]


TABLE = [
    # Constructors: what has no meaning.
    Bad("units zero", lambda: Dense(0), ValueError, ("Dense", "units", "received 0")),
    Bad("units negative", lambda: Dense(-3), ValueError, ("Dense", "units", "received -3")),
    Bad("units fraction", lambda: Dense(2.5), TypeError, ("Dense", "units", "2.5")),
    Bad("units text", lambda: Dense("ten"), TypeError, ("Dense", "units", "'ten'")),
    Bad(
        "activation misspelt", lambda: Dense(3, activation="reul"), ValueError, ("activation", "'reul'", "did you mean")
    ),
    Bad("activation a number", lambda: Dense(3, activation=3), TypeError, ("activation", "received 3")),
    Bad("initializer misspelt", lambda: Dense(3, kernel_initializer="glorot_unifrom"), ValueError, ("glorot_uniform",)),
    Bad("regularizer unknown", lambda: Dense(3, kernel_regularizer="l3"), ValueError, ("regularizer", "'l3'")),
    Bad(
        "argument misspelt",
        lambda: Dense(3, activaton="relu"),
        TypeError,
        ("Dense has no argument 'activaton'", "did you mean 'activation'"),
    ),
    Bad("rate misspelt", lambda: optimizers.Adam(learnin_rate=1), TypeError, ("Adam", "did you mean 'learning_rate'")),
    Bad("input shape zero", lambda: Input((0,)), ValueError, ("0", "positive")),
    Bad("input shape text", lambda: Input("784"), TypeError, ("'784'",)),
    Bad("dropout rate above one", lambda: layers.Dropout(1.5), ValueError, ("rate", "1.5")),
    Bad("learning rate text", lambda: optimizers.SGD(learning_rate="fast"), TypeError, ("learning_rate", "fast")),
    Bad("not a layer", lambda: clarinet.Sequential([Input((4,)), "relu"]), TypeError, ("layer", "'relu'")),
    Bad("layer class", lambda: clarinet.Sequential([Input((4,)), Flatten, Dense(3)]), TypeError, ("layer", "Flatten")),
    # Compile.
    Bad(
        "loss misspelt",
        lambda: classifier("categorical_crossentropi"),
        ValueError,
        ("loss", "did you mean", "categorical_"),
    ),
    Bad(
        "optimizer misspelt",
        lambda: classifier().compile("adamm", "mse"),
        ValueError,
        ("optimizer", "did you mean 'adam"),
    ),
    Bad("metric misspelt", lambda: classifier(metrics=["acuracy"]), ValueError, ("metric", "'acuracy'", "accuracy")),
    Bad("engine unknown", lambda: classifier(engine="gpu"), ValueError, ("engine", "'gpu'", "native")),
    Bad("dtype unknown", lambda: classifier(dtype="int8"), ValueError, ("dtype", "'int8'", "float32")),
    # Fit: order of calls.
    Bad(
        "not compiled",
        lambda: fit(model=clarinet.Sequential([Input((4,)), Dense(3)])),
        ValueError,
        ("not compiled", "compile"),
    ),
    Bad("no layers", lambda: fit(model=clarinet.Sequential()), ValueError, ("no layers", "add")),
    Bad("no loss", lambda: fit(model=classifier(loss=None)), ValueError, ("no loss", "compile")),
    Bad("weights before build", lambda: Dense(3).get_weights(), ValueError, ("not built", "Input")),
    # Fit: arguments.
    Bad("epochs zero", lambda: fit(epochs=0), ValueError, ("epochs", "at least 1", "received 0")),
    Bad("epochs fraction", lambda: fit(epochs=2.5), TypeError, ("epochs", "2.5")),
    Bad("batch size negative", lambda: fit(batch_size=-8), ValueError, ("batch_size", "received -8")),
    Bad("batch size text", lambda: fit(batch_size="32"), TypeError, ("batch_size", "'32'")),
    Bad("verbose unknown", lambda: fit(verbose="loud"), ValueError, ("verbose", "'loud'")),
    Bad("validation split percent", lambda: fit(validation_split=20), ValueError, ("validation_split", "use 0.2")),
    Bad("validation split negative", lambda: fit(validation_split=-0.1), ValueError, ("validation_split", "-0.1")),
    Bad(
        "validation split leaves nothing",
        lambda: fit(validation_split=0.99),
        ValueError,
        ("validation_split", "10 rows", "leaves 0"),
    ),
    Bad("seed text", lambda: fit(seed="lucky"), TypeError, ("seed", "'lucky'")),
    Bad("shuffle text", lambda: fit(shuffle="batch"), TypeError, ("shuffle", "'batch'")),
    Bad("callback class", lambda: fit(callbacks=[callbacks.EarlyStopping]), TypeError, ("class", "EarlyStopping()")),
    Bad("callback function", lambda: fit(callbacks=[print]), TypeError, ("callbacks", "LambdaCallback")),
    Bad("validation data no tuple", lambda: fit(validation_data=X), TypeError, ("validation_data", "(x, y)")),
    Bad("validation data one", lambda: fit(validation_data=(X,)), ValueError, ("validation_data", "length 1")),
    # Inputs.
    Bad("x missing", lambda: fit(x=None), ValueError, ("x", "None")),
    Bad("x empty", lambda: fit(X[:0], IDS[:0]), ValueError, ("x", "no rows", "(0, 4)")),
    Bad("x a file name", lambda: fit("data.csv"), FileNotFoundError, ("data.csv",)),
    Bad("x a dictionary", lambda: fit({"a": [1]}), TypeError, ("x", "dict", "one array")),
    Bad("x ragged", lambda: fit([[1, 2, 3, 4], [1, 2, 3]], [0, 1]), ValueError, ("row 1", "3 values", "4 values")),
    Bad("x text", lambda: fit([["a", "b", "c", "d"]] * 10), TypeError, ("x", "text ('a'", "numbers")),
    Bad("x complex", lambda: fit(X + 1j), TypeError, ("x", "complex")),
    Bad("x dates", lambda: fit(np.zeros((10, 4), "datetime64[s]")), TypeError, ("x", "dates")),
    Bad("x objects", lambda: fit(changed(X.astype(object), (3, 1), None)), TypeError, ("x", "None in row 3")),
    Bad("x a scalar", lambda: fit(3.0, 1), ValueError, ("x", "single number")),
    Bad("x wrong columns", lambda: fit(X[:, :3]), ValueError, ("Dense(3)", "(3,)", "(4,)", "4 columns")),
    Bad("x images", lambda: fit(X.reshape(10, 2, 2)), ValueError, ("(2, 2)", "(4,)", "Flatten()", "reshape(-1, 4)")),
    Bad("x one sample", lambda: fit(X[0], IDS[:1]), ValueError, ("one sample", "x[None]")),
    Bad("x masked", lambda: fit(np.ma.masked_equal(X, X[2, 2])), ValueError, ("x", "mask", "filled")),
    Bad("x NaN", lambda: fit(changed(X, (3, 2), np.nan)), ValueError, ("x", "nan", "row 3, column 2")),
    Bad("x infinite", lambda: fit(changed(X, (9, 0), -np.inf)), ValueError, ("x", "-inf", "row 9, column 0")),
    # Labels.
    Bad("y missing", lambda: fit(y=None), ValueError, ("y", "None")),
    Bad("y short", lambda: fit(y=IDS[:-1]), ValueError, ("10 rows", "9")),
    Bad("y names", lambda: fit(y=["cat", "dog"] * 5), TypeError, ("y", "'cat'", "np.unique(y, return_inverse=True)")),
    Bad("y NaN", lambda: fit(y=changed(IDS.astype(float), 4, np.nan)), ValueError, ("y", "nan", "row 4")),
    Bad(
        "y too large",
        lambda: fit(y=changed(IDS, 0, 3)),
        ValueError,
        ("Dense(3)", "4 classes (0..3)", "3 units", "use Dense(4)"),
    ),
    Bad("y from one", lambda: fit(y=IDS + 1), ValueError, ("1 to 3", "start at 0", "y - 1")),
    Bad("y negative", lambda: fit(y=IDS - 1), ValueError, ("-1", "0 to 2")),
    Bad("y minus one and one", lambda: fit(y=np.where(IDS > 0, 1, -1)), ValueError, ("-1", "(y + 1) // 2")),
    Bad("y fractions", lambda: fit(y=changed(IDS.astype(float), 5, 0.5)), ValueError, ("row 5", "0.5", "'mse'")),
    Bad(
        "y one-hot for sparse", lambda: fit(y=ONE_HOT), ValueError, ("(10, 3)", "'categorical_crossentropy'", "argmax")
    ),
    Bad(
        "y ids for one-hot",
        lambda: fit(model=classifier("categorical_crossentropy")),
        ValueError,
        ("(10,)", "to_categorical(y, 3)"),
    ),
    Bad(
        "y one-hot too wide",
        lambda: fit(y=np.eye(5)[IDS], model=classifier("categorical_crossentropy")),
        ValueError,
        ("Dense(3)", "5 columns", "Dense(5)"),
    ),
    Bad(
        "y for two outputs",
        lambda: fit(y=X[:, :2], model=regressor(1)),
        ValueError,
        ("Dense(1)", "2 columns", "use Dense(2)"),
    ),
    Bad(
        "y for one output",
        lambda: fit(y=X[:, 0], model=regressor(2)),
        ValueError,
        ("Dense(2)", "1 column", "use Dense(1)"),
    ),
    Bad("y rank", lambda: fit(y=np.zeros((10, 1, 2)), model=regressor(1)), ValueError, ("(10, 1, 2)", "(10, 1)")),
    Bad(
        "y two classes one unit",
        lambda: fit(y=IDS % 2, model=classifier(units=1, activation="sigmoid")),
        ValueError,
        ("2 classes", "1 unit", "binary_crossentropy"),
    ),
    # Weights.
    Bad("sample weight short", lambda: fit(sample_weight=np.ones(9)), ValueError, ("sample_weight", "10", "9")),
    Bad(
        "sample weight table",
        lambda: fit(sample_weight=np.ones((10, 2))),
        ValueError,
        ("sample_weight", "(10,)", "(10, 2)"),
    ),
    Bad(
        "sample weight NaN",
        lambda: fit(sample_weight=changed(np.ones(10), 7, np.nan)),
        ValueError,
        ("sample_weight", "row 7"),
    ),
    Bad("class weight list", lambda: fit(class_weight=[1, 2, 1]), TypeError, ("class_weight", "dict(enumerate(")),
    Bad("class weight no class", lambda: fit(class_weight={7: 2.0}), ValueError, ("class_weight", "7", "0 to 2")),
    Bad("class weight name", lambda: fit(class_weight={"cat": 2.0}), ValueError, ("class_weight", "'cat'", "0 to 2")),
    Bad("class weight NaN", lambda: fit(class_weight={0: np.nan}), ValueError, ("class_weight", "class 0", "nan")),
    Bad(
        "class weight for numbers",
        lambda: fit(y=X[:, 0], model=regressor(), class_weight={0: 2}),
        ValueError,
        ("class_weight", "sample_weight"),
    ),
    # Batches.
    Bad("generator and y", lambda: fit(((X, IDS) for _ in range(3)), IDS), ValueError, ("y", "source of batches")),
    Bad(
        "generator and split",
        lambda: fit(((X, IDS) for _ in range(3)), None, validation_split=0.2),
        ValueError,
        ("validation_split", "validation_data"),
    ),
    Bad("generator of nothing", lambda: fit(iter(()), None), ValueError, ("empty", "at least one")),
    Bad("generator of arrays", lambda: fit((X for _ in range(3)), None), TypeError, ("batch", "tuple (x, y)")),
    Bad("generator of five", lambda: fit(((X,) * 5 for _ in range(3)), None), ValueError, ("batch", "length 5")),
    Bad(
        "generator NaN",
        lambda: fit(((changed(X, (0, 0), np.nan), IDS) for _ in range(3)), None),
        ValueError,
        ("nan", "row 0"),
    ),
    # Use.
    Bad("predict wrong columns", lambda: classifier().predict(X[:, :2]), ValueError, ("(2,)", "(4,)")),
    Bad("predict nothing", lambda: classifier().predict(None), TypeError, ("x", "None")),
    Bad("evaluate too many classes", lambda: classifier().evaluate(X, IDS + 5), ValueError, ("Dense(3)", "5 to 7")),
    Bad(
        "set too few weights",
        lambda: classifier().set_weights([np.zeros((4, 3))]),
        ValueError,
        ("2 weights", "1 array"),
    ),
    Bad(
        "set wrong weights",
        lambda: classifier().set_weights([np.zeros((3, 4)), np.zeros(3)]),
        ValueError,
        ("kernel", "(4, 3)", "(3, 4)"),
    ),
    Bad(
        "validation NaN",
        lambda: fit(validation_data=(changed(X, (1, 1), np.nan), IDS)),
        ValueError,
        ("validation_data", "row 1, column 1"),
    ),
    # Callbacks.
    Bad("monitor mode", lambda: callbacks.EarlyStopping(mode="maximum"), ValueError, ("mode", "'maximum'", "'max'")),
    Bad(
        "monitor direction",
        lambda: fit(callbacks=[callbacks.EarlyStopping("zeal")], model=tracked_by("zeal")),
        ValueError,
        ("'zeal'", "mode='max'"),
    ),
    Bad("factor above one", lambda: callbacks.ReduceLROnPlateau(factor=2), ValueError, ("factor", "2")),
    Bad(
        "save_freq unknown",
        lambda: callbacks.ModelCheckpoint("a", save_freq="step"),
        ValueError,
        ("save_freq", "'step'"),
    ),
    Bad(
        "event misspelt",
        lambda: callbacks.LambdaCallback(on_epoch_ended=print),
        TypeError,
        ("on_epoch_ended", "on_epoch_end"),
    ),
    Bad("schedule no function", lambda: callbacks.LearningRateScheduler(0.1), TypeError, ("schedule", "0.1")),
    Bad(
        "schedule no number",
        lambda: fit(callbacks=[callbacks.LearningRateScheduler(lambda e, r: None)]),
        TypeError,
        ("schedule", "None"),
    ),
    # Ids.
    Bad(
        "id too large",
        lambda: looked_up([[0, 3], [9, 1]]),
        ValueError,
        ("holds 9 at row 1, column 0", "Embedding(10, 2)"),
    ),
    Bad("id negative", lambda: looked_up([[0, -3]]), ValueError, ("holds -3 at row 0, column 1", "from 0 to 8")),
    Bad("id fraction", lambda: looked_up([[0.5, 0]]), ValueError, ("holds 0.5", "whole numbers")),
    Bad(
        "id in predict",
        lambda: embedding_model().predict(np.array([[0, 12]])),
        ValueError,
        ("holds 12", "Embedding(13, 2)"),
    ),
    Bad(
        "images without channels",
        lambda: unbuilt(layers.Conv2D(4, 3), np.zeros((5, 28, 28))),
        ValueError,
        ("x.reshape(-1, 28, 28, 1)", "(28, 28)"),
    ),
    # Utilities.
    Bad("categorical too large", lambda: utils.to_categorical([0, 5], 3), ValueError, ("0 to 5", "0 to 2")),
    Bad("categorical fractions", lambda: utils.to_categorical([0.5]), ValueError, ("0.5",)),
    Bad("random seed negative", lambda: utils.set_random_seed(-1), ValueError, ("-1",)),
    Bad("split without sizes", lambda: utils.split_dataset(X), ValueError, ("left_size",)),
    Bad("split too large", lambda: utils.split_dataset(X, 8, 8), ValueError, ("8", "10 rows")),
    Bad(
        "loss shapes",
        lambda: losses.MeanSquaredError()([[1.0, 2.0]], [[1.0, 2.0, 3.0]]),
        ValueError,
        ("(1, 2)", "(1, 3)"),
    ),
]


def embedding_model():
    model = clarinet.Sequential([layers.Embedding(9, 2), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def looked_up(x: Any) -> None:
    embedding_model().fit(x, np.zeros(len(x)), verbose=0)


def unbuilt(layer: Any, x: Any) -> None:
    model = clarinet.Sequential([layer, layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(x, np.zeros(len(x)), verbose=0)


def tracked_by(name: str):
    def metric(y_true: Any, y_pred: Any) -> Any:
        return np.zeros(len(y_pred))

    metric.__name__ = name
    return classifier(metrics=[metric])


@pytest.mark.parametrize("bad", TABLE, ids=lambda bad: bad.name.replace(" ", "-"))
def test_bad_input_is_refused_with_its_own_message(bad: Bad) -> None:
    with pytest.raises(bad.error) as caught:
        bad.call()
    message = str(caught.value)
    for piece in bad.says:
        assert piece in message, message
    assert len(message) < 400, message


def test_no_two_kinds_share_a_message() -> None:
    """The errors tell the kinds apart, numbers and names aside where they are the only difference."""
    messages: dict[str, str] = {}
    for bad in TABLE:
        with pytest.raises(bad.error) as caught:
            bad.call()
        message = re.sub(r"0x[0-9a-f]+", "", str(caught.value))
        assert message not in messages, (bad.name, messages.get(message))
        messages[message] = bad.name
    assert len(messages) >= 50


def test_nothing_is_trained_when_fit_refuses() -> None:
    model = classifier()
    before = model.get_weights()
    with pytest.raises(ValueError, match="row 3"):
        fit(changed(X, (3, 2), np.nan), model=model)
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))
    assert model.epochs_trained == 0
