"""A PyDataset whose items are lists of inputs and of outputs, with weights for each."""

# Style: keras.utils.Sequence generators on GitHub (class DataGenerator);
#   keras-team/keras-io guides/training_with_built_in_methods.py
import keras
import numpy as np
from keras.layers import Dense, Input, concatenate

from tests.programs.common import record, start

rng = np.random.default_rng(54)


class DataGenerator(keras.utils.PyDataset):
    def __init__(self, pairs, targets, batch_size=6, **kwargs):
        super().__init__(**kwargs)
        self.pairs, self.targets, self.batch_size = pairs, targets, batch_size

    def __len__(self):
        return len(self.pairs[0]) // self.batch_size

    def __getitem__(self, index):
        rows = slice(index * self.batch_size, (index + 1) * self.batch_size)
        x = tuple(array[rows] for array in self.pairs)
        y = tuple(array[rows] for array in self.targets)
        weights = tuple(np.linspace(0, 1, self.batch_size, dtype="float32") for _ in y)
        return x, y, weights


pairs = [rng.normal(size=(24, 2)).astype("float32"), rng.normal(size=(24, 4)).astype("float32")]
targets = [pairs[0] * 2, (pairs[1][:, :1] > 0).astype("float32")]
generator = DataGenerator(pairs, targets)

inputs = [Input((2,)), Input((4,))]
hidden = Dense(5, activation="relu")(concatenate(inputs))
model = keras.Model(inputs, [Dense(2)(hidden), Dense(1, activation="sigmoid")(hidden)])
model.compile(optimizer=keras.optimizers.SGD(0.1), loss=["mse", "binary_crossentropy"], loss_weights=[0.5, 1])
start(model)

steps, watcher = record(keras)
model.fit(generator, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "losses": [step["loss"] for step in steps],
    "weights": model.get_weights(),
    "evaluated": model.evaluate(generator, verbose=0)[0],
    "predictions": model.predict(pairs, verbose=0),
}
