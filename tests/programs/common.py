"""What the programs of ``graphs/`` and ``custom/`` share: weights to start from, and a record of steps."""

from typing import Any

import numpy as np


def start(*models: Any) -> None:
    """Give models (or layers) weights that come from NumPy, so that every library starts from the same ones.

    Matrices and kernels are drawn; vectors, which begin as zeros or ones, move a little away from where they are.
    """
    for model in models:
        if not model.get_weights():
            raise ValueError(f"{model.name} has no weights yet")
        rng = np.random.default_rng(5)
        model.set_weights([_started(rng, np.asarray(weight)) for weight in model.get_weights()])


def _started(rng: np.random.Generator, weight: np.ndarray) -> np.ndarray:
    if weight.ndim < 2:
        return (weight + rng.uniform(0, 0.1, weight.shape)).astype(np.float32)
    return rng.normal(0, np.prod(weight.shape[:-1]) ** -0.5, weight.shape).astype(np.float32)


def record(keras: Any) -> tuple[list[dict[str, float]], Any]:
    """An empty list, and a callback that puts the running loss and metrics of every step into it."""
    steps: list[dict[str, float]] = []
    return steps, keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: steps.append(dict(logs)))
