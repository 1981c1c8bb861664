"""Memory and threads that run out."""

import json

import pytest

from tests.native.preloading import output_of


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return json.loads(output_of("tests.native.scarcity", tmp_path_factory.mktemp("scarcity")))


@pytest.mark.parametrize("call", ["train", "evaluate", "predict"])
def test_an_engine_without_memory_goes_on_as_if_nobody_had_called(call, found):
    """Refused at every place where the call asks for memory, one after the other."""
    times, wrong = found["memory"][call]
    assert times > 10, "memory was asked for"
    assert wrong == []


@pytest.mark.parametrize("threads", ["0", "1", "2", "3"])
def test_as_many_threads_as_can_start_do_the_same(threads, found):
    assert found["threads"][threads] == []
