"""Two outputs with different losses, given as a list; the total is their sum."""

# Style: JayaPradhi/CNN model.py
import keras
import numpy as np
from keras.layers import Dense, Input
from keras.models import Model

from tests.programs.common import record, start

rng = np.random.default_rng(3)
x = rng.normal(size=(24, 5)).astype("float32")
age = (2 * x[:, :1] + x[:, 1:2]).astype("float32")
gender = (x[:, 2:3] > 0).astype("float32")

inputs = Input((5,))
hidden = Dense(6, activation="relu")(inputs)
output_1 = Dense(1, activation="sigmoid", name="gender_out")(hidden)
output_2 = Dense(1, name="age_out")(hidden)
model = Model(inputs=[inputs], outputs=[output_1, output_2])

model.compile(loss=["binary_crossentropy", "mae"], optimizer=keras.optimizers.SGD(0.1), metrics=["accuracy", "mae"])
start(model)

steps, watcher = record(keras)
history = model.fit(
    x=x, y=[gender, age], batch_size=6, epochs=2, validation_split=0.25, shuffle=False, verbose=0, callbacks=[watcher]
)

results = {
    "steps": steps,
    "history": history.history,
    "weights": model.get_weights(),
    "predictions": model.predict(x, verbose=0),
    "evaluated": model.evaluate(x, [gender, age], verbose=0),
}
