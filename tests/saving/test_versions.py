"""Files that version 0.1 wrote load, predict what they predicted, and go on training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import clarinet

GOLDENS = Path(__file__).parent / "goldens"
X = np.linspace(-1, 1, 48, dtype=np.float32).reshape(12, 4)
Y = np.arange(12) % 3


def expected(name: str) -> Any:
    with np.load(GOLDENS / "0_1_expected.npz") as found:
        return found[name]


def test_a_chain() -> None:
    model = clarinet.models.load_model(GOLDENS / "0_1_sequential.clarinet")
    np.testing.assert_allclose(model.predict(X), expected("sequential"), rtol=1e-5)
    assert model.metadata == {"rows": 12} and model.optimizer_state.step == 3  # type: ignore[union-attr]
    assert model.fit(X, Y, batch_size=4, verbose=0).history["accuracy"]


def test_a_graph_with_shared_layers_and_a_model_within() -> None:
    model = clarinet.models.load_model(GOLDENS / "0_1_graph.clarinet")
    x = [X, X[::-1].copy()]
    for name, found in model.predict(x).items():  # type: ignore[union-attr]
        np.testing.assert_allclose(found, expected(name), rtol=1e-5)
    history = model.fit(x, {"first": Y, "second": X[:, :1]}, batch_size=4, verbose=0).history
    assert history.keys() == {"loss", "first_loss", "second_loss"}
