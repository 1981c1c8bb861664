"""Set-up shared by all tests."""

import gc
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from clarinet import _native
from tests import cases
from tests.properties import examples

# Keras's back ends disagree at saturation; the JAX one is the oracle. Keras reads these when it is first imported.
os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "true"  # compiling is what takes the time

# The tests' products are small: more BLAS threads only wait for each other, badly where other work runs beside.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A shell that starts the tests in the background lets SIGINT be ignored, here and in every program that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
ISAS = _native.isas()
#: Rows of layers stand before Flatten; where such a layer gives a mask, that it ends there is no news.
MASK_ENDS = "ignore:layer .* does not support masking"
FUZZERS = Path(__file__).parent / "fuzz"
settings.register_profile("clarinet", examples(100))
settings.load_profile("clarinet")


@pytest.hookimpl(tryfirst=True)  # before slow tests are left out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that fork this process come first: a fork is not safe once JAX, an oracle of others, has its threads.

    Layers have several rows. All of them are in every run of tests marked ``every_row``, on the first instruction set;
    of others those are whose class has none before, and the rest are slow tests. Under sanitizers, which take several
    times as long, there are neither other rows nor other instruction sets, nor comparisons of bits, nor most of those
    that run the kernels of other tests again.
    """
    items.sort(key=lambda item: not item.path.is_relative_to(FUZZERS))
    sanitized = "CLARINET_SANITIZED" in os.environ
    for number, item in enumerate(items):
        if "masking" in item.name.partition("[")[2]:
            item.add_marker(pytest.mark.filterwarnings(MASK_ENDS))
        given = item.callspec.params if hasattr(item, "callspec") else {}
        other = given.get("isa") not in (None, ISAS[0])
        every = item.get_closest_marker("every_row") is not None and not other and not sanitized
        if (repr(given.get("case")) in cases.REPEATED and not every) or (sanitized and (other or _again(item, number))):
            item.add_marker("slow")


def _again(item: pytest.Item, number: int) -> bool:
    """Whether a test runs the kernels of other tests once more."""
    alike = item.name.startswith("test_layers_") or item.path.name == "test_halves.py"
    return item.path.name == "test_bits.py" or (alike and number % 3 != 0)


@pytest.fixture
def without_collection() -> Iterator[None]:
    """For tests of Ctrl-C: Hypothesis times the garbage collector in a callback, and an interrupt there is lost."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium without a screen; tests that need it are skipped where it or Playwright is missing.

    Playwright keeps an event loop running in this thread, so it may not live longer than a module's tests.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is missing")
    if CHROMIUM is None:
        pytest.skip("chromium is missing")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()
