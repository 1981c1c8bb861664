# %% [markdown]
# # Which activation?
#
# Two questions: what can a network with this activation bend to, and does it still learn when it is deep?

# %%
import sys

sys.path += [f"{sys.path[0]}/..", ".."]  # where common.py is: for a script, for a notebook
from clarinet import Sequential, plots
from clarinet.datasets import mnist, toys
from clarinet.layers import Dense, Flatten, Input, Rescaling
from clarinet.optimizers import Adam
from common import arguments, chart, curves, show, table

options = arguments(epochs=150, rows=5_000)
activations = ("linear", "sigmoid", "tanh", "relu")
results = {}

# %% [markdown]
# ## Two spirals, two hidden layers of 16

# %%
x, y = toys.spirals(n=400, noise=0.03, turns=1.2, seed=options.seed)
figure, axes = chart("Which activation? Two hidden layers of 16", columns=2, rows=2, width=3.6, height=3.3)
for ax, activation in zip(axes, activations, strict=True):
    model = Sequential([Input((2,)), Dense(16, activation=activation), Dense(16, activation=activation),
                        Dense(1, activation="sigmoid")])  # fmt: skip
    model.compile(Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=options.epochs, seed=options.seed, verbose=0)
    accuracy = model.evaluate(x, y, verbose=0)[1]
    results[f"spirals, {activation}: accuracy"] = accuracy
    plots.boundary(model, x, y, ax=ax)
    ax.set(title=f"{activation}: {accuracy:.0%} right", xlabel="x₁", ylabel="x₂")
    ax.get_legend().remove()  # the two arms are plain to see
show(figure, "activation")

# %% [markdown]
# Linear layers on top of each other are one linear layer: a straight border. The others can bend. ReLU does it in
# corners and is soon done; tanh is on its way, roundly; the sigmoid is far behind: its slope is at most a quarter,
# and each layer multiplies the gradient by it.
#
# ## Digits, one to eight hidden layers of 32

# %%
(x_train, y_train), (x_test, y_test) = mnist.load_data()
depths = (1, 2, 4, 8)
runs = {}
for activation in activations:
    scores = []
    for depth in depths:
        model = Sequential([Input((28, 28)), Rescaling(1 / 255), Flatten(),
                            *(Dense(32, activation=activation) for _ in range(depth)),
                            Dense(10, activation="softmax")])  # fmt: skip
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(x_train[: options.rows], y_train[: options.rows], epochs=5, seed=options.seed, verbose=0)
        scores.append(model.evaluate(x_test, y_test, verbose=0)[1])
        results[f"digits, {activation}, depth {depth}: test accuracy"] = scores[-1]
    runs[activation] = [scores]
figure, [ax] = chart("Does it still learn when it is deep? Digits, five epochs")
curves(ax, depths, runs, "hidden layers of 32 neurons", "test accuracy")
ax.set(xticks=depths, ylim=(0, 1))

# %% [markdown]
# Eight sigmoids in a row let next to nothing of the gradient through to the first layer: it hardly learns.

# %%
show(figure, "depth")
table(results)
