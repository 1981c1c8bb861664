"""``clarinet studio``."""

from __future__ import annotations

import argparse

from clarinet.cli.output import Output
from clarinet.cli.showing import open_in_browser


def run(options: argparse.Namespace, output: Output) -> int:
    """Serve the studio until Ctrl-C.

    Raises:
        ImportError: the extra is not installed.
    """
    try:
        import starlette
        import uvicorn
        import websockets
    except ImportError:
        raise ImportError('clarinet studio needs its extra: pip install "clarinet[studio]"') from None
    del starlette, uvicorn, websockets
    from clarinet.studio.server import Studio

    studio = Studio(port=options.port)
    try:
        output.result({"url": studio.url}, f"The studio is at {studio.url} (Ctrl-C ends)")
        if not options.no_browser:
            open_in_browser(studio.url)
        studio.serve()
    except KeyboardInterrupt:  # the way to end it
        output.say("")
    finally:
        studio.close()
    return 0
