"""How a run came to an end."""

from __future__ import annotations

from clarinet.runs import stored
from clarinet.runs.processes import is_alive

ENDED = ("finished", "failed", "interrupted")
#: What stops a training without anything being wrong: Ctrl-C, and closing its events or letting them go.
STOPS = (KeyboardInterrupt, GeneratorExit)


def ending(error: BaseException | None) -> tuple[str, str | None]:
    """Status and message of a run that this exception, or None, ends."""
    if error is None or (isinstance(error, SystemExit) and not error.code):
        return "finished", None
    if isinstance(error, STOPS):
        return "interrupted", None
    return "failed", f"{type(error).__name__}: {error}"


def effective_status(status: object, process: object) -> str:
    """The status in the store, with ``killed`` for a run whose process is gone."""
    return "killed" if status == "running" and not is_alive(process) else stored.name(status)
