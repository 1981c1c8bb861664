"""One page in which a picture is drawn and a model recognises it: a separate file, or sent by a small server."""

from clarinet.page.document import export_html

__all__ = ["export_html"]
