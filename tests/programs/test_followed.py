"""Graphs, sharings and custom parts, written for Keras 3, give Keras's numbers with only their imports changed.

Half of the programs are for development, half are held out: ``-k development``, ``-k held_out``. One of them alone:
``python -m tests.programs.running siamese_distance``.
"""

import ast
from collections.abc import Iterator

import numpy as np
import pytest

from tests.programs.passing import PASSES
from tests.programs.running import KINDS, PROGRAMS, Program, assert_follows, differences, goldens, plain


def expected() -> Iterator[object]:
    """Programs and engines as arguments; what is not in the table is to fail. The reference engine comes first."""
    later = pytest.mark.xfail(reason="not yet", strict=True)
    for program in PROGRAMS:
        for engine, names in PASSES.items():
            passes = program.name in names
            yield pytest.param(program, engine, id=f"{program}-{engine}", marks=[] if passes else [later])
            if not passes:
                break


# Names of one version ago may warn.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
@pytest.mark.parametrize(("program", "engine"), list(expected()))
def test_a_program_gives_the_numbers_of_keras(program: Program, engine: str) -> None:
    assert_follows(program, engine)


def test_there_are_as_many_as_were_asked_for() -> None:
    assert {kind: sum(p.kind == kind for p in PROGRAMS) for kind in KINDS} == {"graphs": 60, "custom": 40}
    assert len({p.name for p in PROGRAMS}) == 100
    halves = [p.half for p in PROGRAMS]
    assert 40 <= halves.count("held_out") <= 60
    assert all(set(goldens(kind)) == {p.name for p in PROGRAMS if p.kind == kind} for kind in KINDS)
    assert PASSES["auto"] <= PASSES["reference"] <= {p.name for p in PROGRAMS}


def test_programs_say_what_they_are_and_where_their_style_is_from() -> None:
    for program in PROGRAMS:
        assert ast.get_docstring(ast.parse(program.text)), program
        assert "\n# Style: " in program.text, program


def test_only_imports_and_endings_of_files_change() -> None:
    program = next(p for p in PROGRAMS if p.name == "saved_and_loaded")
    changed = [(a, b) for a, b in zip(program.text.splitlines(), program.here.splitlines(), strict=True) if a != b]
    assert changed == [
        ("import keras", "import clarinet as keras"),
        ("from keras import layers", "from clarinet import layers"),
        ('model.save("two_heads.keras")', 'model.save("two_heads.clarinet")'),
        (
            'loaded = keras.models.load_model("two_heads.keras")',
            'loaded = keras.models.load_model("two_heads.clarinet")',
        ),
    ]


def test_a_wrong_number_is_seen() -> None:
    right = plain({"losses": [0.5, 0.25], "weights": [np.ones((2, 3)), np.arange(200.0)], "name": "a", "same": True})
    assert differences(right, right, 1e-6) == []
    for wrong in (
        {**right, "losses": [0.5, 0.2501]},
        {**right, "losses": [0.5]},
        {**right, "name": "b"},
        {**right, "same": False},
        {**right, "weights": [*plain([np.ones(6)]), right["weights"][1]]},
        {key: right[key] for key in ("losses", "weights")},
    ):
        assert len(differences(wrong, right, 1e-6)) == 1
    one_off = np.arange(200.0)
    one_off[7] += 0.5  # not one of the numbers that are kept
    assert differences(plain(one_off), plain(np.arange(200.0)), 1e-6)
    assert differences(float("nan"), 0.5, 1e-6)
