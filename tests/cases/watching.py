"""A row for every kind that the doctor sees in a training: one that shows it, and a sound one that looks like it."""

from dataclasses import dataclass, field

import numpy as np

from clarinet.initializers import Constant, RandomNormal
from clarinet.layers import Dense
from clarinet.losses import Custom
from clarinet.optimizers import SGD, Adam
from tests.cases.rules import AMOUNTS, LUCK, YES, Sketch, X

FEW = slice(0, 40)


def net(*layers, ends="sigmoid"):
    """Hidden layers of 16 units, made anew each time from (activation, settings), and one unit."""
    return lambda: [*(Dense(16, activation=a, **settings) for a, settings in layers), Dense(1, activation=ends)]


def drawn(stddev):
    return {"kernel_initializer": RandomNormal(stddev=stddev)}


#: A loss that is no number where the prediction is negative.
LOGARITHM = Custom(lambda t, p: np.log(p).mean(axis=-1) - t.mean(axis=-1), lambda t, p: 1 / p / p.shape[-1])


RELU = ("relu", {})
SOUND = Sketch(fit={"epochs": 8})
SLOW = Sketch(fit={"epochs": 8}, optimizer=lambda: SGD(0.01))
ZERO = Sketch(net(("relu", {"kernel_initializer": "zeros"})), fit={"epochs": 8})


@dataclass(frozen=True)
class Watch:
    """A kind, a training in which it is seen at ``where``, and a sound one in which it is not."""

    kind: str
    where: str
    sick: Sketch
    sound: Sketch = field(default_factory=lambda: SOUND)

    def __repr__(self):
        return f"{self.kind}-{self.where}"


WATCHED = [
    Watch("non_finite_loss", "loss", Sketch(net(RELU, ends=None), y=AMOUNTS, loss=LOGARITHM)),
    Watch(
        "learning_rate_too_high", "optimizer",
        Sketch(net(RELU, ends=None), y=AMOUNTS, loss="mse", optimizer=lambda: SGD(1.0)),
        Sketch(net(RELU, ends=None), y=AMOUNTS, loss="mse", optimizer=lambda: SGD(0.05), fit={"epochs": 8}),
    ),
    Watch(
        "learning_rate_too_high", "optimizer", Sketch(net(RELU, RELU), optimizer=lambda: Adam(2.0), fit={"epochs": 8}),
        Sketch(net(RELU, RELU), optimizer=lambda: Adam(0.03), fit={"epochs": 8}),
    ),
    Watch("learning_rate_too_low", "optimizer", Sketch(optimizer=lambda: SGD(1e-7), fit={"epochs": 4}), SLOW),
    Watch("dying_relu", "layer:0", Sketch(net(("relu", {"bias_initializer": Constant(-10.0)})), fit={"epochs": 4})),
    Watch(
        "saturated_activation", "layer:0", Sketch(net(("sigmoid", drawn(80.0))), y=LUCK, fit={"epochs": 2}),
        Sketch(net(("sigmoid", {})), fit={"epochs": 8}),
    ),
    Watch(
        "vanishing_gradient", "layer:0", Sketch(net(*[("sigmoid", {})] * 8), fit={"epochs": 3}),
        Sketch(net(*[("tanh", {})] * 3), fit={"epochs": 8}),
    ),
    Watch(
        "exploding_gradient", "layer:0",
        Sketch(net(("relu", drawn(1e-4)), *[("relu", drawn(1.0))] * 3, ends=None), y=AMOUNTS, loss="mse",
               optimizer=lambda: SGD(1e-9), fit={"epochs": 3}),
        Sketch(net(*[RELU] * 4, ends=None), y=AMOUNTS, loss="mse", fit={"epochs": 8}),
    ),
    Watch("constant_output", "layer:1", ZERO),
    Watch("loss_not_falling", "model", ZERO, SLOW),
    Watch("no_better_than_majority", "model", ZERO, SLOW),
    Watch(
        "overfit", "model",
        Sketch(net(RELU, RELU), x=X[FEW], y=LUCK[FEW], optimizer=lambda: Adam(0.02),
               fit={"epochs": 150, "validation_data": (X[40:200], LUCK[40:200])}),
        Sketch(x=X[:500], y=YES[:500], fit={"epochs": 8, "validation_data": (X[500:], YES[500:])}),
    ),
    Watch("too_few_epochs", "fit.epochs", Sketch(optimizer=lambda: SGD(0.003), fit={"epochs": 3})),
    Watch("underfit", "model", Sketch(net(), y=(X[:, 0] * X[:, 1] > 0) * 1.0, fit={"epochs": 12})),
]  # fmt: skip
