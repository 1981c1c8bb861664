"""One step by hand: what the program prints is what plain NumPy gives, and its page quotes it rightly."""

from pathlib import Path

import numpy as np
import pytest

from examples.programs import FOLDER, PROGRAMS, run
from tests.glass.test_explain import assert_adds_up

pytest.importorskip("matplotlib")


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@pytest.fixture(scope="module")
def by_hand():
    """The tutorial's forward and backward pass, in its own notation: matrices from right to left, columns."""
    rng = np.random.default_rng(0)
    w_i_h = rng.uniform(-0.5, 0.5, (5, 4)).round(2).T
    w_h_o = rng.uniform(-0.5, 0.5, (4, 3)).round(2).T
    img, label = np.array([[0.0], [0.5], [1.0], [0.8], [0.2]]), np.array([[1.0], [0.0], [0.0]])
    h_pre = np.zeros((4, 1)) + w_i_h @ img
    h = sigmoid(h_pre)
    o_pre = np.zeros((3, 1)) + w_h_o @ h
    o = sigmoid(o_pre)
    delta_o = o - label
    delta_h = w_h_o.T @ delta_o * (h * (1 - h))
    new = [w_i_h - 0.01 * delta_h @ img.T, -0.01 * delta_h, w_h_o - 0.01 * delta_o @ h.T, -0.01 * delta_o]
    again = sigmoid(new[3] + new[2] @ sigmoid(new[1] + new[0] @ img))
    return {"h_pre": h_pre, "h": h, "o_pre": o_pre, "o": o, "delta_o": delta_o, "delta_h": delta_h, "again": again,
            "new": new, "label": label}  # fmt: skip


def entropy(o, label):
    return float(np.mean(-label * np.log(o) - (1 - label) * np.log(1 - o)))


def test_the_program_prints_what_numpy_gives(by_hand, tmp_path: Path, capsys):
    program = next(p for p in PROGRAMS if p.path == "by_hand/by_hand.py")
    results = run(program, "--figures", str(tmp_path))
    text = capsys.readouterr().out.replace("−", "-")
    for unit in range(4):
        assert f"= {by_hand['h_pre'][unit, 0]:.4f}\n" in text
        assert f"= {by_hand['h'][unit, 0]:.4f}\n" in text
        assert results[f"hidden neuron {unit}"] == pytest.approx(by_hand["h"][unit, 0], rel=1e-14)
    for unit in range(3):
        assert f"= {by_hand['o_pre'][unit, 0]:.4f}\n" in text
        assert results[f"output {unit}"] == pytest.approx(by_hand["o"][unit, 0], rel=1e-14)
        assert results[f"output {unit} − label"] == pytest.approx(by_hand["delta_o"][unit, 0], rel=1e-14)
    assert f"W[1, 0]: 0.310000 - {0.31 - by_hand['new'][0][0, 1]:.6f} = {by_hand['new'][0][0, 1]:.6f}" in text
    assert f"W[0, 0]: -0.47000 + {by_hand['new'][2][0, 0] + 0.47:.5f} = {by_hand['new'][2][0, 0]:.5f}" in text
    assert f"dL/dz = (a - t) / 3 = (0.5378 - 1) / 3 = {by_hand['delta_o'][0, 0] / 3:.4f}" in text
    assert f"= {by_hand['delta_h'][0, 0] / 3:.6f}, da/dz" in text
    label = by_hand["label"]
    assert results["binary cross-entropy"] == pytest.approx(entropy(by_hand["o"], label))
    assert results["binary cross-entropy after the step"] == pytest.approx(entropy(by_hand["again"], label))
    assert results["mean squared error"] == pytest.approx(np.mean(by_hand["delta_o"] ** 2))
    assert results["updates: largest difference from NumPy"] < 1e-15
    assert_adds_up(text.replace("-", "−"), least=12)
    assert {path.name for path in tmp_path.iterdir()} == {"network.png", "step.svg", "step.html"}


def test_the_page_quotes_the_numbers(by_hand):
    page = (FOLDER / "by_hand" / "README.md").read_text("utf-8").replace("−", "-")
    back = (by_hand["delta_h"] / (by_hand["h"] * (1 - by_hand["h"])))[0, 0]
    slope = (by_hand["h"] * (1 - by_hand["h"]))[0, 0]
    for quoted in (
        f"= {by_hand['h_pre'][0, 0]:.4f} |",
        f"sigmoid({by_hand['h_pre'][0, 0]:.4f}) = {by_hand['h'][0, 0]:.4f} |",
        f"{by_hand['o'][0, 0]:.4f} - 1 = {by_hand['delta_o'][0, 0]:.4f} |",
        f"{back:.4f}·{slope:.4f} = {by_hand['delta_h'][0, 0]:.4f} |",
        f"= {-0.01 * (by_hand['delta_o'] @ by_hand['h'].T)[0, 0]:.5f} |",
    ):
        assert quoted in page, quoted
