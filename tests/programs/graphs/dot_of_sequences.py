"""Attention out of layers: Dot of two sequences, Softmax, Dot with the values; Concatenate along time."""

# Style: keras-team/keras examples/babi_memnn.py; seq2seq attention notebooks (dot([decoder, encoder], axes=[2, 2]))
import keras
import numpy as np
from keras.layers import Activation, Concatenate, Dense, Dot, Embedding, Flatten, Input, Permute, add, concatenate, dot

from tests.programs.common import record, start

rng = np.random.default_rng(46)
story = rng.integers(0, 12, size=(12, 5))
question = rng.integers(0, 12, size=(12, 3))
answer = rng.integers(0, 4, size=12)

input_sequence = Input((5,), dtype="int32")
input_question = Input((3,), dtype="int32")
input_m = Embedding(12, 4)(input_sequence)
input_c = Embedding(12, 3)(input_sequence)
asked = Embedding(12, 4)(input_question)

match = Activation("softmax")(dot([input_m, asked], axes=(2, 2)))
response = Permute((2, 1))(add([match, input_c]))
joined = concatenate([response, asked])
context = Dot(axes=[1, 1])([match, input_m])
longer = Concatenate(axis=1)([asked, context])
outputs = Dense(4, activation="softmax")(concatenate([Flatten()(joined), Flatten()(longer)]))
model = keras.Model([input_sequence, input_question], outputs)
model.compile(optimizer=keras.optimizers.SGD(0.3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
start(model)

steps, watcher = record(keras)
model.fit([story, question], answer, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": model.predict([story, question], verbose=0),
    "match": keras.Model(model.inputs, match).predict([story, question], verbose=0)[:3],
    "shapes": [list(match.shape), list(context.shape), list(longer.shape)],
}
