"""The room Doctor: findings beside the curve, what to type, the cure with its proof; by mouse and by keyboard alone."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from clarinet import doctor
from clarinet.problems import Problem
from clarinet.runs import Store
from clarinet.studio.answering import plain
from clarinet.studio.choices import Choices
from clarinet.studio.consulting import Consultation, case_of
from tests.page.waiting import wait_until
from tests.studio.conftest import HOSTILE, HOSTILE_NAME, violations

SICK = Choices(data="moons", hidden=((16, "relu"),), optimizer="SGD", rate=30.0)
FINDINGS = "document.querySelectorAll('#findings li').length"


def ready(page: Any) -> Any:
    wait_until(page, "document.querySelector('#treat').disabled === false")
    return page


def treated(page: Any) -> Any:
    wait_until(page, "document.querySelector('#proof').textContent !== ''")
    return page


def test_what_is_told_is_what_the_doctor_says() -> None:
    case = case_of(SICK, 6, None)
    consultation = Consultation(case)
    told: Any = [json.loads(json.dumps(plain(one))) for one in consultation.examine()]
    trainer = case.trainer
    report = doctor.examine(trainer.anew(), trainer.x, trainer.y, **case.fit)  # type: ignore[arg-type]
    found = {(one["kind"], one["where"]): one for one in told[-2]["findings"]}
    for finding in report.findings:
        one = found[finding.kind, finding.where]
        assert one["summary"] == finding.summary
        assert one["remedy"] == (None if finding.remedy is None else finding.remedy.text)
    losses = [loss for one in told if one["kind"] == "curve" for loss in one["values"].get("loss", [])]
    own = trainer.anew().fit(trainer.x, trainer.y, verbose=0, **case.fit)  # type: ignore[arg-type]
    assert len(losses) == 6 * trainer.length.epoch
    assert np.mean(losses[: trainer.length.epoch]) == pytest.approx(own.history["loss"][0], rel=0.1)
    proof: Any = [*consultation.treat()][-2]
    assert proof["proved"]
    scores = proof["scores"]
    assert np.mean(scores["scores"]) > np.mean(scores["sick"])


def test_a_healthy_training_cannot_be_treated() -> None:
    consultation = Consultation(case_of(Choices(points=60), 1, None))
    with pytest.raises(ValueError, match="no finding"):
        list(consultation.treat())


def test_findings_and_a_proof_by_mouse(opened: Any) -> None:
    page = ready(opened("doctor"))
    assert page.locator("#findings h3").first.text_content().startswith("learning_rate_too_high")
    page.locator("#findings button").first.click()
    wait_until(page, "document.querySelector('#findings [role=status]').textContent !== ''")
    page.locator("#treat").click()
    treated(page)
    assert page.locator("#proof").text_content().startswith("Proved: accuracy rose")
    assert page.locator("#scores tbody tr").count() == 5
    page.locator("#pairs summary").first.click()
    wait_until(page, "document.querySelectorAll('#pairs tbody tr').length === 20")


def test_by_keyboard_alone(opened: Any) -> None:
    page = ready(opened("doctor"))
    page.locator("#from").focus()
    page.keyboard.press("ArrowDown")
    wait_until(page, "location.hash.includes('from=short')")
    ready(page)
    assert page.locator("#findings h3").first.text_content().startswith("learning_rate_too_low")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    treated(page)


@pytest.mark.slow
def test_a_link_brings_the_same_findings_back(opened: Any) -> None:
    page = opened("doctor")
    page.locator("#from").select_option("short")
    wait_until(page, "location.hash.includes('from=short')")
    ready(page)
    other = opened("doctor")
    other.goto("about:blank")
    other.goto(page.url)
    ready(other)
    first = "#findings h3 >> nth=0"  # how many experiments there is time for is another matter
    assert other.locator(first).text_content() == page.locator(first).text_content()


def test_what_train_trains_is_examined(opened: Any) -> None:
    page = opened("train")
    wait_until(page, "document.querySelector('#program').textContent.includes('import clarinet')")
    page.locator("#rate").fill("50")
    page.locator("#rate").blur()
    wait_until(page, "document.querySelector('#program').textContent.includes('50.0')")
    page.locator("#ask-doctor").click()
    page.wait_for_url("**/doctor#*")
    wait_until(page, "document.querySelector('#from')?.value === 'train'")
    ready(page)
    assert "learning_rate_too_high" in page.locator("#findings").text_content()


def test_findings_of_a_run_as_they_come_with_hostile_names(opened: Any, store: Store) -> None:
    with store.start(HOSTILE_NAME) as run:
        run.writer.steps(1, {"loss": np.linspace(2, 1, 50)})
        run.find(Problem("dying_relu", HOSTILE, "error", f"{HOSTILE}; try: activation='elu'"), step=20)
        run.writer.flush()
        page = opened(f"doctor#from=run-{run.id}")
        page.goto(f"{page.url.partition('#')[0]}#from=run-{run.id}")
        page.reload()
        wait_until(page, f"{FINDINGS} === 1")
        assert page.locator("#findings pre").text_content() == "activation='elu'"
        run.find(Problem("overfit", "fit.epochs", "warning", "later"), step=40)
        run.writer.flush()
        wait_until(page, f"{FINDINGS} === 2")
    page.get_by_role("button", name="Step 20: show it in the curve").click()
    wait_until(page, "document.querySelector('canvas.chart').getAttribute('aria-valuenow') === '20'")
    assert page.title() == "Doctor · Clarinet studio"
    assert page.locator("img").count() == 0


@pytest.mark.parametrize(("width", "theme"), [pytest.param(390, "dark", marks=pytest.mark.slow), (1280, "light")])
def test_everybody_can_use_it(opened: Any, theme: str, width: int) -> None:
    page = ready(opened("doctor", viewport={"width": width, "height": 800}, color_scheme=theme, bypass_csp=True))
    page.locator("#treat").click()
    treated(page)
    for summary in page.locator("details:visible > summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []
