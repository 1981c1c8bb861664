"""An encoder hands its states to a decoder; afterwards the halves run alone, token by token."""

# Style: keras-team/keras-io examples/nlp/lstm_seq2seq.py
import keras
import numpy as np

from tests.programs.common import record, start

TOKENS, UNITS = 5, 4

rng = np.random.default_rng(56)
encoder_data = np.eye(TOKENS, dtype="float32")[rng.integers(0, TOKENS, size=(12, 4))]
decoder_data = np.eye(TOKENS, dtype="float32")[rng.integers(0, TOKENS, size=(12, 3))]
target_data = np.roll(decoder_data, -1, axis=1)

encoder_inputs = keras.Input(shape=(None, TOKENS))
encoder = keras.layers.LSTM(UNITS, return_state=True)
encoder_outputs, state_h, state_c = encoder(encoder_inputs)
encoder_states = [state_h, state_c]

decoder_inputs = keras.Input(shape=(None, TOKENS))
decoder_lstm = keras.layers.LSTM(UNITS, return_sequences=True, return_state=True)
decoder_outputs, _, _ = decoder_lstm(decoder_inputs, initial_state=encoder_states)
decoder_dense = keras.layers.Dense(TOKENS, activation="softmax")
decoder_outputs = decoder_dense(decoder_outputs)
model = keras.Model([encoder_inputs, decoder_inputs], decoder_outputs)
model.compile(optimizer=keras.optimizers.RMSprop(0.01), loss="categorical_crossentropy", metrics=["accuracy"])
start(model)

steps, watcher = record(keras)
model.fit(
    [encoder_data, decoder_data], target_data, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[watcher]
)

encoder_model = keras.Model(encoder_inputs, encoder_states)
state_inputs = [keras.Input(shape=(UNITS,)), keras.Input(shape=(UNITS,))]
outputs, h, c = decoder_lstm(decoder_inputs, initial_state=state_inputs)
decoder_model = keras.Model([decoder_inputs, *state_inputs], [decoder_dense(outputs), h, c])

states = encoder_model.predict(encoder_data[:2], verbose=0)
token, decoded = decoder_data[:2, :1], []
for _ in range(3):
    chances, *states = decoder_model.predict([token, *states], verbose=0)
    decoded.append(chances)
    token = np.eye(TOKENS, dtype="float32")[chances.argmax(axis=-1)]

results = {"steps": steps, "weights": model.get_weights(), "decoded": decoded, "states": states}
