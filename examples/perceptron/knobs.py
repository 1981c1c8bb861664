# %% [markdown]
# # Rosenblatt's machine: turning knobs by trial, and what came after
#
# The tutorial tells how the first perceptron learned: show a picture; if it is a five, the lamp should be brighter,
# else dimmer; turn a knob a little, look at the lamp, turn it back if that was the wrong way; then the next knob.
# Here that machine runs, first on pictures of 2 × 2 pixels, then on fives, against Rosenblatt's own rule and
# backpropagation.

# %%
import sys

sys.path += [f"{sys.path[0]}/..", ".."]  # where common.py is: for a script, for a notebook
import time
from itertools import product

import numpy as np

from clarinet import Sequential
from clarinet.datasets import mnist
from clarinet.layers import Dense
from clarinet.optimizers import SGD
from common import arguments, chart, curves, show, table

options = arguments(milliseconds=3_000)

# %% [markdown]
# ## The tutorial's 2 × 2 picture
#
# Four pixels, 0 for black, 255 for white, times four knobs, added up. The tutorial gives the first knob, 0.12, and
# the sum, 2.55; the picture and the other knobs are made up to fit. One more knob belongs to a pixel that is always
# white: the bias, which moves the point from which on the lamp counts as lit.

# %%
picture = np.array([[255, 0], [0, 255]])
first_knobs = np.array([0.12, -0.33, 0.27, -0.11])
weighted_sum = picture.ravel() @ first_knobs
print(f"{' + '.join(f'{p}·{w}' for p, w in zip(picture.ravel(), first_knobs))} = {weighted_sum:.2f}")

# %% [markdown]
# ## Three ways to learn from one picture
#
# `wanted` is 1 where the lamp should be lit and -1 where it should not; it is lit if the sum is above 0.


# %%
def turn_knobs(knobs, pixels, wanted, step=0.001):
    """Try every knob once, a little up; the wrong way: a little down instead; no change: leave it."""
    light = knobs @ pixels
    for k in range(len(knobs)):
        before = knobs[k]
        knobs[k] = before + step
        change = knobs @ pixels - light
        if change * wanted <= 0:
            knobs[k] = before - step if change else before
        light = knobs @ pixels


def turn_knobs_if_wrong(knobs, pixels, wanted):
    """Leave the machine alone where the lamp is right."""
    if wanted * (knobs @ pixels) <= 0:
        turn_knobs(knobs, pixels, wanted)


def perceptron_rule(knobs, pixels, wanted):
    """Rosenblatt, 1958: where the lamp is wrong, add the picture to the knobs or take it away; no trials."""
    if wanted * (knobs @ pixels) <= 0:
        knobs += wanted * pixels


def backpropagation(knobs, pixels, wanted, rate=0.1):
    """One step down the gradient of the cross-entropy of a sigmoid, ``(p - t) x``."""
    light = np.clip(knobs @ pixels, -500, 500)
    knobs -= rate * (1 / (1 + np.exp(-light)) - (wanted > 0)) * pixels


rules = {
    "knobs, every picture": turn_knobs,
    "knobs, only if wrong": turn_knobs_if_wrong,
    "perceptron rule": perceptron_rule,
    "backpropagation": backpropagation,
}

# %% [markdown]
# ## All sixteen pictures of 2 × 2
#
# The lamp is to be lit for the white diagonal above and for no other. An epoch is one walk through the sixteen.

# %%
pictures = np.array([[*pixels, 1] for pixels in product([0, 1], repeat=4)], float)
wanted = np.where((pictures[:, :4] == picture.ravel() / 255).all(axis=1), 1, -1)


def epochs_until_right(rule, most=500):
    """How many walks until all sixteen lamps are right, and how many are right then."""
    knobs = np.append(first_knobs, 0.0)
    right = epoch = 0
    while right < len(pictures) and epoch < most:
        for pixels, want in zip(pictures, wanted):
            rule(knobs, pixels, want)
        right, epoch = ((pictures @ knobs > 0) == (wanted > 0)).sum(), epoch + 1
    return epoch, right


small = {name: epochs_until_right(rule) for name, rule in rules.items()}
for name, (epoch, right) in small.items():
    print(f"{name}: {right} of 16 right after {epoch} epochs")

# %% [markdown]
# Told as in the tutorial, "we don't worry about" messing up earlier pictures, the machine fails: fifteen pictures of
# sixteen want the lamp dimmer, so every walk ends with all knobs further down. It has to leave the knobs alone where
# the lamp is right already; Rosenblatt's machine did. (That his rule then finds an answer if there is one, was proved
# in 1962.)
#
# ## Fives, on the same clock
#
# The same functions on 28 × 28 pixels. Each gets the same seconds; only its own work is counted, not the examination.

