"""Fashion-MNIST: 70,000 pictures of clothes in MNIST's form, by H. Xiao, K. Rasul and R. Vollgraf (MIT licence).

Reference: *Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms*, arXiv:1708.07747, 2017.
"""

from __future__ import annotations

import os

from clarinet.datasets.download import RemoteFile, RemoteSet, locate
from clarinet.datasets.idx import ImageSet, has_image_set, read_image_set

__all__ = ["CLASSES", "load_data"]

CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

_REMOTE = RemoteSet(
    title="Fashion-MNIST",
    folder="fashion-mnist",
    files=(
        RemoteFile(
            "train-images-idx3-ubyte.gz",
            26_421_880,
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        ),
        RemoteFile(
            "train-labels-idx1-ubyte.gz",
            29_515,
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        ),
        RemoteFile(
            "t10k-images-idx3-ubyte.gz",
            4_422_102,
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        ),
        RemoteFile(
            "t10k-labels-idx1-ubyte.gz",
            5_148,
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
    ),
    # Plain HTTP is safe here: a download is accepted only if its SHA-256 is right.
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    ),
)


def load_data(*, folder: str | os.PathLike[str] | None = None) -> ImageSet:
    """Load Fashion-MNIST, downloading its 31 MB once unless the files are already on this machine.

    Looked for in ``$CLARINET_DATA/fashion-mnist`` (without that variable: in the user's cache directory), then in
    ``/usr/share/datasets/fashion-mnist``, where Debian's package dataset-fashion-mnist puts them; then downloaded.

    Args:
        folder: read the four IDX files (plain or ``.gz``) from here and nowhere else.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: images uint8 (60000, 28, 28) and (10000, 28, 28); labels uint8
        (60000,) and (10000,), indices into ``CLASSES``.

    Raises:
        FileNotFoundError: ``folder`` lacks a file.
        ValueError: a file is damaged; the message says how.
        ImportError: a download is needed, and pooch is missing.
        ConnectionError: every mirror failed; the message says how each did, and how to place the files by hand.

    Example:
        >>> from clarinet.datasets import fashion_mnist
        >>> (x_train, y_train), (x_test, y_test) = fashion_mnist.load_data()  # doctest: +SKIP
        >>> fashion_mnist.CLASSES[9]
        'Ankle boot'
    """
    return read_image_set(locate(_REMOTE, has_image_set) if folder is None else folder)
