"""The tutorials' programs and those that are compared with Keras are run by tests, not imported."""

collect_ignore_glob = ["tutorial_*.py", "graphs/*", "custom/*"]
