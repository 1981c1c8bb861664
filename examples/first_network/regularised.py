# %% [markdown]
# # Next step: regularisation
#
# With 5,000 images the network of the tutorial learns its own training images by heart. Three remedies, each alone and
# all together: dropout switches neurons off at random, L2 pulls weights towards zero, and batch normalisation keeps
# what a layer gives at mean 0 and variance 1.

# %%
import sys

sys.path += [f"{sys.path[0]}/..", ".."]  # where common.py is: for a script, for a notebook
from clarinet import Sequential
from clarinet.datasets import mnist
from clarinet.layers import Activation, BatchNormalization, Dense, Dropout, Flatten, Input, Rescaling
from clarinet.regularizers import L2
from common import arguments, chart, curves, show, table

options = arguments(epochs=20, rows=5_000)
(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train, y_train = x_train[: options.rows], y_train[: options.rows]


# %%
def network(dropout: float = 0, l2: float = 0, normalise: bool = False) -> Sequential:
    """784-128-64-10 with the remedies asked for."""
    layers = [Input((28, 28)), Rescaling(1 / 255), Flatten()]
    for units in (128, 64):
        layers += [Dense(units, kernel_regularizer=L2(l2) if l2 else None)]
        layers += [BatchNormalization()] if normalise else []
        layers += [Activation("relu")]
        layers += [Dropout(dropout)] if dropout else []
    return Sequential([*layers, Dense(10, activation="softmax")])


networks = {
    "as it was": network(),
    "dropout 0.3": network(dropout=0.3),
    "L2 0.001": network(l2=1e-3),
    "batch normalisation": network(normalise=True),
    "all three": network(dropout=0.3, l2=1e-3, normalise=True),
}

# %%
results, losses = {}, {}
for name, model in networks.items():
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy", "sparse_categorical_crossentropy"])
    history = model.fit(x_train, y_train, epochs=options.epochs, validation_data=(x_test, y_test), seed=options.seed,
                        verbose=0).history  # fmt: skip
    losses[name] = [history["val_sparse_categorical_crossentropy"]]
    results[f"{name}: training accuracy"] = model.evaluate(x_train, y_train, verbose=0)[1]
    results[f"{name}: test accuracy"] = history["val_accuracy"][-1]
    results[f"{name}: test loss"] = losses[name][0][-1]

# %% [markdown]
# The test loss says most: without a remedy it turns upwards after a few epochs while the training accuracy reaches
# 100 %. The test accuracy hardly moves: the network is less sure where it is wrong, and is wrong as often. (The loss is
# the cross-entropy alone, without what L2 adds, so that the lines can be compared.)

# %%
figure, [ax] = chart(f"Regularisation, {options.rows:,} training images")
curves(ax, range(1, options.epochs + 1), losses, "epoch", "cross-entropy on test images")
show(figure, "regularised")
table(results)
