# %% [markdown]
# # Next step: a convolutional network
#
# A dense layer sees 784 numbers and does not know which pixels are neighbours. A convolution slides a 3 × 3 window over
# the image and uses the same nine weights everywhere: far fewer weights, and a stroke counts the same wherever it is.

# %%
import sys

sys.path += [f"{sys.path[0]}/..", ".."]  # where common.py is: for a script, for a notebook
from clarinet import Sequential, plots
from clarinet.datasets import mnist
from clarinet.layers import Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D
from common import arguments, show, table

options = arguments(epochs=2, rows=60_000)
(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train = x_train[: options.rows, ..., None].astype("float32") / 255  # one channel: grey
x_test = x_test[..., None].astype("float32") / 255

# %%
model = Sequential([
    Input((28, 28, 1)),
    Conv2D(16, 3, activation="relu"), MaxPooling2D(),
    Conv2D(32, 3, activation="relu"), MaxPooling2D(),
    Flatten(), Dropout(0.3), Dense(10, activation="softmax"),
])  # fmt: skip
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.summary()
epochs = 10 if options.full else options.epochs
history = model.fit(x_train, y_train[: options.rows], epochs=epochs, batch_size=64, seed=options.seed, verbose=2)

# %% [markdown]
# A tenth as many weights as the dense network (12,810 to 109,386), and fewer errors after two epochs than it has
# after ten. The nine weights of the first sixteen windows: some look for edges, in one direction each.

# %%
loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
show(plots.weights(model, layer=0), "kernels")
show(plots.confusion(model, x_test, y_test), "confusion")
results = {"weights": model.count_params(), "epochs": epochs, "test accuracy": accuracy, "test loss": loss}
table(results)
