"""Models of Keras and PyTorch: the same findings as for ours, and what cannot be judged is named."""

import os

import numpy as np
import pytest

from clarinet import doctor
from tests.doctor.test_planted import PLANTED, RNG, X, Y

os.environ.setdefault("KERAS_BACKEND", "jax")
FIT = {"epochs": 10, "batch_size": 64}
QUICK = FIT | {"budget": "quick"}
#: Output layer's units and activation, and whether the loss is told from_logits, in the order of the planted mistakes.
HEADS = {
    "labels-one-too-large": (1, "sigmoid", False),
    "nan": (1, "sigmoid", False),
    "softmax-from-logits": (2, "softmax", True),
    "logits": (1, None, False),
    "inputs-times-10000": (1, "sigmoid", False),
    "labels-all-the-same": (1, "sigmoid", False),
    "softmax-on-one-unit": (1, "softmax", False),
    "relu-output": (1, "relu", False),
}


def worst(report):
    return {(f.kind, f.where) for f in report.findings if f.severity != "hint"}


def keras_model(units=1, activation="sigmoid", from_logits=False, extra=()):
    keras = pytest.importorskip("keras")
    hidden = [keras.layers.Dense(16, activation="relu", kernel_regularizer=keras.regularizers.L2(1e-6)), *extra]
    model = keras.Sequential([keras.Input((10,)), *hidden, keras.layers.Dense(units, activation=activation)])
    kind = keras.losses.SparseCategoricalCrossentropy if units > 1 else keras.losses.BinaryCrossentropy
    metrics = ["accuracy", keras.metrics.AUC()] if units == 1 else ["accuracy"]
    model.compile(keras.optimizers.Adam(1e-2), kind(from_logits=from_logits), metrics=metrics)
    return model


@pytest.mark.parametrize("case", PLANTED)
def test_planted_mistakes_in_keras(case):
    _, x, y, expected, said = PLANTED[case]
    report = doctor.examine(keras_model(*HEADS[case]), x, y, **QUICK)
    assert (report.findings[0].kind, report.findings[0].where) == expected, str(report)
    assert said in report.findings[0].summary


def test_a_sound_keras_model_is_healthy_and_stays_as_it_is():
    model = keras_model()
    with doctor.program.quietly():  # NumPy 2.4 warns of how Keras hands out its weights
        before = model.get_weights()
    report = doctor.examine(model, X, Y, **FIT)
    assert report.healthy, str(report)
    assert "not_converted" not in {f.kind for f in report.findings}
    with doctor.program.quietly():
        after = model.get_weights()
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_keras_has_and_we_have_not_is_named():
    keras = pytest.importorskip("keras")

    class Odd(keras.layers.Layer):
        def call(self, x):
            return x

    x = X.copy()
    x[3, 2] = np.nan
    report = doctor.examine(keras_model(extra=[Odd()]), x, Y, **FIT)
    assert worst(report) == {("nan_in_data", "data.x")}
    hint = report.findings[-1]
    assert (hint.kind, hint.where) == ("not_converted", "layer:1")
    assert "Odd" in hint.summary
    assert "only the data" in hint.summary


def test_a_keras_model_has_to_be_compiled():
    keras = pytest.importorskip("keras")
    with pytest.raises(ValueError, match=r"not compiled; call model\.compile"):
        doctor.examine(keras.Sequential([keras.Input((10,)), keras.layers.Dense(1)]), X, Y)
    with pytest.raises(TypeError, match="received list"):
        doctor.examine([1], X, Y)


def torch_module(units=1, activation="sigmoid"):
    nn = pytest.importorskip("torch").nn
    ending = {"sigmoid": [nn.Sigmoid()], "softmax": [nn.Softmax(-1)], "relu": [nn.ReLU()], None: []}[activation]
    return nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, units), *ending)


def torch_examine(module, x, y, loss, rate=1e-2, **fit):
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.Adam(module.parameters(), rate)
    return doctor.examine(module, x, y, loss=loss, optimizer=optimizer, **FIT | fit)


@pytest.mark.parametrize("case", PLANTED)
def test_planted_mistakes_in_torch(case):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    _, x, y, (kind, where), said = PLANTED[case]
    units, activation, from_logits = HEADS[case]
    loss = torch.nn.CrossEntropyLoss() if from_logits else torch.nn.BCELoss()
    labels = torch.tensor(y) if units > 1 else torch.tensor(y)[:, None]
    report = torch_examine(torch_module(units, activation), torch.tensor(x), labels, loss, budget="quick")
    first = report.findings[0]
    places = {"layer:1": ("layer:2", "layer:3")}.get(where, (where,))  # activations are layers of their own there
    assert first.kind == kind, str(report)
    assert first.where in places
    assert said.replace("layer 1", "layer 3") in first.summary


def test_sound_torch_modules_are_healthy():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    nn = torch.nn
    assert torch_examine(torch_module(), X, Y[:, None], nn.BCELoss()).healthy
    scores = torch_examine(torch_module(2, None), X, Y.astype(np.int64), torch.nn.functional.cross_entropy)
    assert scores.healthy, str(scores)
    ids = RNG.integers(0, 2, 300)
    images = (RNG.normal(size=(300, 1, 12, 12)) + ids[:, None, None, None]).astype(np.float32)
    network = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Sequential(nn.Dropout(0.1), nn.Linear(288, 2)), nn.LogSoftmax(-1),
    )  # fmt: skip
    report = torch_examine(network, images, ids, nn.NLLLoss(), 1e-3, budget="quick")
    assert report.healthy, str(report)
    assert "not_converted" not in {f.kind for f in report.findings}


def test_weights_that_the_optimizer_does_not_know_count_as_frozen():
    torch = pytest.importorskip("torch")
    module = torch_module()
    for own in (module[0], module[2]):
        torch.nn.init.zeros_(own.weight)
    optimizer = torch.optim.SGD(module[0].parameters(), 1e-2)
    found = worst(doctor.examine(module, X, Y[:, None], loss=torch.nn.BCELoss(), optimizer=optimizer, **QUICK))
    assert ("wrong_weight_init", "layer:0") in found
    assert ("frozen_layers", "layer:2") in found


def test_what_torch_has_and_we_have_not_is_named():
    torch = pytest.importorskip("torch")
    odd = torch.nn.Sequential(torch.nn.Linear(10, 4), torch.nn.GLU(), torch.nn.Linear(2, 1))
    hint = torch_examine(odd, X, Y[:, None], torch.nn.MSELoss()).findings[-1]
    assert (hint.kind, hint.where) == ("not_converted", "layer:1")
    with pytest.raises(TypeError, match="has no optimizer"):
        doctor.examine(odd, X, Y, loss=torch.nn.MSELoss())


@pytest.mark.parametrize("kind", ["adapted", "frozen"])
def test_statistics_that_a_keras_model_holds_come_along(kind):
    keras = pytest.importorskip("keras")
    x = X * 300 + 5000
    if kind == "adapted":
        first = keras.layers.Normalization()
        first.adapt(x)
    else:
        first = keras.layers.BatchNormalization(center=False, scale=False, trainable=False)
    model = keras.Sequential(
        [keras.Input((10,)), first, keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1, "sigmoid")]
    )
    if kind == "frozen":
        first.set_weights([x.mean(axis=0), x.var(axis=0)])
    model.compile(keras.optimizers.Adam(1e-2), "binary_crossentropy")
    report = doctor.examine(model, x, Y, **FIT)
    assert report.healthy, str(report)
