"""The room Step through in a browser: by mouse and by keyboard alone; links, tables, hostile names, every reader."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import glass, layers
from clarinet.runs import Store
from clarinet.studio.choices import Choices
from clarinet.studio.opened import of_choices
from clarinet.studio.stepping import Stepper
from tests.page.waiting import wait_until
from tests.studio.conftest import HOSTILE_NAME, violations

TITLE = "(document.querySelector('#title')?.textContent ?? '')"


def ready(page: Any, title: str = "A network of") -> Any:
    wait_until(page, f"{TITLE}.startsWith({title!r})")
    return page


def cells(page: Any, table: str) -> list[list[str]]:
    """The rows of a table, which is opened first."""
    if not page.locator(table).evaluate("one => one.open"):
        page.locator(f"{table} summary").click()
    wait_until(page, f"document.querySelector({(table + ' tbody td')!r}) !== null")
    of_row = "(row) => [...row.cells].map((cell) => cell.textContent)"
    return page.evaluate(f"[...document.querySelectorAll({(table + ' tbody tr')!r})].map({of_row})")  # type: ignore[no-any-return]


def xor_trace(row: int) -> Any:
    own = of_choices(Choices(data="xor"), 60, None, None)
    return glass.trace(own.model, own.x[row : row + 1], own.y[row : row + 1])  # type: ignore[index]


def circle(page: Any, row: int, layer: str) -> Any:
    """Where the first circle of a layer is on the canvas."""
    stepper = Stepper(of_choices(Choices(data="xor"), 60, None, None))
    _, moment = stepper.row(row, 1)
    shapes: Any = moment["shapes"]
    disc = next(one for one in shapes if one["is"] == "disc" and one["of"]["layer"] == layer)
    scale = page.locator("#scene").bounding_box()["width"] / 960
    return {"x": scale * disc["x"], "y": scale * disc["y"]}


def test_a_step_by_mouse(opened: Any) -> None:
    page = ready(opened("step"))
    page.locator("#next").click()
    ready(page, "One example goes in")
    page.locator("#next").click()
    ready(page, "Forward: dense, unit 0")
    page.locator("#layer-next").click()
    ready(page, "Forward: dense_1, unit 0")
    page.locator("#row").fill("4")
    page.locator("#row").blur()
    wait_until(page, "location.hash.includes('row=4')")
    for _ in range(4):
        page.locator("#layer-next").click()
    ready(page, "Back: δ = dL/dz of dense_1")
    trace = xor_trace(4)
    shown = cells(page, "#units-table")
    unit = next(row for row in shown if row[0] == "dense_1 0")
    assert float(unit[1]) == pytest.approx(float(trace.layers[1].a[0, 0]), rel=1e-3)
    assert float(unit[2]) == pytest.approx(float(trace.layers[1].dz[0, 0]), rel=1e-3)
    page.locator("#scene").click(position=circle(page, 4, "dense_2"))
    wait_until(page, "document.querySelector('#said').textContent !== ''")
    assert page.locator("#said").text_content() == glass.explain(trace, "dense_2", 0)
    page.locator("#weights tbody button").nth(1).click()
    wait_until(page, "document.querySelector('#weight').textContent !== ''")
    assert page.locator("#weight").text_content().startswith("dense_2 (Dense), weight W[1, 0] = ")
    page.locator("#layer-next").click()
    page.locator("#layer-next").click()
    ready(page, "New weights of dense")
    update = trace.layers[0].weights["kernel"].update
    ties = {row[0]: float(row[1]) for row in cells(page, "#ties-table")}
    assert ties["dense W[1, 2]"] == pytest.approx(float(update[1, 2]), rel=1e-3)
    page.locator("#take").click()
    ready(page)
    assert float(page.locator("#fact-loss").text_content()) < trace.loss


def test_by_keyboard_alone(opened: Any) -> None:
    page = ready(opened("step"))
    page.keyboard.press("Tab")  # to "Skip to the room"
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    ready(page, "One example goes in")
    page.keyboard.press("PageDown")
    ready(page, "Forward: dense, unit 0")
    page.keyboard.press("ArrowLeft")
    ready(page, "One example goes in")
    page.locator("#from").focus()
    page.keyboard.press("ArrowDown")
    wait_until(page, "location.hash.includes('toy-mnist') && document.querySelector('#fact-loss').textContent !== '–'")
    page.locator("#draw summary").press("Enter")
    drawing = page.locator("#drawing")
    drawing.focus()
    for key in ["ArrowUp"] * 2 + [" "] + ["ArrowDown"] * 15 + [" "]:
        page.keyboard.press(key)
    page.locator("#label").press("1")
    page.locator("#use").press("Enter")
    wait_until(page, "document.querySelector('#fact-label').textContent === '1'")
    page.locator("#unit").press("Control+a")
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    wait_until(page, "document.querySelector('#said').textContent.startsWith('dense_1 (Dense), unit 7')")
    page.locator("#weights tbody button").first.press("Enter")
    wait_until(page, "document.querySelector('#weight').textContent.includes('dL/dW')")
    page.locator("#units-table summary").press("Enter")
    page.locator("#units-table tbody button").last.press("Enter")
    wait_until(page, "!document.querySelector('#said').textContent.startsWith('dense_1 (Dense), unit 7')")


@pytest.mark.slow
def test_a_link_brings_row_step_and_unit_back(opened: Any) -> None:
    page = ready(opened("step"))
    page.locator("#row").fill("7")
    page.locator("#row").blur()
    wait_until(page, "location.hash.includes('row=7')")
    page.locator("#take").click()
    wait_until(page, "location.hash.includes('taken=7')")
    for _ in range(5):
        page.locator("#next").click()
    page.locator("#write").click()
    wait_until(page, "location.hash.includes('unit=0') && location.hash.includes('at=5')")
    other = opened("step")
    other.goto("about:blank")
    other.goto(page.url)
    wait_until(other, "document.querySelector('#said').textContent !== ''")
    for part in ("#title", "#lines", "#said", "#fact-loss"):
        assert other.locator(part).text_content() == page.locator(part).text_content()
    assert cells(other, "#units-table") == cells(page, "#units-table")


def test_what_train_trains_can_be_stepped_through(opened: Any) -> None:
    page = opened("train")
    wait_until(page, "document.querySelector('#program').textContent.includes('import clarinet')")
    page.locator("#data").select_option("moons")
    wait_until(page, "document.querySelector('#program').textContent.includes('moons')")
    page.locator("#step").click()
    wait_until(page, "document.querySelector('#fact-steps').textContent === '1'")
    page.locator("#look-inside").click()
    page.wait_for_url("**/step#*")
    ready(page)
    own = of_choices(Choices(data="moons"), 1, None, None)
    loss = glass.trace(own.model, own.x[:1], own.y[:1]).loss  # type: ignore[index]
    assert float(page.locator("#fact-loss").text_content()) == pytest.approx(loss, rel=1e-3)


@pytest.mark.slow
def test_what_train_kept_and_is_gone_is_trained_again(opened: Any) -> None:
    page = opened("step")
    own = of_choices(Choices(data="moons"), 1, None, None)
    loss = glass.trace(own.model, own.x[:1], own.y[:1]).loss  # type: ignore[index]
    address = page.url.partition("#")[0] + "#from=train&data=moons&steps=1&kept=gone%2Fmodel.clarinet"
    page.goto("about:blank")
    page.goto(address)
    ready(page)
    assert float(page.locator("#fact-loss").text_content()) == pytest.approx(loss, rel=1e-3)


def test_hostile_names_of_runs_and_layers(opened: Any, store: Store) -> None:
    name = "<img src=x onerror=document.title=1>"
    model = clarinet.Sequential([layers.Input((3,)), layers.Dense(2, name="d"), layers.Dense(1, name="out")])
    model.compile("sgd", "mse")
    model.layers[1].name = name
    x = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    with store.start(HOSTILE_NAME) as run:
        model.fit(x, x[:, 0], verbose=0, run=run)
    page = ready(opened("step"))
    page.locator("#from").select_option(f"run-{run.id}")
    wait_until(page, f"location.hash.includes('run-{run.id}')")
    page.locator("#layer-next").click()
    page.locator("#layer-next").click()
    page.locator("#write").click()
    wait_until(page, f"document.querySelector('#said').textContent.includes({name!r})")
    assert page.title() == "Step through · Clarinet studio"
    assert page.locator("img").count() == 0
    page.locator("#from").select_option("run-1")  # has no model
    wait_until(page, "document.querySelector('#trouble').textContent.includes('no model yet')")


@pytest.mark.parametrize(("width", "theme"), [pytest.param(390, "light", marks=pytest.mark.slow), (1280, "dark")])
def test_everybody_can_use_it(opened: Any, theme: str, width: int) -> None:
    page = ready(opened("step", viewport={"width": width, "height": 800}, color_scheme=theme, bypass_csp=True))
    page.locator("#layer-next").click()
    page.locator("#write").click()
    wait_until(page, "document.querySelector('#said').textContent !== ''")
    for summary in page.locator("details:visible > summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []
