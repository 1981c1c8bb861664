# %% [markdown]
# # More data, better data or a better algorithm?
#
# Digits from 100 to 60,000 images, for four cases that all take the same number of steps: the network of the tutorial;
# the same with every fifth label wrong (worse data); a network without a hidden layer (a worse algorithm); and a
# convolutional network (a better one).

# %%
import sys

import numpy as np

sys.path += [f"{sys.path[0]}/..", ".."]  # where common.py is: for a script, for a notebook
from clarinet import Sequential
from clarinet.datasets import mnist
from clarinet.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from common import arguments, chart, curves, show, table

options = arguments(steps=2_000, unseen=10_000)
steps = 5 * options.steps if options.full else options.steps
(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train, x_test = (x[..., None].astype("float32") / 255 for x in (x_train, x_test[: options.unseen]))
y_test = y_test[: options.unseen]
draw = np.random.default_rng(options.seed)
order = draw.permutation(len(x_train))
x_train, y_train = x_train[order], y_train[order]
y_wrong = np.where(draw.random(len(y_train)) < 0.2, (y_train + draw.integers(1, 10, len(y_train))) % 10, y_train)

# %%
dense = [Flatten(), Dense(128, activation="relu"), Dense(64, activation="relu")]
convolution = [Conv2D(8, 3, activation="relu"), MaxPooling2D(), Conv2D(16, 3, activation="relu"), MaxPooling2D(),
               Flatten()]  # fmt: skip
cases = {
    "784-128-64-10": (dense, y_train),
    "784-128-64-10, every fifth label wrong": (dense, y_wrong),
    "no hidden layer": ([Flatten()], y_train),
    "convolutional": (convolution, y_train),
}
sizes = (100, 300, 1_000, 3_000, 10_000, 60_000)
results, runs = {}, {}
for name, (layers, labels) in cases.items():
    scores = []
    for size in sizes:
        model = Sequential([Input((28, 28, 1)), *(type(layer).from_config(layer.get_config()) for layer in layers),
                            Dense(10, activation="softmax")])  # fmt: skip
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        left = steps * 32  # so many images are seen, some of them again and again
        while left > 0:
            rows = min(size, left)
            model.fit(x_train[:rows], labels[:rows], epochs=max(1, left // size), seed=options.seed, verbose=0)
            left -= rows * max(1, left // size)
        scores.append(model.evaluate(x_test, y_test, verbose=0)[1])
        results[f"{name}, {size:,} images: test accuracy"] = scores[-1]
    runs[name] = [[1 - score for score in scores]]

# %%
figure, [ax] = chart(f"What lowers the error? {steps:,} steps of 32 images each", width=7.2, height=4.6)
curves(ax, sizes, runs, "training images", "share of test images read wrong")
ax.set(xscale="log", yscale="log")
ax.set_xticks(sizes, [f"{size:,}" for size in sizes])
ticks = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
ax.set_yticks(ticks, [f"{tick:.0%}" for tick in ticks])
ax.minorticks_off()

# %% [markdown]
# All three count, but not at every size. Without a hidden layer, images beyond the first few thousand gain next to
# nothing: more data pays only for a network that can use it. The convolutional network reads as well from 3,000 images
# as the dense one from 60,000. And wrong labels are learned by heart while images are few: 3,000 of them with every
# fifth label wrong are worth little more than 100 with none; among 60,000 the mistakes nearly average out.

# %%
show(figure, "learning_curve")
table(results)
