"""The room Runs in a browser: by mouse and by keyboard alone, for everybody, whatever names there are."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from clarinet.runs import Store, smooth
from tests.page.waiting import wait_until
from tests.studio.conftest import HOSTILE, violations


def ready(page: Any) -> Any:
    wait_until(page, "document.querySelectorAll('.plot').length >= 2")
    return page


def names(page: Any) -> list[str]:
    return page.locator("#runs tbody td.name").all_text_contents()  # type: ignore[no-any-return]


def test_table_filter_and_order(opened: Any) -> None:
    page = ready(opened("runs"))
    assert page.locator("#state").text_content().startswith("4 runs.")
    page.get_by_role("button", name="Name").click()
    assert names(page)[1:] == ["digits-0", "digits-1", "digits-2"]
    page.get_by_role("button", name="Name").click()
    assert names(page)[:3] == ["digits-2", "digits-1", "digits-0"]
    assert page.locator("th[aria-sort=descending]").text_content() == "Name"
    page.get_by_role("button", name="loss", exact=True).click()
    assert names(page)[0] == "'&#60;b&#62; javascript&#58;alert(1)'"
    page.fill("#filter", "digits net")
    assert len(names(page)) == 3
    page.fill("#filter", "learning_rate < 0.05, name != digits-1")
    wait_until(page, "document.querySelectorAll('#runs tbody tr').length === 1")
    assert names(page) == ["digits-2"]
    page.fill("#filter", "nonsense > 1")
    wait_until(page, "document.querySelector('#trouble').textContent.includes('no run has a metric')")


def test_curves_their_tables_and_linked_positions(opened: Any, store: Store) -> None:
    page = ready(opened("runs"))
    chart = page.locator(".plot", has=page.locator("figcaption", has_text="loss")).first
    chart.locator("summary").click()
    wait_until(page, "document.querySelector('.plot tbody td') !== null")
    rows = chart.locator("tbody tr")
    heads = chart.locator("thead th").all_text_contents()
    x, y = store.get("digits-1").curve("loss")
    cells = [row.split("\t") for row in rows.evaluate_all("rows => rows.map((row) => row.innerText)")]
    shown = {int(row[0]): row[heads.index("digits-1")] for row in cells}
    for step, value in zip(x.tolist(), y.tolist()):
        assert float(shown[step]) == pytest.approx(value, rel=1e-3)
    page.locator("canvas.chart").first.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    wait_until(
        page, "document.querySelector('canvas.chart').getAttribute('aria-valuetext').startsWith('logged step 1:')"
    )
    texts = page.locator("canvas.chart").evaluate_all("all => all.map((one) => one.getAttribute('aria-valuetext'))")
    assert all(text.startswith("logged step 1:") for text in texts)  # every chart is at the same place
    assert "digits-1 0.5" in texts[0]
    box = page.locator("canvas.chart").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] - 14, box["y"] + 50)
    wait_until(page, "document.querySelector('canvas.chart').getAttribute('aria-valuenow') === '29'")


def test_smoothing_is_the_librarys(opened: Any, store: Store) -> None:
    page = ready(opened("runs"))
    page.locator("#smoothing").fill("0.9")
    page.locator("#logarithmic").check()
    expected = smooth(store.get("digits-1").curve("loss")[1], 0.9)[-1]
    row = page.locator(".legend li", has_text="digits-1").first.locator("output")
    wait_until(
        page, f"[...document.querySelectorAll('.legend output')].some((one) => one.textContent === '{expected:.4g}')"
    )
    assert row.text_content() == f"{expected:.4g}"
    assert "smoothing=0.9" in page.url
    assert "log=yes" in page.url


def test_a_link_brings_the_same_picture_back(opened: Any) -> None:
    page = ready(opened("runs"))
    page.get_by_label("Draw digits-1").uncheck()
    page.fill("#filter", "digits")
    page.locator("#smoothing").fill("0.5")
    other = opened("runs")
    other.goto("about:blank")
    other.goto(page.url)
    wait_until(other, "document.querySelectorAll('#runs tbody tr').length === 3")
    for one in (page, ready(other)):
        assert [one.get_by_label(f"Draw digits-{n}").is_checked() for n in range(3)] == [True, False, True]
    legends = [sorted(one.locator(".plot").first.locator("li").all_text_contents()) for one in (page, other)]
    assert legends[0] == legends[1]


def test_notes_the_bin_and_back_by_keyboard_alone(opened: Any, store: Store) -> None:
    page = ready(opened("runs"))
    page.get_by_label("Notes of digits-2").focus()
    page.keyboard.press("Enter")
    wait_until(page, "document.querySelector('#about').open")
    page.keyboard.type("by keyboard")
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    wait_until(page, "!document.querySelector('#about').open")
    assert store.get("digits-2").notes == "by keyboard"
    page.get_by_label("Notes of digits-2").press("Enter")
    page.locator("#bin").press("Enter")
    wait_until(page, "document.querySelectorAll('#runs tbody tr').length === 3")
    page.keyboard.press("Enter")  # on "Take it back", which has the focus
    wait_until(page, "document.querySelectorAll('#runs tbody tr').length === 4")
    assert store.get("digits-2").status == "finished"


def test_hostile_names_are_words(opened: Any) -> None:
    page = ready(opened("runs"))
    page.locator("#runs button.plain", has_text="onerror").click()
    wait_until(page, "document.querySelector('#about').open")
    assert page.locator("#notes").input_value() == HOSTILE
    page.locator("#close").click()
    assert page.locator("#runs thead").text_content().count(HOSTILE) == 1
    assert page.title() == "Runs · Clarinet studio"
    assert page.locator("img").count() == 0
    page.locator("#runs td.name a", has_text="javascript").click()
    assert "alert(1)" in page.locator("h1").text_content()


PROGRAM = """
import sys, time
import numpy as np, clarinet
from clarinet.runs import Store
model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1)])
model.compile("sgd", "mse")
class Slow(clarinet.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None): time.sleep(0.3)
with Store(sys.argv[1]).start("elsewhere") as run:
    model.fit(np.ones((64, 2)), np.ones((64, 1)), epochs=8, verbose=0, run=run, callbacks=[Slow()])
