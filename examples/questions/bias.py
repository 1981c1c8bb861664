# %% [markdown]
# # What does a bias do?
#
# One neuron sorts circles from crosses. It answers by the sign of w₁x₁ + w₂x₂ + b, so its border is a straight line.
# Without b the line must pass through the origin, whatever the weights are: it can turn, but not move.

# %%
import sys

import numpy as np

sys.path += [f"{sys.path[0]}/..", ".."]  # where common.py is: for a script, for a notebook
from clarinet import Sequential, plots
from clarinet.layers import Dense, Input
from common import arguments, chart, show, table

options = arguments(epochs=200)
draw = np.random.default_rng(options.seed)
circles = draw.normal((1, 1), 0.4, (100, 2))  # one cloud behind the other, seen from the origin
crosses = draw.normal((3, 3), 0.4, (100, 2))
x = np.concatenate([circles, crosses]).astype("float32")
y = np.repeat([0, 1], 100)

# %%
figure, axes = chart("One neuron", columns=2, width=4.4)
results = {}
for ax, use_bias in zip(axes, (False, True), strict=True):
    model = Sequential([Input((2,)), Dense(1, activation="sigmoid", use_bias=use_bias)])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    model.optimizer.learning_rate = 0.05
    model.fit(x, y, epochs=options.epochs, seed=options.seed, verbose=0)
    name = "with bias" if use_bias else "without bias"
    results[f"{name}: accuracy"] = model.evaluate(x, y, verbose=0)[1]
    plots.boundary(model, x, y, ax=ax)
    ax.plot(0, 0, "k+", markersize=12, markeredgewidth=2)
    ax.set(title=f"{name}: {results[f'{name}: accuracy']:.0%} right", xlabel="x₁", ylabel="x₂")
axes[0].get_legend().remove()  # the other says it too

# %% [markdown]
# Both clouds lie in the same direction from the origin (+), so no line through it parts them: without a bias half
# of the points are wrong. One number more, and the line moves between them.

# %%
show(figure, "bias")
table(results)
