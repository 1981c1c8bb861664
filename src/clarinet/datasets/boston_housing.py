"""Boston housing: 506 districts of 1978 with 13 columns each, by D. Harrison and D. Rubinfeld.

One column counts people by their skin, as if house prices followed it; California housing has no such column.
"""

from __future__ import annotations

from clarinet.datasets.published import Parts, find, houses

__all__ = ["load_data"]

_CHECKSUM = "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"


def load_data(path: str = "boston_housing.npz", test_split: float = 0.2, seed: int = 113) -> Parts:
    """The data, in Keras's order.

    Args:
        path: a file on this machine; else the published one is fetched once.
        test_split: share of the rows that are the second part.
        seed: of the order.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: float64 (rows, 13), and prices in 1,000 $.

    Raises:
        ConnectionError: the file is not there and cannot be fetched. ValueError: it is damaged.
    """
    return houses(find(path, "boston_housing.npz", _CHECKSUM), None, test_split, seed)
