# %% [markdown]
# # Which loss does `o - l` belong to?
#
# The tutorial computes a mean squared error, then says that "thanks to a few mathematical tricks" its derivative is
# just `o - l`, and never uses the error again. A gradient check tells which loss that delta really descends. With
# that known, Clarinet trains the same network to the last digit; and we see what the squared error does when it is
# done exactly.

# %%
import sys

sys.path += [f"{sys.path[0]}/..", ".."]  # where common.py is: for a script, for a notebook
import numpy as np

from clarinet import Input, Sequential, check_gradients
from clarinet.datasets import mnist
from clarinet.initializers import RandomUniform
from clarinet.layers import Dense
from clarinet.optimizers import SGD
from common import arguments, chart, curves, show, table

options = arguments(epochs=3, rows=60_000, updates=1_000)

(x_train, digits), (x_test, y_test) = mnist.load_data()
x_train, x_test = x_train[: options.rows].reshape(-1, 784) / 255, x_test.reshape(-1, 784) / 255
labels, test_labels = np.eye(10)[digits[: options.rows]], np.eye(10)[y_test]


# %% [markdown]
# ## The gradient check
#
# The weighted sum `z` of one output is moved a little up and a little down; how does the loss answer? The delta is
# meant to be that derivative. Three losses of the same ten outputs `o = sigmoid(z)`:


# %%
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


losses = {
    "mean squared error": lambda o, t: np.mean((o - t) ** 2),
    "half the summed squared error": lambda o, t: np.sum((o - t) ** 2) / 2,
    "summed binary cross-entropy": lambda o, t: -np.sum(t * np.log(o) + (1 - t) * np.log(1 - o)),
}


def slopes(loss, z, label, step=1e-5):
    """Central differences of the loss, one weighted sum at a time."""
    steps = step * np.eye(len(z))
    return np.array([(loss(sigmoid(z + s), label) - loss(sigmoid(z - s), label)) / (2 * step) for s in steps])


z, label = np.random.default_rng(options.seed).normal(size=10), labels[0]
delta = sigmoid(z) - label
apart = {}
for name, loss in losses.items():
    by_trial = slopes(loss, z, label)
    apart[name] = np.linalg.norm(delta - by_trial) / np.linalg.norm(delta + by_trial)
    print(f"{name:29} by trial {np.round(by_trial[:3], 4)} …, o - l {np.round(delta[:3], 4)} …, "
          f"|difference| / |sum| {apart[name]:.1e}")  # fmt: skip

# %% [markdown]
# It is the binary cross-entropy, summed over the outputs. Its derivative by `o` is `(o - l) / (o (1 - o))`, the
# sigmoid's is `o (1 - o)`, and the product is `o - l`: no trick with the squared error, another loss. The squared
# error's own delta is `2/10 · (o - l) · o (1 - o)`.
#
# ## The same through Clarinet
#
# `binary_crossentropy` is the **mean** over the ten outputs, as in Keras. So a learning rate of 0.1 there is 0.01
# here. One image a batch, in the order of the file, from the same weights: first 1,000 updates, against the
# textbook's loop.


# %%
def new_model(loss="binary_crossentropy", rate=0.1, **compiling):
    start = {"activation": "sigmoid", "kernel_initializer": RandomUniform(-0.5, 0.5)}
    model = Sequential([Input((784,)), Dense(20, **start), Dense(10, **start)])
    model.compile(SGD(rate), loss, metrics=["categorical_accuracy"], **compiling)
    return model


def textbook(weights, images, labels, learn_rate=0.01):
    """The weights after one update an image: the deltas first, from the old weights, then the steps."""
    W1, b1, W2, b2 = (w.astype(np.float64) for w in weights)
    for x, label in zip(images[:, None], labels[:, None]):
        h = sigmoid(x @ W1 + b1)
        o = sigmoid(h @ W2 + b2)
        dz2 = o - label
        dz1 = dz2 @ W2.T * h * (1 - h)
        W2 -= learn_rate * h.T @ dz2
        b2 -= learn_rate * dz2[0]
        W1 -= learn_rate * x.T @ dz1
        b1 -= learn_rate * dz1[0]
    return [W1, b1, W2, b2]


def fit(model, x, labels, epochs=1, **validation):
    return model.fit(x, labels, batch_size=1, epochs=epochs, shuffle=False, seed=options.seed, verbose=0, **validation)


first, first_labels = x_train[: options.updates], labels[: options.updates]
differences = {}
for engine, dtype in (("reference", "float64"), ("native", "float32")):
    model = new_model(engine=engine, dtype=dtype)
    model.build()
    x = first.astype(dtype)
    expected = textbook(model.get_weights(), x, first_labels)
    fit(model, x, first_labels)
    differences[engine, dtype] = max(abs(a - b).max() for a, b in zip(model.get_weights(), expected))
    print(f"{engine}, {dtype}: after {len(x)} updates the furthest weight is {differences[engine, dtype]:.1e} off")
check = check_gradients(new_model(), x_train[:5], labels[:5])
print(check)

# %% [markdown]
# ## What changes when the squared error is done exactly
#
# Three epochs with each loss. The squared error's delta is at most a twentieth of `o - l`, and next to nothing where
# the network is sure and wrong, so the tutorial's rate of 0.01 is far too small for it. With a hundredfold rate it
# reads digits as well: it is a loss like another, but not the one that the tutorial trains.

# %%
x_train, x_test = x_train.astype(np.float32), x_test.astype(np.float32)
settings = {
    "cross-entropy, rate 0.01": ("binary_crossentropy", 0.1),  # the mean over ten outputs
    "squared error, rate 0.01": ("mse", 0.01),
    "squared error, rate 0.1": ("mse", 0.1),
    "squared error, rate 1": ("mse", 1.0),
}
histories = {
    name: fit(new_model(*setting), x_train, labels, options.epochs, validation_data=(x_test, test_labels)).history
    for name, setting in settings.items()
}
for name, history in histories.items():
    print(f"{name}: {np.round(history['categorical_accuracy'], 3)}, test {history['val_categorical_accuracy'][-1]:.3f}")
figure, (ax,) = chart("Accuracy on the test images after each epoch")
lines = {name: [history["val_categorical_accuracy"]] for name, history in histories.items()}
curves(ax, range(1, options.epochs + 1), lines, "epoch", "accuracy")
ax.set_xticks(range(1, options.epochs + 1))
show(figure, "losses")

# %%
results = {f"o − l against the slopes of: {name}": value for name, value in apart.items()}
results |= {f"{engine} {dtype}: furthest weight after {options.updates} updates": value
            for (engine, dtype), value in differences.items()}  # fmt: skip
results["largest error of a gradient check through Clarinet"] = max(c.error for c in check.checks)
for name, history in histories.items():
    results[f"{name}: accuracy in the last epoch"] = history["categorical_accuracy"][-1]
    results[f"{name}: test accuracy"] = history["val_categorical_accuracy"][-1]
table(results)
