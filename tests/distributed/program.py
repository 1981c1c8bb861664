"""What the tests start with ``mpirun``: trainings whose results each rank writes down."""

import json
import os
import sys
from pathlib import Path

import numpy as np

import clarinet
from clarinet.layers import (
    GRU,
    AlphaDropout,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GaussianDropout,
    GaussianNoise,
    Input,
    MaxPooling2D,
    Reshape,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(110, 8, 8, 1)).astype("float32")
Y = RNG.integers(0, 5, 110)
WEIGHTS = RNG.random(110).astype("float32")

NETWORKS = {
    "pictures": lambda: [Conv2D(4, 3, activation="relu"), MaxPooling2D(2), Dropout(0.25), Flatten()],
    "noise": lambda: [
        Flatten(), GaussianNoise(0.3), Dense(16, activation="relu", kernel_regularizer="l2"), GaussianDropout(0.2),
        AlphaDropout(0.1),
    ],
    "sequences": lambda: [Reshape((8, 8)), GRU(6, dropout=0.2, recurrent_dropout=0.3)],
    "normalized": lambda: [Flatten(), BatchNormalization()],
}  # fmt: skip


def compiled(kind, loss="sparse_categorical_crossentropy"):
    """A network with the same weights in every process."""
    clarinet.utils.set_random_seed(3)
    model = clarinet.Sequential([Input((8, 8, 1)), *NETWORKS[kind](), Dense(5, activation="softmax")])
    metrics = ["accuracy", clarinet.metrics.AUC()] if loss == "categorical_crossentropy" else ["accuracy"]
    model.compile(clarinet.optimizers.Adam(0.01, global_clipnorm=1.0), loss, metrics=metrics)
    return model


class Losses(clarinet.callbacks.Callback):
    """The loss of every step; dies where it is told to."""

    def __init__(self, dies=None):
        self.losses, self.dies = [], dies

    def get_state(self):
        return {"losses": self.losses}

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(logs["loss"])

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.dies:
            raise OSError("this rank is ill")


def trained(kind, distribute, dies=None, **more):
    """What comes of a training."""
    model, losses = compiled(kind), Losses(dies)
    given = {"batch_size": 32, "epochs": 2, "validation_split": 0.1, "sample_weight": WEIGHTS, "verbose": 0} | more
    history = model.fit(X, Y, distribute=distribute, callbacks=[losses], **given).history
    weights = np.concatenate([array.ravel() for array in model.get_weights()]).tolist()
    return {"weights": weights, "history": history, "losses": losses.losses}


def refusal(work):
    """The message of what is refused."""
    try:
        work()
    except (RuntimeError, ValueError) as error:
        return str(error)
    return "not refused"


def refusals(rank):
    """The messages of all that cannot be shared out."""
    rows = X[: 90 + rank]
    model = compiled("noise")
    other = compiled("noise")
    other.compile("sgd", lambda y_true, y_pred: clarinet.ops.mean((y_pred - clarinet.ops.mean(y_pred, 0)) ** 2, -1))
    return [
        refusal(lambda: trained("normalized", "mpi")),
        refusal(lambda: trained("noise", "mpi", batch_size=15)),
        refusal(lambda: trained("noise", "mpi:3")),
        refusal(lambda: model.fit(rows, Y[: len(rows)], distribute="mpi", verbose=0)),
        refusal(lambda: other.fit(X, X[:, 0, :5, 0], distribute="mpi", verbose=0)),
    ]


if __name__ == "__main__":
    what, folder = sys.argv[1], Path(sys.argv[2])
    from mpi4py import MPI

    rank = MPI.COMM_WORLD.rank
    if what == "kinds":
        kinds = ("pictures", "noise", "sequences")
        found = {kind: [trained(kind, "mpi") for _ in range(2)] for kind in kinds} | {"refused": refusals(rank)}
    elif what == "astray":
        found = trained("noise", "mpi", epochs=2 + rank)
    else:
        clarinet.runs.Store(folder / "store")
        os.environ["CLARINET_HOME"] = str(folder / "store")
        settings = {"epochs": 4, "run": "ranks", "checkpoint": 3, "resume": True}
        found = trained("pictures", "mpi", dies=2 if what == "dies" and rank == 1 else None, **settings)
    (folder / f"{what}-{rank}.json").write_text(json.dumps(found))
