"""The last layer of a trained model is replaced: the new model grows out of a tensor of the old one."""

# Style: transfer learning programs (x = base_model.layers[-2].output)
import keras
import numpy as np
from keras.layers import Dense, Input
from keras.models import Model

from tests.programs.common import record, start

rng = np.random.default_rng(32)
x = rng.normal(size=(20, 5)).astype("float32")
old_task = rng.integers(0, 2, size=20)
new_task = rng.integers(0, 3, size=20)

inputs = Input((5,))
hidden = Dense(4, activation="relu")(inputs)
hidden = Dense(4, activation="relu")(hidden)
old_model = Model(inputs, Dense(1, activation="sigmoid")(hidden))
old_model.compile(keras.optimizers.SGD(0.1), "binary_crossentropy")
start(old_model)
old_model.fit(x, old_task, batch_size=5, epochs=1, shuffle=False, verbose=0)

features = old_model.layers[-2].output
predictions = Dense(3, activation="softmax", name="new_head")(features)
new_model = Model(inputs=old_model.input, outputs=predictions)
start(new_model.get_layer("new_head"))
for layer in new_model.layers[:-1]:
    layer.trainable = False
new_model.compile(optimizer=keras.optimizers.SGD(0.1), loss="sparse_categorical_crossentropy", metrics=["accuracy"])

steps, watcher = record(keras)
new_model.fit(x, new_task, batch_size=5, epochs=1, shuffle=False, verbose=0, callbacks=[watcher])
frozen = old_model.predict(x, verbose=0)

for layer in new_model.layers:
    layer.trainable = True
new_model.compile(optimizer=keras.optimizers.SGD(0.01), loss="sparse_categorical_crossentropy")
later, watcher = record(keras)
new_model.fit(x, new_task, batch_size=5, epochs=1, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps + later,
    "old, frozen": frozen,
    "old, trained along": old_model.predict(x, verbose=0),
    "weights": new_model.get_weights(),
}
