"""What a hidden layer says: a second model up to it, made before and after training."""

# Style: the Keras FAQ, "How can I obtain the output of an intermediate layer?"
import keras
import numpy as np
from keras.layers import Dense, Input
from keras.models import Model

from tests.programs.common import record, start

rng = np.random.default_rng(29)
data = rng.normal(size=(18, 4)).astype("float32")
target = rng.integers(0, 2, size=18)

inputs = Input((4,))
x = Dense(5, activation="relu", name="first")(inputs)
x = Dense(3, activation="tanh", name="h")(x)
outputs = Dense(1, activation="sigmoid")(x)
model = Model(inputs, outputs)

early = Model(model.input, model.get_layer("h").output)
start(model)
before = early.predict(data, verbose=0)

model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.SGD(0.3))
steps, watcher = record(keras)
model.fit(data, target, batch_size=6, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

layer_name = "h"
intermediate_layer_model = Model(inputs=model.input, outputs=model.get_layer(layer_name).output)

results = {
    "steps": steps,
    "before": before,
    "after": early.predict(data, verbose=0),
    "made later": intermediate_layer_model.predict(data, verbose=0),
    "both": Model(model.inputs, [model.get_layer("first").output, model.output]).predict(data[:3], verbose=0),
    "shapes": [list(early.output_shape), list(early.input_shape)],
}
