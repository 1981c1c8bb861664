"""``clarinet studio``."""

from __future__ import annotations

import argparse
import signal
import threading

from clarinet.cli.output import Output
from clarinet.cli.showing import open_in_browser
from clarinet.runs.showing import check_extra


def run(options: argparse.Namespace, output: Output) -> int:
    """Serve the studio until Ctrl-C.

    Raises:
        ImportError: the extra is not installed.
    """
    check_extra("clarinet studio")
    from clarinet.studio.server import Studio

    studio, interrupted = Studio(port=options.port, idle=options.until_idle), threading.Event()

    def end(*_: object) -> None:
        interrupted.set()
        studio.stop()

    # The server has a handler of its own while it runs, which raises no error either: Ctrl-C counts at every moment.
    before = signal.signal(signal.SIGINT, end)
    url = studio.url if options.show is None else f"{studio.address('runs')}#draw={options.show}"
    try:
        output.result({"url": url}, f"The studio is at {url} (Ctrl-C ends)")
        if not options.no_browser:
            open_in_browser(url)
        studio.serve()
        if interrupted.is_set():
            output.say("")
    finally:
        signal.signal(signal.SIGINT, before)
        studio.close()
    return 0
