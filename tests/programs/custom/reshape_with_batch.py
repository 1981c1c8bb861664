"""ops.shape(x)[0] in reshape, broadcast and full: patches of images, and time folded into the batch axis."""

# Style: keras-team/keras-io examples/vision/image_classification_with_vision_transformer.py (Patches);
#   TimeDistributed by hand on GitHub
import keras
import numpy as np
from keras import layers, ops

from tests.programs.common import record, start

rng = np.random.default_rng(139)
images = rng.normal(size=(10, 4, 4, 1)).astype("float32")
y = rng.integers(0, 3, size=10)


class Patches(layers.Layer):
    def __init__(self, patch_size, **kwargs):
        super().__init__(**kwargs)
        self.patch_size = patch_size

    def call(self, images):
        batch_size, height, width, channels = ops.shape(images)
        rows, columns = height // self.patch_size, width // self.patch_size
        patches = ops.reshape(images, (batch_size, rows, self.patch_size, columns, self.patch_size, channels))
        patches = ops.transpose(patches, (0, 1, 3, 2, 4, 5))
        return ops.reshape(patches, (batch_size, rows * columns, self.patch_size**2 * channels))


class ClassToken(layers.Layer):
    def build(self, input_shape):
        self.token = self.add_weight(shape=(1, 1, input_shape[-1]), initializer="random_normal", name="token")

    def call(self, patches):
        batch_size = ops.shape(patches)[0]
        token = ops.broadcast_to(self.token, (batch_size, 1, patches.shape[-1]))
        return ops.concatenate([token, patches], axis=1)


class FoldTime(layers.Layer):
    def __init__(self, layer, **kwargs):
        super().__init__(**kwargs)
        self.layer = layer

    def call(self, x):
        batch, time = ops.shape(x)[0], ops.shape(x)[1]
        folded = self.layer(ops.reshape(x, (-1, x.shape[-1])))
        bias = ops.full((batch, time, 1), 0.1)
        return ops.reshape(folded, (batch, time, -1)) + bias


inputs = keras.Input((4, 4, 1))
h = Patches(2)(inputs)
h = FoldTime(layers.Dense(3, activation="tanh"))(h)
h = ClassToken()(h)
outputs = layers.Dense(3, activation="softmax")(h[:, 0] + ops.mean(h, axis=1))
model = keras.Model(inputs, outputs)
model.compile(keras.optimizers.SGD(0.2), "sparse_categorical_crossentropy")
start(model)

steps, watcher = record(keras)
model.fit(images, y, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "patches": Patches(2)(images[:2]),
    "predictions": model.predict(images, batch_size=3, verbose=0),
}
