"""A disk that fails at the n-th call, for every n: what was there before is whole, nothing is left beside it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import files, layers
from clarinet.exchange import export_c
from clarinet.saving.checkpoints import load_checkpoint, save_checkpoint

X = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")


class Disk:
    """The calls that write, counted; the n-th of them fails, and all after it, as on a disk that is full."""

    CALLS = ("fsync", "replace")

    def __init__(self, patch: pytest.MonkeyPatch, failing: int | None) -> None:
        self.failing, self.calls = failing, 0
        open_file = Path.open

        def opened(path: Path, mode: str = "r", *more: Any, **named: Any) -> Any:
            file = open_file(path, mode, *more, **named)
            return _File(file, self) if set(mode) & set("xwa") else file

        patch.setattr(Path, "open", opened)
        for name in self.CALLS:
            patch.setattr(files.os, name, self._counted(getattr(os, name)))

    def count(self) -> None:
        self.calls += 1
        if self.failing is not None and self.calls >= self.failing:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            self.count()
            return call(*arguments, **named)

        return counted


class _File:
    """A file whose writes are counted."""

    def __init__(self, file: Any, disk: Disk) -> None:
        self._file, self._disk = file, disk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *what: object) -> None:
        self._file.close()

    def write(self, content: Any) -> int:
        self._disk.count()
        written: int = self._file.write(content)
        return written


def network(seed: int) -> clarinet.Sequential:
    """A small trained one."""
    model = clarinet.Sequential([layers.Input((3,)), layers.Dense(4, "relu"), layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(X, X[:, :1], epochs=1, verbose=0, seed=seed)
    return model


WAYS: dict[str, tuple[Callable[[Any, Path], Any], Callable[[Path], Any]]] = {
    "m.clarinet": (lambda model, path: model.save(path), lambda path: clarinet.load(path).predict(X)),
    "m.weights.h5": (lambda model, path: model.save_weights(path), lambda path: network(3).load_weights(path)),
    "m.safetensors": (lambda model, path: model.save_weights(path), lambda path: network(3).load_weights(path)),
    "m.h": (lambda model, path: export_c(model, path, name="net"), lambda path: path.read_text("utf-8")),
    "m.checkpoint": (lambda model, path: save_checkpoint(model, path, {}), load_checkpoint),
}


@pytest.mark.parametrize("name", WAYS)
def test_a_disk_that_fails_at_every_call(name: str, tmp_path: Path) -> None:
    write, read = WAYS[name]
    path, old, new = tmp_path / name, network(0), network(1)
    write(old, path)
    before, failing = path.read_bytes(), 0
    while True:
        failing += 1
        with pytest.MonkeyPatch.context() as patch:
            disk = Disk(patch, failing)
            try:
                write(new, path)
            except OSError as error:
                assert error.errno == errno.ENOSPC or "space" in str(error)
        if disk.calls < failing:
            break
        assert [p.name for p in tmp_path.iterdir()] == [name], "nothing is left beside it"
        content = path.read_bytes()
        assert content == before or disk.calls >= failing > 2, "whole: the old one, or after the rename the new one"
        read(path)
        path.write_bytes(before)
    assert failing > 3, "calls were counted"
    write(new, path)
    assert path.read_bytes() != before, "and afterwards it writes as ever"
