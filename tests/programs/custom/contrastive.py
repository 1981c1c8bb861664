"""Contrastive loss on the distance of a siamese network; distance and accuracy are functions."""

# Style: keras-team/keras examples/mnist_siamese.py; Deni3is/audio_duplicate train/siamse_model/train.py
import keras
import numpy as np
from keras import ops
from keras.layers import Dense, Input, Lambda
from keras.models import Model

from tests.programs.common import record, start

rng = np.random.default_rng(105)
left = rng.normal(size=(20, 5)).astype("float32")
same = np.tile([1.0, 0.0], 10).astype("float32")
right = np.where(same[:, None] > 0, left + rng.normal(0, 0.3, left.shape), rng.normal(size=left.shape)).astype(
    "float32"
)


def euclidean_distance(vects):
    x, y = vects
    sum_square = ops.sum(ops.square(x - y), axis=1, keepdims=True)
    return ops.sqrt(ops.maximum(sum_square, keras.backend.epsilon()))


def contrastive_loss(y_true, y_pred):
    margin = 1
    square_pred = ops.square(y_pred)
    margin_square = ops.square(ops.maximum(margin - y_pred, 0))
    return ops.mean(y_true * square_pred + (1 - y_true) * margin_square)


def accuracy(y_true, y_pred):
    return ops.mean(ops.cast(ops.equal(y_true, ops.cast(y_pred < 0.5, y_true.dtype)), "float32"))


base_input = Input(shape=(5,))
x = Dense(6, activation="relu")(base_input)
base_network = Model(base_input, Dense(2)(x))
input_a, input_b = Input(shape=(5,)), Input(shape=(5,))
distance = Lambda(euclidean_distance, output_shape=(1,))([base_network(input_a), base_network(input_b)])
model = Model([input_a, input_b], distance)
model.compile(loss=contrastive_loss, optimizer=keras.optimizers.RMSprop(0.01), metrics=[accuracy])
start(model)

steps, watcher = record(keras)
model.fit([left, right], same[:, None], batch_size=5, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": model.predict([left, right], verbose=0),
    "evaluated": model.evaluate([left, right], same[:, None], batch_size=10, verbose=0),
}
