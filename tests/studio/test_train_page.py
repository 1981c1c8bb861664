"""The room Train in a browser: by mouse and by keyboard alone; the program, the link, the pictures and their tables."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clarinet import Model
from tests.page.waiting import wait_until
from tests.studio.conftest import HOSTILE, violations
from tests.studio.test_program import TABLE, weights_of

STEPS = "Number(document.querySelector('#fact-steps').textContent)"


def ready(page: Any, words: str = "import clarinet") -> Any:
    wait_until(page, f"document.querySelector('#program').textContent.includes({json.dumps(words)})")
    return page


def program(page: Any) -> str:
    return str(page.locator("#program").text_content())


def shown_weights(page: Any) -> list[float]:
    """The numbers of the table of weights, biases too."""
    if not page.locator("#weights-table").evaluate("one => one.open"):
        page.locator("#weights-table summary").click()
        wait_until(page, "document.querySelector('#weights-table tbody td') !== null")
    cells = page.locator("#weights-table tbody td:last-child").all_text_contents()
    return [float(cell) for cell in cells]


def expected_weights(text: str) -> list[float]:
    return [float(value) for weight in weights_of(text) for value in weight.ravel()]


def test_a_network_by_mouse_and_the_program_gives_its_weights(opened: Any) -> None:
    page = ready(opened("train"))
    page.locator("#data").select_option("moons")
    page.get_by_label("One unit more in layer 1").click()
    page.get_by_role("button", name="Add a layer").click()
    page.get_by_label("Remove layer 2").click()
    page.get_by_label("Activation of layer 2").select_option("relu")
    page.locator("#optimizer").select_option("SGD with momentum")
    page.locator("#rate").fill("0.05")
    page.locator("#rate").blur()
    ready(page, "SGD(learning_rate=0.05, momentum=0.9)")
    page.locator("#step").click()
    page.locator("#epoch").click()
    wait_until(page, f"{STEPS} === 13")
    page.locator("#rate").fill("0.02")
    page.locator("#rate").blur()
    ready(page, "PiecewiseConstantDecay([12], [0.05, 0.02])")
    page.locator("#go").click()
    wait_until(page, f"{STEPS} > 60")
    page.locator("#go").click()
    wait_until(page, "document.querySelector('#go').textContent === 'Train'")
    text = program(page)
    assert 'Dense(5, "tanh")' in text
    assert 'Dense(2, "relu")' in text
    page.locator("#format").select_option("model")
    with page.expect_download() as download:
        page.locator("#export").click()
    assert download.value.suggested_filename == "model.clarinet"
    kept = Model.load(download.value.path()).get_weights()
    assert all(np.array_equal(weight, expected) for weight, expected in zip(kept, weights_of(text), strict=True))
    assert np.allclose(shown_weights(page), expected_weights(text), rtol=1e-3, atol=1e-6)


def test_by_keyboard_alone(opened: Any) -> None:
    page = ready(opened("train"))
    page.keyboard.press("Tab")  # to "Skip to the room"
    page.keyboard.press("Enter")
    page.keyboard.press("Space")  # trains, wherever nothing else is meant by it
    wait_until(page, f"{STEPS} > 5")
    page.keyboard.press("Space")
    wait_until(page, "document.querySelector('#go').textContent === 'Train'")
    for _ in range(4):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # Reset: Train, One step, One epoch, Reset
    wait_until(page, f"{STEPS} === 0")
    page.get_by_label("One unit more in layer 1").focus()
    for units in (5, 6, 7):
        page.keyboard.press("Enter")
        ready(page, f'Dense({units}, "tanh")')
    assert page.evaluate("document.activeElement.dataset.part") == "more-0"
    page.locator("#undo").press("Enter")
    ready(page, 'Dense(6, "tanh")')


def test_a_link_brings_the_same_weights_back(opened: Any) -> None:
    page = ready(opened("train"))
    page.locator("#data").select_option("spirals")
    page.locator("#seed").fill("7")
    page.locator("#seed").blur()
    ready(page, "set_random_seed(7)")
    for steps in range(1, 4):
        page.locator("#step").click()
        wait_until(page, f"{STEPS} === {steps}")
    other = opened("train")
    other.goto("about:blank")
    other.goto(page.url)
    ready(other, "iterations == 3")
    wait_until(other, f"{STEPS} === 3")
    assert program(other) == program(page)
    assert shown_weights(other) == shown_weights(page)


def test_the_tables_have_the_numbers_of_the_pictures(opened: Any) -> None:
    page = ready(opened("train"))
    page.locator("#epoch").click()
    wait_until(page, f"{STEPS} === 13")
    page.locator("#plane-table summary").click()
    wait_until(page, "document.querySelector('#plane-table tbody td') !== null")
    heads = [float(cell) for cell in page.locator("#plane-table thead th").all_text_contents()[1:]]
    row = page.locator("#plane-table tbody tr").nth(2)
    height = float(row.locator("th").text_content())
    names: dict[str, Any] = {}
    exec(program(page), names)
    places = np.array([[head, height] for head in heads], np.float32)
    sure = names["model"].predict(places, verbose=0)[:, 0]
    for cell, value in zip(row.locator("td").all_text_contents(), sure):
        kind, percent = map(int, re.findall(r"\d+", cell))
        assert abs(percent / 100 - (value if kind else 1 - value)) < 0.02
    page.locator(".plot summary").first.click()
    wait_until(page, "document.querySelector('.plot tbody td') !== null")
    cells = page.locator(".plot").first.locator("tbody tr").first.locator("td").all_text_contents()
    history = names["model"].history.history
    assert [float(cell) for cell in cells] == pytest.approx([history["loss"][0], history["val_loss"][0]], rel=1e-3)


def test_a_table_of_ones_own_with_hostile_names(opened: Any, tmp_path: Path) -> None:
    path = tmp_path / "my table.csv"
    path.write_text(TABLE.replace("colour", HOSTILE).replace("red", HOSTILE))
    page = ready(opened("train"))
    page.locator("#data").select_option("csv")
    page.locator("#table").set_input_files(path)
    ready(page, "load_table('my table.csv', 'sold')")
    page.locator("#target").select_option(HOSTILE)
    ready(page, HOSTILE)
    page.locator("#epoch").click()
    wait_until(page, "document.querySelector('#fact-epoch').textContent === '1'")
    page.locator("#report summary").click()
    assert page.title() == "Train · Clarinet studio"
    assert page.locator("img").count() == 0
    (tmp_path / "empty.csv").write_text("")
    page.locator("#table").set_input_files(tmp_path / "empty.csv")
    wait_until(page, "document.querySelector('#trouble').textContent !== ''")


def test_digits(opened: Any) -> None:
    page = ready(opened("train"))
    page.locator("#data").select_option("mnist")
    ready(page, "mnist.load_data()")
    page.locator("#step").click()
    wait_until(page, f"{STEPS} === 1")
    assert page.locator("#samples li").count() == 12
    assert re.fullmatch(r"(not )?\d \(\d+ %\)", page.locator("#samples li span").first.text_content())
    assert page.locator("#kernels li").count() == 4


def test_numbers_out_of_range_are_said_and_not_sent(opened: Any) -> None:
    page = ready(opened("train"))
    page.locator("#batch").fill("0")
    page.locator("#batch").blur()
    assert page.locator("#trouble").text_content().startswith("Batch size:")
    assert "batch_size=32" in program(page)


@pytest.mark.slow
def test_frames_come_at_nearly_ten_a_second(opened: Any) -> None:
    page = ready(opened("train"))
    page.locator("#pace").select_option("full")
    page.locator("#go").click()
    wait_until(page, f"{STEPS} > 100")
    count = """() => new Promise((done) => { let frames = 0;
        new MutationObserver(() => { frames += 1; }).observe(document.querySelector('#fact-steps'), {childList: true});
        setTimeout(() => done(frames), 2000); })"""
    begin = time.monotonic()
    frames = page.evaluate(count)
    assert frames / (time.monotonic() - begin) > 5  # 9.5 on a machine that does nothing else


@pytest.mark.parametrize("theme", [pytest.param("light", marks=pytest.mark.slow), "dark"])
@pytest.mark.parametrize("width", [pytest.param(390, marks=pytest.mark.slow), 1280])
def test_everybody_can_use_it(opened: Any, theme: str, width: int) -> None:
    page = ready(opened("train", viewport={"width": width, "height": 800}, color_scheme=theme, bypass_csp=True))
    page.locator("#epoch").click()
    wait_until(page, f"{STEPS} === 13")
    for summary in page.locator("details:visible > summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []
