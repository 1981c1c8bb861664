"""``clarinet draw``."""

from __future__ import annotations

import argparse

from clarinet import page, saving
from clarinet.cli.output import Output
from clarinet.cli.showing import open_in_browser
from clarinet.page.server import Server


def run(options: argparse.Namespace, output: Output) -> int:
    """Serve the page until Ctrl-C, or write it to a file."""
    model = saving.load(options.model)
    if options.html:
        page.export_html(model, options.html, largest=options.white)
        output.result({"page": options.html}, f"Written: {options.html}")
        return 0
    try:
        with Server(model, options.port, largest=options.white) as server:
            output.result({"url": server.url}, f"Draw at {server.url} (Ctrl-C ends)")
            if not options.no_browser:
                open_in_browser(server.url)
            server.serve()
    except KeyboardInterrupt:  # the way to end it
        output.say("")
    return 0
