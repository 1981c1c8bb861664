"""What users write themselves: a training loop under a gradient tape, and a loss of six operations in ``fit``.

``python -m benchmarks.loops`` times an epoch of the same loop, batch by batch, in Clarinet, PyTorch and TensorFlow's
eager mode, each in processes of its own whose order changes from round to round; then epochs of ``fit`` with a loss of
its own and with the built-in one by turns. Libraries that are not installed are left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from .networks import Dense, Network
from .work import Array, load

NETWORK = Network("loop", "784-128-10", (Dense(128), Dense(10, "softmax")), 9_600, 32, ())
PEERS = {"clarinet": "clarinet", "torch": "torch", "tensorflow": "tensorflow"}


def keras_shaped(library: Any, x: Array, y: Array) -> Callable[[], float]:
    """An epoch in a library shaped like Keras, as its guides write the loop."""
    layers, batch = library.layers, NETWORK.batch
    model = library.Sequential([library.Input((784,)), layers.Dense(128, activation="relu"), layers.Dense(10)])
    optimizer = library.optimizers.Adam()
    loss_of = library.losses.SparseCategoricalCrossentropy(from_logits=True)
    tape_of = (
        importlib.import_module("tensorflow").GradientTape if library.__name__ == "keras" else library.GradientTape
    )

    def epoch() -> float:
        for start in range(0, len(x), batch):
            rows, labels = x[start : start + batch], y[start : start + batch]
            with tape_of() as tape:
                loss = loss_of(labels, model(rows, training=True))
            grads = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(grads, model.trainable_variables, strict=True))
        return float(loss)

    return epoch


def torch_loop(x: Array, y: Array) -> Callable[[], float]:
    """An epoch in PyTorch, as its tutorials write the loop, without a DataLoader."""
    import torch

    model = torch.nn.Sequential(torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
    optimizer, loss_of = torch.optim.Adam(model.parameters()), torch.nn.CrossEntropyLoss()
    images, digits = torch.from_numpy(x), torch.from_numpy(y.astype("int64"))

    def epoch() -> float:
        for rows, labels in zip(images.split(NETWORK.batch), digits.split(NETWORK.batch), strict=True):
            optimizer.zero_grad()
            loss = loss_of(model(rows), labels)
            loss.backward()
            optimizer.step()
        return float(loss)

    return epoch


def measure(peer: str, rows: int | None = None, epochs: int = 3) -> dict[str, float]:
    """The median of some epochs in seconds, of the clock and of the processor, after one that is not timed."""
    work = load(NETWORK, rows=rows)
    if peer == "torch":
        epoch = torch_loop(work.x, work.y)
    else:
        name = "keras" if peer == "tensorflow" else "clarinet"
        epoch = keras_shaped(importlib.import_module(name), work.x, work.y)
    epoch()
    timed = [_timed(epoch) for _ in range(epochs)]
    return {"seconds": median(t[0] for t in timed), "cpu_seconds": median(t[1] for t in timed)}


def _timed(run: Callable[[], object]) -> tuple[float, float]:
    start, busy = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - start, time.process_time() - busy


def own_loss(rows: int | None = None, pairs: int = 7) -> list[float]:
    """Ratios of an epoch of ``fit`` with a loss of six operations to one with the built-in loss."""
    import numpy as np

    import clarinet
    from clarinet import ops

    def cross_entropy(y_true: Any, y_pred: Any) -> Any:
        p = ops.clip(y_pred, 1e-7, 1 - 1e-7)  # two operations; log, product, sum and sign are the others
        return -ops.sum(y_true * ops.log(p), axis=-1)

    work = load(NETWORK, rows=rows)
    y, epochs = np.eye(10, dtype=np.float32)[work.y], []
    for loss in ("categorical_crossentropy", cross_entropy):
        made = [
            clarinet.layers.Dense(layer.units, layer.activation) for layer in NETWORK.layers if type(layer) is Dense
        ]
        model = clarinet.Sequential([clarinet.Input((784,)), *made])
        model.compile("adam", loss, metrics=["accuracy"])
        epochs.append(lambda model=model: model.fit(work.x, y, batch_size=NETWORK.batch, epochs=1, verbose=0))
    for epoch in epochs:
        epoch()
    ratios = []
    for pair in range(pairs):
        order = (0, 1) if pair % 2 else (1, 0)
        times = {which: _timed(epochs[which])[0] for which in order}
        ratios.append(times[1] / times[0])
    return ratios


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", choices=PEERS, help="measure this one alone, and print JSON")
    chosen = parser.parse_args()
    if chosen.peer:
        print(json.dumps(measure(chosen.peer)))
        return
    there = [peer for peer, module in PEERS.items() if importlib.util.find_spec(module) is not None]
    found: dict[str, list[dict[str, float]]] = {peer: [] for peer in there}
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    for number in range(chosen.rounds):
        for peer in there if number % 2 else reversed(there):
            command = [sys.executable, "-m", "benchmarks.loops", "--peer", peer]
            answer = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
            found[peer].append(json.loads(answer.stdout.splitlines()[-1]))
    first = {key: median(own[key] for own in found["clarinet"]) for key in ("seconds", "cpu_seconds")}
    for peer, own in found.items():
        seconds, cpu = (median(each[key] for each in own) for key in ("seconds", "cpu_seconds"))
        ratios = f"{seconds / first['seconds']:.2f} times Clarinet's, {cpu / first['cpu_seconds']:.2f} of the processor"
        print(f"loop, {peer}: {seconds:.3f} s an epoch, {ratios}")
    print(f"a loss of six operations: {median(own_loss()):.3f} of the built-in one's epoch")


if __name__ == "__main__":
    main()
