"""Where two configurations differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


def differences(before: object, now: object, path: str = "") -> Iterator[tuple[str, object, object]]:
    """Places at which two nested documents differ, with both values; missing entries count as None.

    Example:
        >>> list(differences({"rate": 0.1, "layers": [1, 2]}, {"rate": 0.2, "layers": [1, 2]}))
        [('rate', 0.1, 0.2)]
    """
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for key in [*before, *(key for key in now if key not in before)]:
            yield from differences(before.get(key), now.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(before, (list, tuple)) and isinstance(now, (list, tuple)) and len(before) == len(now):
        for index, (a, b) in enumerate(zip(before, now)):
            yield from differences(a, b, f"{path}.{index}")
    elif before != now:
        yield path, before, now
