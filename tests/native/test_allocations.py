"""A training step asks for no memory: counted by a function that is put in malloc's place."""

import json

import pytest

from tests import cases
from tests.native.allocations import WORKS
from tests.native.preloading import output_of

SELDOM = {f"layer {name}" for name in cases.REPEATED}


@pytest.fixture(scope="module")
def counted(request, tmp_path_factory) -> dict[str, list[int] | str]:
    here = [item for item in request.session.items if item.path == request.path]
    names = [item.callspec.params["name"] for item in here]
    return json.loads(output_of("tests.native.allocations", tmp_path_factory.mktemp("counter"), *names))


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name in SELDOM else [], id=name) for name in WORKS]
)
def test_a_step_allocates_nothing(name, counted):
    """Twice the steps, the same number of calls: what a call of the engine asks for once does not matter."""
    found = counted[name]
    if isinstance(found, str):
        pytest.skip(found)
    few, many = found
    assert few == many
    assert few > 0, "the counter counts"
