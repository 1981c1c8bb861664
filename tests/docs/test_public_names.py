"""``dir`` of every public module shows what is there for users, and nothing else."""

from __future__ import annotations

from importlib import import_module

import pytest

import clarinet

MODULES = [
    "clarinet", "clarinet.activations", "clarinet.applications", "clarinet.callbacks",
    "clarinet.datasets", "clarinet.doctor", "clarinet.events",
    "clarinet.glass", "clarinet.initializers", "clarinet.layers", "clarinet.losses", "clarinet.metrics",
    "clarinet.models", "clarinet.optimizers", "clarinet.optimizers.schedules", "clarinet.plots", "clarinet.random",
    "clarinet.regularizers", "clarinet.runs", "clarinet.utils",
]  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_dir_shows_the_public_names_alone(name: str) -> None:
    module = import_module(name)
    shown = dir(module)
    assert set(module.__all__) <= set(shown) <= {*module.__all__, "get"}
    assert all(getattr(module, one) is not None for one in shown), "each is there"


def test_every_public_part_is_in_the_list() -> None:
    parts = {name.split(".")[1] for name in MODULES if name.count(".") == 1}
    assert parts <= set(dir(clarinet))
