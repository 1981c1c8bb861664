"""Recommendations: embeddings of users and items, their dot product, a bias for each."""

# Style: keras-team/keras-io examples/structured_data/collaborative_filtering_movielens.py
import keras
import numpy as np
from keras import layers, regularizers

from tests.programs.common import record, start

USERS, ITEMS, FACTORS = 7, 5, 3

rng = np.random.default_rng(42)
users = rng.integers(0, USERS, size=(24, 1))
items = rng.integers(0, ITEMS, size=(24, 1))
ratings = rng.uniform(1, 5, size=24).astype("float32")

user = layers.Input(shape=(1,), dtype="int32", name="user")
item = layers.Input(shape=(1,), dtype="int32", name="item")
u = layers.Embedding(USERS, FACTORS, embeddings_regularizer=regularizers.L2(1e-3), name="u")(user)
m = layers.Embedding(ITEMS, FACTORS, embeddings_regularizer=regularizers.L2(1e-3), name="m")(item)
u_bias = layers.Embedding(USERS, 1, embeddings_initializer="zeros")(user)
m_bias = layers.Embedding(ITEMS, 1, embeddings_initializer="zeros")(item)
x = layers.Dot(axes=2)([u, m])
x = layers.Add()([layers.Flatten()(x), layers.Flatten()(u_bias), layers.Flatten()(m_bias)])
x = layers.Rescaling(4.0, offset=1.0)(layers.Activation("sigmoid")(x))
model = keras.Model(inputs=[user, item], outputs=x)
model.compile(
    loss="mse", optimizer=keras.optimizers.SGD(0.5), metrics=[keras.metrics.RootMeanSquaredError(name="rmse")]
)
start(model)

steps, watcher = record(keras)
model.fit(
    {"user": users, "item": items}, ratings, batch_size=6, epochs=2, shuffle=False, verbose=0, callbacks=[watcher]
)

everything = [np.repeat(np.arange(USERS), ITEMS)[:, None], np.tile(np.arange(ITEMS), USERS)[:, None]]
results = {
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": model.predict(everything, verbose=0),
}
