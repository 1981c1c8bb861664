# %% [markdown]
# # Your first neural network
#
# A network that reads handwritten digits, in the steps of the tutorial: load, show, normalise, flatten, build,
# compile, train, look at the curves, evaluate, predict, look inside. The tutorial's program is written for TensorFlow;
# this is the same program with other import lines, and its four figures.

# %%
import sys

sys.path += [f"{sys.path[0]}/..", ".."]  # where common.py is: for a script, for a notebook
from clarinet import Sequential, plots
from clarinet.datasets import mnist
from clarinet.layers import Dense
from common import arguments, show, table

options = arguments(epochs=10, rows=60_000)

# %% [markdown]
# ## Load and look
#
# MNIST holds 60,000 images to learn from and 10,000 to be examined on, each of 28 × 28 pixels from 0 (black) to 255.

# %%
(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train, y_train = x_train[: options.rows], y_train[: options.rows]
print(f"training data: {x_train.shape}, labels {y_train.shape}; test data: {x_test.shape}, labels {y_test.shape}")
show(plots.samples(x_train, y_train, n=10), "samples")

# %% [markdown]
# ## Normalise and flatten
#
# Small, similar numbers are easier to learn from than 0 to 255 (`questions/scaling.py` shows why), and a dense layer
# wants one row of numbers for each image.

# %%
x_train = x_train.astype("float32") / 255
x_test = x_test.astype("float32") / 255
print(f"pixels from {x_train.min()} to {x_train.max()}")

x_train_flat = x_train.reshape(len(x_train), -1)
x_test_flat = x_test.reshape(len(x_test), -1)
print(f"flattened: {x_train_flat.shape}")

# %% [markdown]
# ## Build and compile
#
# 784 pixels → 128 neurons → 64 neurons → 10 shares that add up to 1. ReLU lets a layer bend what it computes; softmax
# turns ten numbers into probabilities.

# %%
model = Sequential([Dense(128, activation="relu", input_shape=(784,)), Dense(64, activation="relu"),
                    Dense(10, activation="softmax")])  # fmt: skip
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.summary()

# %% [markdown]
# ## Train
#
# The last fifth of the training data is held out: the network is measured on it, but never learns from it.

# %%
history = model.fit(x_train_flat, y_train, epochs=options.epochs, batch_size=32, validation_split=0.2,
                    seed=options.seed, verbose=2)  # fmt: skip
show(plots.history(history), "curves")

# %% [markdown]
# The training curve goes on falling when the validation loss no longer does: from about the fifth epoch on the network
# learns its own training images by heart. The tutorial sees no overfitting here; look at the loss, not the accuracy.
#
# ## Evaluate

# %%
loss, accuracy = model.evaluate(x_test_flat, y_test, verbose=0)
print(f"test accuracy: {accuracy:.4f}, test loss: {loss:.4f}")

# %% [markdown]
# ## Predict
#
# Ten test images: green where the answer is right, red where it is wrong, and how sure the network is.

# %%
show(plots.predictions(model, x_test_flat[:10], y_test[:10]), "predictions")

# %% [markdown]
# ## Look inside
#
# What the first neurons look for: blue weights want ink, red ones want none.

# %%
show(plots.weights(model, layer=0, n=10), "weights")

# %%
results = {
    "test accuracy": accuracy,
    "test loss": loss,
    "validation accuracy": history.history["val_accuracy"][-1],
    "lowest validation loss in epoch": 1 + min(range(options.epochs), key=history.history["val_loss"].__getitem__),
}
table(results)
