"""Programs that people have from tutorials run with only their import lines changed."""

import runpy
from pathlib import Path

import matplotlib
import pytest

import clarinet

HERE = Path(__file__).parent


@pytest.fixture
def no_windows(monkeypatch):
    """Figures are drawn, but no window opens."""
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))


def test_the_digits_tutorial(no_windows, capsys):
    clarinet.utils.set_random_seed(0)
    names = runpy.run_path(str(HERE / "tutorial_digits.py"))
    shown = capsys.readouterr().out
    assert "Training data shape: (60000, 28, 28)" in shown
    assert "109,386" in shown  # parameters, in the summary
    assert len(names["history"].history["val_accuracy"]) == 10
    assert names["test_accuracy"] > 0.97
    assert names["predictions"].shape == (10, 10)
    assert names["weights"].shape == (784, 128)


def test_the_perceptron():
    clarinet.utils.set_random_seed(0)
    names = runpy.run_path(str(HERE / "tutorial_perceptron.py"))
    history = names["history"].history
    assert set(history) == {"accuracy", "loss", "val_accuracy", "val_loss"}
    # On raw pixels it does worse than always saying "no five" (0.91): that is what the tutorial goes on to debug.
    assert all(0.3 < value < 0.91 for value in history["val_accuracy"])
    assert history["loss"][0] > 100 > 20 > history["loss"][-1]


def test_keras_is_the_package_itself():
    import clarinet.keras.layers
    from clarinet.keras.datasets import mnist
    from clarinet.keras.layers import Dense

    assert clarinet.keras is clarinet
    assert clarinet.keras.layers is clarinet.layers
    assert Dense is clarinet.layers.Dense
    assert mnist is clarinet.datasets.mnist
