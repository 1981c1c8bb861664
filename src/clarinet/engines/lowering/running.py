"""Operations that go along one axis of a sample, in the native engine's terms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from clarinet.engines.lowering.builder import Builder, Known
from clarinet.engines.lowering.weights import NoForm
from clarinet.ops.cumulative import Cumprod, Cumsum
from clarinet.ops.operation import Operation
from clarinet.ops.ordering import Argsort
from clarinet.ops.specs import TensorSpec, place

#: Their native names.
RUNNING: dict[type[Operation], str] = {Argsort: "argsort", Cumprod: "cumprod", Cumsum: "cumsum"}
Along = Argsort | Cumprod | Cumsum


class _Elementary(Protocol):
    @property
    def builder(self) -> Builder: ...


def running(
    elementary: _Elementary, operation: Along, specs: Sequence[TensorSpec], result: TensorSpec, taken: Sequence[Known]
) -> Known:
    """Running sums and products, and the order of the numbers.

    Raises:
        NoForm: they go along the rows of a batch, or are sums of whole numbers.
    """
    kind, (x,), batched = RUNNING[type(operation)], taken, bool(specs[0].batched)
    axis = place(operation.axis, specs[0].rank, operation.name) - batched
    if axis < 0 or x.whole is batched:
        raise NoForm(f"{operation.name} along the rows of a batch has no native form")
    if kind != "argsort" and result.dtype.kind != "f":
        raise NoForm(f"{operation.name} of whole numbers has no native form")
    sizes = {"outer": x.shape[:axis], "along": x.shape[axis : axis + 1], "inner": x.shape[axis + 1 :]}
    settings: dict[str, object] = {name: math.prod(own) for name, own in sizes.items()}
    shape = tuple(size or 0 for size in result.shape[batched:])
    if isinstance(operation, Argsort):
        settings |= {"count": shape[axis], "descending": operation.descending}
    return elementary.builder.add(kind, [x], shape, whole=x.whole, settings=settings)
