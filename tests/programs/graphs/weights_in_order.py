"""The order of weights in a graph with branches, a shared layer and nested models; they are saved and loaded alone."""

# Style: keras-team/keras-io guides/serialization_and_saving.py (save_weights, load_weights)
import keras
import numpy as np
from keras import layers


def build():
    nested_in = keras.Input((2,))
    nested = keras.Model(nested_in, layers.BatchNormalization()(layers.Dense(3)(nested_in)), name="nested")
    shared = layers.Dense(2, use_bias=False, name="shared")
    a, b = keras.Input((4,), name="a"), keras.Input((5,), name="b")
    left = layers.Dense(2, name="left")(a)
    right = layers.Dense(2, name="right")(b)
    late = layers.Dense(6, name="late")(a)
    joined = layers.concatenate([nested(shared(right)), shared(left), late])
    out_1 = layers.Dense(1, name="out_1")(joined)
    out_2 = layers.Dense(7, name="out_2")(layers.Dense(8, name="last")(right))
    return keras.Model([a, b], [out_2, out_1])


rng = np.random.default_rng(50)
model = build()
order = [list(weight.shape) for weight in model.get_weights()]
model.set_weights([rng.uniform(0.1, 1, weight.shape).astype("float32") for weight in model.get_weights()])
model.save_weights("branches.weights.h5")

other = build()
other.load_weights("branches.weights.h5")
x = [rng.normal(size=(3, 4)).astype("float32"), rng.normal(size=(3, 5)).astype("float32")]

results = {
    "order": order,
    "trainable": [list(weight.shape) for weight in model.trainable_weights],
    "non_trainable": [list(weight.shape) for weight in model.non_trainable_weights],
    "layers": [[layer.name, len(layer.weights)] for layer in model.layers if layer.weights],
    "weights": other.get_weights(),
    "expected": model.predict(x, verbose=0),
    "predictions": other.predict(x, verbose=0),
}
