# %% [markdown]
# # Is it a five? One perceptron, and how to find out what is wrong with it
#
# The tutorial's program as it stands, which fails, and then its debugging in the tutorial's order: train longer, try
# a few images, look at the raw outputs, add the sigmoid. At the end, what its 91 % is worth, and what it leaves
# broken.

# %%
import sys

sys.path += [f"{sys.path[0]}/..", ".."]  # where common.py is: for a script, for a notebook
import numpy as np

from clarinet import Sequential, doctor, plots
from clarinet.datasets import mnist
from clarinet.layers import Dense, Flatten
from common import arguments, show, table

options = arguments(epochs=10, long_epochs=100, rows=60_000)

# %% [markdown]
# ## The data
#
# The input is a picture of 28 × 28 pixels from 0 to 255, the answer whether it is a five.

# %%
(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train, y_train = x_train[: options.rows], y_train[: options.rows]
is_five_train, is_five_test = y_train == 5, y_test == 5
always_no = 1 - is_five_test.mean()
print(f"always answering 'no' is right for {always_no:.2%} of the test images")
names = ["not a five", "a five"]
show(plots.samples(x_train, is_five_train, n=20, class_names=names), "samples")


# %% [markdown]
# ## The perceptron
#
# Flatten the picture, multiply every pixel by its weight, add up. No activation. The squared error says how wrong the
# sum is.


# %%
def train(x, is_five, epochs, x_test=x_test, activation=None):
    """A fresh perceptron, trained; its history."""
    model = Sequential()
    model.add(Flatten(input_shape=(28, 28)))
    model.add(Dense(1, activation=activation))
    model.compile(loss="mse", optimizer="adam", metrics=["accuracy"])
    history = model.fit(x, is_five, epochs=epochs, validation_data=(x_test, is_five_test), seed=options.seed, verbose=0)
    return model, history.history


def last(history):
    return f"accuracy {history['accuracy'][-1]:.3f}, on the test images {history['val_accuracy'][-1]:.3f}"


broken, first = train(x_train, is_five_train, options.epochs)
print(f"as it stands: {last(first)}")

# %% [markdown]
# That is worse than always answering "no". Neural networks give no helpful errors, the tutorial says: they just do
# not work that well. So, first: does it get better with more training?

# %%
_, long = train(x_train, is_five_train, options.long_epochs)
print(f"{options.long_epochs} epochs: {last(long)}; the last five: {np.round(long['val_accuracy'][-5:], 3)}")
show(plots.history(long, metrics=["accuracy"]), "longer")

# %% [markdown]
# No: the accuracy on the test images jumps about from epoch to epoch, and wherever one happens to stop is the result.
# The weights are small numbers times pixels of up to 255, so every little step of a weight throws the sum far past 0
# or 1.
#
# ## Can it learn twenty images by heart?
#
# Any network with 784 weights should.

# %%
few = slice(20)
few_model, few_history = train(x_train[few], is_five_train[few], options.epochs)
print(f"20 images: {last(few_history)}")

# %% [markdown]
# It cannot, in ten epochs. (It could, in a thousand: 20 equations in 785 unknowns have a solution. But Adam moves a
# weight by about 0.001 a step, and ten epochs of twenty images are ten steps.) Something is broken.
#
# ## Look at the raw outputs

# %%
print(few_model.predict(x_test[:10]).ravel().round(1))
outputs = few_model.predict(x_test)

# %% [markdown]
# We wanted numbers between 0 and 1 and get hundreds, above and below zero. Nothing ever said that a network has to
# answer between 0 and 1.
#
# ## Add the sigmoid
#
# It squeezes any number between 0 and 1. First on the twenty images, then on all.

# %%
_, few_sigmoid = train(x_train[few], is_five_train[few], options.epochs, activation="sigmoid")
print(f"sigmoid, 20 images: {last(few_sigmoid)}")
mended, sigmoid = train(x_train, is_five_train, options.epochs, activation="sigmoid")
print(f"sigmoid: {last(sigmoid)}")

# %% [markdown]
# The tutorial stops here, at "closer to 91 %". But 91 % is what always answering "no" gives. Whether this run is at
# that number or above it is luck of the seed: `collapse.py` looks at ten of them. What tells the two apart is how
# many of the fives are found.
#
# ## Scale the pixels
#
# The sigmoid hid the fault. The inputs are still 255 times too large, its flat ends are where they put it, and there
# the squared error has no slope. Dividing by 255 is all it takes.

# %%
small, small_test = x_train / np.float32(255), x_test / np.float32(255)
scaled_model, scaled = train(small, is_five_train, options.epochs, small_test, activation="sigmoid")
print(f"sigmoid, pixels from 0 to 1: {last(scaled)}")
show(plots.confusion(scaled_model, small_test, is_five_test, class_names=names), "scaled")
show(plots.weights(scaled_model, layer=1, shape=(28, 28)), "weights")

# %% [markdown]
# ## What the doctor says
#
# The same program, examined instead of trained: it names the pixels, the missing sigmoid and the loss.

# %%
report = doctor.examine(broken, x_train, is_five_train, epochs=options.epochs)
print(report)


# %%
def fives_found(model, x):
    """The share of the test set's fives that the model calls fives."""
    return (model.predict(x)[is_five_test] > 0.5).mean()


found = fives_found(mended, x_test)
results = {
    "always 'no': test accuracy": always_no,
    "as it stands: training accuracy": first["accuracy"][-1],
    "as it stands: test accuracy": first["val_accuracy"][-1],
    "100 epochs: training accuracy": long["accuracy"][-1],
    "100 epochs: test accuracy": long["val_accuracy"][-1],
    "20 images: training accuracy": few_history["accuracy"][-1],
    "20 images: lowest raw output": outputs.min(),
    "20 images: highest raw output": outputs.max(),
    "sigmoid, 20 images: training accuracy": few_sigmoid["accuracy"][-1],
    "sigmoid: test accuracy": sigmoid["val_accuracy"][-1],
    "sigmoid: fives found": found,
    "sigmoid: share of seeds that never say 'five'": found == 0,
    "sigmoid, pixels / 255: test accuracy": scaled["val_accuracy"][-1],
    "sigmoid, pixels / 255: fives found": fives_found(scaled_model, small_test),
    "faults named by the doctor": len(report.findings),
}
table(results)
