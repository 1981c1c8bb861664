"""An inception block: branches of several kernel sizes, and a pooled one, side by side."""

# Style: keras-team/keras-io examples/vision/googleNet.py; keras-team/keras examples/inception_v3.py
import keras
import numpy as np
from keras.layers import AveragePooling2D, Conv2D, Dense, Flatten, Input, MaxPooling2D, concatenate

from tests.programs.common import record, start

rng = np.random.default_rng(17)
images = rng.normal(size=(10, 4, 4, 2)).astype("float32")
labels = rng.integers(0, 3, size=10)


def inception_module(x, filters):
    branch1 = Conv2D(filters, (1, 1), padding="same", activation="relu")(x)
    branch3 = Conv2D(filters, (1, 1), activation="relu")(x)
    branch3 = Conv2D(filters, (3, 3), padding="same", activation="relu")(branch3)
    branch5 = Conv2D(1, 1, activation="relu")(x)
    branch5 = Conv2D(filters, 5, padding="same", activation="relu")(branch5)
    pooled = MaxPooling2D((3, 3), strides=(1, 1), padding="same")(x)
    pooled = Conv2D(filters, 1, activation="relu")(pooled)
    return concatenate([branch1, branch3, branch5, pooled], axis=-1)


inputs = Input((4, 4, 2))
x = inception_module(inputs, 2)
x = AveragePooling2D(2)(x)
outputs = Dense(3, activation="softmax")(Flatten()(x))
model = keras.Model(inputs, outputs)
model.compile(keras.optimizers.SGD(0.05), "sparse_categorical_crossentropy", metrics=["accuracy"])
start(model)

steps, watcher = record(keras)
model.fit(images, labels, batch_size=5, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {"steps": steps, "weights": model.get_weights(), "predictions": model.predict(images, verbose=0)}
