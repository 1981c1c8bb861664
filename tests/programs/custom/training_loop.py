"""The training loop from scratch: tape, optimizer, metrics that are reset, validation, penalties of layers."""

# Style: keras-team/keras-io guides/writing_a_custom_training_loop_in_tensorflow.py
import keras
import numpy as np
import tensorflow as tf

from tests.programs.common import start

BATCH = 5

rng = np.random.default_rng(129)
x_train = rng.normal(size=(20, 4)).astype("float32")
y_train = rng.integers(0, 3, size=20)
x_val, y_val = x_train[:8], y_train[:8]

inputs = keras.Input(shape=(4,), name="digits")
x = keras.layers.Dense(6, activation="relu", kernel_regularizer=keras.regularizers.L2(0.01))(inputs)
x = keras.layers.Dense(5, activation="relu")(x)
outputs = keras.layers.Dense(3, name="predictions")(x)
model = keras.Model(inputs=inputs, outputs=outputs)
start(model)

optimizer = keras.optimizers.Adam(learning_rate=0.01)
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
train_acc_metric = keras.metrics.SparseCategoricalAccuracy()
val_acc_metric = keras.metrics.SparseCategoricalAccuracy()
val_loss = keras.metrics.Mean()

losses, accuracies = [], []
for _ in range(2):
    for begin in range(0, len(x_train), BATCH):
        x_batch, y_batch = x_train[begin : begin + BATCH], y_train[begin : begin + BATCH]
        with tf.GradientTape() as tape:
            logits = model(x_batch, training=True)
            loss_value = loss_fn(y_batch, logits)
            loss_value += sum(model.losses)
        grads = tape.gradient(loss_value, model.trainable_weights)
        optimizer.apply_gradients(zip(grads, model.trainable_weights))
        train_acc_metric.update_state(y_batch, logits)
        losses.append(float(loss_value))
    train_acc = train_acc_metric.result()
    train_acc_metric.reset_state()
    for begin in range(0, len(x_val), BATCH):
        val_logits = model(x_val[begin : begin + BATCH], training=False)
        val_acc_metric.update_state(y_val[begin : begin + BATCH], val_logits)
        val_loss.update_state(loss_fn(y_val[begin : begin + BATCH], val_logits))
    accuracies.append([float(train_acc), float(val_acc_metric.result()), float(val_loss.result())])
    val_acc_metric.reset_state()
    val_loss.reset_state()

results = {
    "losses": losses,
    "accuracies": accuracies,
    "iterations": int(optimizer.iterations),
    "weights": model.get_weights(),
    "predictions": model.predict(x_val, verbose=0),
}
