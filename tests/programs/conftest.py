"""Programs are run by tests, each in a process of its own; collecting them would run them here, with the real Keras."""

collect_ignore_glob = ["tutorial_*.py", "custom/*.py", "graphs/*.py"]
