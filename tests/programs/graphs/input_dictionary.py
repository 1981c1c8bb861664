"""A model whose inputs are a dictionary, as feature columns are."""

# Style: keras-team/keras-io examples/structured_data/wide_deep_cross_networks.py (create_model_inputs)
import keras
import numpy as np
from keras import layers

from tests.programs.common import record, start

FEATURES = ("height", "weight", "age")

rng = np.random.default_rng(2)
table = {name: rng.normal(size=(16, 1)).astype("float32") for name in FEATURES}
target = np.digitize(table["height"][:, 0] - table["age"][:, 0], [-0.5, 0.5])


def create_model_inputs():
    return {name: layers.Input(name=name, shape=(1,), dtype="float32") for name in FEATURES}


inputs = create_model_inputs()
wide = layers.concatenate([inputs[name] for name in FEATURES])
deep = layers.Dense(5, activation="relu")(wide)
deep = layers.LayerNormalization()(deep)
merged = layers.concatenate([wide, deep])
outputs = layers.Dense(3, activation="softmax")(merged)
model = keras.Model(inputs=inputs, outputs=outputs)

model.compile(
    optimizer=keras.optimizers.SGD(learning_rate=0.1),
    loss=keras.losses.SparseCategoricalCrossentropy(),
    metrics=[keras.metrics.SparseCategoricalAccuracy()],
)
start(model)

steps, watcher = record(keras)
model.fit(table, target, batch_size=8, epochs=3, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": model.predict(table, batch_size=7, verbose=0),
    "called": model({name: column[:4] for name, column in table.items()}),
}
