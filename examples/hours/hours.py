# %% [markdown]
# # Hours slept, hours studied
#
# Three students, how long each slept and studied, and their test scores. The tutorial's network of two inputs, three
# hidden neurons and one output, all sigmoids: forward, cost, gradients and a check of them, training by gradient
# descent and by BFGS, first in plain NumPy without biases as in the tutorial, then through Clarinet with and without.

# %%
import sys

sys.path += [f"{sys.path[0]}/..", ".."]  # where common.py is: for a script, for a notebook
import numpy as np

from clarinet import Input, Sequential, check_gradients
from clarinet.datasets import study_hours
from clarinet.initializers import RandomNormal
from clarinet.layers import Dense
from clarinet.optimizers import BFGS, SGD
from clarinet.utils import set_random_seed
from common import arguments, chart, show, table

options = arguments(epochs=5_000, starts=20)

# %% [markdown]
# ## Data and scaling
#
# Hours are hours and scores go to 100: X is divided by the largest number of each column, y by 100. The sigmoid at
# the output answers between 0 and 1, so y has to lie there.

# %%
x, y = (array.astype(float) for array in study_hours.load_data())
X, Y = x / x.max(axis=0), y / 100
for hours, score in zip(x, y):
    print(f"slept {hours[0]:g} h, studied {hours[1]:g} h: {score[0]:g} points")

# %% [markdown]
# ## The network in NumPy
#
# `z2 = X W1`, `a2 = f(z2)`, `z3 = a2 W2`, `ŷ = f(z3)`, cost `J = ½ Σ (y - ŷ)²`.


# %%
def f(z):
    return 1 / (1 + np.exp(-z))


def forward(weights):
    a2 = f(X @ weights[0])
    return a2, f(a2 @ weights[1])


def cost(weights):
    return np.sum((Y - forward(weights)[1]) ** 2) / 2


def gradients(weights):
    """Backpropagation: `δ3 = (ŷ - y) f'(z3)`, `δ2 = δ3 W2ᵀ f'(z2)`, with `f' = f (1 - f)`."""
    a2, y_hat = forward(weights)
    d3 = (y_hat - Y) * y_hat * (1 - y_hat)
    d2 = d3 @ weights[1].T * a2 * (1 - a2)
    return [X.T @ d2, a2.T @ d3]


rng = np.random.default_rng(options.seed)
first_weights = weights = [rng.normal(size=(2, 3)), rng.normal(size=(3, 1))]
print("before training:", (100 * forward(weights)[1]).ravel().round(1), f"cost {cost(weights):.4f}")

# %% [markdown]
# ## Are the gradients right?
#
# Every weight a little up and a little down: how much does the cost change? Then both as one long row, and the norm
# of their difference over the norm of their sum: below 1e-8 they are the same.


# %%
def numerical_gradients(weights, step=1e-5):
    found = [np.zeros_like(w) for w in weights]
    for w, slopes in zip(weights, found):
        for index in np.ndindex(w.shape):
            middle = w[index]
            w[index] = middle + step
            above = cost(weights)
            w[index] = middle - step
            below = cost(weights)
            w[index], slopes[index] = middle, (above - below) / (2 * step)
    return found


g, trial = (np.concatenate([a.ravel() for a in found]) for found in (gradients(weights), numerical_gradients(weights)))
ratio = np.linalg.norm(g - trial) / np.linalg.norm(g + trial)
print(f"|g - ĝ| / |g + ĝ| = {ratio:.1e}")

# %% [markdown]
# ## Gradient descent, by hand

# %%
rate = 20.0  # large, since the slopes of two sigmoids, one behind the other, are small
for _ in range(options.epochs):
    weights = [w - rate * slope for w, slope in zip(weights, gradients(weights))]
by_hand = 100 * forward(weights)[1].ravel()
print(f"after {options.epochs} steps:", by_hand.round(1), f"cost {cost(weights):.1e}")

# %% [markdown]
# ## The same through Clarinet
#
# `compile(dtype="float64")` computes in double precision; `mse` is the mean over the three rows, `J` is 1.5 times
# that, so a rate of 20 for `J` is 30 here. From the same weights Clarinet goes the same way. With biases steps of
# that length throw the output to 1, where it is flat; 4.5 does.