"""


def test_a_training_of_another_process_shows_up_and_grows(opened: Any, store: Store) -> None:
    page = ready(opened("runs"))
    page.locator("#kind").select_option("epoch")
    with subprocess.Popen([sys.executable, "-c", PROGRAM, str(store.folder)]) as program:
        wait_until(page, "document.querySelector('.status.running') !== null")
        wait_until(page, "document.querySelector('canvas.chart')?.getAttribute('aria-valuemax') > 2")
        assert page.locator("#state").text_content().startswith("5 runs, 1 training now")
        assert program.wait(timeout=60) == 0
    wait_until(page, "document.querySelector('canvas.chart').getAttribute('aria-valuemax') === '8'")
    wait_until(page, "document.querySelector('.status.running') === null")
    store.get("elsewhere").delete()


@pytest.mark.parametrize("theme", [pytest.param("light", marks=pytest.mark.slow), "dark"])
@pytest.mark.parametrize("width", [pytest.param(390, marks=pytest.mark.slow), 1280])
def test_everybody_can_use_it(opened: Any, theme: str, width: int) -> None:
    page = ready(opened("runs", viewport={"width": width, "height": 800}, color_scheme=theme, bypass_csp=True))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".plot summary").first.click()
    assert violations(page) == []
    page.locator("#runs button.plain").first.click()
    wait_until(page, "document.querySelector('#about').open")
    assert violations(page) == []


def test_a_store_without_runs_says_how_to_begin(browser: Any, tmp_path: Any) -> None:
    from clarinet.studio.server import Studio

    with Studio(Store(tmp_path)) as studio:
        page = browser.new_page()
        page.goto(studio.url)
        wait_until(page, "!document.querySelector('#none').hidden")
        with Store(tmp_path).start("first") as run:
            run.log({"loss": 1.0})
        wait_until(page, "document.querySelectorAll('#runs tbody tr').length === 1")
        page.close()
