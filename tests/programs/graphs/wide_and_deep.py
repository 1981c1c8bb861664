"""Wide & Deep with two inputs that overlap, an auxiliary output, and early stopping on the whole."""

# Style: ageron/handson-ml2 10_neural_nets_with_keras.ipynb (Wide & Deep)
import keras
import numpy as np

from tests.programs.common import record, start

rng = np.random.default_rng(41)
X_train = rng.normal(size=(30, 8)).astype("float32")
y_train = (X_train[:, :1] + np.abs(X_train[:, 5:6])).astype("float32")
X_train_A, X_train_B = X_train[:20, :5], X_train[:20, 2:]
X_valid_A, X_valid_B, y_valid = X_train[20:, :5], X_train[20:, 2:], y_train[20:]
y_train = y_train[:20]

input_A = keras.layers.Input(shape=[5], name="wide_input")
input_B = keras.layers.Input(shape=[6], name="deep_input")
hidden1 = keras.layers.Dense(6, activation="relu")(input_B)
hidden2 = keras.layers.Dense(6, activation="relu")(hidden1)
concat = keras.layers.concatenate([input_A, hidden2])
output = keras.layers.Dense(1, name="main_output")(concat)
aux_output = keras.layers.Dense(1, name="aux_output")(hidden2)
model = keras.models.Model(inputs=[input_A, input_B], outputs=[output, aux_output])

model.compile(loss=["mse", "mse"], loss_weights=[0.9, 0.1], optimizer=keras.optimizers.SGD(learning_rate=0.02))
start(model)
stopping = keras.callbacks.EarlyStopping(patience=1, min_delta=0.3, restore_best_weights=True)
steps, watcher = record(keras)
history = model.fit(
    (X_train_A, X_train_B),
    (y_train, y_train),
    epochs=6,
    batch_size=10,
    shuffle=False,
    validation_data=((X_valid_A, X_valid_B), (y_valid, y_valid)),
    verbose=0,
    callbacks=[watcher, stopping],
)

y_pred_main, y_pred_aux = model.predict((X_valid_A, X_valid_B), verbose=0)
results = {
    "steps": steps,
    "history": history.history,
    "weights": model.get_weights(),
    "main": y_pred_main,
    "auxiliary": y_pred_aux,
}
