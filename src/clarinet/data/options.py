"""``tf.data.Options``."""

from __future__ import annotations

from types import SimpleNamespace


class Options(SimpleNamespace):
    """Settings for a data set of TensorFlow's; any may be set, and none changes anything here."""

    def __init__(self) -> None:
        super().__init__(
            threading=SimpleNamespace(), autotune=SimpleNamespace(), experimental_optimization=SimpleNamespace()
        )
