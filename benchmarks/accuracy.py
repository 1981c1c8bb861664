"""Test accuracy of the tutorials' network over seeds, on both engines and in Keras: `python -m benchmarks.accuracy`.

784-128-64-10, ReLU and softmax, Adam, batch 32, validation_split 0.2, 10 epochs on MNIST. Prints a Markdown table and
writes it to `benchmarks/accuracy.md`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import clarinet

Split = tuple[np.ndarray, np.ndarray]


def load() -> tuple[Split, Split]:
    """MNIST as float32 in [0, 1], flattened."""
    (x, y), (x_test, y_test) = clarinet.datasets.mnist.load_data()
    return (x.reshape(-1, 784).astype("float32") / 255, y), (x_test.reshape(-1, 784).astype("float32") / 255, y_test)


def train(library: Any, seed: int, epochs: int, train_set: Split, test_set: Split, **compile_arguments: Any) -> float:
    """One run of the tutorials' program in a Keras-shaped library; its test accuracy."""
    library.utils.set_random_seed(seed)
    layers = library.layers
    model = library.Sequential(
        [
            library.Input((784,)),
            layers.Dense(128, activation="relu"),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], **compile_arguments)
    model.fit(*train_set, batch_size=32, epochs=epochs, validation_split=0.2, verbose=0)
    return float(model.evaluate(*test_set, verbose=0)[1])


def runners() -> dict[str, Callable[..., float]]:
    """What is compared, by name."""
    import keras

    return {
        "Clarinet, native": lambda *a: train(clarinet, *a, engine="native"),
        "Clarinet, reference": lambda *a: train(clarinet, *a, engine="reference"),
        f"Keras {keras.__version__} on JAX": lambda *a: train(keras, *a),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=10)
    arguments = parser.parse_args()
    train_set, test_set = load()
    rows = ["| | mean test accuracy | standard deviation | worst | best | seconds a run |", "|---|---|---|---|---|---|"]
    means = {}
    for name, run in runners().items():
        began = time.perf_counter()
        scores = [run(seed, arguments.epochs, train_set, test_set) for seed in range(arguments.seeds)]
        seconds = (time.perf_counter() - began) / len(scores)
        means[name] = statistics.mean(scores)
        spread = statistics.stdev(scores) if len(scores) > 1 else 0.0
        rows.append(
            f"| {name} | {means[name]:.4f} | {spread:.4f} | {min(scores):.4f} | {max(scores):.4f} | {seconds:.1f} |"
        )
        print(rows[-1], flush=True)
    *ours, keras = means.values()
    largest = max(abs(mean - keras) for mean in ours)
    note = f"{arguments.seeds} seeds, {arguments.epochs} epochs; largest difference from Keras's mean: {largest:.4f}."
    text = "\n".join([*rows, "", note, ""])
    (Path(__file__).parent / "accuracy.md").write_text(text)
    print("\n" + text)


if __name__ == "__main__":
    main()
