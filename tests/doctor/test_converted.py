"""Functional and subclassed models of Keras, and PyTorch modules with a ``forward`` of their own."""

import os

import numpy as np
import pytest

from clarinet import doctor
from tests.doctor.test_planted import X, Y

os.environ.setdefault("KERAS_BACKEND", "jax")
RNG = np.random.default_rng(0)
QUICK = {"epochs": 10, "batch_size": 64, "budget": "quick"}


def found(report):
    return {(f.kind, f.where) for f in report.findings if f.severity != "hint"}


def hints(report):
    return {f.kind for f in report.findings if f.severity == "hint"}


# Keras.


def test_a_functional_keras_model_is_examined_as_a_stack_of_the_same_layers():
    keras = pytest.importorskip("keras")
    inputs = keras.Input((10,))
    hidden = keras.layers.Dense(16, activation="relu")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1, activation="softmax")(hidden))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    report = doctor.examine(model, X, Y, **QUICK)
    assert found(report) == {("softmax_on_single_unit", "layer:2")}, str(report)
    assert "not_converted" not in hints(report)


def test_several_inputs_and_outputs_and_models_within():
    keras = pytest.importorskip("keras")
    left, right = keras.Input((4,), name="left"), keras.Input((3,), name="right")
    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, activation="relu")])
    both = keras.layers.Concatenate()([inner(left), keras.layers.Dense(8, activation="relu")(right)])
    ends = [keras.layers.Dense(1, name="age")(both), keras.layers.Dense(3, activation="sigmoid", name="kind")(both)]
    model = keras.Model([left, right], ends)
    model.compile("adam", {"age": "mse", "kind": "sparse_categorical_crossentropy"})
    x = {"left": RNG.normal(size=(300, 4)), "right": RNG.normal(size=(300, 3)) * 1e4}
    y = {"age": x["left"][:, :1], "kind": RNG.integers(0, 3, 300)}
    report = doctor.examine(model, x, y, **QUICK)
    assert ("unscaled_inputs", "data.x['right']") in found(report), str(report)
    assert any("'kind'" in f.summary for f in report.findings), str(report)


def test_a_keras_model_with_a_call_of_its_own():
    keras = pytest.importorskip("keras")

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.hidden = keras.layers.Dense(16, activation="relu")
            self.end = keras.layers.Dense(1, activation="softmax")

        def call(self, x):
            return self.end(self.hidden(x))

    model = Own()
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    report = doctor.examine(model, X, Y, **QUICK)
    assert found(report) == {("softmax_on_single_unit", "layer:1")}, str(report)
    assert not model.built  # it is a copy that was looked at


# PyTorch.

torch = pytest.importorskip("torch")
nn = torch.nn


def examined(module, x, y, loss, rate=1e-3, **fit):
    optimizer = torch.optim.Adam(module.parameters(), rate)
    return doctor.examine(module, x, y, loss=loss, optimizer=optimizer, **QUICK | fit)


class Pictures(nn.Module):
    def __init__(self, ends):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 8, 3), nn.Conv2d(8, 16, 3)
        self.dropout = nn.Dropout(0.25)
        self.fc1, self.fc2 = nn.Linear(400, 32), nn.Linear(32, 3)
        self.ends = ends

    def forward(self, x):
        x = torch.relu(self.conv1(x))
        x = nn.functional.max_pool2d(nn.functional.relu(self.conv2(x)), 2)
        x = self.dropout(torch.flatten(x, 1))
        x = self.fc2(torch.relu(self.fc1(x)))
        return self.ends(x)


class Words(nn.Module):
    """A text classifier; both directions, or one."""

    def __init__(self, both):
        super().__init__()
        self.embedding, self.both = nn.Embedding(50, 16), both
        self.lstm = nn.LSTM(16, 12, batch_first=True, bidirectional=both)
        self.fc = nn.Linear(24 if both else 12, 1)

    def forward(self, x):
        _, (hidden, _) = self.lstm(self.embedding(x))
        last = torch.cat((hidden[-2], hidden[-1]), dim=1) if self.both else hidden[-1]
        return self.fc(last).squeeze(1)


