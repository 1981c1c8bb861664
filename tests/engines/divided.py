"""Trains on all devices that JAX has, perhaps as one of two processes, and prints what came of it.

``python divided.py [NUMBER PORT]``
"""

import json
import sys

import numpy as np

from clarinet import Input, Sequential, layers


def main():
    import jax

    jax.config.update("jax_platforms", "cpu")
    if len(sys.argv) > 1:
        number, port = sys.argv[1:]
        jax.distributed.initialize(f"localhost:{port}", num_processes=2, process_id=int(number))
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(59, 6)).astype(np.float32), rng.integers(0, 3, 59)  # the last batch cannot be divided
    stack = [layers.Dense(8, "relu"), layers.BatchNormalization(), layers.Dropout(0.2), layers.Dense(3, "softmax")]
    model = Sequential([Input((6,)), *stack])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], engine="jax")
    history = model.fit(x, y, batch_size=8, epochs=3, validation_data=(x, y), seed=1, verbose=0).history
    told = {
        "devices": jax.device_count(),
        "losses": [history["loss"], history["val_loss"], history["accuracy"]],
        "weights": np.concatenate([w.ravel() for w in model.get_weights()]).tolist(),
        "predictions": model.predict(x).tolist(),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
