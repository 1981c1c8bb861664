"""Functions of tensors that derive themselves, with the names, arguments and meanings of ``keras.ops``.

Of numbers, lists, arrays and variables they compute at once and give a :class:`Tensor`, a NumPy array whose operators
are these functions; a :class:`GradientTape` remembers what it sees and gives gradients. Of symbolic tensors they make
the next one of a graph.

Example:
    >>> from clarinet import ops
    >>> ops.matmul([[1.0, 2.0]], [[3.0], [4.0]])
    Tensor([[11.]], dtype=float32)
"""

# ruff: noqa: F403  # a function is named in its own module alone
from __future__ import annotations

from typing import TYPE_CHECKING

from clarinet import aliases
from clarinet.configurable import resolve
from clarinet.names import public
from clarinet.ops import (
    arithmetic,
    arranging,
    attention,
    axes,
    bits,
    blocks,
    callables,
    closeness,
    comparisons,
    control,
    convolving,
    core,
    creation,
    ctc,
    cumulative,
    diagonals,
    elementwise,
    exponentials,
    fourier,
    image,
    indexing,
    linalg,
    linear,
    losses,
    nans,
    nn,
    normalizing,
    ordering,
    pairs,
    parts,
    pools,
    segments,
    statistics,
    tapers,
    totals,
    trigonometry,
    values,
)
from clarinet.ops.arithmetic import *
from clarinet.ops.arranging import *
from clarinet.ops.attention import *
from clarinet.ops.axes import *
from clarinet.ops.bits import *
from clarinet.ops.blocks import *
from clarinet.ops.callables import *
from clarinet.ops.closeness import *
from clarinet.ops.comparisons import *
from clarinet.ops.control import *
from clarinet.ops.convolving import *
from clarinet.ops.core import *
from clarinet.ops.creation import *
from clarinet.ops.ctc import *
from clarinet.ops.cumulative import *
from clarinet.ops.diagonals import *
from clarinet.ops.dispatch import apply
from clarinet.ops.elementwise import *
from clarinet.ops.exponentials import *
from clarinet.ops.fourier import *
from clarinet.ops.indexing import *
from clarinet.ops.linalg import *
from clarinet.ops.linear import *
from clarinet.ops.losses import *
from clarinet.ops.nans import *
from clarinet.ops.nn import *
from clarinet.ops.normalizing import *
from clarinet.ops.operation import Operation
from clarinet.ops.operators import install
from clarinet.ops.ordering import *
from clarinet.ops.pairs import *
from clarinet.ops.parts import *
from clarinet.ops.pools import *
from clarinet.ops.segments import *
from clarinet.ops.specs import Symbolic, TensorSpec
from clarinet.ops.statistics import *
from clarinet.ops.tape import GradientTape
from clarinet.ops.tapers import *
from clarinet.ops.tensor import Tensor
from clarinet.ops.totals import *
from clarinet.ops.trigonometry import *
from clarinet.ops.values import *

__all__ = ["GradientTape", "Operation", "Symbolic", "Tensor", "TensorSpec", "apply", "image", "linalg", "nn"]
__all__ += arithmetic.__all__
__all__ += arranging.__all__
__all__ += attention.__all__
__all__ += axes.__all__
__all__ += bits.__all__
__all__ += blocks.__all__
__all__ += callables.__all__
__all__ += closeness.__all__
__all__ += comparisons.__all__
__all__ += control.__all__
__all__ += convolving.__all__
__all__ += core.__all__
__all__ += creation.__all__
__all__ += ctc.__all__
__all__ += cumulative.__all__
__all__ += diagonals.__all__
__all__ += elementwise.__all__
__all__ += exponentials.__all__
__all__ += fourier.__all__
__all__ += indexing.__all__
__all__ += linalg.__all__
__all__ += linear.__all__
__all__ += losses.__all__
__all__ += nans.__all__
__all__ += nn.__all__
__all__ += normalizing.__all__
__all__ += ordering.__all__
__all__ += pairs.__all__
__all__ += parts.__all__
__all__ += pools.__all__
__all__ += segments.__all__
__all__ += statistics.__all__
__all__ += tapers.__all__
__all__ += totals.__all__
__all__ += trigonometry.__all__
__all__ += values.__all__
__all__.sort()

install()


#: Classes of operations that are there for others alone.
_BASES = ("Binary", "Comparison", "Elementwise", "Flat", "Question", "Reduction", "Running", "Unary")


def _kinds(base: type[Operation]) -> dict[str, type[Operation]]:
    """All operations of the library, by name."""
    found: dict[str, type[Operation]] = {}
    for kind in base.__subclasses__():
        found |= {kind.__name__: kind} | _kinds(kind)
    here = (kind for kind in found.values() if kind.__module__.startswith("clarinet.ops."))
    return {kind.__name__: kind for kind in here if kind.__name__[0] != "_" and kind.__name__ not in _BASES}


def get(identifier: object) -> Operation:
    """The operation that a configuration, as ``operation.encoded()`` gives it, a class or an object stands for.

    Raises:
        ValueError: an unknown name. TypeError: something else.

    Example:
        >>> get({"class_name": "Sum", "config": {"axis": [1]}})
        Sum(axis=(1,), keepdims=False)
    """
    return resolve(identifier, Operation, _kinds(Operation))


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)
