"""Encoder and decoder are models; the autoencoder is the one after the other."""

# Style: keras-team/keras-io guides/functional_api.py (models callable like layers);
#   ageron/handson-ml2 17_autoencoders.ipynb
import keras
import numpy as np
from keras import layers

from tests.programs.common import record, start

rng = np.random.default_rng(23)
x = rng.uniform(size=(10, 6, 6, 1)).astype("float32")

encoder_input = keras.Input(shape=(6, 6, 1), name="original_img")
e = layers.Conv2D(3, 3, activation="relu", padding="same")(encoder_input)
e = layers.MaxPooling2D(2)(e)
encoder_output = layers.Conv2D(1, 3, activation="relu", padding="same")(e)
encoder = keras.Model(encoder_input, encoder_output, name="encoder")

decoder_input = keras.Input(shape=(3, 3, 1), name="encoded_img")
d = layers.UpSampling2D(2)(decoder_input)
d = layers.Conv2D(3, 3, activation="relu", padding="same")(d)
decoder_output = layers.Conv2D(1, 3, activation="sigmoid", padding="same")(d)
decoder = keras.Model(decoder_input, decoder_output, name="decoder")

autoencoder_input = keras.Input(shape=(6, 6, 1), name="img")
encoded_img = encoder(autoencoder_input)
decoded_img = decoder(encoded_img)
autoencoder = keras.Model(autoencoder_input, decoded_img, name="autoencoder")
autoencoder.compile(optimizer=keras.optimizers.SGD(0.5), loss="binary_crossentropy")
start(autoencoder)

steps, watcher = record(keras)
autoencoder.fit(x, x, batch_size=5, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": autoencoder.get_weights(),
    "names": [layer.name for layer in autoencoder.layers],
    "encoded": encoder.predict(x, verbose=0),
    "decoded": decoder.predict(encoder.predict(x[:2], verbose=0), verbose=0),
}
