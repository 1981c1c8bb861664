"""Work in child processes: one that dies, hangs or takes too much memory costs the item that it was at, no more."""

from __future__ import annotations

import faulthandler
import os
import pickle
import resource
import select
import signal
import struct
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

Item = TypeVar("Item")
#: What ends an item: it hung, or its process died.
HANG, CRASH = "hang", "crash"
#: Items that one process does before another takes its place, so that none grows old.
_BATCH = 400


@dataclass(frozen=True)
class Ended:
    """What became of an item that gave no result."""

    kind: str
    text: str


@dataclass
class _Child:
    pid: int
    pipe: int
    items: list[Any]
    at: float
    done: int = 0


def each(
    items: Sequence[Item],
    work: Callable[[Item], Any],
    jobs: int = 1,
    seconds: float = 10.0,
    memory: int | None = None,
    batch: int = _BATCH,
) -> Iterator[tuple[Item, Any]]:
    """Every item with what ``work`` gives for it, or with how it :class:`Ended`; in no particular order.

    Args:
        items, work: the children are forks, so neither has to be picklable; results have to.
        jobs: children at a time.
        seconds: that one item may take.
        memory: bytes of address space that a child may take beside what it has.
    """
    waiting = [list(items[i : i + batch]) for i in range(0, len(items), batch)][::-1]
    running: dict[int, _Child] = {}
    while waiting or running:
        while waiting and len(running) < jobs:
            child = _start(waiting.pop(), work, memory)
            running[child.pipe] = child
        ready = select.select(list(running), [], [], 0.2)[0]
        for pipe, child in list(running.items()):
            ended: Ended | None = None
            if pipe in ready:
                received = _receive(pipe)
                if received is not None:
                    yield child.items[child.done], received[0]
                    child.done, child.at = child.done + 1, time.monotonic()
                    continue
                ended = _buried(child)
            elif time.monotonic() - child.at > seconds:
                ended = Ended(HANG, f"took more than {seconds:g} seconds, {_killed(child):.1f} of them on a processor")
            if ended is not None:
                del running[pipe]
                os.close(pipe)
                if child.done < len(child.items):
                    yield child.items[child.done], ended
                    rest = child.items[child.done + 1 :]
                    waiting += [rest] if rest else []


def alone(item: Item, work: Callable[[Item], Any], seconds: float = 10.0, memory: int | None = None) -> Any:
    """What ``work`` gives for one item in a process of its own."""
    [(_, result)] = each([item], work, 1, seconds, memory)
    return result


def _start(items: list[Any], work: Callable[[Any], Any], memory: int | None) -> _Child:
    receiving, sending = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(receiving)
            faulthandler.register(signal.SIGUSR1)
            if memory is not None:
                limit = _address_space() + memory
                resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
            for item in items:
                content = pickle.dumps((work(item),))
                _send(sending, struct.pack("<Q", len(content)) + content)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    os.close(sending)
    return _Child(pid, receiving, items, time.monotonic())


def _address_space() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def _send(pipe: int, content: bytes) -> None:
    while content:
        content = content[os.write(pipe, content) :]


def _receive(pipe: int) -> Any:
    """One result; None at the end."""
    head = _exactly(pipe, 8)
    content = None if head is None else _exactly(pipe, struct.unpack("<Q", head)[0])
    return None if content is None else pickle.loads(content)


def _exactly(pipe: int, count: int) -> bytes | None:
    content = b""
    while len(content) < count:
        piece = os.read(pipe, count - len(content))
        if not piece:
            return None
        content += piece
    return content


def _killed(child: _Child) -> float:
    """End a process, which says before where it is; returns how many seconds it spent on a processor."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    os.kill(child.pid, signal.SIGUSR1)
    time.sleep(0.3)
    os.kill(child.pid, signal.SIGKILL)
    _buried(child)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _buried(child: _Child) -> Ended:
    status = os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1])
    name = signal.Signals(-status).name if status < 0 else f"exit status {status}"
    return Ended(CRASH, f"the process ended with {name}")