# %%
(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train, x_test = (np.c_[x.reshape(-1, 784) / 255, np.ones(len(x))] for x in (x_train, x_test))
five_train, five_test = np.where(y_train == 5, 1, -1), y_test == 5
moments = np.geomspace(0.02, 1, 8) * options.milliseconds / 1000


def examine(lit):
    """Accuracy, and the share of the fives that are found."""
    return (lit == five_test).mean(), lit[five_test].mean()


def race(rule):
    """Train by ``rule`` until each of the moments: what was reached there, how many pictures were seen, the knobs."""
    rng = np.random.default_rng(options.seed)
    knobs, order = np.append(rng.uniform(-0.05, 0.05, 784), 0.0), rng.permutation(len(x_train))
    reached, spent, seen = [], 0.0, 0
    for moment in moments:
        while spent < moment:
            begin = time.perf_counter()
            for i in order[np.arange(seen, seen + 10) % len(order)]:
                rule(knobs, x_train[i], five_train[i])
            spent, seen = spent + time.perf_counter() - begin, seen + 10
        reached.append(examine(x_test @ knobs > 0))
    return reached, seen, knobs


def race_clarinet():
    """The same by ``fit``: a sigmoid, the cross-entropy, plain gradient descent in batches of 32."""
    model = Sequential([Dense(1, activation="sigmoid", input_shape=(785,))])
    model.compile(SGD(0.5), "binary_crossentropy")
    rows, reached, spent, seen = x_train.astype(np.float32), [], 0.0, 0
    model.fit(rows[:32], five_train[:32] > 0, seed=options.seed, verbose=0)  # builds it
    for moment in moments:
        while spent < moment:
            part = slice(seen % len(rows), seen % len(rows) + 2_000)
            begin = time.perf_counter()
            model.fit(rows[part], five_train[part] > 0, batch_size=32, verbose=0)
            spent, seen = spent + time.perf_counter() - begin, seen + 2_000
        reached.append(examine(model.predict(x_test)[:, 0] > 0.5))
    return reached, seen, model.get_weights()[0][:, 0]


races = {name: race(rule) for name, rule in rules.items()} | {"Clarinet's fit": race_clarinet()}
for name, (reached, seen, _) in races.items():
    accuracy, found = reached[-1]
    print(f"{name}: {seen} pictures in {moments[-1]:g} s, accuracy {accuracy:.3f}, fives found {found:.2f}")

figure, panels = chart("Is it a five? The same clock for all", columns=2)
for ax, part, what in zip(panels, (0, 1), ("accuracy on the test images", "share of the fives that are found")):
    lines = {name: [[r[part] for r in reached]] for name, (reached, _, _) in races.items()}
    curves(ax, moments, lines, "seconds", what)
    ax.set_xscale("log")
panels[0].set_ylim(0.7, 1)
for ax in panels:
    ax.get_legend().remove()
figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, frameon=False)
show(figure, "clock")

figure, panels = chart("The knobs: blue ones want ink, red ones want none", columns=5, width=2.4, height=2.7)
for ax, (name, (_, _, knobs)) in zip(panels, races.items()):
    limit = abs(knobs[:784]).max()
    ax.imshow(knobs[:784].reshape(28, 28), cmap="RdBu", vmin=-limit, vmax=limit)
    ax.set_title(f"{name}\n(to ±{limit:.2g})", fontsize=10)
    ax.set_axis_off()
show(figure, "knobs")

# %% [markdown]
# ## Why knobs cannot be tried one by one any more
#
# A single layer hides the point: there the gradient is the picture itself. In the first tutorial's network of more
# than 100,000 knobs one round of trials is as many passes forward; backpropagation gets all the slopes from one pass
# forward and one back. Measured on 1,000 images.

# %%
deep = Sequential([Dense(128, activation="relu", input_shape=(785,)), Dense(64, activation="relu"), Dense(1)])
deep.compile("sgd", "mse")
rows, targets = x_train[:1_000].astype(np.float32), (five_train[:1_000] > 0).astype(np.float32)


def seconds(act):
    begin = time.perf_counter()
    act(rows, targets)
    return time.perf_counter() - begin


# The quickest of many, taken in turns: other programs on the machine only ever slow one down.
times = np.array([[seconds(deep.test_on_batch), seconds(deep.train_on_batch)] for _ in range(50)])
forward, step = times.min(axis=0)
trials = deep.count_params() * forward
print(
    f"all slopes by backpropagation: {step:.4f} s; by trial: {deep.count_params()} × {forward:.4f} s = {trials:.0f} s"
)

# %%
results = {"2 × 2: weighted sum of the first picture": weighted_sum}
results |= {f"2 × 2: {name}: right of 16": right for name, (_, right) in small.items()}
results |= {f"2 × 2: {name}: epochs": epoch for name, (epoch, right) in small.items() if right == 16}
for name, (reached, seen, _) in races.items():
    results[f"fives: {name}: pictures a second"] = seen / moments[-1]
    results[f"fives: {name}: test accuracy"], results[f"fives: {name}: fives found"] = reached[-1]
results["deep network: steps of backpropagation in the time of one round of trials"] = trials / step
table(results)
