"""One layer three times in a row: the gradients of its uses add up."""

# Style: keras-team/keras-io guides/functional_api.py (shared layers)
import keras
import numpy as np
from keras.layers import Dense, Input, add

from tests.programs.common import record, start

rng = np.random.default_rng(12)
x = rng.normal(size=(16, 4)).astype("float32")
y = np.sin(x).astype("float32")

inputs = Input((4,))
refine = Dense(4, activation="tanh", kernel_regularizer=keras.regularizers.L2(0.01))
state = Dense(4)(inputs)
for _ in range(3):
    state = add([state, refine(state)])
model = keras.Model(inputs, state)
model.compile(optimizer=keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True), loss="mse")
start(model)

steps, watcher = record(keras)
model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "count": model.count_params(),
    "penalties": len(model.losses),
    "predictions": model.predict(x, verbose=0),
}
