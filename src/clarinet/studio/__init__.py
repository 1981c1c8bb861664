"""The studio: runs in a browser, from a server on this machine; needs ``pip install "clarinet[studio]"``."""
