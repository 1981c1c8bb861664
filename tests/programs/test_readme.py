"""The README's program runs as it stands and reaches what it promises."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_ten_lines(tmp_path, monkeypatch, capsys):
    program, *_ = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len(program.strip().splitlines()) <= 11
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(compile(program, "README.md", "exec"), names)
    loss, accuracy = names["model"].evaluate(names["x_test"], names["y_test"])
    assert accuracy > 0.97
    again = names["clarinet"].models.load_model("digits.clarinet")
    assert again.evaluate(names["x_test"], names["y_test"]) == [loss, accuracy]
