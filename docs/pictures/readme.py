"""Draws the README's picture: `python docs/pictures/readme.py` (needs matplotlib; reads benchmarks/results.json)."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

import clarinet
from clarinet.layers import Dense, Flatten, Input, Rescaling

HERE = Path(__file__).parent
SHOWN = {
    "clarinet": "Clarinet",
    "jax-scan": "JAX, tuned",
    "keras-jax": "Keras on JAX",
    "torch-fused": "PyTorch",
    "sklearn": "scikit-learn",
    "keras-tensorflow": "Keras on TensorFlow",
}
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#8A8A8A"  # Okabe and Ito's palette: told apart with any colour vision


def trained() -> tuple[clarinet.Sequential, tuple]:
    """The README's network, and the test set."""
    clarinet.utils.set_random_seed(0)
    (x, y), test = clarinet.datasets.mnist.load_data()
    layers = [Dense(128, activation="relu"), Dense(64, activation="relu"), Dense(10, activation="softmax")]
    model = clarinet.Sequential([Input((28, 28)), Rescaling(1 / 255), Flatten(), *layers])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=10, validation_split=0.2, verbose=0)
    return model, test


def draw_digits(figure, model, x_test, y_test) -> None:
    """Eight right answers and the two surest mistakes."""
    predictions = model.predict(x_test)
    wrong = (predictions.argmax(1) != y_test).nonzero()[0]
    surest = wrong[predictions[wrong].max(1).argsort()[::-1][:2]]
    for axes, i in zip(figure.subplots(1, 10), [*range(8), *surest], strict=True):
        answer, right = predictions[i].argmax(), predictions[i].argmax() == y_test[i]
        axes.imshow(x_test[i], cmap="gray_r")
        mark = "✓" if right else f"✗ is {y_test[i]}"
        axes.set_title(f"{answer} {mark}\n{predictions[i].max():.1%}", fontsize=10, color=BLUE if right else ORANGE)
        axes.set_axis_off()


def draw_curves(axes, history) -> None:
    """Accuracy on the rows that were trained on, and on those held out."""
    epochs = [epoch + 1 for epoch in history.epoch]
    axes.plot(epochs, history.history["accuracy"], color=BLUE, marker="o", label="training")
    axes.plot(epochs, history.history["val_accuracy"], color=ORANGE, marker="s", label="validation")
    axes.set(xlabel="epoch", ylabel="accuracy", title="Ten epochs on MNIST")
    axes.legend(frameon=False)


def draw_speed(axes, rows: list[tuple[str, float]]) -> None:
    """How long an epoch takes, as a multiple of Clarinet's time."""
    rows = sorted(rows, key=lambda row: row[1], reverse=True)
    bars = axes.barh(
        [n for n, _ in rows], [ratio for _, ratio in rows], color=[BLUE if n == "Clarinet" else GREY for n, _ in rows]
    )
    axes.bar_label(bars, [f"{ratio:.1f}×" for _, ratio in rows], padding=3)
    axes.set(
        xlabel="time of one epoch, relative to Clarinet (measured in one run)", title="784-128-64-10, batch 32, Adam"
    )
    axes.margins(x=0.12)


def main() -> None:
    results = json.loads((HERE.parents[1] / "benchmarks" / "results.json").read_text())["results"]
    times = {SHOWN[r["name"]]: r["epochs"]["float32"] for r in results if r["name"] in SHOWN}
    speeds = [  # as in the README's table: the median of the rounds' ratios
        (name, median(theirs / ours for theirs, ours in zip(rounds, times["Clarinet"], strict=True)))
        for name, rounds in times.items()
    ]
    model, (x_test, y_test) = trained()
    plt.rcParams.update({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False})
    figure = plt.figure(figsize=(11, 5.2), layout="constrained", facecolor="white")
    top, bottom = figure.subfigures(2, 1, height_ratios=[1, 2.2])
    draw_digits(top, model, x_test, y_test)
    left, right = bottom.subplots(1, 2, width_ratios=[1, 1.3])
    draw_curves(left, model.history)
    draw_speed(right, speeds)
    figure.savefig(HERE / "readme.png", dpi=110)


if __name__ == "__main__":
    main()
