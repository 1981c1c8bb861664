"""Fixtures for the tests of the data sets."""

from collections.abc import Iterator

import pytest

from tests.datasets.local_server import Server, running_server


@pytest.fixture
def server() -> Iterator[Server]:
    """A web server on this machine."""
    with running_server() as state:
        yield state
