# %% [markdown]
# # One step by hand
#
# The small network of the tutorial's animation: five pixels go in, four hidden neurons, three outputs for the digits
# 0, 1 and 2. One image, its label, one step of learning, and every number of it: forward, the error, back, and
# the new weights. What the tutorial does on the screen is printed here with the numbers in it.

# %%
import sys

sys.path += [f"{sys.path[0]}/..", ".."]  # where common.py is: for a script, for a notebook
import numpy as np

from clarinet import Input, Sequential, glass, losses, plots
from clarinet.layers import Dense
from clarinet.optimizers import SGD
from common import arguments, folder, show, table

options = arguments()

# %% [markdown]
# ## The network
#
# Weights begin as random numbers between −0.5 and 0.5, rounded here to two decimals so that you can follow with a
# pocket calculator; biases begin at 0. The tutorial writes a layer's weights as a matrix with a row for each of its
# neurons, 4 × 5 and 3 × 4; here it has a column for each, 5 × 4 and 4 × 3. That is the same table turned over.
#
# The tutorial's "o − l", output minus label, is the derivative of the binary cross-entropy behind a sigmoid, summed
# over the three outputs. (It says squared error; `from_scratch/` shows by differences which of the two it is.) The
# library's loss is the mean over the outputs, a third of the sum, so a learning rate of 0.03 here is the tutorial's
# 0.01.

# %%
model = Sequential([Input((5,)), Dense(4, "sigmoid", name="hidden"), Dense(3, "sigmoid", name="output")])
model.compile(SGD(0.03), losses.BinaryCrossentropy(), dtype="float64")
rng = np.random.default_rng(options.seed)
for layer, inputs in zip(model.layers, (5, 4)):
    layer.set_weights([rng.uniform(-0.5, 0.5, (inputs, layer.units)).round(2), np.zeros(layer.units)])
model.summary()

pixels = np.array([0.0, 0.5, 1.0, 0.8, 0.2])  # black is 0, white is 1
label = np.array([1.0, 0.0, 0.0])  # the image is a zero

# %% [markdown]
# ## Forward
#
# Each hidden neuron multiplies each pixel by a weight, adds the five products and its bias (`h_pre` in the tutorial,
# `z` here), and squeezes the sum into 0 to 1 with the sigmoid (`h`, or `a`). Then the outputs do the same with the
# four hidden values.

# %%
step = glass.trace(model, pixels, label)
hidden, output = step.layers
for unit in range(4):
    print(*glass.explain(step, "hidden", unit).splitlines()[:4], sep="\n")
for unit in range(3):
    print(*glass.explain(step, "output", unit).splitlines()[:4], sep="\n")

# %%
show(plots.network(model, pixels), "network")

# %% [markdown]
# ## How wrong is it?
#
# The tutorial computes the mean squared error to look at, and counts the answer as right if the largest output is the
# label's. Neither is needed for learning.

# %%
squared = float(np.mean((output.a[0] - label) ** 2))
right = bool(np.argmax(output.a) == np.argmax(label))
print(
    f"outputs {output.a[0].round(4)}, label {label}: mean squared error {squared:.4f}, {'right' if right else 'wrong'}"
)
print(f"binary cross-entropy {step.loss:.4f}, summed over the three outputs {3 * step.loss:.4f}")

# %% [markdown]
# ## Back
#
# The delta of an output is output minus label. The delta of a hidden neuron is the sum of the deltas of the outputs,
# each times the weight that leads there, times the derivative of the sigmoid, h (1 − h). These are the *old* weights:
# the tutorial's program uses the ones that it has just changed, which `from_scratch/` compares.
#
# A weight's update is minus the learning rate times the delta times the number at the other end of the weight; for a
# bias that number is 1.

# %%
print(glass.explain(step, "output", 0))
print()
print(glass.explain(step, "hidden", 0))

# %% [markdown]
# ## Check it
#
# The six lines of the tutorial's backpropagation in plain NumPy, with the old weights: the same numbers to the last
# digits of float64.


# %%
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


(w_i_h, b_i_h), (w_h_o, b_h_o) = model.layers[0].get_weights(), model.layers[1].get_weights()
h = sigmoid(pixels @ w_i_h + b_i_h)
o = sigmoid(h @ w_h_o + b_h_o)
delta_o = o - label
delta_h = (w_h_o @ delta_o) * h * (1 - h)
updates = [-0.01 * np.outer(pixels, delta_h), -0.01 * delta_h, -0.01 * np.outer(h, delta_o), -0.01 * delta_o]
ours = [weight.update for layer in step.layers for weight in layer.weights.values()]
apart = max(float(np.abs(a - b).max()) for a, b in zip(ours, updates))
print(f"largest difference of any update: {apart:.1e}")

# %% [markdown]
# ## The step
#
# So far nothing was changed. Now it is: the same image again gives a smaller error, if only by a little. Training is
# many such steps, one for each image, again and again.

# %%
films = [glass.film(model, (pixels, label), folder() / f"step.{ending}") for ending in ("svg", "html")]
model.train_on_batch(pixels[None], label[None])
after = glass.trace(model, pixels, label).loss
print(f"binary cross-entropy {step.loss:.6f} → {after:.6f}")
print(f"the whole step as a film: {', '.join(f'{film.parent.name}/{film.name}' for film in films)} (for a browser)")

results = {f"hidden neuron {unit}": float(value) for unit, value in enumerate(hidden.a[0])}
results |= {f"output {unit}": float(value) for unit, value in enumerate(output.a[0])}
results |= {f"output {unit} − label": float(value) for unit, value in enumerate(delta_o)}
results |= {
    "mean squared error": squared,
    "binary cross-entropy": step.loss,
    "binary cross-entropy after the step": after,
    "updates: largest difference from NumPy": apart,
}
table(results)