class Series(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru, self.fc = nn.GRU(3, 12, 2, batch_first=True), nn.Linear(12, 1)

    def forward(self, x):
        first = torch.zeros(2, x.size(0), 12)
        steps, _ = self.gru(x, first)
        return self.fc(steps[:, -1, :])


class Shortcut(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.conv = nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.norm, self.pool, self.fc = nn.BatchNorm2d(8), nn.AdaptiveAvgPool2d((1, 1)), nn.Linear(8, 3)

    def forward(self, x):
        x = self.stem(x)
        y = torch.relu(self.norm(self.conv(x)))
        y += x
        return self.fc(self.pool(y).view(x.size(0), -1))


class Filters(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.conv, self.fc = nn.Embedding(50, 16), nn.Conv1d(16, 8, 3), nn.Linear(8, 2)

    def forward(self, x):
        x = torch.relu(self.conv(self.embedding(x).permute(0, 2, 1)))
        return self.fc(x.max(dim=2)[0])


KINDS = RNG.integers(0, 3, 300)
IMAGES = (RNG.normal(size=(300, 1, 14, 14)) + KINDS[:, None, None, None]).astype(np.float32)
TEXTS = RNG.integers(0, 50, (300, 10))
LATE = (TEXTS[:, -1] > 25).astype(np.float32)
SEQUENCES = RNG.normal(size=(300, 8, 3)).astype(np.float32)
SOUND = {
    "pictures": lambda: (Pictures(nn.LogSoftmax(1)), IMAGES, KINDS, nn.NLLLoss()),
    "words": lambda: (Words(False), TEXTS, LATE, nn.BCEWithLogitsLoss()),
    "words both ways": lambda: (Words(True), TEXTS, LATE, nn.BCEWithLogitsLoss()),
    "series": lambda: (Series(), SEQUENCES, SEQUENCES[:, -1, :1], nn.MSELoss()),
    "shortcut": lambda: (Shortcut(), IMAGES, KINDS, nn.CrossEntropyLoss()),
    "filters": lambda: (Filters(), TEXTS, LATE.astype(int), nn.functional.cross_entropy),
}


@pytest.mark.parametrize("name", SOUND)
def test_modules_with_a_forward_of_their_own_are_followed(name):
    torch.manual_seed(0)
    module, x, y, loss = SOUND[name]()
    before = [p.detach().clone() for p in module.parameters()]
    report = examined(module, x, y, loss)
    assert report.healthy, str(report)
    assert "not_converted" not in hints(report), str(report)
    assert all(torch.equal(a, b) for a, b in zip(before, module.parameters(), strict=True))
    assert module.training
    assert not any(own._forward_hooks for own in module.modules())


@pytest.mark.parametrize("name", SOUND)
def test_the_network_that_was_made_computes_what_the_module_computes(name):
    from clarinet.doctor.adapters import adapt

    torch.manual_seed(0)
    module, x, y, loss = SOUND[name]()
    optimizer = torch.optim.Adam(module.parameters())
    adapted = adapt(module, x, y, None, {"loss": loss, "optimizer": optimizer})
    module.eval()
    with torch.no_grad():
        theirs = module(torch.as_tensor(x[:9]))
    ours = np.asarray(adapted.model.predict(adapted.rows.x[:9], verbose=0))
    if isinstance(loss, nn.NLLLoss):
        ours = ours - np.log(np.exp(ours).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(ours.reshape(theirs.shape), theirs.numpy(), rtol=1e-4, atol=1e-5)


def test_a_fault_has_the_number_and_the_name_of_its_module():
    torch.manual_seed(0)
    report = examined(Pictures(nn.Softmax(1)), IMAGES, KINDS, nn.CrossEntropyLoss())
    assert ("double_softmax", "loss") in found(report) or ("double_softmax", "layer:5") in found(report), str(report)
    module = Pictures(nn.Identity())
    for p in module.fc2.parameters():
        p.requires_grad = False
    nn.init.zeros_(module.fc1.weight)
    report = examined(module, IMAGES, KINDS, nn.CrossEntropyLoss())
    assert ("wrong_weight_init", "layer:3") in found(report), str(report)
    assert ("frozen_layers", "layer:4") in found(report), str(report)


def test_data_sets_and_loaders_say_how_rows_come():
    order = np.argsort(Y)
    rows, labels = torch.tensor(X[order]), torch.tensor(Y[order])[:, None]
    data = torch.utils.data.TensorDataset(rows, labels)
    module = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 1))
    optimizer = torch.optim.Adam(module.parameters(), 1e-2)
    settings = {"loss": nn.BCEWithLogitsLoss(), "optimizer": optimizer, "epochs": 10, "budget": "quick"}
    sorted_rows = torch.utils.data.DataLoader(data, batch_size=32)
    report = doctor.examine(module, sorted_rows, **settings)
    assert {kind for kind, _ in found(report)} == {"data_not_shuffled"}, str(report)
    shuffled = torch.utils.data.DataLoader(data, batch_size=32, shuffle=True)
    assert doctor.examine(module, shuffled, **settings).healthy
    assert doctor.examine(module, data, validation_data=sorted_rows, **settings).findings


def test_what_cannot_be_followed_is_named():
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc, self.scale = nn.Linear(10, 1), nn.Parameter(torch.ones(1))

        def forward(self, x):
            return torch.special.erfcx(self.fc(x)) * self.scale

    hint = examined(Odd(), X, Y[:, None], nn.MSELoss()).findings[-1]
    assert (hint.kind, hint.where) == ("not_converted", "layer:0")
    assert "erfcx" in hint.summary
