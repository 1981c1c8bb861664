"""Two texts through one embedding and one dense layer, compared by their cosine."""

# Style: keras-team/keras-io examples/nlp/semantic_similarity_with_bert.py
import keras
import numpy as np
from keras import layers

from tests.programs.common import record, start

rng = np.random.default_rng(10)
first = rng.integers(0, 20, size=(16, 5))
second = rng.integers(0, 20, size=(16, 5))
second[:8] = first[:8][:, ::-1]
alike = np.repeat([1.0, 0.0], 8).astype("float32")

embedding = layers.Embedding(20, 6)
pooling = layers.GlobalAveragePooling1D()
projection = layers.Dense(4)


def encode(tokens):
    return projection(pooling(embedding(tokens)))


input_1 = keras.Input(shape=(5,), dtype="int32")
input_2 = keras.Input(shape=(5,), dtype="int32")
cosine = layers.Dot(axes=1, normalize=True)([encode(input_1), encode(input_2)])
outputs = layers.Dense(1, activation="sigmoid")(cosine)
model = keras.Model([input_1, input_2], outputs)

model.compile(keras.optimizers.SGD(0.5), "binary_crossentropy")
start(model)

steps, watcher = record(keras)
model.fit([first, second], alike, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": model.predict([first, second], verbose=0),
    "cosine": keras.Model(model.input, cosine).predict([first, second], verbose=0),
}
