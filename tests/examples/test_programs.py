"""Every example runs on a handful of data, leaves its figures, and shows what it says it shows."""

from pathlib import Path

import pytest

from examples import readme
from examples.programs import PROGRAMS, Program, run

#: The smallest sizes at which a program still runs through.
TINY = {
    "first_network/first_network.py": "--rows 200 --epochs 2",
    "first_network/regularised.py": "--rows 64 --epochs 1",
    "first_network/convolution.py": "--rows 64 --epochs 1",
    "first_network/color_images.py": "",
    "first_network/languages.py": "--epochs 1 --words 9",
    "first_network/transfer.py": "--rows 64 --epochs 1",
    "questions/activation.py": "--rows 64 --epochs 2",
    "questions/hidden_units.py": "--epochs 2 --tries 1",
    "questions/learning_curve.py": "--steps 2 --unseen 50",
    "questions/scaling.py": "--rows 64 --epochs 1",
    "questions/seeds.py": "--rows 64 --epochs 1 --tries 2",
}


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_a_program_runs_through(program: Program, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    results = run(program, "--figures", str(tmp_path), *TINY.get(program.path, "").split())
    if program.path == "first_network/color_images.py":  # a download
        assert not results
    else:
        assert results and list(tmp_path.glob("*.png"))


def numbers(path: str, folder: Path, *arguments: str) -> dict[str, float]:
    pytest.importorskip("matplotlib")
    return run(next(p for p in PROGRAMS if p.path == path), "--figures", str(folder), *arguments)


def test_a_bias_moves_the_line(tmp_path: Path) -> None:
    found = numbers("questions/bias.py", tmp_path)
    assert found["with bias: accuracy"] > 0.98
    assert found["without bias: accuracy"] < 0.75


def test_outliers_drag_the_squared_error(tmp_path: Path) -> None:
    found = numbers("questions/outliers.py", tmp_path)
    off = {name.split(":")[0]: abs(value - 2) for name, value in found.items() if "slope" in name}
    assert off["mean absolute error"] < 0.3 < off["Huber loss"] < 1 < off["mean squared error"]


def test_letters_tell_languages_better_than_words(tmp_path: Path) -> None:
    found = numbers("first_network/languages.py", tmp_path)
    assert found["three letters: test accuracy"] > 0.92 > found["words: test accuracy"] > 0.8


@pytest.mark.slow
def test_the_first_network_reaches_what_the_tutorial_saw(tmp_path: Path) -> None:
    assert numbers("first_network/first_network.py", tmp_path)["test accuracy"] > 0.97


def test_a_table_says_mean_and_spread_beside_the_tutorial() -> None:
    program = Program("x.py", {"accuracy": "97 %"})
    text = readme.table(
        program, [{"accuracy": 0.96, "loss": 1.0}, {"accuracy": 0.98, "loss": 1.0}], [{"accuracy": 0.5}]
    )
    assert text.splitlines() == [
        "|  | tutorial | Clarinet (2 seeds) | Keras (one seed) |",
        "| --- | ---: | ---: | ---: |",
        "| accuracy | 97 % | 0.97 ± 0.014 | 0.5 |",
        "| loss | – | 1 | – |",
    ]


def test_results_go_between_their_own_marks(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text("<!-- results a -->\nold\n<!-- /results -->\n<!-- results b -->\nkept\n<!-- /results -->\n")
    readme.write(page, "a", "new")
    assert (
        page.read_text() == "<!-- results a -->\nnew\n<!-- /results -->\n<!-- results b -->\nkept\n<!-- /results -->\n"
    )
    with pytest.raises(ValueError, match="0 blocks of results for c"):
        readme.write(page, "c", "new")
