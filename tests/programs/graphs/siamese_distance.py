"""A siamese network: one encoder for two inputs, and the squared difference of what it gives."""

# Style: hachreak/cnn-kit cnn_kit/models/siamese.py; narek-stanford/rapid-experiments siamese.py
import keras
import numpy as np
from keras.layers import Dense, Input, Multiply, Subtract
from keras.models import Model, Sequential

from tests.programs.common import record, start

rng = np.random.default_rng(9)
left = rng.normal(size=(24, 6)).astype("float32")
right = left + rng.normal(0, 0.5, size=(24, 6)).astype("float32")
right[::2] = rng.normal(size=(12, 6))
same = np.tile([0.0, 1.0], 12).astype("float32")


def base_network():
    return Sequential([Input((6,)), Dense(8, activation="relu"), Dense(4, activation="tanh")])


encoder = base_network()
input_a = Input(shape=(6,))
input_b = Input(shape=(6,))
out_a = encoder(input_a)
out_b = encoder(input_b)
difference = Subtract()([out_a, out_b])
squared = Multiply()([difference, difference])
prediction = Dense(1, activation="sigmoid")(squared)
siamese = Model(inputs=[input_a, input_b], outputs=prediction)

siamese.compile(optimizer=keras.optimizers.SGD(0.2), loss="binary_crossentropy", metrics=["accuracy"])
start(siamese)

steps, watcher = record(keras)
siamese.fit([left, right], same, batch_size=6, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": siamese.get_weights(),
    "count": siamese.count_params(),
    "predictions": siamese.predict([left, right], verbose=0),
    "encoded": encoder.predict(left, verbose=0),
}
