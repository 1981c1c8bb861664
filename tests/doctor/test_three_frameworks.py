"""One network in Clarinet, Keras and PyTorch gets the same verdict: a table of networks and faults."""

import os

import numpy as np
import pytest

import clarinet
from clarinet import doctor

os.environ.setdefault("KERAS_BACKEND", "jax")
pytestmark = pytest.mark.filterwarnings("ignore")
RNG = np.random.default_rng(5)
X = RNG.normal(size=(400, 6)).astype(np.float32)
PICTURES = RNG.normal(size=(400, 8, 8, 1)).astype(np.float32)
YES = (X[:, 0] + X[:, 1] > 0).astype(np.float32)
KINDS = np.digitize(X[:, 0], [-0.5, 0.5]).astype(np.int64)
AMOUNT = (X[:, 0] * 2 - X[:, 2]).astype(np.float32)
PICTURES += KINDS[:, None, None, None]
DATA = {"yes": (X, YES), "kinds": (X, KINDS), "amount": (X, AMOUNT), "pictures": (PICTURES, KINDS)}
UNITS = {"yes": 1, "kinds": 3, "amount": 1, "pictures": 3}
ENDS = {"yes": "sigmoid", "kinds": "softmax", "amount": None, "pictures": "softmax"}
LOSSES = {"yes": "binary_crossentropy", "kinds": "scores", "amount": "mse", "pictures": "scores"}
#: What each fault changes; in PyTorch the loss of scores takes logits, so that its sound networks end without softmax.
FAULTS = {
    "sound": {},
    "softmax on one unit": {"units": 1, "end": "softmax"},
    "no activation": {"hidden": None},
    "sigmoid hidden": {"hidden": "sigmoid"},
    "relu output": {"end": "relu"},
    "zeros": {"zeros": True},
    "large inputs": {"scale": 1e4},
    "tiny inputs": {"scale": 1e-6},
    "huge rate": {"rate": 50.0},
    "tiny rate": {"rate": 1e-9},
    "negative rate": {"rate": -0.01},
    "dropout": {"dropout": 0.95},
    "one label": {"labels": "same"},
    "nan": {"labels": "nan"},
    "sorted": {"labels": "sorted", "shuffle": False},
    "one epoch too few": {"epochs": 1},
    "huge batch": {"batch": 100000},
}
_NONE = {("kinds", "softmax on one unit"), ("pictures", "softmax on one unit"), ("pictures", "nan")}
ROWS = [(data, fault) for data in DATA for fault in FAULTS if (data, fault) not in _NONE]
#: A short list is always run.
SHORT = [
    ("yes", "sound"), ("kinds", "sound"), ("pictures", "sound"), ("yes", "softmax on one unit"), ("kinds", "zeros"),
    ("amount", "large inputs"), ("yes", "no activation"), ("kinds", "sorted"),
]  # fmt: skip


def settings_of(data, fault):
    own = {"units": UNITS[data], "end": ENDS[data], "hidden": "relu", "zeros": False, "scale": 1.0, "rate": 1e-2,
           "dropout": 0.0, "labels": "", "shuffle": True, "epochs": 20, "batch": 32}  # fmt: skip
    return own | FAULTS[fault]


def rows_of(data, own):
    x, y = (each.copy() for each in DATA[data])
    x = x * np.float32(own["scale"])
    if own["labels"] == "same":
        y[:] = 1
    if own["labels"] == "nan":
        x[3, 2] = np.nan
    if own["labels"] == "sorted":
        order = np.argsort(y, kind="stable")
        x, y = x[order], y[order]
    return x, y


def of_keras_shape(library, data, own):
    """A stack in Clarinet or Keras, whose names are alike."""
    layers = library.layers
    drawn = {"kernel_initializer": "zeros"} if own["zeros"] else {}
    first = [layers.Conv2D(8, 3, activation=own["hidden"], **drawn), layers.Flatten()] if data == "pictures" else []
    stack = [
        library.Input(DATA[data][0].shape[1:]), *first, layers.Dense(16, activation=own["hidden"], **drawn),
        *([layers.Dropout(own["dropout"])] if own["dropout"] else []),
        layers.Dense(own["units"], activation=own["end"]),
    ]  # fmt: skip
    loss = "sparse_categorical_crossentropy" if LOSSES[data] == "scores" else LOSSES[data]
    model = library.Sequential(stack)
    model.compile(library.optimizers.Adam(own["rate"]), loss, metrics=["mae"] if data == "amount" else ["accuracy"])
    return model


def of_torch(data, own):
    torch = pytest.importorskip("torch")
    nn = torch.nn
    torch.manual_seed(0)
    functions = {"relu": torch.relu, "sigmoid": torch.sigmoid, None: lambda x: x}
    functions["softmax"] = lambda x: torch.softmax(x, 1)
    end = None if LOSSES[data] == "scores" and own["end"] == "softmax" else own["end"]

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 8, 3) if data == "pictures" else None
            self.fc1 = nn.Linear(288 if data == "pictures" else 6, 16)
            self.drop, self.fc2 = nn.Dropout(max(own["dropout"], 0.0)), nn.Linear(16, own["units"])
            for module in (self.conv, self.fc1):
                if module is not None and own["zeros"]:
                    nn.init.zeros_(module.weight)

        def forward(self, x):
            if self.conv is not None:
                x = functions[own["hidden"]](self.conv(x)).flatten(1)
            x = functions[own["hidden"]](self.fc1(x))
            x = self.drop(x) if own["dropout"] else x
            return functions[end](self.fc2(x))

    module = Net()
    loss = {"scores": nn.CrossEntropyLoss(), "binary_crossentropy": nn.BCELoss(), "mse": nn.MSELoss()}[LOSSES[data]]
    optimizer = torch.optim.Adam(module.parameters(), abs(own["rate"]))
    optimizer.param_groups[0]["lr"] = own["rate"]  # which PyTorch refuses where it is negative
    return module, loss, optimizer


def verdicts(data, fault, budget="quick"):
    """The kinds that each library's program gets, hints left out."""
    own = settings_of(data, fault)
    x, y = rows_of(data, own)
    fit = {"epochs": own["epochs"], "batch_size": own["batch"], "shuffle": own["shuffle"], "budget": budget}
    reports = [doctor.examine(of_keras_shape(clarinet, data, own), x, y, **fit)]
    keras = pytest.importorskip("keras")
    reports.append(doctor.examine(of_keras_shape(keras, data, own), x, y, **fit))
    module, loss, optimizer = of_torch(data, own)
    rows = np.moveaxis(x, -1, 1) if data == "pictures" else x
    labels = y if LOSSES[data] == "scores" else y[:, None]
    reports.append(doctor.examine(module, rows, labels, loss=loss, optimizer=optimizer, **fit))
    return [{f.kind for f in report.findings if f.severity != "hint"} for report in reports]


@pytest.mark.parametrize(("data", "fault"), SHORT, ids=[" ".join(row) for row in SHORT])
def test_the_same_network_gets_the_same_verdict(data, fault):
    ours, of_keras, of_torch_ = verdicts(data, fault)
    assert ours == of_keras == of_torch_
    assert bool(ours) == (fault != "sound")


REST = [row for row in ROWS if row not in SHORT]


@pytest.mark.slow
@pytest.mark.parametrize(("data", "fault"), REST, ids=[" ".join(row) for row in REST])
def test_the_others_agree_too(data, fault):
    ours, of_keras, of_torch_ = verdicts(data, fault)
    assert ours == of_keras == of_torch_
