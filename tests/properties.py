"""How many examples the property tests try: always the same, or, with ``CLARINET_FUZZ=N``, N times as many new ones."""

import os

from hypothesis import settings

FUZZ = int(os.environ.get("CLARINET_FUZZ", "0"))


def examples(count: int) -> settings:
    """Settings of a test that tries ``count`` examples. No time limit: machines may be busy."""
    return settings(max_examples=count * max(1, FUZZ), derandomize=not FUZZ, deadline=None, print_blob=True)
