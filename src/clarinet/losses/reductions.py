"""The ways to sum up a loss, by the names that programs for TensorFlow 2 have."""

from __future__ import annotations

from typing import ClassVar


class Reduction:
    """Names for ``reduction=`` of a loss: ``Reduction.NONE`` is ``"none"``.

    Example:
        >>> Reduction.SUM_OVER_BATCH_SIZE
        'sum_over_batch_size'
    """

    AUTO: ClassVar[str] = "sum_over_batch_size"
    NONE: ClassVar[str] = "none"
    SUM: ClassVar[str] = "sum"
    SUM_OVER_BATCH_SIZE: ClassVar[str] = "sum_over_batch_size"
