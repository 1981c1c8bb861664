# %% [markdown]
# # Mean absolute or mean squared error?
#
# Forty points on the line y = 2x + 1 with a little noise, and six of them read off wrongly. A single neuron without an
# activation is a straight line; which one it finds depends on the loss.

# %%
import sys

import numpy as np

sys.path += [f"{sys.path[0]}/..", ".."]  # where common.py is: for a script, for a notebook
from clarinet import Sequential
from clarinet.layers import Dense, Input
from clarinet.optimizers import Adam
from clarinet.plots import style
from common import arguments, chart, show, table

options = arguments(epochs=400)
draw = np.random.default_rng(options.seed)
x = np.sort(draw.uniform(-1, 1, 40)).astype("float32")[:, None]
y = 2 * x + 1 + draw.normal(0, 0.1, x.shape).astype("float32")
wrong = np.arange(34, 40)  # the six on the right
y[wrong] -= 5

# %%
figure, [ax] = chart("A line through forty points, six of them wrong")
good = np.setdiff1d(np.arange(40), wrong)
ax.plot(x[good], y[good], "o", color=style.LIGHT.text, fillstyle="none", label="points")
ax.plot(x[wrong], y[wrong], "x", color=style.LIGHT.text, label="read off wrongly")
results = {}
losses = {"mean squared error": "-", "mean absolute error": "--", "Huber loss": "-."}
for (name, line), color in zip(losses.items(), style.LIGHT.series, strict=False):
    model = Sequential([Input((1,)), Dense(1)])
    model.compile(Adam(0.05), name.lower().removesuffix(" loss").replace(" ", "_"))
    model.fit(x, y, epochs=options.epochs, seed=options.seed, verbose=0)
    slope, height = (float(weight.ravel()[0]) for weight in model.get_weights())
    results |= {f"{name}: slope (true: 2)": slope, f"{name}: height at 0 (true: 1)": height}
    ax.plot(
        x, model.predict(x, verbose=0), line, color=color, linewidth=2, label=f"{name}: y = {slope:.2f}x + {height:.2f}"
    )
ax.set(xlabel="x", ylabel="y")
style.legend(ax, style.LIGHT, loc="upper left")

# %% [markdown]
# The squared error of a point five off counts twenty-five, so six points drag the whole line down. The absolute error
# counts it five, and every point pulls equally hard: the line stays where most points are. Huber's loss is squared
# near the line and absolute far from it.

# %%
show(figure, "outliers")
table(results)
