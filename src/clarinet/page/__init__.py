"""One page on which a picture is drawn and a model says what it sees: a file of its own, or sent by a small server."""

from clarinet.page.document import export_html

__all__ = ["export_html"]
