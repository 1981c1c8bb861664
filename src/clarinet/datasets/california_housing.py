"""California housing: 20,640 districts of 1990 with 8 columns each, by R. Pace and R. Barry."""

from __future__ import annotations

from clarinet.datasets.published import Parts, find, houses

__all__ = ["load_data"]

_CHECKSUM = "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"
_ROWS = {"large": None, "small": 600}


def load_data(
    version: str = "large", path: str = "california_housing.npz", test_split: float = 0.2, seed: int = 113
) -> Parts:
    """The data, in Keras's order.

    Args:
        version: ``"large"``, or ``"small"``: 600 districts around San Francisco.
        path: a file on this machine; else the published one is fetched once.
        test_split: share of the rows that are the second part.
        seed: of the order.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: float32 (rows, 8), and prices in $.

    Raises:
        ConnectionError: the file is not there and cannot be fetched. ValueError: another version; a damaged file.
    """
    if version not in _ROWS:
        raise ValueError(f"california_housing: version is 'large' or 'small', received {version!r}")
    return houses(find(path, "california_housing.npz", _CHECKSUM), _ROWS[version], test_split, seed)
