"""Numbers of every epoch, sent to a server."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping

from clarinet.problems import ClarinetWarning
from clarinet.training.callback import Callback, Logs

#: Seconds that a server has for its answer.
_TIMEOUT = 10


class RemoteMonitor(Callback):
    """Send the logs of every epoch to a server, by HTTP POST. Nothing is sent anywhere else.

    A server that does not answer costs a warning, and training goes on.

    Args:
        root: the server's address; default ``"http://localhost:9000"``.
        path: behind it; default ``"/publish/epoch/end/"``.
        field: the name of the form's field that holds the logs in JSON; default ``"data"``.
        headers: of HTTP, by name; default None, no others.
        send_as_json: send the logs in JSON as they are, without a form; default False.

    Raises:
        ValueError: an address that is not of HTTP.

    Example:
        >>> RemoteMonitor("http://localhost:9000").content(0, {"loss": 0.5})
        {'epoch': 0, 'loss': 0.5}
    """

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: Mapping[str, str] | None = None,
        send_as_json: bool = False,
    ) -> None:
        if not root.startswith(("http://", "https://")):
            raise ValueError(f"RemoteMonitor: root is an address such as 'http://localhost:9000', received {root!r}")
        self.root, self.path, self.field = root, path, field
        self.headers, self.send_as_json = headers, send_as_json

    def content(self, epoch: int, logs: Logs) -> dict[str, float]:
        """What is sent: the epoch, from 0, and its logs."""
        return {"epoch": epoch, **{name: float(value) for name, value in logs.items()}}

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        from urllib.parse import urlencode
        from urllib.request import Request, urlopen

        text = json.dumps(self.content(epoch, logs or {}))
        body = text if self.send_as_json else urlencode({self.field: text})
        kind = "application/json" if self.send_as_json else "application/x-www-form-urlencoded"
        request = Request(self.root + self.path, body.encode(), {"Content-Type": kind, **(self.headers or {})})
        try:
            with urlopen(request, timeout=_TIMEOUT):
                pass
        except OSError as error:
            warnings.warn(
                f"RemoteMonitor: {self.root} could not be reached ({error}); training goes on without it",
                ClarinetWarning,
                stacklevel=2,
            )
