"""PyTorch loops in a script: the first epoch is watched, then what it trains is examined, and it trains no more.

A loop has no ``fit`` that could be replaced. But every optimizer has a ``step``, every loss is a function that gets
labels, and the module that made what the loss gets was called with rows: that is a program.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from clarinet.doctor.adapters.foreign import array
from clarinet.doctor.after_import import after_import
from clarinet.doctor.report import Report
from clarinet.doctor.script_loops import EpochLoop, epoch_loop
from clarinet.types import Array

if TYPE_CHECKING:
    import torch

#: Functions of PyTorch that are losses of outputs and labels.
_LOSSES = (
    "cross_entropy", "nll_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits", "mse_loss", "l1_loss",
    "smooth_l1_loss", "huber_loss", "kl_div", "poisson_nll_loss", "hinge_embedding_loss", "multi_margin_loss",
    "multilabel_soft_margin_loss", "soft_margin_loss", "gaussian_nll_loss",
)  # fmt: skip
#: Rows and seconds after which a first epoch is looked at though it has not ended.
_ROWS, _SECONDS = 20_000, 20.0
_Add = Callable[[str, Report, dict[str, object]], None]
_Examine = Callable[..., Report]
#: The loss that a script calls: a module, or a function of PyTorch; and how a loader begins.
_Loss = Callable[..., object]
_Iterate = Callable[[object], Iterator[object]]


@contextmanager
def examining(examine: _Examine, add: _Add, said: Callable[[str], None]) -> Iterator[None]:
    """Within this context, loops of PyTorch are watched for an epoch and then examined.

    Args:
        examine: as :func:`clarinet.doctor.examine`.
        add: takes the module's name and its report.
        said: takes a sentence about what could not be seen.
    """
    watches: list[_Watching] = []

    def patch(library: ModuleType) -> None:
        watches.append(_Watching(library, examine, add, said))
        watches[-1].begin()

    ended: SystemExit | None = None
    try:
        with after_import("torch", patch):
            try:
                yield
            except SystemExit as error:  # as sys.exit(main()) ends
                ended = error
        for watch in watches:
            watch.finish()
        if ended is not None:
            raise ended
    finally:
        for watch in watches:
            watch.end()


class _Watching:
    """Notes what loops do.

    Args:
        library: PyTorch. examine, add, said: as of :func:`examining`.
    """

    def __init__(self, library: ModuleType, examine: _Examine, add: _Add, said: Callable[[str], None]) -> None:
        self.torch, self.examine, self.add, self.said = library, examine, add, said
        self._undo: list[Callable[[], object]] = []
        self._depth = 0
        self._called: tuple[torch.nn.Module, tuple[torch.Tensor, ...], torch.Tensor] | None = None
        self._loss: tuple[_Loss, torch.Tensor, torch.Tensor] | None = None
        self._loader: torch.utils.data.DataLoader | None = None
        self.loops: dict[int, _Loop] = {}
        self.quiet = False

    def begin(self) -> None:
        """Hook into modules, losses, loaders and optimizers."""
        torch, hooks = self.torch, self.torch.nn.modules.module
        self._undo.append(hooks.register_module_forward_pre_hook(self._enters).remove)
        self._undo.append(hooks.register_module_forward_hook(self._leaves, always_call=True).remove)
        functional, loader = torch.nn.functional, torch.utils.data.DataLoader
        for name in _LOSSES:
            self._replace(functional, name, self._noting(getattr(functional, name)))
        self._replace(loader, "__iter__", self._iterating(loader.__iter__))
        for kind in _subclasses(torch.optim.Optimizer):
            if "step" in vars(kind):
                self._replace(kind, "step", self._around(vars(kind)["step"]))

    def _replace(self, owner: object, name: str, value: object) -> None:
        before = vars(owner)[name]
        setattr(owner, name, value)
        self._undo.append(lambda: setattr(owner, name, before))

    def end(self) -> None:
        """Take everything off again."""
        while self._undo:
            self._undo.pop()()

    def finish(self) -> None:
        """Examine loops that were over before their second epoch."""
        for loop in self.loops.values():
            if not loop.examined and loop.batches:
                self._examine(loop)

    # What is called.

    def _enters(self, module: torch.nn.Module, given: object) -> None:
        self._depth += 1

    def _leaves(self, module: torch.nn.Module, given: tuple[torch.Tensor, ...], result: torch.Tensor) -> None:
        self._depth = max(0, self._depth - 1)
        if self._depth or self.quiet:
            return
        if isinstance(module, self.torch.nn.modules.loss._Loss):
            if self._loss is not None:
                self._loss = (module, *self._loss[1:])  # it holds settings that the function got
        elif any(True for _ in module.parameters()):
            self._called = module, given, result

    def _noting(self, function: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
        def loss(*given: torch.Tensor, **named: torch.Tensor) -> torch.Tensor:
            labels = given[1] if len(given) > 1 else named.get("target")
            if not self.quiet and labels is not None:
                self._loss = function, given[0] if given else named["input"], labels
            return function(*given, **named)

        loss.__name__ = function.__name__
        return loss

    def _iterating(self, real: _Iterate) -> _Iterate:
        def iterate(loader: torch.utils.data.DataLoader) -> Iterator[object]:
            if self.quiet:
                return real(loader)
            self._loader = loader
            done = self.loops and all(loop.examined for loop in self.loops.values())
            return islice(real(loader), 1) if done else real(loader)  # nothing is trained any more

        return iterate

    def _around(self, step: Callable[..., object]) -> Callable[..., object]:
        def around(optimizer: torch.optim.Optimizer, *given: object, **named: object) -> object:
            loop = self.loops.get(id(optimizer))
            if self.quiet:
                return step(optimizer, *given, **named)
            if loop is None or not loop.examined:
                self._look(optimizer, loop)
                loop = self.loops.get(id(optimizer))
            if loop is not None and loop.examined and loop.module is not None:
                return None  # it trains no more
            return step(optimizer, *given, **named)

        around.__name__ = "step"
        for name in ("hooked", "__wrapped__"):  # which PyTorch asks for
            if hasattr(step, name):
                setattr(around, name, getattr(step, name))
        return around

    def _look(self, optimizer: torch.optim.Optimizer, loop: _Loop | None) -> None:
        """A step is about to be taken: what was called belongs to it."""
        called, loss = self._called, self._loss
        self._called = self._loss = None
        if called is None or loss is None or not _same(called[2], loss[1]):
            if loop is None:
                self._give_up(optimizer, "what its loss gets is not what a module gives")
            return
        if loop is None:
            try:
                module, kept = copy.deepcopy((called[0], optimizer))  # as they are before the first step
            except Exception as error:  # whatever users' modules hold
                self._give_up(optimizer, f"its module cannot be copied ({error})")
                return
            loop = self.loops[id(optimizer)] = _Loop(optimizer, kept, module, loss[0], self._loader, epoch_loop())
        if loop.over(called[1]):
            self._examine(loop)
        else:
            loop.add(called[1], loss[2])

    def _give_up(self, optimizer: torch.optim.Optimizer, why: str) -> None:
        self.said(
            f"What {type(optimizer).__name__} trains cannot be examined from the script: {why}. Use doctor.examine or "
            "doctor.Doctor.watch in it"
        )
        self.loops[id(optimizer)] = _Loop(optimizer, None, None, None, None, None, examined=True)

    def _examine(self, loop: _Loop) -> None:
        loop.examined = self.quiet = True
        try:
            report = self.examine(loop.module, loop.x, loop.y, loss=loop.loss, optimizer=loop.optimizer, **loop.fit)
        finally:
            self.quiet = False
        self.add(type(loop.module).__name__, report, {})


class _Loop:
    """The first epoch of a loop.

    Attributes:
        owner: the script's optimizer. optimizer, module: copies from before the first step.
        batches: rows and labels of each step.
    """

    def __init__(
        self,
        owner: torch.optim.Optimizer,
        optimizer: torch.optim.Optimizer,
        module: torch.nn.Module,
        loss: _Loss | None,
        loader: torch.utils.data.DataLoader | None,
        place: EpochLoop | None,
        examined: bool = False,
    ) -> None:
        self.owner, self.optimizer, self.module, self.loss, self.loader = owner, optimizer, module, loss, loader
        self.place, self.examined = place, examined
        self.batches: list[tuple[list[Array], Array]] = []
        self.began, self.rows = time.monotonic(), 0
        self.epoch = None if place is None else place.turn()
        self.repeats = False

    def add(self, given: tuple[torch.Tensor, ...], labels: torch.Tensor) -> None:
        """A step's rows and labels."""
        rows = [array(each).copy() for each in given]
        self.batches.append((rows, array(labels).copy()))
        self.rows += len(rows[0])

    def over(self, given: tuple[torch.Tensor, ...]) -> bool:
        """Whether the first epoch has ended, or enough of it was seen."""
        if not self.batches:
            return False
        first = self.batches[0][0][0]
        rows = array(given[0])
        again = rows.shape == first.shape and np.array_equal(rows, first)
        turned = self.place is not None and self.place.turn() != self.epoch
        self.repeats = again
        return again or turned or self.rows >= _ROWS or time.monotonic() - self.began > _SECONDS

    @property
    def x(self) -> Array | list[Array]:
        """The rows of all steps; several arrays where the module takes several."""
        columns = [np.concatenate(parts) for parts in zip(*(given for given, _ in self.batches), strict=True)]
        return columns if len(columns) > 1 else columns[0]

    @property
    def y(self) -> Array:
        """The labels of all steps."""
        return np.concatenate([labels for _, labels in self.batches])

    @property
    def fit(self) -> dict[str, object]:
        """The arguments of ``fit`` that the loop amounts to."""
        size = max(len(labels) for _, labels in self.batches)
        found: dict[str, object] = {"batch_size": size}
        if self.place is not None and self.place.turns:
            found["epochs"] = self.place.turns
        sampler = type(getattr(self.loader, "sampler", None)).__name__
        found["shuffle"] = sampler != "SequentialSampler" and not (self.repeats and len(self.batches) > 1)
        return found


def _same(result: object, taken: object) -> bool:
    """Whether a loss takes what a module gave, in whatever shape."""
    if not hasattr(result, "detach"):
        return False
    one, other = array(result).reshape(-1), array(taken).reshape(-1)
    return one.shape == other.shape and bool(np.allclose(one, other, equal_nan=True))


def _subclasses(kind: type[object]) -> Iterator[type[object]]:
    subclasses: list[type[object]] = kind.__subclasses__()
    for each in subclasses:
        yield each
        yield from _subclasses(each)
