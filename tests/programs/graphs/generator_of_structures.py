"""A Python generator that yields tuples and dictionaries for several inputs and outputs."""

# Style: shritigupta/EIP assign5 (PersonDataGenerator); GitHub generators that yield ([x1, x2], [y1, y2])
import keras
import numpy as np
from keras import layers

from tests.programs.common import record, start

rng = np.random.default_rng(52)
image = rng.normal(size=(24, 3)).astype("float32")
meta = rng.normal(size=(24, 2)).astype("float32")
age = image.sum(axis=1, keepdims=True).astype("float32")
pose = rng.integers(0, 3, size=24)


def batches(batch_size):
    while True:
        for begin in range(0, 24, batch_size):
            rows = slice(begin, begin + batch_size)
            yield {"image": image[rows], "meta": meta[rows]}, {"age": age[rows], "pose": pose[rows]}


def tuples(batch_size):
    for begin in range(0, 24, batch_size):
        rows = slice(begin, begin + batch_size)
        yield (image[rows], meta[rows]), (age[rows], pose[rows])


inputs = [keras.Input((3,), name="image"), keras.Input((2,), name="meta")]
h = layers.Dense(4, activation="relu")(layers.concatenate(inputs))
outputs = [layers.Dense(1, name="age")(h), layers.Dense(3, activation="softmax", name="pose")(h)]
model = keras.Model(inputs, outputs)
model.compile(keras.optimizers.SGD(0.05), loss=["mse", "sparse_categorical_crossentropy"], metrics={"pose": ["acc"]})
start(model)

steps, watcher = record(keras)
history = model.fit(
    batches(6), steps_per_epoch=4, epochs=2, verbose=0, validation_data=next(batches(24)), callbacks=[watcher]
)

results = {
    "steps": steps,
    "history": history.history,
    "weights": model.get_weights(),
    "evaluated": model.evaluate(tuples(8), verbose=0, return_dict=True),
    "predictions": model.predict([image, meta], verbose=0),
}
