# %% [markdown]
# # Why three hidden units?
#
# The tutorial on hours slept takes three and does not say why. Here a disc of one class lies within a ring of the
# other, and a network with one hidden layer has to tell them apart. A hidden unit is a straight line; lines can enclose
# something only if there are three of them.

# %%
import sys

import numpy as np

sys.path += [f"{sys.path[0]}/..", ".."]  # where common.py is: for a script, for a notebook
from clarinet import Sequential, plots
from clarinet.datasets import toys
from clarinet.layers import Dense, Input
from clarinet.optimizers import Adam
from common import arguments, chart, curves, show, table

options = arguments(epochs=300, tries=3)
units = (1, 2, 3, 4, 6, 8, 16)
x, y = toys.circles(n=60, noise=0.2, seed=options.seed)
x_new, y_new = toys.circles(n=2000, noise=0.2, seed=options.seed + 1)

# %%
models, training, validation = {}, [], []
for seed in range(options.seed, options.seed + options.tries):
    scores = []
    for count in units:
        model = Sequential([Input((2,)), Dense(count, activation="tanh"), Dense(1, activation="sigmoid")])
        model.compile(Adam(0.05), "binary_crossentropy", metrics=["accuracy"])
        model.fit(x, y, epochs=options.epochs, seed=seed, verbose=0)
        scores.append((model.evaluate(x, y, verbose=0)[1], model.evaluate(x_new, y_new, verbose=0)[1]))
        models[count] = model
    training.append([score[0] for score in scores])
    validation.append([score[1] for score in scores])

# %%
figure, [ax] = chart(f"How many hidden units? {len(x)} noisy points, mean and range of {options.tries} tries")
curves(ax, units, {"training": training, "validation": validation}, "hidden units", "accuracy")
ax.set_xscale("log", base=2)
ax.set_xticks(units, [str(count) for count in units])
show(figure, "hidden_units")

figure, axes = chart("The borders they draw", columns=3, width=3.4, height=3.2)
for ax, count in zip(axes, (2, 3, 16), strict=True):
    plots.boundary(models[count], x, y, ax=ax)
    ax.set(title=f"{count} hidden units", xlabel="x₁", ylabel="x₂")
for ax in axes[:-1]:
    ax.get_legend().remove()  # the last one says it for all
show(figure, "hidden_units_borders")

# %% [markdown]
# Up to three units every one helps: one line, two lines, a triangle. From then on the training accuracy goes on rising
# and the validation accuracy hardly: the border winds around single points. Three is the number of this problem,
# not a rule.

# %%
results = {}
for name, runs in {"training": training, "validation": validation}.items():
    results |= {f"{count} units: {name} accuracy": value for count, value in zip(units, np.mean(runs, axis=0))}
table(results)
