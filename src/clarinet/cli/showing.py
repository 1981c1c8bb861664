"""Pages that commands open."""

from __future__ import annotations

import threading


def open_in_browser(url: str) -> None:
    """Show a page; a text browser would keep the program waiting, hence the thread."""
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
