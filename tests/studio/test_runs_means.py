"""The room Runs: several runs as one line, their mean and a band."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from clarinet.runs import Store
from tests.page.waiting import wait_until

SEEDS = (1, 2, 3)
LEGEND = "[...document.querySelectorAll('.legend .name')].map((one) => one.textContent)"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Three trainings that differ in their seeds, one of another rate, one that kept no settings."""
    store = Store(tmp_path_factory.mktemp("store"))
    settings: list[tuple[str, Any]] = [(f"seed-{seed}", (seed, 0.1)) for seed in SEEDS]
    for name, given in [*settings, ("other", (1, 0.5)), ("bare", None)]:
        documents = given and {"fit": {"seed": given[0]}, "compile": {"learning_rate": given[1]}}
        with store.start(name, documents=documents or {}, group="first" if name != "bare" else None) as run:
            for step in range(1, 9):
                lost = name == "seed-1" and step == 4
                run.log({"loss": float("nan") if lost else len(name) / step + run.id * 0.1}, step=step)
    return store


def rows(page: Any) -> dict[str, list[str]]:
    """The table under the picture, by steps."""
    if not page.locator(".plot details").evaluate("one => one.open"):
        page.locator(".plot summary").click()
    wait_until(page, "document.querySelector('.plot tbody td') !== null")
    cells = page.evaluate("""() => [...document.querySelectorAll('.plot tbody tr')]
        .map((row) => [...row.cells].map((cell) => cell.textContent))""")
    return {row[0]: row[1:] for row in cells}


def test_the_mean_over_seeds_and_its_band(opened: Any, store: Store) -> None:
    page = opened("runs")
    wait_until(page, f"{LEGEND}.length === 5")
    page.locator("#means").select_option("seeds")
    wait_until(page, f"{LEGEND}.includes('seed-1: mean of 3 runs') && {LEGEND}.length === 3")
    assert set(page.evaluate(LEGEND)) == {"seed-1: mean of 3 runs", "other", "bare"}
    at = page.evaluate(LEGEND).index("seed-1: mean of 3 runs")
    shown = rows(page)
    values = np.stack([store.get(f"seed-{seed}").curve("loss", "log")[1] for seed in SEEDS])
    for step in range(1, 9):
        mean, spread = (float(number) for number in shown[str(step)][at].split(" ± "))
        assert mean == pytest.approx(np.nanmean(values[:, step - 1]), rel=1e-3)
        assert spread == pytest.approx(np.nanstd(values[:, step - 1], ddof=1), rel=1e-3)
    assert page.locator("canvas.chart").get_attribute("aria-valuetext").count("±") == 1
    page.reload()  # the address holds it
    wait_until(page, f"{LEGEND}.includes('seed-1: mean of 3 runs')")


def test_the_mean_of_a_group(opened: Any) -> None:
    page = opened("runs#means=group")
    wait_until(page, f"{LEGEND}.length === 5 || {LEGEND}.length === 2")
    page.locator("#means").select_option("group")
    wait_until(page, f"{LEGEND}.length === 2")
    assert set(page.evaluate(LEGEND)) == {"first: mean of 4 runs", "bare"}
