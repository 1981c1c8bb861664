"""The studio: runs and trainings in a browser, from a server here; needs ``pip install "clarinet[studio]"``."""
