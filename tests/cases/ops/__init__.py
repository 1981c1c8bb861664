"""A row or more for every function of ``clarinet.ops``: each enrols it in all contracts."""

from tests.cases.ops.elementwise import ARITHMETIC, ELEMENTWISE
from tests.cases.ops.making import LINEAR, LOSSES, MADE
from tests.cases.ops.matrices import FOURIER, LINALG
from tests.cases.ops.numeric import NUMERIC
from tests.cases.ops.reductions import REDUCTIONS
from tests.cases.ops.row import Row
from tests.cases.ops.shapes import PLACES, SHAPES
from tests.cases.ops.spatial import CONVOLUTIONS, IMAGES, LABELS

__all__ = ["OPS", "Row"]

OPS: list[Row] = [
    *ELEMENTWISE, *ARITHMETIC, *REDUCTIONS, *SHAPES, *PLACES, *LINEAR, *MADE, *LOSSES, *NUMERIC, *LINALG, *FOURIER,
    *CONVOLUTIONS, *IMAGES, *LABELS,
]  # fmt: skip
