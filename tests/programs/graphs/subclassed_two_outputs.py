"""A subclass that gives a dictionary: prediction and reconstruction."""

# Style: keras-team/keras-io guides/making_new_layers_and_models_via_subclassing.py; students' multi-head models
import keras
import numpy as np
from keras import layers

from tests.programs.common import record, start

rng = np.random.default_rng(40)
x = rng.normal(size=(20, 5)).astype("float32")
y = rng.integers(0, 2, size=(20, 1)).astype("float32")


class SemiSupervised(keras.Model):
    def __init__(self, code_dim=3, **kwargs):
        super().__init__(**kwargs)
        self.encoder = keras.Sequential([layers.Dense(4, activation="relu"), layers.Dense(code_dim)], name="encoder")
        self.decoder = layers.Dense(5, name="decoder")
        self.classifier = layers.Dense(1, activation="sigmoid", name="classifier")

    def call(self, inputs):
        code = self.encoder(inputs)
        return {"label": self.classifier(code), "rebuilt": self.decoder(code)}


model = SemiSupervised()
model(x[:1])
start(model)
model.compile(
    optimizer=keras.optimizers.SGD(0.1),
    loss={"label": "binary_crossentropy", "rebuilt": "mse"},
    loss_weights={"label": 1.0, "rebuilt": 0.25},
)

steps, watcher = record(keras)
model.fit(x, {"label": y, "rebuilt": x}, batch_size=5, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "losses": [step["loss"] for step in steps],
    "weights": model.get_weights(),
    "predictions": model.predict(x, verbose=0),
    "code": model.encoder(x[:4]),
}
