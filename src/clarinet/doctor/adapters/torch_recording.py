"""What a PyTorch module does with some rows: the modules and functions that it calls, one after the other.

A copy of the module is run once, and hooks and a function mode note what happens. So a ``forward`` may hold any Python
(loops, branches, sizes of tensors), of which the notes have what was run.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from clarinet.doctor.adapters.foreign import Module, NotConverted

if TYPE_CHECKING:
    import torch

_Given: TypeAlias = "tuple[torch.Tensor, ...]"
#: Modules of PyTorch that are no more than lists of others.
_CONTAINERS = ("Sequential", "ModuleList", "ModuleDict")


@dataclass(frozen=True)
class Call:
    """A call of a module of PyTorch's own, or of a function.

    Attributes:
        what: the module, or the function's name.
        place: number of the module among those without modules within, for a function of the last one before it.
        args, kwargs: what it was given. result: what it returned; holding it keeps its identity its own.
    """

    what: torch.nn.Module | str
    place: int | None
    args: tuple[torch.Tensor, ...]
    kwargs: Mapping[str, torch.Tensor]
    result: torch.Tensor


@dataclass(frozen=True)
class Recording:
    """One run of a module: the tensors it was given, its calls, and what came out."""

    given: tuple[torch.Tensor, ...]
    calls: Sequence[Call]
    result: torch.Tensor


def leaves(module: Module) -> list[tuple[str, Module]]:
    """The modules that have none within, with their names: what ``"layer:3"`` counts."""
    return [(name, own) for name, own in module.named_modules() if next(own.children(), None) is None]


def record(module: Module, given: Sequence[torch.Tensor]) -> Recording:
    """Run a copy of a module on some rows, in inference mode, and note its calls.

    Args:
        module: is not changed. given: tensors, one for each argument of ``forward``.

    Raises:
        NotConverted: the module cannot be copied, or its ``forward`` fails on these rows.
    """
    import torch

    try:
        copied: torch.nn.Module = copy.deepcopy(module)
    except Exception as error:
        raise NotConverted("model", f"{type(module).__name__}, which cannot be copied ({error}),") from None
    copied.eval()
    calls: list[Call] = []
    numbers = {id(own): number for number, (_, own) in enumerate(leaves(copied))}
    with torch.no_grad(), _noted(copied, numbers, calls):
        try:
            result = copied(*given)
        except Exception as error:
            said = f"{type(module).__name__}, whose forward fails on these rows ({error}),"
            raise NotConverted("model", said) from None
    return Recording(tuple(given), calls, result)


@contextmanager
def _noted(module: torch.nn.Module, numbers: Mapping[int, int], calls: list[Call]) -> Iterator[None]:
    """Note calls of modules and functions; what modules of PyTorch call themselves is their own affair."""
    from torch.overrides import TorchFunctionMode

    within: list[int] = []
    last: list[int | None] = [None]

    class Functions(TorchFunctionMode):  # type: ignore[misc]
        def __torch_function__(
            self,
            func: Callable[..., torch.Tensor],
            types: object,
            args: tuple[torch.Tensor, ...] = (),
            kwargs: dict[str, torch.Tensor] | None = None,
        ) -> torch.Tensor:
            result = func(*args, **(kwargs or {}))
            if not within:
                calls.append(Call(func.__name__, last[0], args, kwargs or {}, result))
            return result

    def begin(own: torch.nn.Module, given: object) -> None:
        within.append(id(own))

    def end(
        own: torch.nn.Module, args: tuple[torch.Tensor, ...], kwargs: dict[str, torch.Tensor], result: torch.Tensor
    ) -> None:
        within.pop()
        if not within:
            last[0] = numbers.get(id(own), last[0])
            calls.append(Call(own, last[0], args, kwargs, result))

    for own in module.modules():
        if _is_unit(own):
            own.register_forward_pre_hook(begin)
            own.register_forward_hook(end, with_kwargs=True)
    with Functions():
        yield


def _is_unit(module: object) -> bool:
    """Whether it is a module of PyTorch's own that is taken as a whole."""
    kind = type(module)
    return kind.__module__.startswith("torch.nn.") and kind.__name__ not in _CONTAINERS
