"""Headlines: a main input of words, an auxiliary one of numbers, an auxiliary loss behind the LSTM."""

# Style: the functional API guide of Keras 2 ("main_output", "aux_output"); IcyShen1949/transfer python.py
import keras
import numpy as np
from keras.layers import LSTM, Dense, Embedding, Input
from keras.models import Model

from tests.programs.common import record, start

rng = np.random.default_rng(55)
headlines = rng.integers(1, 30, size=(16, 7))
extra = rng.normal(size=(16, 3)).astype("float32")
liked = rng.integers(0, 2, size=(16, 1)).astype("float32")

main_input = Input(shape=(7,), dtype="int32", name="main_input")
x = Embedding(output_dim=4, input_dim=30)(main_input)
lstm_out = LSTM(5)(x)
auxiliary_output = Dense(1, activation="sigmoid", name="aux_output")(lstm_out)
auxiliary_input = Input(shape=(3,), name="aux_input")
x = keras.layers.concatenate([lstm_out, auxiliary_input])
x = Dense(6, activation="relu")(x)
main_output = Dense(1, activation="sigmoid", name="main_output")(x)

model = Model(inputs=[main_input, auxiliary_input], outputs=[main_output, auxiliary_output])
model.compile(
    optimizer=keras.optimizers.SGD(0.5),
    loss={"main_output": "binary_crossentropy", "aux_output": "binary_crossentropy"},
    loss_weights={"main_output": 1.0, "aux_output": 0.2},
)
start(model)

steps, watcher = record(keras)
model.fit(
    {"main_input": headlines, "aux_input": extra},
    {"main_output": liked, "aux_output": liked},
    epochs=2, batch_size=4, shuffle=False, verbose=0, callbacks=[watcher],
)  # fmt: skip

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": model.predict({"main_input": headlines, "aux_input": extra}, verbose=0),
}
