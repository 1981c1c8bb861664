"""Deep Q-learning on a replay buffer: one-hot actions, a target network, Huber loss, a tape, epsilon-greedy choices."""

# Style: keras-team/keras-io examples/rl/deep_q_network_breakout.py; ageron/handson-ml2 18_reinforcement_learning.ipynb
import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tests.programs.common import start

ACTIONS, GAMMA = 3, 0.9

rng = np.random.default_rng(136)


def create_q_model():
    return keras.Sequential(
        [keras.Input((2,)), layers.Dense(6, activation="relu"), layers.Dense(ACTIONS, activation="linear")]
    )


model, model_target = create_q_model(), create_q_model()
start(model, model_target)
optimizer = keras.optimizers.Adam(learning_rate=0.01, clipnorm=1.0)
loss_function = keras.losses.Huber()

state = np.zeros(2, "float32")
buffer, losses, chosen = [], [], []
for frame in range(24):
    if rng.random() < 0.3:
        action = int(rng.integers(ACTIONS))
    else:
        action_probs = model(ops.expand_dims(ops.convert_to_tensor(state), 0), training=False)
        action = int(ops.argmax(action_probs[0]))
    state_next = np.clip(state + np.array([(action - 1) * 0.3, rng.normal(0, 0.2)]), -1, 1).astype("float32")
    buffer.append((state, action, 1.0 - abs(float(state_next[0]) - 0.6), state_next, frame % 8 == 7))
    chosen.append(action)
    state = np.zeros(2, "float32") if frame % 8 == 7 else state_next

    if frame >= 8 and frame % 2 == 0:
        sample = [buffer[i] for i in rng.integers(0, len(buffer), size=6)]
        states, actions, rewards, next_states, done = (np.array(column) for column in zip(*sample))
        future_rewards = model_target.predict(next_states, verbose=0)
        updated = rewards.astype("float32") + GAMMA * ops.amax(future_rewards, axis=1) * (1.0 - done.astype("float32"))
        masks = ops.one_hot(actions, ACTIONS)
        with tf.GradientTape() as tape:
            q_values = model(states)
            q_action = ops.sum(ops.multiply(q_values, masks), axis=1)
            loss = loss_function(updated, q_action)
        grads = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(grads, model.trainable_variables))
        losses.append(float(loss))
    if frame == 15:
        model_target.set_weights(model.get_weights())

results = {
    "chosen": chosen,
    "losses": losses,
    "weights": model.get_weights(),
    "target": model_target.get_weights(),
    "values": model.predict(np.eye(2, dtype="float32"), verbose=0),
}
