"""For the tests and for the examples in docstrings."""

import pytest

from clarinet.philox import set_seed


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """What a test draws does not depend on the tests that came before it in its process."""
    set_seed(0)
