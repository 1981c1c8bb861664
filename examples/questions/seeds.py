# %% [markdown]
# # How much do scores differ between seeds?
#
# The network of the tutorial, trained again and again with nothing changed but random numbers: the initial weights, the
# order of the images, or both.

# %%
import sys

import numpy as np

sys.path += [f"{sys.path[0]}/..", ".."]  # where common.py is: for a script, for a notebook
from clarinet import Sequential, utils
from clarinet.datasets import mnist
from clarinet.layers import Dense, Flatten, Input, Rescaling
from common import arguments, chart, show, table

options = arguments(epochs=3, rows=20_000, tries=8)
tries = 30 if options.full else options.tries
(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train, y_train = x_train[: options.rows], y_train[: options.rows]


# %%
def score(weights: int, order: int) -> float:
    """Test accuracy with these seeds."""
    utils.set_random_seed(weights)
    model = Sequential([Input((28, 28)), Rescaling(1 / 255), Flatten(), Dense(128, activation="relu"),
                        Dense(64, activation="relu"), Dense(10, activation="softmax")])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.get_weights()  # draws them; from here on a seed concerns the order alone
    model.fit(x_train, y_train, epochs=options.epochs, seed=order, verbose=0)
    return model.evaluate(x_test, y_test, verbose=0)[1]


first = options.seed
again = [score(first, first) for _ in range(2)]
groups = {
    "other weights, other order": [score(first + k, first + k) for k in range(tries)],
    "same weights, other order": [score(first, first + k) for k in range(tries)],
    "other weights, same order": [score(first + k, first) for k in range(tries)],
}

# %%
figure, [ax] = chart(f"Test accuracy of {tries} trainings each", height=3)
ax.margins(y=0.25)
for place, scores in enumerate(groups.values()):
    jitter = np.linspace(-0.12, 0.12, tries)
    ax.plot(scores, place + jitter, "o", color="#0072b2", alpha=0.7)
    ax.plot([np.mean(scores)] * 2, [place - 0.3, place + 0.3], color="#d55e00", linewidth=2, label="mean")
ax.legend(*(found[:1] for found in ax.get_legend_handles_labels()), frameon=False)
ax.set_yticks(range(len(groups)), list(groups))
ax.invert_yaxis()
ax.set_xlabel("test accuracy")
show(figure, "seeds")

# %% [markdown]
# Either kind of randomness alone spreads the scores about as much as both do. The spread is of the size of the luck of
# the draw in the 10,000 test images themselves, √(p(1 − p)/10,000). So a change that gains 0.2 points on one seed has
# shown nothing: run five and compare means. With the same seed everything is the same to the last bit.

# %%
p = float(np.mean(groups["other weights, other order"]))
results = {"mean test accuracy": p, "same seed twice: difference": abs(again[0] - again[1])}
results |= {f"{name}: standard deviation": float(np.std(scores, ddof=1)) for name, scores in groups.items()}
results |= {f"{name}: range": float(np.ptp(scores)) for name, scores in groups.items()}
results["luck of the draw in 10,000 test images"] = float(np.sqrt(p * (1 - p) / len(y_test)))
table(results)
