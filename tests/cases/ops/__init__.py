"""A row or more for every function of ``clarinet.ops``: each enrols it in all contracts."""

from tests.cases.ops.elementwise import ARITHMETIC, ELEMENTWISE
from tests.cases.ops.making import LINEAR, LOSSES, MADE
from tests.cases.ops.reductions import REDUCTIONS
from tests.cases.ops.row import Row
from tests.cases.ops.shapes import PLACES, SHAPES

__all__ = ["OPS", "Row"]

OPS: list[Row] = [*ELEMENTWISE, *ARITHMETIC, *REDUCTIONS, *SHAPES, *PLACES, *LINEAR, *MADE, *LOSSES]
