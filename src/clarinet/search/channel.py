"""The line from workers to the search: a worker says how an epoch went, and hears whether to stop.

Messages are numbers as JSON over a local connection that is opened with a secret key; nothing is unpickled.
"""

from __future__ import annotations

import json
import math
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

#: Called with trial, training of the trial, epoch and value; says whether the trial is pruned.
Answer = Callable[[int, int, int, float], bool]


@dataclass(frozen=True)
class Address:
    """Where the search listens.

    Attributes:
        host, port: of the connection.
        key: without it nothing is answered.
    """

    host: str
    port: int
    key: bytes


class Exchange:
    """The search's end: answers every worker in a thread of its own, until :meth:`close`.

    Args:
        answer: what is said to a report.
        host: the address that workers reach; the default is this machine alone.

    Raises:
        OSError: nothing can listen at this address.
    """

    def __init__(self, answer: Answer, host: str = "127.0.0.1") -> None:
        from multiprocessing.connection import Listener

        self._answer, key = answer, os.urandom(32)
        try:
            self._listener = Listener((host, 0), authkey=key, backlog=64)
        except OSError as error:
            raise OSError(
                f"search: nothing can listen at host={host!r} ({error}); name an address of this machine"
            ) from error
        self.address = Address(host, int(self._listener.address[1]), key)
        self._open = True
        threading.Thread(target=self._accept, name="clarinet-search", daemon=True).start()

    def _accept(self) -> None:
        from multiprocessing import AuthenticationError

        while self._open:
            try:
                connection = self._listener.accept()
            except (OSError, EOFError, AuthenticationError):
                continue  # a stranger, a worker that died, or the end
            threading.Thread(target=self._serve, args=(connection,), name="clarinet-search", daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        with suppress(OSError, EOFError), connection:
            while True:
                trial, training, epoch, value = json.loads(connection.recv_bytes(256))
                stops = self._answer(trial, training, epoch, math.nan if value is None else value)
                connection.send_bytes(b"stop" if stops else b"go")

    def close(self) -> None:
        """Answer no more."""
        self._open = False
        with suppress(OSError):
            import socket

            socket.create_connection((self.address.host, self.address.port), 1).close()  # wakes the thread
        self._listener.close()


class _Own(threading.local):
    """The connection of a thread, kept over trials."""

    def __init__(self) -> None:
        self.to: Address | None = None
        self.connection: Connection | None = None


_own = _Own()


class Line:
    """The worker's end. A worker that cannot reach the search trains on and is not pruned.

    Args:
        address: of the search; None: nothing is reported.
    """

    def __init__(self, address: Address | None) -> None:
        self._address = address

    def report(self, trial: int, training: int, epoch: int, value: float) -> bool:
        """Say how an epoch went; True if the trial is to stop."""
        if self._address is None:
            return False
        message = json.dumps([trial, training, epoch, value if math.isfinite(value) else None]).encode()
        try:
            connection = self._connected(self._address)
            connection.send_bytes(message)
            return connection.recv_bytes(8) == b"stop"
        except (OSError, EOFError):
            self._address = _own.to = _own.connection = None
            return False

    @staticmethod
    def _connected(address: Address) -> Connection:
        from multiprocessing.connection import Client

        if _own.connection is None or _own.to != address:
            _own.connection, _own.to = Client((address.host, address.port), authkey=address.key), address
        return _own.connection
