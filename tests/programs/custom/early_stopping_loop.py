"""A loop that branches on values: patience by hand with float(loss), a halved rate, the best weights put back."""

# Style: manual early stopping in GitHub training loops (best_loss, wait, patience);
#   keras-team/keras-io guides/writing_your_own_callbacks.py
import keras
import numpy as np
import tensorflow as tf

from tests.programs.common import start

rng = np.random.default_rng(9)
x = rng.normal(size=(20, 2)).astype("float32")
y = (np.sin(2 * x[:, :1]) + 0.1 * rng.normal(size=(20, 1))).astype("float32")
x_val, y_val = x[15:], y[15:]

model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(6, activation="tanh"), keras.layers.Dense(1)])
start(model)
optimizer = keras.optimizers.SGD(learning_rate=0.2)

best_loss, best_weights, wait, patience = float("inf"), None, 0, 2
train_losses, val_losses, rates = [], [], []
for epoch in range(1, 21):
    with tf.GradientTape() as tape:
        loss = keras.ops.mean(keras.ops.square(model(x[:15], training=True) - y[:15]))
    grads = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))

    val_loss = float(keras.ops.mean((model(x_val) - y_val) ** 2))
    train_losses.append(float(loss))
    epochs_run = epoch
    val_losses.append(val_loss)
    rates.append(float(optimizer.learning_rate))
    if val_loss < best_loss - 1e-3:
        best_loss, best_weights, wait = val_loss, model.get_weights(), 0
    else:
        wait += 1
        optimizer.learning_rate.assign(optimizer.learning_rate * 0.5)
        if wait >= patience:
            break

model.set_weights(best_weights)
results = {
    "epochs": epochs_run,
    "train": train_losses,
    "validation": val_losses,
    "rates": rates,
    "weights": model.get_weights(),
    "predictions": model.predict(x_val, verbose=0),
}
