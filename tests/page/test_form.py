"""The form for models of tables: what is filled in is coded as ``answer`` codes it, and everybody can use the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import datasets, layers, recipes
from clarinet.layers import Dense, Input
from tests.page.waiting import wait_until

RNG = np.random.default_rng(3)
WORDS = ["good", "bad", "fine", "awful", "great", "naïve", "it's", "slow", "quick", "noisy"]


def rows(count: int) -> list[dict[str, object]]:
    """Houses with columns of every kind; some cells are missing."""
    found: list[dict[str, object]] = []
    for number in range(count):
        size, garden = int(RNG.integers(40, 200)), bool(RNG.integers(2))
        found.append(
            {
                "size": size,
                "rooms": "" if number % 9 == 0 else int(RNG.integers(1, 8)),
                "garden": "yes" if garden else "no",
                "town": str(RNG.choice(["Aachen", "Bonn", "Köln <b>"])),
                "heating": "" if number % 7 == 0 else str(RNG.choice(["gas", "oil"])),
                "sold": f"20{RNG.integers(10, 24)}-{RNG.integers(1, 13):02}-{RNG.integers(1, 29):02}",
                "notes": " ".join(RNG.choice(WORDS, 4)),
                "price": 1000.0 * size + 50_000 * garden + 7,
                "class": "dear" if size > 120 else "cheap",
            }
        )
    return found


def trained(target: str, without: str) -> clarinet.Sequential:
    table: Any = datasets.load_table(rows(300), target=target, drop=[without], text=["notes"])
    model = recipes.network(table.x, table.y, len(table.classes), table=table.coding, hidden=(8,))
    model.fit(table.x, table.y, epochs=5, verbose=0, seed=1)
    scores = {"score": 0.875}
    model.metadata["data"] = {
        "kind": "table", "classes": list(table.classes), "coding": table.coding.to_config(), "scores": scores
    }  # fmt: skip
    return model


@pytest.fixture(scope="module")
def amounts(tmp_path_factory: pytest.TempPathFactory) -> tuple[clarinet.Sequential, str]:
    model, path = trained("price", "class"), tmp_path_factory.mktemp("form") / "price.html"
    model.export_html(path)
    return model, path.as_uri()


@pytest.fixture
def opened(browser: Any) -> Iterator[Any]:
    """Opens an address; at the end nothing may have been complained about, or fetched from elsewhere."""
    complaints, contexts = [], []

    def opened(address: str, **settings: Any) -> Any:
        contexts.append(browser.new_context(**settings))
        contexts[-1].set_default_timeout(5000)
        page = contexts[-1].new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not complaints


def fill(page: Any, row: dict[str, object]) -> None:
    """Fill in a row by the labels of the fields."""
    for name in ("size", "rooms", "sold"):
        page.get_by_label(name, exact=True).fill(str(row[name]))
    page.get_by_label("notes", exact=True).fill(str(row["notes"]))
    for name in ("garden", "town", "heating"):
        page.get_by_label(name, exact=True).select_option(label=str(row[name]) or "not known")


def test_amounts_are_those_of_answer(opened: Any, amounts: tuple[clarinet.Sequential, str]) -> None:
    model, address = amounts
    page = opened(address)
    asked = rows(10)
    told = []
    for row in asked:
        fill(page, row)
        told.append(float(page.locator("#best").inner_text()))
    expected = model.answer(asked)["price"]
    assert np.allclose(told, expected, rtol=6e-4), (told, expected.tolist())
    assert page.locator("h1").inner_text() == "Predict price"
    assert "score 0.875" in page.locator("#about").inner_text()
    assert page.locator("#bars li").count() == 0


def test_numbers_with_a_comma_and_what_cannot_be_read(opened: Any, amounts: tuple[clarinet.Sequential, str]) -> None:
    _, address = amounts
    page = opened(address)
    size = page.get_by_label("size", exact=True)
    size.fill("100.5")
    with_point = page.locator("#best").inner_text()
    size.fill("100,5")
    assert page.locator("#best").inner_text() == with_point
    size.fill("large")
    assert page.locator("#best").inner_text() == "?"
    assert size.get_attribute("aria-invalid") == "true"
    assert "expected a number" in page.locator(f"#{size.get_attribute('aria-describedby')}").inner_text()
    page.get_by_role("button", name="Empty all").click()
    wait_until(page, "document.getElementById('best').textContent !== '?'")
    assert size.input_value() == "" and size.get_attribute("aria-invalid") == "false"


def test_classes_have_bars(opened: Any, tmp_path: Path) -> None:
    model = trained("class", "price")
    model.export_html(tmp_path / "class.html")
    page = opened((tmp_path / "class.html").as_uri())
    (row,) = rows(1)
    fill(page, row)
    answer = model.answer([row])
    assert page.locator("#best").inner_text() == answer["class"][0]
    shares = [float(text.split()[-2]) for text in page.locator("#bars li").all_inner_texts()]
    assert np.allclose(shares, 100 * answer.scores[0], atol=0.1)
    assert page.locator("#bars li.best .name").inner_text() == answer["class"][0]


def test_everybody_can_use_it(opened: Any, amounts: tuple[clarinet.Sequential, str]) -> None:
    page = opened(amounts[1], viewport={"width": 360, "height": 740}, color_scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("fields.every(({ control }) => control.labels.length === 1 && control.offsetHeight >= 44)")
    order = []
    for _ in range(3):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.labels[0].textContent"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert order == ["size", "rooms", "garden"]
    assert page.locator("#spoken").get_attribute("aria-live") == "polite"


def test_plain_numbers(opened: Any, tmp_path: Path) -> None:
    few = clarinet.Sequential([Input((3,)), Dense(2, "softmax")])
    few.export_html(tmp_path / "few.html", class_names=["</script>", "<b>b</b>"])
    page = opened((tmp_path / "few.html").as_uri())
    page.get_by_label("Input 2").fill("1.5")
    expected = few.predict(np.array([[0, 1.5, 0]], np.float32))[0]
    shares = [float(text.split()[-2]) for text in page.locator("#bars li").all_inner_texts()]
    assert np.allclose(shares, 100 * expected, atol=0.1)
    many = clarinet.Sequential([Input((40,)), Dense(1)])
    many.export_html(tmp_path / "many.html")
    page = opened((tmp_path / "many.html").as_uri())
    numbers = RNG.normal(size=40).round(2)
    page.get_by_role("textbox").fill(" ".join(map(str, numbers)))
    told = float(page.locator("#best").inner_text())
    assert told == pytest.approx(float(many.predict(numbers.reshape(1, 40))[0, 0]), rel=1e-3)
    page.get_by_role("textbox").fill("1 2 3")
    assert page.locator("#best").inner_text() == "?"


TEXTS = ["The cat sat.", "a dog, a dog!", "It's Naïve  cat\tdog", "", "unheard-of words; cat"]


@pytest.mark.parametrize(
    "settings",
    [
        {"output_sequence_length": 5},
        {"output_sequence_length": 9, "split": "character", "standardize": "lower"},
        {"output_mode": "tf_idf", "ngrams": 2},
        {"output_mode": "multi_hot", "standardize": None},
    ],
)
def test_a_text_box(opened: Any, tmp_path: Path, settings: dict[str, Any]) -> None:
    words: Any = layers.TextVectorization(**settings)
    words.adapt(["the cat sat on a mat", "the dog sat", "It's naïve"])
    size = words.vocabulary_size()
    first = [] if "output_mode" in settings else [layers.Embedding(size, 4), layers.GlobalAveragePooling1D()]
    model = clarinet.Sequential([Input((1,), dtype="string"), words, *first, Dense(3, "softmax")])
    model.set_weights([2 * RNG.normal(size=w.shape) for w in model.get_weights()])
    model.export_html(tmp_path / "text.html", class_names=["good", "bad", "so so"])
    page = opened((tmp_path / "text.html").as_uri())
    for text in TEXTS:
        page.get_by_label("Text").fill(text)
        shares = [float(row.split()[-2]) for row in page.locator("#bars li").all_inner_texts()]
        expected = np.asarray(model.predict(np.array([[text]], object)))[0]
        assert np.allclose(shares, 100 * expected, atol=0.1), text


def test_texts_that_a_page_cannot_read(tmp_path: Path) -> None:
    for words, says in (
        (layers.TextVectorization(vocabulary=["a"]), "output_sequence_length="),
        (layers.TextVectorization(vocabulary=["a"], output_mode="count", split=str.split), "function of your own"),
    ):
        stack = [words, layers.Embedding(3, 2), layers.GlobalAveragePooling1D()] if "length" in says else [words]
        model = clarinet.Sequential([Input((1,), dtype="string"), *stack, Dense(1)])
        with pytest.raises(ValueError, match=says):
            model.export_html(tmp_path / "text.html")
