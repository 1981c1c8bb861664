"""The numbers that are kept are those that Keras gives: a sample. ``make goldens ARGS=--check`` compares all."""

import pytest

from tests.programs.running import PROGRAMS, Program, assert_same

SAMPLE = {
    *("two_outputs", "input_dictionary", "siamese_batchnorm", "three_deep", "gan_stacked", "multitask_zero_weights"),
    *("focal", "r2_metric", "attention_by_hand", "masks", "compute_loss", "ops_of_every_kind"),
}


def test_the_sample_is_of_programs_that_need_no_tensorflow() -> None:
    assert {p.name for p in PROGRAMS if p.backend == "jax"} >= SAMPLE


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("program", [p for p in PROGRAMS if p.name in SAMPLE], ids=str)
def test_goldens_are_what_keras_gives(program: Program) -> None:
    pytest.importorskip("jax")
    assert_same(program, program.run("keras"), "Keras today")
