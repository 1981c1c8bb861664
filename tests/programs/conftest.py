"""The tutorials' programs are run by tests, not imported."""

collect_ignore_glob = ["tutorial_*.py"]
