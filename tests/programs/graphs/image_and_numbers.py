"""An image and a table for the same row: a convolutional branch and a dense one, a linear output."""

# Style: the house price programs with images (PyImageSearch)
import keras
import numpy as np
from keras.layers import BatchNormalization, Conv2D, Dense, Flatten, Input, MaxPooling2D, concatenate
from keras.models import Model

from tests.programs.common import record, start

rng = np.random.default_rng(57)
images = rng.uniform(size=(12, 6, 6, 3)).astype("float32")
table = rng.normal(size=(12, 4)).astype("float32")
price = (images.mean(axis=(1, 2, 3)) * 3 + table[:, 0]).astype("float32")


def create_mlp(dim):
    inputs = Input((dim,))
    return Model(inputs, Dense(3, activation="relu")(Dense(5, activation="relu")(inputs)))


def create_cnn(height, width, depth, filters=(2, 3)):
    inputs = x = Input(shape=(height, width, depth))
    for number in filters:
        x = Conv2D(number, (3, 3), padding="same", activation="relu")(x)
        x = BatchNormalization(axis=-1)(x)
        x = MaxPooling2D(pool_size=(2, 2))(x)
    return Model(inputs, Dense(3, activation="relu")(Flatten()(x)))


mlp, cnn = create_mlp(4), create_cnn(6, 6, 3)
combined = concatenate([mlp.output, cnn.output])
x = Dense(4, activation="relu")(combined)
x = Dense(1, activation="linear")(x)
model = Model(inputs=[mlp.input, cnn.input], outputs=x)
model.compile(loss="mean_absolute_percentage_error", optimizer=keras.optimizers.SGD(0.0002))
start(model)

steps, watcher = record(keras)
model.fit([table, images], price + 4, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {"steps": steps, "weights": model.get_weights(), "predictions": model.predict([table, images], verbose=0)}
