"""Three models on one input, averaged; training the ensemble trains them."""

# Style: keras-team/keras-io guides/functional_api.py (ensemble)
import keras
import numpy as np
from keras import layers

from tests.programs.common import record, start

rng = np.random.default_rng(21)
x = rng.normal(size=(16, 3)).astype("float32")
y = (x.sum(axis=1) > 0).astype("float32")


def get_model():
    inputs = keras.Input(shape=(3,))
    outputs = layers.Dense(1, activation="sigmoid")(layers.Dense(3, activation="relu")(inputs))
    return keras.Model(inputs, outputs)


model1, model2, model3 = get_model(), get_model(), get_model()
inputs = keras.Input(shape=(3,))
outputs = layers.average([model1(inputs), model2(inputs), model3(inputs)])
ensemble_model = keras.Model(inputs=inputs, outputs=outputs)
start(ensemble_model)

model2.compile(keras.optimizers.SGD(0.5), "binary_crossentropy")
alone = model2.fit(x, y, batch_size=8, epochs=1, shuffle=False, verbose=0).history

ensemble_model.compile(keras.optimizers.SGD(0.5), "binary_crossentropy")
steps, watcher = record(keras)
ensemble_model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "alone": alone,
    "steps": steps,
    "weights": ensemble_model.get_weights(),
    "second": model2.get_weights(),
    "predictions": ensemble_model.predict(x, verbose=0),
    "of the first": model1.predict(x, verbose=0),
}
