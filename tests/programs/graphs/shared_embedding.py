"""Two sequences of ids through one Embedding, each with its own LSTM afterwards."""

# Style: stephanraaijmakers/deeplearningfornlp code/Chapter8 (parameter sharing)
import keras
import numpy as np
from keras.layers import LSTM, Concatenate, Dense, Embedding, Input
from keras.models import Model

from tests.programs.common import record, start

rng = np.random.default_rng(14)
question = rng.integers(0, 15, size=(12, 4))
answer = rng.integers(0, 15, size=(12, 6))
fits = rng.integers(0, 2, size=12)

inputs_a = Input(shape=(4,), dtype="int32")
inputs_b = Input(shape=(6,), dtype="int32")
words = Embedding(15, 3)
a = LSTM(3)(words(inputs_a))
b = LSTM(2)(words(inputs_b))
merged = Concatenate()([a, b])
y = Dense(2, activation="softmax")(merged)

model = Model(inputs=[inputs_a, inputs_b], outputs=y)
model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.SGD(0.5), metrics=["accuracy"])
start(model)

steps, watcher = record(keras)
model.fit([question, answer], fits, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "table": words.get_weights(),
    "predictions": model.predict([question, answer], verbose=0),
}