# %%
def network(optimizer, biases, seed):
    set_random_seed(seed)
    settings = {"use_bias": biases, "kernel_initializer": RandomNormal(stddev=1.0), "activation": "sigmoid"}
    model = Sequential([Input((2,)), Dense(3, **settings), Dense(1, **settings)])
    model.compile(optimizer, "mse", dtype="float64")
    return model


def points_off(model):
    """The furthest that a student's score is missed by, in points."""
    return abs(100 * model.predict(X) - y).max()


same = network(SGD(1.5 * rate), biases=False, seed=options.seed)
same.set_weights(first_weights)
descent = {"without biases": same.fit(X, Y, batch_size=3, epochs=options.epochs, verbose=0).history["loss"]}
apart = max(abs(a - b).max() for a, b in zip(same.get_weights(), weights))
print(f"Clarinet's gradient descent ends {apart:.0e} from the one by hand")

with_biases = network(SGD(4.5), biases=True, seed=options.seed)
descent["with biases"] = with_biases.fit(X, Y, batch_size=3, epochs=options.epochs, verbose=0).history["loss"]
checks = {biases: check_gradients(network("sgd", biases, options.seed), X, Y).checks for biases in (True, False)}

# %% [markdown]
# ## BFGS
#
# The method that the tutorial takes from SciPy estimates the curvature as it goes and looks for the best step along
# each direction. `optimizer="bfgs"`: one epoch is a whole minimisation. Here it may take 1, 2, 4 … iterations.

# %%
iterations = [2**k for k in range(10)]


def reached(most, biases):
    """The loss where BFGS ends that may take so many iterations."""
    model = network(BFGS(max_iterations=most, tolerance=1e-9), biases, options.seed)
    if not biases:
        model.set_weights(first_weights)  # where gradient descent began, too
    return model.fit(X, Y, verbose=0).history["loss"][0]


figure, (ax,) = chart("Three rows: gradient descent against BFGS", width=7)
for biases, color, mark in ((True, "#0072b2", "o"), (False, "#d55e00", "s")):
    name = "with biases" if biases else "without biases"
    ax.loglog(range(1, options.epochs + 1), descent[name], color=color, label=f"gradient descent, {name}")
    losses = [reached(most, biases) for most in iterations]
    ax.loglog(iterations, losses, color=color, linestyle="--", marker=mark, label=f"BFGS, {name}")
ax.set(xlabel="steps of gradient descent, iterations of BFGS", ylabel="mean squared error (y / 100)²", ylim=(1e-24, 1))
ax.legend(frameon=False)
show(figure, "descent")

# %% [markdown]
# ## Where one begins
#
# Twenty starts each. With biases all of them fit the three rows. Without, some end in a valley that has no way out:
# two students of 82 and 93 points get nearly the same answer, and no small step makes it better. The remedy is
# another start (or biases): train several, keep the best.

# %%
ends = {}
for biases in (True, False):
    name = "with biases" if biases else "without biases"
    ends[name] = []
    for start in range(options.starts):
        model = network("bfgs", biases, seed=1000 * options.seed + start)
        model.fit(X, Y, verbose=0)
        ends[name].append(points_off(model))
    print(f"{name}: furthest score, in points: {np.sort(ends[name]).round(2)}")

# %%
results = {
    "NumPy: gradient check": ratio,
    "NumPy: gradient descent, points off": abs(by_hand - y.ravel()).max(),
    "Clarinet: the same gradient descent, weights apart": apart,
    "Clarinet, with biases: gradient descent, points off": points_off(with_biases),
}
for biases, name in ((True, "with biases"), (False, "without biases")):
    results[f"Clarinet, {name}: gradient check"] = max(check.error for check in checks[biases])
    results[f"Clarinet, {name}: BFGS, best start, points off"] = min(ends[name])
    results[f"Clarinet, {name}: BFGS, share of starts within 1 point"] = np.mean(np.array(ends[name]) < 1)
table(results)
