"""The program that the room Train shows gives the same weights, bit for bit; choices are checked."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clarinet.studio.choices import ACTIVATIONS, LOSSES, OPTIMIZERS, TOYS, Choices
from clarinet.studio.trainer import POINTS, Curves, Trainer

TABLE = "size,colour,price,sold\n" + "\n".join(
    f"{n % 17 + n / 10:.1f},{('red', 'green', 'blue')[n % 3]},{3 * (n % 17) + n % 5},{('yes', 'no')[n % 17 > 8]}"
    for n in range(120)
)


def clicked(rng: random.Random) -> tuple[Trainer, list[str]]:
    """A trainer after a random sequence of clicks, and what was clicked."""
    chosen: dict[str, Any] = {"points": rng.choice([40, 100, 333]), "data": rng.choice(TOYS)}
    chosen |= {"hidden": [[rng.randint(1, 9), rng.choice(ACTIVATIONS)] for _ in range(rng.randint(0, 3))]}
    chosen |= {
        "optimizer": rng.choice([*OPTIMIZERS]),
        "rate": rng.choice([0.001, 0.03, 0.3]),
        "seed": rng.randint(0, 99),
    }
    chosen |= {"batch": rng.choice([1, 7, 32, 1000]), "l2": rng.choice([0, 0.01]), "noise": rng.choice([0, 0.15])}
    chosen |= {"loss": "" if chosen["data"] == "blobs" else rng.choice(["", *LOSSES["two classes"]])}
    trainer = Trainer(Choices.read(chosen))
    clicks = [rng.choice(["step", "step", "chunk", "chunk", "rate", "look"]) for _ in range(rng.randint(1, 12))]
    for click in clicks:
        if click == "step":
            trainer.take_step()
        elif click == "chunk":
            trainer.take_chunk()
        elif click == "rate":
            trainer.set_rate(rng.choice([0.002, 0.05, 0.1, chosen["rate"]]))
        else:
            trainer.model.predict(trainer.x[:3], verbose=0)
    return trainer, clicks


def weights_of(program: str) -> list[np.ndarray[Any, Any]]:
    names: dict[str, Any] = {}
    exec(program, names)
    return names["model"].get_weights()  # type: ignore[no-any-return]


@pytest.mark.parametrize("seed", range(30))
def test_thirty_random_sequences_of_clicks_give_the_same_bits(seed: int) -> None:
    trainer, clicks = clicked(random.Random(seed))
    program = trainer.program()
    trainer.close()
    if trainer.steps == 0:
        program = program.partition("# not trained yet")[0]
    again = weights_of(program)
    assert all(np.array_equal(a, b) for a, b in zip(trainer.model.get_weights(), again)), (clicks, program)


@pytest.mark.parametrize(("target", "task"), [("price", "numbers"), ("colour", "classes"), ("sold", "two classes")])
def test_a_table_as_a_script_of_its_own(
    target: str, task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = 'it\'s "mine".csv'
    (tmp_path / name).write_text(TABLE)
    trainer = Trainer(Choices(data="csv", file=f"folder/{name}", target=target), tmp_path)
    assert trainer.facts.task == task
    for _ in range(5):
        trainer.take_step()
    trainer.close()
    script = trainer.program() + "import numpy as np\nnp.savez('weights.npz', *model.get_weights())\n"
    (tmp_path / "train.py").write_text(script)
    subprocess.run([sys.executable, "train.py"], cwd=tmp_path, check=True)
    again = np.load(tmp_path / "weights.npz")
    assert all(np.array_equal(weight, again[f"arr_{at}"]) for at, weight in enumerate(trainer.model.get_weights()))


REFUSED = [
    ({"units": 3}, "unknown choice 'units'"),
    ({"data": "mist"}, "mnist"),
    ({"points": 9}, "from 10 to 5,000"),
    ({"points": True}, "whole number"),
    ({"noise": float("nan")}, "noise"),
    ({"rate": "0.1"}, "rate"),
    ({"rate": 0}, "rate"),
    ({"hidden": [[4]]}, "units and activation"),
    ({"hidden": [[4, "__import__('os')"]]}, "activation: unknown"),
    ({"hidden": [[1000, "tanh"]]}, "units"),
    ({"hidden": [[1, "tanh"]] * 9}, "up to 8 layers"),
    ({"hidden": 3}, "hidden"),
    ({"optimizer": "Adam(), print(1)"}, "optimizer"),
    ({"loss": ["mse"]}, "loss"),
    ({"file": 3}, "file"),
    ({"seed": -1}, "seed"),
]


@pytest.mark.parametrize(("given", "words"), REFUSED, ids=[str(given)[:40] for given, _ in REFUSED])
def test_choices_that_there_are_not(given: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        Choices.read(given)
    assert words in str(refused.value)


def test_a_loss_that_does_not_suit_the_data() -> None:
    with pytest.raises(ValueError, match="one of these does: sparse_categorical_crossentropy"):
        Trainer(Choices(data="blobs", loss="mean_squared_error"))


def test_curves_stay_few_and_are_told_once() -> None:
    curves = Curves()
    told: list[int] = []
    for epoch in range(1, 10 * POINTS):
        curves.add(epoch, {"loss": float(epoch)})
        if epoch % 97 == 0:
            news: Any = curves.news()
            told = [*told[: news["from"]], *news["epochs"]]
            assert told == curves.epochs
    assert len(told) < 2 * POINTS
    assert curves.values["loss"] == [float(epoch) for epoch in curves.epochs]
