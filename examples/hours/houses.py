# %% [markdown]
# # A target with a large range: house prices
#
# "I tried it and works quite well. But if the range of values in outcome variable is high, for example house prices,
# it does not converge well", writes a reader of the tutorial. Here is that experience, and the way out: learn a
# transformed target, read the original units.
#
# The table is made up: 500 houses with area, distance to the centre and age; the price is a product of what these are
# worth, times luck of about 12 %.

# %%
import sys

sys.path += [f"{sys.path[0]}/..", ".."]  # where common.py is: for a script, for a notebook
import numpy as np

from clarinet import Input, Sequential
from clarinet.datasets import load_table
from clarinet.layers import Dense
from common import arguments, chart, show, table

options = arguments(epochs=300)


def houses(n, seed):
    """A table as one would have it in a file: square metres, kilometres, years, dollars."""
    rng = np.random.default_rng(seed)
    area = np.exp(rng.normal(np.log(110), 0.45, n)).round()
    distance = rng.exponential(12, n).round(1)
    age = rng.integers(0, 100, n)
    luck = np.exp(rng.normal(0, 0.12, n))
    price = (2600 * area * np.exp(-distance / 25) * (1 - 0.003 * age) * luck).round(-3)
    return {"area": area, "distance": distance, "age": age, "price": price}


houses_table = load_table(houses(500, options.seed), target="price")
print(houses_table)
x, y = houses_table.x, houses_table.y
x = (x - x[:400].mean(axis=0)) / x[:400].std(axis=0)  # the inputs are scaled in all that follows
print(f"prices from {y.min():,.0f} to {y.max():,.0f}, half of them below {np.median(y):,.0f} dollars")

# %% [markdown]
# ## Five ways to treat the price
#
# The same network and optimizer each time, 400 houses to learn from, 100 to be judged on. Only the output and the
# target differ. `compile(target=...)` transforms the prices that it trains on and gives predictions and metrics in
# dollars.


# %%
def train(prices, activation=None, target=None):
    """A trained network of 16 hidden units."""
    model = Sequential([Input((3,)), Dense(16, activation="sigmoid"), Dense(1, activation=activation)])
    model.compile("adam", "mse", metrics=["mae"], target=target)
    model.fit(x[:400], prices[:400], epochs=options.epochs, seed=options.seed, verbose=0)
    return model


largest = y[:400].max()
models = {
    "dollars, sigmoid": train(y, "sigmoid"),
    "dollars, no activation": train(y),
    "divided by the largest, sigmoid": train(y / largest, "sigmoid"),
    'target="standard"': train(y, target="standard"),
    'target="log"': train(y, target="log"),
}
answers = {name: model.predict(x[400:]) for name, model in models.items()}
answers["divided by the largest, sigmoid"] = answers["divided by the largest, sigmoid"] * largest
answers["always the median"] = np.full_like(y[400:], np.median(y[:400]))


def off(answer):
    """Mean error in dollars, and as a share of the price."""
    apart = abs(answer - y[400:])
    return apart.mean(), (apart / y[400:]).mean()


for name, answer in answers.items():
    dollars, share = off(answer)
    print(
        f"{name:32} off by {dollars:9,.0f} dollars, {share:6.1%}; answers {answer.min():9,.0f} to {answer.max():9,.0f}"
    )

# %% [markdown]
# A sigmoid can answer at most one dollar. Without it, the output has to climb to hundreds of thousands in steps of
# 0.001, and the optimizer's steps do not grow with the error: after all its epochs it asks for less than a hundred
# dollars. Dividing by the largest price works in range, but it ties the network to that one house, and cheap houses
# count for nothing: an error of 20,000 dollars is the same to it for a hut and for a mansion. The logarithm makes
# equal shares equal, which is how prices behave.

# %%
figure, panels = chart("100 houses that the network has not seen", columns=3, width=4, height=3.9)
for ax, name in zip(panels, ("dollars, no activation", 'target="standard"', 'target="log"')):
    ax.plot([0, 9e5], [0, 9e5], color="gray", linestyle=":", label="right")
    ax.plot(y[400:], answers[name], "o", color="#0072b2", alpha=0.6, label="a house")
    ax.set(title=f"{name}\noff by {off(answers[name])[1]:.0%}", xlabel="price, 1,000 dollars",
           ylabel="prediction, 1,000 dollars", xlim=(0, 9e5), ylim=(-1e5, 9e5))  # fmt: skip
    ax.set_xticks([0, 2e5, 4e5, 6e5, 8e5], ["0", "200", "400", "600", "800"])
    ax.set_yticks([0, 2e5, 4e5, 6e5, 8e5], ["0", "200", "400", "600", "800"])
panels[0].legend(frameon=False)
show(figure, "houses")

# %% [markdown]
# The model itself speaks dollars: its metrics, its predictions, and so it does when it is saved and loaded.

# %%
_, judged = models['target="log"'].evaluate(x[400:], y[400:], verbose=0)
print(f"mean absolute error by evaluate: {judged:,.0f} dollars")

# %%
results = {}
for name, answer in answers.items():
    results[f"{name}: dollars off"], results[f"{name}: share of the price"] = off(answer)
results["evaluate of the log model: dollars off"] = judged
table(results)
