"""A training on rows that stream is killed within an epoch and resumed: the same bits; and how much memory it takes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import callbacks, layers
from clarinet.data import stream

pa = pytest.importorskip("pyarrow")
pytest.importorskip("pyarrow.parquet")

EPOCHS, ROWS, BATCH = 3, 2_000, 16


def write(folder: Path, rows: int = ROWS, group: int = 150) -> str:
    x = np.random.default_rng(1).standard_normal((rows, 4)).astype(np.float32)
    y = x.sum(axis=1)
    for number in range(2):
        part = slice(number * rows // 2, (number + 1) * rows // 2)
        held = pa.table({**{f"f{i}": x[part, i] for i in range(4)}, "y": y[part]})
        pa.parquet.write_table(held, folder / f"{number}.parquet", row_group_size=group)
    return str(folder / "*.parquet")


class Interruption(Exception):
    pass


class Watch(callbacks.Callback):
    """Waits at every chunk, and stops the training at one of them."""

    def __init__(self, pause: float, stop_at: int | None) -> None:
        self.pause, self.left = pause, stop_at

    def on_chunk(self, chunk: Any) -> None:
        time.sleep(self.pause)
        if self.left is not None:
            self.left -= 1
            if not self.left:
                raise Interruption


def train(files: str, run: str, stop_at: int | None = None, pause: float = 0.0, **settings: Any) -> Any:
    """Weights and history of a training that is kept, and goes on if it was interrupted."""
    clarinet.utils.set_random_seed(3)
    model = clarinet.Sequential([layers.Dense(8, "relu"), layers.Dropout(0.2), layers.Dense(1)])
    model.compile("adam", "mse")
    history = model.fit(
        stream(files, target="y", buffer=450),
        epochs=EPOCHS,
        batch_size=BATCH,
        verbose=0,
        run=run,
        checkpoint=7,
        resume=True,
        seed=11,
        callbacks=[Watch(pause, stop_at)],
        validation_data=files,
        **settings,
    )
    return [w.tobytes() for w in model.get_weights()], history.history


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLARINET_HOME", str(tmp_path / "store"))
    return tmp_path / "store"


@pytest.mark.parametrize("settings", [{}, {"shuffle": False}, {"steps_per_epoch": 40}])
def test_resumed_within_an_epoch(tmp_path: Path, settings: dict[str, Any]) -> None:
    files = write(tmp_path)
    whole = train(files, "whole", **settings)
    for chunk in (3, 16):
        with pytest.raises(Interruption):
            train(files, f"cut-{chunk}", chunk, **settings)
        assert train(files, f"cut-{chunk}", **settings) == whole


def test_other_files_are_another_training(tmp_path: Path) -> None:
    files = write(tmp_path)
    train(files, "first", steps_per_epoch=9)
    write(tmp_path, rows=ROWS + 10)
    with pytest.raises(ValueError, match="this is not the training that was interrupted: data"):
        train(files, "first", steps_per_epoch=9)


KILLED = "import sys; from tests.data.test_streams_resumed import train; train(sys.argv[1], 'killed', pause=0.02)"


@pytest.mark.slow
def test_killed_within_an_epoch_and_resumed(tmp_path: Path) -> None:
    files = write(tmp_path)
    expected = train(files, "whole")
    kills = 0
    for wait in (0.4, 0.7, 0.5, 0.9):
        process = subprocess.Popen([sys.executable, "-c", KILLED, files], cwd=Path(__file__).parents[2])
        folder = tmp_path / "store"
        while process.poll() is None and len(list(folder.rglob("*.checkpoint*"))) < 1 and not _begun(folder):
            time.sleep(0.05)
        time.sleep(wait)
        kills += process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert kills >= 2
    assert train(files, "killed") == expected


def _begun(folder: Path) -> bool:
    return any(path.is_file() and "killed" in str(path) for path in folder.rglob("*"))


MEMORY = """
import resource, sys
import pyarrow.dataset, pyarrow.csv, pyarrow.parquet
import clarinet
from clarinet import layers
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before = peak()
model = clarinet.Sequential([layers.Dense(16, "relu"), layers.Dense(1)])
model.compile("adam", "mse")
model.fit(sys.argv[1], target="y", batch_size=4096, epochs=1, verbose=0)
print(peak() - before)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_files(tmp_path: Path) -> None:
    path = tmp_path / "large.parquet"
    columns = [f"f{i}" for i in range(20)]
    schema = pa.schema([(name, pa.float32()) for name in (*columns, "y")])
    with pa.parquet.ParquetWriter(path, schema) as writer:
        for seed in range(24):  # 264 MB as float32
            rows = np.random.default_rng(seed).standard_normal((21, 131_072)).astype(np.float32)
            writer.write_table(pa.table(list(rows), schema=schema), row_group_size=131_072)
    found = subprocess.run([sys.executable, "-c", MEMORY, str(path)], capture_output=True, text=True, check=True)
    assert float(found.stdout) < 250
