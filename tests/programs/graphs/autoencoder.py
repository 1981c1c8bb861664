"""An autoencoder whose encoder and decoder are models of the same layers."""

# Style: the Keras blog, "Building Autoencoders in Keras"; keras-team/keras-io examples/vision/autoencoder.py
import keras
import numpy as np
from keras.layers import Dense, Input
from keras.models import Model

from tests.programs.common import record, start

rng = np.random.default_rng(22)
x = (rng.normal(size=(20, 2)) @ rng.normal(size=(2, 6))).astype("float32")

input_img = Input(shape=(6,))
encoded = Dense(4, activation="relu")(input_img)
encoded = Dense(2, name="code")(encoded)
decoded = Dense(4, activation="relu", name="decoder_1")(encoded)
decoded = Dense(6, name="decoder_2")(decoded)

autoencoder = Model(input_img, decoded)
encoder = Model(input_img, encoded)
encoded_input = Input(shape=(2,))
decoder = Model(encoded_input, autoencoder.layers[-1](autoencoder.layers[-2](encoded_input)))

autoencoder.compile(optimizer=keras.optimizers.SGD(0.02), loss="mse")
start(autoencoder)

steps, watcher = record(keras)
autoencoder.fit(x, x, epochs=2, batch_size=5, shuffle=False, verbose=0, validation_data=(x, x), callbacks=[watcher])

encoded_imgs = encoder.predict(x, verbose=0)
results = {
    "steps": steps,
    "weights": autoencoder.get_weights(),
    "encoded": encoded_imgs,
    "decoded": decoder.predict(encoded_imgs, verbose=0),
    "predictions": autoencoder.predict(x, verbose=0),
    "parts": [len(encoder.weights), len(decoder.weights), len(autoencoder.weights)],
}
