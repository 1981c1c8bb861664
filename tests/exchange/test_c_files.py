"""Models as files in C: compiled without a warning, and equal."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import layers
from tests.page.test_forward import NETWORKS

COMPILER = shutil.which("cc")
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="no C compiler")
FLAGS = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O1"]
MAIN = """
#include <stdio.h>
#include "net.h"
int main(void) {
  float x[%d], y[%d];
  while (fread(x, sizeof(float), %d, stdin) == %d) {
    net_predict(x, y);
    fwrite(y, sizeof(float), %d, stdout);
  }
  return 0;
}
"""


def answers(folder: Path, model: Any, x: np.ndarray) -> np.ndarray:
    """What the compiled file gives for some rows."""
    model.export(folder / "net.h")
    inputs, outputs = x[0].size, int(np.prod(model.prediction_shape))
    program = folder / "main"
    (folder / "main.c").write_text(MAIN % (inputs, outputs, inputs, inputs, outputs))
    subprocess.run([str(COMPILER), *FLAGS, str(folder / "main.c"), "-o", str(program), "-lm"], check=True)
    given = subprocess.run([str(program)], input=x.astype("<f4").tobytes(), capture_output=True, check=True).stdout
    return np.frombuffer(given, "<f4").reshape(len(x), *model.prediction_shape)


def check(folder: Path, name: str) -> None:
    shape, stack = NETWORKS[name]
    model = clarinet.Sequential([layers.Input(shape), *stack])
    rng = np.random.default_rng(3)
    model.set_weights([rng.uniform(0.1, 0.9, w.shape) for w in model.get_weights()])
    x = rng.normal(size=(3, *shape)).astype(np.float32)
    found = answers(folder, model, x)
    np.testing.assert_allclose(found, model.predict(x, verbose=0), rtol=3e-5, atol=3e-5)


_ALWAYS = ("dense", "same, strided", "depthwise", "global mean", "skip", "sequence", "normalisation of groups")


@needs_compiler
@pytest.mark.parametrize("name", [n if n in _ALWAYS else pytest.param(n, marks=pytest.mark.slow) for n in NETWORKS])
def test_compiled_files_predict_the_same(tmp_path: Path, name: str) -> None:
    check(tmp_path, name)


def test_buffers_are_used_again(tmp_path: Path) -> None:
    deep = clarinet.Sequential([layers.Input((100,)), *(layers.Dense(100, "relu") for _ in range(9))])
    deep.export(tmp_path / "deep.h")
    text = (tmp_path / "deep.h").read_text()
    assert "static float deep_room[200];" in text and "malloc" not in text and "#define DEEP_INPUTS 100" in text


def test_what_has_no_form_is_refused(tmp_path: Path) -> None:
    loop = clarinet.Sequential([layers.Input((4, 2)), layers.LSTM(3, name="memory"), layers.Dense(1)])
    with pytest.raises(ValueError, match=r"export_c: memory \(LSTM\) cannot run in C"):
        loop.export(tmp_path / "net.h")
    begins = [layers.Input((2,)), layers.Input((2,))]
    with pytest.raises(ValueError, match="one input of numbers"):
        clarinet.Model(begins, layers.Add()(begins)).export(tmp_path / "net.h")
    plain = clarinet.Sequential([layers.Input((2,)), layers.Dense(1)])
    with pytest.raises(ValueError, match="'1st' is not a name in C"):
        plain.export(tmp_path / "net.h", name="1st")
    with pytest.raises(TypeError, match="raw"):
        plain.export(tmp_path / "net.h", raw=True)
    assert not list(tmp_path.iterdir())
