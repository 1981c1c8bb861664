"""The activations of every layer of a trained convolutional network, from one model with many outputs."""

# Style: fchollet/deep-learning-with-python-notebooks 5.4-visualizing-what-convnets-learn.ipynb (layer_outputs)
import keras
import numpy as np
from keras import layers, models

from tests.programs.common import record, start

rng = np.random.default_rng(30)
images = rng.normal(size=(9, 6, 6, 1)).astype("float32")
labels = rng.integers(0, 3, size=9)

model = models.Sequential(
    [
        keras.Input((6, 6, 1)),
        layers.Conv2D(2, (3, 3), activation="relu", name="conv"),
        layers.MaxPooling2D((2, 2), name="pool"),
        layers.Flatten(name="flat"),
        layers.Dense(3, activation="softmax", name="classes"),
    ]
)
model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.SGD(0.1))
start(model)
steps, watcher = record(keras)
model.fit(images, labels, batch_size=3, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

layer_outputs = [layer.output for layer in model.layers]
activation_model = models.Model(inputs=model.inputs, outputs=layer_outputs)
activations = activation_model.predict(images[:2], verbose=0)

results = {
    "steps": steps,
    "names": [layer.name for layer in model.layers],
    "shapes": [list(tensor.shape[1:]) for tensor in layer_outputs],
    "activations": activations,
    "called": activation_model(images[:1])[-1],
}
