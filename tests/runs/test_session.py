"""Runs that end with their program, and what a page shows of a run."""

from __future__ import annotations

import base64
import io
import re
import subprocess
import sys

import numpy as np
import pytest

import clarinet
from clarinet import problems


@pytest.mark.parametrize(
    "end, status, error",
    [("", "finished", None), ("raise ValueError('no')", "failed", "ValueError: no"), ("sys.exit(0)", "finished", None)],
)
def test_a_run_ends_with_its_program(store, end, status, error):
    program = f"import sys; from clarinet import runs; runs.init(name='a'); runs.log({{'x': 1.0}}); {end}"
    subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    run = store.get("a")
    assert (run.status, run.error, run.summary) == (status, error, {"x": 1.0})


def test_findings(store):
    with store.start("a") as run:
        run.find(problems.warning("dead_units", "layer:0", "half of the units are silent"), step=7)
    found = {"step": 7, "kind": "dead_units", "where": "layer:0", "severity": "warning"}
    assert run.findings == [found | {"message": "half of the units are silent"}]
    assert "half of the units are silent" in run.to_html().read_text()


def test_pictures_on_the_page(store):
    image = pytest.importorskip("PIL.Image")
    x = np.random.default_rng(0).integers(0, 256, (6, 5, 7), np.uint8)
    x[:, 0, 0], x[:, 0, 1] = 0, 255  # the page stretches every picture to the whole range
    model = clarinet.Sequential([clarinet.Input((5, 7)), clarinet.layers.Flatten(), clarinet.layers.Dense(2)])
    model.compile("sgd", "mse")
    model.fit(x / np.float32(255), np.zeros((6, 2)), verbose=0, run="a")
    pictures = re.findall(r"data:image/bmp;base64,([\w+/=]+)", store.get("a").to_html().read_text())
    assert len(pictures) == 6
    for drawn, pixels in zip(pictures, x, strict=True):
        np.testing.assert_array_equal(np.asarray(image.open(io.BytesIO(base64.b64decode(drawn))).convert("L")), pixels)
