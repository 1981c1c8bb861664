# %% [markdown]
# # Too simple, too clever, and how to hold a network back
#
# Three rows can be fitted by anything. The question is what the network says about other students. Here the data is
# made up, so that there are as many other students as one likes: sleep and study help, each less and less, and luck
# is worth 4 points either way.

# %%
import sys

sys.path += [f"{sys.path[0]}/..", ".."]  # where common.py is: for a script, for a notebook
import numpy as np

from clarinet import Input, Sequential
from clarinet.layers import Dense
from clarinet.optimizers import BFGS
from clarinet.regularizers import L2
from clarinet.utils import set_random_seed
from common import arguments, chart, curves, show, table

options = arguments(classes=5)

LUCK = 4.0  # standard deviation, in points
STUDENTS = 15


def students(n, seed):
    """Hours slept and studied, divided by 10 and 6, and the score by 100."""
    rng = np.random.default_rng(seed)
    sleep, study = rng.uniform(3, 10, n), rng.uniform(0, 6, n)
    score = 40 + 28 * (1 - np.exp(-study / 2)) + 25 * np.exp(-(((sleep - 8) / 2.5) ** 2))
    return np.c_[sleep / 10, study / 6], (score + rng.normal(0, LUCK, n))[:, None] / 100


# %% [markdown]
# ## Hidden units and regularisation
#
# A class of 15 students to learn from, 1,000 others to be judged on; five classes, to see what is luck. L2
# regularisation adds `λ Σ w²` to the loss: large weights, which sharp bends need, have to pay for themselves. BFGS
# goes to the bottom of the loss each time, so that what differs is the network, not how long it was trained.


# %%
def error(model, x, y):
    """Root of the mean squared error, in points."""
    return 100 * np.sqrt(np.mean((model.predict(x) - y) ** 2))


def fitted(hidden, strength, number):
    """A network fitted to class ``number``; its errors on its own students and on others."""
    x, y = students(STUDENTS, 100 * options.seed + number)
    set_random_seed(number)
    settings = {"activation": "sigmoid", "kernel_regularizer": L2(strength)}
    model = Sequential([Input((2,)), Dense(hidden, **settings), Dense(1, **settings)])
    model.compile(BFGS(max_iterations=500), "mse", dtype="float64")
    model.fit(x, y, verbose=0)
    return model, error(model, x, y), error(model, *students(1_000, 10_000))


def errors(hidden, strength):
    """Shape (2, classes): of their own students, of others."""
    return np.array([fitted(hidden, strength, number)[1:] for number in range(options.classes)]).T


units, strengths = [1, 2, 3, 5, 10], [1e-6, 1e-5, 1e-4, 3e-4, 1e-3]
by_units = np.array([errors(hidden, 0.0) for hidden in units])
by_strength = np.array([errors(10, strength) for strength in strengths])

figure, panels = chart("15 students: errors on them and on others (mean, least and most of the classes)", columns=2)
for ax, x, found, name in ((panels[0], units, by_units, "hidden units, no regularisation"),
                           (panels[1], strengths, by_strength, "strength λ of L2, 10 hidden units")):  # fmt: skip
    lines = {"the 15 it learned from": found[:, 0].T, "1,000 others": found[:, 1].T}
    curves(ax, x, lines, name, "root mean squared error, points")
    ax.axhline(LUCK, color="gray", linestyle=":")
    ax.text(x[-1], LUCK - 0.2, "luck: nobody can do better", ha="right", va="top", fontsize=9)
    ax.set_ylim(0, 25)
panels[0].set_xticks(units)
panels[1].set_xscale("log")
show(figure, "errors")

# %% [markdown]
# One hidden unit cannot bend enough: it errs on its own students as well (**underfitting**). Ten fit their fifteen
# nearly to the point and are worse on others than one was (**overfitting**): they have learned luck by heart. A
# little regularisation keeps the ten and loses the luck; too much flattens everything to one answer for all, and that
# is underfitting again.
#
# ## What they have learned

# %%
figure, panels = chart("Scores that each network expects (dots: its own students)", columns=3, width=4, height=3.8)
x, y = students(STUDENTS, 100 * options.seed)
sleep, study = np.meshgrid(np.linspace(3, 10, 60), np.linspace(0, 6, 60))
for ax, (hidden, strength) in zip(panels, ((1, 0.0), (10, 0.0), (10, 1e-5))):
    model, own, others = fitted(hidden, strength, 0)
    expected = 100 * model.predict(np.c_[sleep.ravel() / 10, study.ravel() / 6]).reshape(sleep.shape)
    image = ax.contourf(sleep, study, expected, levels=np.arange(0, 101, 5), cmap="cividis")
    ax.scatter(
        10 * x[:, 0],
        6 * x[:, 1],
        c=100 * y[:, 0],
        cmap="cividis",
        vmin=0,
        vmax=100,
        s=60,
        edgecolor="white",
        linewidth=1.5,
    )
    ax.set(xlabel="hours slept", ylabel="hours studied")
    ax.set_title(f"{hidden} hidden, λ = {strength:g}\nerror {own:.1f}, on others {others:.1f}", fontsize=10)
figure.colorbar(image, ax=panels, label="points")
show(figure, "surfaces")

# %%
shown = {
    "1 hidden unit": by_units[0],
    "3 hidden units": by_units[2],
    "10 hidden units": by_units[-1],
    "10 hidden units, λ = 1e-5": by_strength[1],
    "10 hidden units, λ = 1e-3": by_strength[-1],
}
results = {}
for name, found in shown.items():
    results[f"{name}: points off, own students"], results[f"{name}: points off, others"] = found.mean(axis=1)
table(results)
