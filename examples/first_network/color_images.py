# %% [markdown]
# # Next step: colour images
#
# CIFAR-10 holds 60,000 photographs of 32 × 32 pixels in ten classes. It is downloaded (170 MB) the first time, which
# only `--full` does. Here the dense network shows its limits, and the convolutional one what it is for.

# %%
import sys

sys.path += [f"{sys.path[0]}/..", ".."]  # where common.py is: for a script, for a notebook
from clarinet import Sequential, plots
from clarinet.datasets import cifar10
from clarinet.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D
from common import arguments, show, table

options = arguments(epochs=10, rows=50_000)


# %%
def block(filters: int) -> list:
    """Two convolutions, then half the width and height."""
    return [Conv2D(filters, 3, padding="same", activation="relu"), BatchNormalization(),
            Conv2D(filters, 3, padding="same", activation="relu"), MaxPooling2D(), Dropout(0.2)]  # fmt: skip


networks = {
    "dense": [Flatten(), Dense(128, activation="relu"), Dense(64, activation="relu")],
    "convolutional": [*block(32), *block(64), Flatten(), Dense(128, activation="relu"), Dropout(0.3)],
}


# %%
def compare() -> dict[str, float]:
    """Train both networks; the test accuracy of each."""
    (x_train, y_train), (x_test, y_test) = cifar10.load_data()
    x_train, x_test = x_train[: options.rows].astype("float32") / 255, x_test.astype("float32") / 255
    show(plots.samples(x_train, y_train.ravel(), n=25, class_names=cifar10.CLASSES), "cifar10")
    scores = {}
    for name, layers in networks.items():
        model = Sequential([Input((32, 32, 3)), *layers, Dense(10, activation="softmax")])
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(x_train, y_train[: options.rows], epochs=options.epochs, batch_size=64, seed=options.seed, verbose=2)
        scores[f"{name}: test accuracy"] = model.evaluate(x_test, y_test, verbose=0)[1]
        figure = plots.confusion(model, x_test, y_test.ravel())
        show(figure, f"cifar10_{name}")
    return scores


# %%
results = {}
if not options.full:
    print("left out: CIFAR-10 is a download of 170 MB; ask for it with --full")
else:
    try:
        results = compare()
    except OSError as error:  # no network, no copy on this machine
        print(f"left out: {error}")
table(results)
