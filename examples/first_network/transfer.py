# %% [markdown]
# # Next step: transfer learning
#
# A convolutional network learns the digits 0 to 4 from 30,000 images. Then somebody wants 5 to 9 and has only 100
# images of each, or fewer. What the first network found out is reused: its layers are frozen, and only new ones above
# them are trained. Beside it: the same network from nothing.

# %%
import sys

import numpy as np

sys.path += [f"{sys.path[0]}/..", ".."]  # where common.py is: for a script, for a notebook
from clarinet import Sequential
from clarinet.datasets import mnist
from clarinet.layers import Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D
from common import arguments, chart, curves, show, table

options = arguments(epochs=30, rows=12_000)
(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train, x_test = (x[..., None].astype("float32") / 255 for x in (x_train, x_test))


def network(*layers) -> Sequential:
    """A classifier of five digits, ready to train."""
    model = Sequential([Input((28, 28, 1)), *layers, Dense(5, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def features() -> list:
    """Two convolutions and a dense layer."""
    return [Conv2D(16, 3, activation="relu"), MaxPooling2D(), Conv2D(32, 3, activation="relu"), MaxPooling2D(),
            Flatten(), Dropout(0.3), Dense(64, activation="relu")]  # fmt: skip


# %% [markdown]
# ## The first task: 0 to 4

# %%
low = np.flatnonzero(y_train < 5)[: 30_000 if options.full else options.rows]
first = network(*features())
first.fit(x_train[low], y_train[low], epochs=3, seed=options.seed, verbose=0)
known = y_test < 5
print(f"0 to 4: test accuracy {first.evaluate(x_test[known], y_test[known], verbose=0)[1]:.4f}")

# %% [markdown]
# ## The second task: 5 to 9 from 10, 30 or 100 images of each
#
# A layer given to a second model is copied with its weights, so the first network stays as it is. Once all its
# features are kept and frozen, once only the convolutions, below a new dense layer.

# %%
known_layers = Sequential(first.layers[:-1]).layers
for layer in known_layers:
    layer.trainable = False
ways = {
    "from nothing": features,
    "all features kept": lambda: known_layers,
    "convolutions kept": lambda: [*known_layers[:-1], Dense(64, activation="relu")],
}
new = np.flatnonzero(y_test >= 5)[: options.rows]
sizes = (10, 30, 100)
scores: dict[str, list[float]] = {name: [] for name in ways}
for size in sizes:
    draw = np.random.default_rng(options.seed)
    few = np.concatenate([draw.choice(np.flatnonzero(y_train == digit), size, replace=False) for digit in range(5, 10)])
    for name, layers in ways.items():
        model = network(*layers())
        model.fit(x_train[few], y_train[few] - 5, epochs=options.epochs, seed=options.seed, verbose=0)
        scores[name].append(model.evaluate(x_test[new], y_test[new] - 5, verbose=0)[1])

# %% [markdown]
# What the windows learned about strokes from other digits is worth about twice as many images. The dense layer is
# another matter: it kept only what tells 0 to 4 apart, so frozen it does harm. Lower layers carry over, upper ones do
# not (Yosinski et al., *How transferable are features in deep neural networks?*, 2014).

# %%
figure, [ax] = chart("5 to 9, after learning 0 to 4")
curves(ax, sizes, {name: [found] for name, found in scores.items()}, "images of each digit", "accuracy on test images")
ax.set_xscale("log")
ax.set_xticks(sizes, [str(size) for size in sizes])
ax.minorticks_off()
show(figure, "transfer")
results = {f"{name}, {size} images": value for name, found in scores.items() for size, value in zip(sizes, found)}
table(results)
