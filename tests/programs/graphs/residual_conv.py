"""A small convolutional ResNet with batch normalisation and a projection on the way round."""

# Style: keras-team/keras examples/cifar10_resnet.py
import keras
import numpy as np
from keras.layers import Activation, BatchNormalization, Conv2D, Dense, GlobalAveragePooling2D, Input, add
from keras.models import Model

from tests.programs.common import record, start

rng = np.random.default_rng(16)
images = rng.normal(size=(12, 6, 6, 1)).astype("float32")
labels = np.eye(3, dtype="float32")[rng.integers(0, 3, size=12)]


def resnet_layer(inputs, filters, kernel_size=3, strides=1, activation="relu", normalised=True):
    x = Conv2D(filters, kernel_size, strides=strides, padding="same")(inputs)
    if normalised:
        x = BatchNormalization()(x)
    return Activation(activation)(x) if activation else x


inputs = Input(shape=(6, 6, 1))
x = resnet_layer(inputs, 3)
y = resnet_layer(x, 3)
y = resnet_layer(y, 3, activation=None)
x = Activation("relu")(add([x, y]))
y = resnet_layer(x, 4, strides=2)
y = resnet_layer(y, 4, activation=None)
x = resnet_layer(x, 4, kernel_size=1, strides=2, activation=None, normalised=False)
x = Activation("relu")(add([x, y]))
outputs = Dense(3, activation="softmax")(GlobalAveragePooling2D()(x))
model = Model(inputs=inputs, outputs=outputs)

model.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.SGD(0.05), metrics=["accuracy"])
start(model)

steps, watcher = record(keras)
model.fit(images, labels, batch_size=6, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {"steps": steps, "weights": model.get_weights(), "predictions": model.predict(images, verbose=0)}
