"""A training step asks for no memory: counted by a function that is put in malloc's place."""

import json

import pytest

from tests import cases
from tests.native.allocations import ATTENTION
from tests.native.preloading import output_of

NAMES = [f"layer {case.id}" for case in cases.CHAINED] + [f"optimizer {case.id}" for case in cases.OPTIMIZERS]
NAMES += [f"attention {name}" for name in ATTENTION]


@pytest.fixture(scope="module")
def counted(tmp_path_factory) -> dict[str, list[int] | str]:
    return json.loads(output_of("tests.native.allocations", tmp_path_factory.mktemp("counter")))


@pytest.mark.parametrize("name", NAMES)
def test_a_step_allocates_nothing(name, counted):
    """Twice the steps, the same number of calls: what a call of the engine asks for once does not matter."""
    found = counted[name]
    if isinstance(found, str):
        pytest.skip(found)
    few, many = found
    assert few == many
    assert few > 0, "the counter counts"
