"""Losses and their weights in lists; a main and an auxiliary output."""

# Style: daniellaah/Deep-Learning-Framwork-Practice Keras/MultiInput_MultiOutput/multi_input_multi_output.py
import keras
import numpy as np
from keras.layers import Dense, Input
from keras.models import Model

from tests.programs.common import record, start

rng = np.random.default_rng(4)
main_data = rng.normal(size=(20, 6)).astype("float32")
additional_data = rng.normal(size=(20, 2)).astype("float32")
labels = (main_data[:, :1] + additional_data[:, :1] > 0).astype("float32")

main_input = Input(shape=(6,), name="main_input")
features = Dense(4, activation="tanh")(main_input)
auxiliary_output = Dense(1, activation="sigmoid", name="aux_output")(features)

auxiliary_input = Input(shape=(2,), name="aux_input")
x = keras.layers.concatenate([features, auxiliary_input])
x = Dense(5, activation="relu")(x)
x = Dense(4, activation="relu")(x)
main_output = Dense(1, activation="sigmoid", name="main_output")(x)

model = Model(inputs=[main_input, auxiliary_input], outputs=[main_output, auxiliary_output])
model.compile(
    optimizer=keras.optimizers.RMSprop(0.01),
    loss=["binary_crossentropy", "mse"],
    loss_weights=[1.0, 0.2],
)
start(model)

steps, watcher = record(keras)
model.fit(
    [main_data, additional_data],
    [labels, labels],
    epochs=2,
    batch_size=4,
    shuffle=False,
    verbose=0,
    callbacks=[watcher],
)

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": model.predict([main_data, additional_data], verbose=0),
    "evaluated": model.evaluate([main_data, additional_data], [labels, labels], verbose=0),
}
