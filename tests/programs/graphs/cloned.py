"""clone_model: the same graph with weights of its own, as the target network of reinforcement learning."""

# Style: ageron/handson-ml2 18_reinforcement_learning.ipynb (target = keras.models.clone_model(model))
import keras
import numpy as np
from keras import layers

from tests.programs.common import record, start

rng = np.random.default_rng(48)
states = rng.normal(size=(16, 4)).astype("float32")
actions = rng.normal(size=(16, 2)).astype("float32")
returns = rng.normal(size=(16, 1)).astype("float32")

state, action = keras.Input((4,), name="state"), keras.Input((2,), name="action")
h = layers.Dense(5, activation="relu")(state)
h = layers.Concatenate()([h, layers.Dense(5, activation="relu")(action)])
critic = keras.Model([state, action], layers.Dense(1)(h))
start(critic)

target = keras.models.clone_model(critic)
target.set_weights(critic.get_weights())
critic.compile(loss="mse", optimizer=keras.optimizers.SGD(0.05))

steps, watcher = record(keras)
critic.fit([states, actions], returns, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])
unmoved = target.predict([states, actions], verbose=0)

tau = 0.25
target.set_weights([tau * w + (1 - tau) * t for w, t in zip(critic.get_weights(), target.get_weights())])

results = {
    "steps": steps,
    "weights": critic.get_weights(),
    "unmoved": unmoved,
    "moved": target.predict([states, actions], verbose=0),
    "target": target.get_weights(),
}
