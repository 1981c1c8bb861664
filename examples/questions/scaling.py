# %% [markdown]
# # Why scale at all?
#
# The same network, the same images, three scales of the pixels: 0 to 255 as they come, 0 to 1, and with the mean and
# the spread of all images taken out (about −0.4 to 2.8).

# %%
import sys

sys.path += [f"{sys.path[0]}/..", ".."]  # where common.py is: for a script, for a notebook
from clarinet import Sequential
from clarinet.datasets import mnist
from clarinet.layers import Dense, Input
from clarinet.optimizers import SGD, Adam
from common import arguments, chart, curves, show, table

options = arguments(epochs=5, rows=10_000)
(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train, x_test = (x.reshape(len(x), -1).astype("float32") for x in (x_train[: options.rows], x_test))
y_train = y_train[: options.rows]
mean, spread = x_train.mean(), x_train.std()

# %%
scales = {
    "0 to 255": lambda x: x,
    "0 to 1": lambda x: x / 255,
    "mean 0, spread 1": lambda x: (x - mean) / spread,
}
optimizers = {"gradient descent": lambda: SGD(0.05), "Adam": Adam}
figure, axes = chart("Scale of the inputs", columns=2, width=4.8)
results = {}
for ax, (optimizer, make) in zip(axes, optimizers.items(), strict=True):
    runs = {}
    for name, scale in scales.items():
        model = Sequential([Input((784,)), Dense(64, activation="sigmoid"), Dense(10, activation="softmax")])
        model.compile(make(), "sparse_categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(scale(x_train), y_train, epochs=options.epochs, seed=options.seed, verbose=0,
                            validation_data=(scale(x_test), y_test)).history  # fmt: skip
        runs[name] = [history["val_accuracy"]]
        results[f"{optimizer}, {name}: test accuracy"] = history["val_accuracy"][-1]
    curves(ax, range(1, options.epochs + 1), runs, "epoch", "test accuracy")
    ax.set(title=optimizer, ylim=(0, 1))

# %% [markdown]
# With inputs of 255 the weighted sums are hundreds of times too large: every sigmoid is at its end, where its slope is
# next to 0, and the few that are not get steps that are far too long. Adam divides a step by its usual size, which
# mends the length of the steps but not the flat ends.

# %%
show(figure, "scaling")
table(results)
